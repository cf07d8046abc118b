"""What the product stands on may be handed on with it, and is listed."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

ROOT = Path(__file__).parents[1]


def made(to: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / "bill.py"), "--to", str(to), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def official(name: str) -> Any:
    return json.loads((resources.files("cyclonedx.schema._res") / name).read_text())


def test_nothing_the_product_stands_on_binds_whoever_runs_it(tmp_path: Path) -> None:
    done = made(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "django 5" in (tmp_path / "licences.txt").read_text()


def test_the_bill_is_what_the_official_schema_wants(tmp_path: Path) -> None:
    made(tmp_path)
    bill = json.loads((tmp_path / "bill.cdx.json").read_text())
    others = {"spdx.schema.json": "spdx.SNAPSHOT.schema.json", "jsf-0.82.schema.json": "jsf-0.82.SNAPSHOT.schema.json"}
    known = [
        (f"http://cyclonedx.org/schema/{name}", Resource.from_contents(official(file))) for name, file in others.items()
    ]
    schema = Draft7Validator(official("bom-1.6.SNAPSHOT.schema.json"), registry=Registry().with_resources(known))
    assert not [error.message for error in schema.iter_errors(bill)]
    del bill["components"][0]["name"]
    assert list(schema.iter_errors(bill)), "the schema sees a part without a name"
    assert len(bill["components"]) > 50


PLANTED = [
    ("License: GPL-3.0-only", 1),
    ("License: GNU General Public License v3", 1),
    ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3", 1),
    ("License-Expression: AGPL-3.0-or-later", 1),
    ("License-Expression: MIT AND GPL-2.0-or-later", 1),
    ("License: GPLv2+", 1),
    ("License: SSPL-1.0", 1),
    ("Summary: says nothing", 1),
    ("License-Expression: MIT OR GPL-2.0-or-later", 0),
    ("License-Expression: LGPL-3.0-only", 0),
    ("Classifier: License :: OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)", 0),
    ("License: GNU Lesser General Public License", 0),
    ("License: BSD-3-Clause", 0),
]


@pytest.mark.parametrize(("said", "code"), PLANTED)
def test_a_planted_package_is_judged_by_what_it_says(tmp_path: Path, said: str, code: int) -> None:
    folder = tmp_path / "site" / "planted-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: planted\nVersion: 1.0\n{said}\n")
    (tmp_path / "requirements.txt").write_text("planted==1.0\n")
    more = ["--requirements", str(tmp_path / "requirements.txt"), "--installed", str(tmp_path / "site")]
    done = made(tmp_path / "to", *more)
    assert done.returncode == code, done.stdout
    assert ("planted 1.0" in done.stdout) == bool(code)


def test_what_is_not_installed_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("never-heard-of==1.0\n")
    assert made(tmp_path / "to", "--requirements", str(tmp_path / "requirements.txt")).returncode == 1
