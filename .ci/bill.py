"""What the product is made of: a bill of materials (CycloneDX 1.6) and the list of licences of everything that
requirements.txt installs. Ends with 1 when a licence does not fit a product that is handed on, or is not known.

    python .ci/bill.py [--requirements FILE] [--installed DIR] [--to DIR]
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
# What binds whoever hands the product on, or only runs it: GPL and AGPL. The Lesser GPL binds the library alone, which
# is installed beside, unchanged and replaceable.
BINDING = re.compile(
    r"(?<![A-Za-z])(A|Affero )?GPL|GNU (Affero )?General Public|Affero|SSPL|Server Side Public", re.IGNORECASE
)
LESSER = re.compile(
    r"LGPL(v?[\d.]+)?(-only|-or-later|\+)?|(GNU )?(Lesser|Library) (General Public|GPL)( License)?", re.IGNORECASE
)
CHOICE = re.compile(r"\s+OR\s+|\s*/\s*")


@dataclass(frozen=True)
class Part:
    name: str
    version: str
    licence: str

    def problem(self) -> str:
        """In words, why it cannot be part of the product; empty if it can. Of a choice, one that fits is enough."""
        if not self.licence:
            return f"{self.name} {self.version} does not say under which licence it is"
        if all(BINDING.search(LESSER.sub("lesser", each)) for each in CHOICE.split(self.licence)):
            return f"{self.name} {self.version} is under {self.licence}"
        return ""


def names(requirements: Path) -> Iterator[str]:
    """What is installed on this machine's kind of machine: lines for another system or Python are left out."""
    for line in requirements.read_text().splitlines():
        found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
        if found and not re.search(r"sys_platform == 'win32'|python_full_version < '3\.11", line):
            yield found[0]


def parts(requirements: Path, installed: list[str]) -> Iterator[Part]:
    found = {plain(each.metadata["Name"]): each for each in metadata.distributions(path=installed)}
    for name in sorted(set(names(requirements)), key=plain):
        each = found.get(plain(name))
        yield Part(name, each.version, licence(each.metadata)) if each else Part(name, "(not installed)", "")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(said: Any) -> str:
    """The expression, or what the classifiers say, or the first line of the text."""
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if each.startswith("License :: ")]
    classes = [each for each in classes if each != "OSI Approved"]
    text = (said.get("License") or "").strip().partition("\n")[0][:100]
    return str(said.get("License-Expression") or " AND ".join(classes) or text)


def bill(found: list[Part]) -> dict[str, Any]:
    project = {"type": "application", "name": "backoffice", "bom-ref": "backoffice"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": project},
        "components": [
            {
                "type": "library",
                "bom-ref": purl(each),
                "name": each.name,
                "version": each.version,
                "purl": purl(each),
                "licenses": [{"license": {"name": each.licence or "unknown"}}],
            }
            for each in found
        ],
        "dependencies": [{"ref": "backoffice", "dependsOn": [purl(each) for each in found]}],
    }


def purl(part: Part) -> str:
    return f"pkg:pypi/{plain(part.name)}@{part.version}"


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--requirements", type=Path, default=HERE / "requirements.txt")
    given.add_argument("--installed", action="append", help="where packages lie; this Python's by default")
    given.add_argument("--to", type=Path, default=HERE / "var" / "bill")
    asked = given.parse_args()
    found = list(parts(asked.requirements, asked.installed or sys.path))
    asked.to.mkdir(parents=True, exist_ok=True)
    (asked.to / "bill.cdx.json").write_text(json.dumps(bill(found), indent=1) + "\n")
    (asked.to / "licences.txt").write_text("".join(f"{p.name} {p.version}: {p.licence or 'unknown'}\n" for p in found))
    problems = [problem for each in found if (problem := each.problem())]
    for problem in problems:
        print(problem)
    print(f"{len(found)} parts, {len(problems)} that do not fit; written to {asked.to}")
    return 1 if problems or not found else 0


if __name__ == "__main__":
    sys.exit(main())
