"""`make bench`: every bench_*.py that has `figures()`, one line a figure, all of them in benchmarks/results.json.

A figure is a dict: name, value, unit; where there is one the reference it is held against and the ratio to it.
`python -m benchmarks mrz faces` runs some of them.
"""

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    found: list[dict[str, Any]] = []
    silent: list[str] = []
    for path in sorted(HERE.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if wanted and name not in wanted:
            continue
        figures = importlib.import_module(f"benchmarks.{path.stem}").figures()
        for figure in figures:
            print(line(name, figure), flush=True)
        found += [{"benchmark": name, **figure} for figure in figures]
        if not figures:
            silent.append(name)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "at": time.strftime("%Y-%m-%d")}
    (HERE / "results.json").write_text(json.dumps({"machine": machine, "figures": found}, indent=1) + "\n")
    if silent:
        print(f"no figure from: {', '.join(silent)} (what they measure is not on this machine)")
    return 0 if found else 1


def line(benchmark: str, figure: dict[str, Any]) -> str:
    said = f"{benchmark:10} {figure['name']:45} {figure['value']:>12} {figure['unit']}"
    if figure.get("reference") is not None:
        said += f"   (reference {figure['reference']}"
        said += f", ratio {figure['ratio']:.2f})" if figure.get("ratio") is not None else ")"
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
