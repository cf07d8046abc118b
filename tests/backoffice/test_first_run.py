"""The first `make run` makes up secrets; pip installs what the lock says."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from backoffice.environment import load_dotenv
from backoffice.run import write_secrets
from base.crypto import check_keys

ROOT = Path(__file__).parents[2]


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert write_secrets(path)
    before = path.read_text()
    assert not write_secrets(path)
    assert path.read_text() == before
    assert path.stat().st_mode & 0o077 == 0


def test_secrets_fit_what_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secrets(tmp_path / ".env")
    values = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines() if "=" in line)
    check_keys(values["FIELD_KEYS"])
    assert len(bytes.fromhex(values["CHECKPOINT_KEY"])) == 32
    assert len(values["SECRET_KEY"]) >= 50
    assert values["CHECKPOINT_KEY"] not in values["FIELD_KEYS"]


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("# a comment\nGROUND_A=file\nGROUND_B=file\n")
    monkeypatch.setenv("GROUND_A", "environment")
    monkeypatch.setenv("GROUND_B_FILE", "/somewhere")
    monkeypatch.delenv("GROUND_B", raising=False)
    load_dotenv(tmp_path / ".env")
    assert os.environ["GROUND_A"] == "environment"
    assert "GROUND_B" not in os.environ


@pytest.mark.parametrize(("file", "groups"), [("requirements.txt", set()), ("requirements-dev.txt", {"dev"})])
def test_requirements_say_what_the_lock_says(file: str, groups: set[str]) -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    versions = {package["name"]: package["version"] for package in locked if "version" in package}
    wanted = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", " "))]
    pins = dict(line.split(";")[0].strip().split("==") for line in wanted if "==" in line.split(";")[0])
    assert "./vendor/dlib-shim" in wanted
    assert {name: versions[name] for name in pins} == pins, "run `make requirements`"
    product = next(package for package in locked if package["name"] == "backoffice")
    direct = {need["name"] for need in product["dependencies"]}
    direct |= {need["name"] for group in groups for need in product["dev-dependencies"][group]}
    assert direct - {"dlib"} <= set(pins), "run `make requirements`"


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    direct = {re.split(r"[^A-Za-z0-9_-]", need)[0].lower() for need in wanted}
    table = (ROOT / "docs/decisions/0001-every-dependency-has-its-reason.md").read_text().partition("| package |")[2]
    named = {
        word for row in table.split("\n\n")[0].splitlines()[2:] for word in re.findall(r"[a-z0-9-]+", row.split("|")[1])
    }
    assert direct - {"dlib"} <= named  # below the table
