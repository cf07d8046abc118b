"""How many specimens are read to the letter, and whether anything shown as certain is wrong."""

import json
import os
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SPECIMENS = ROOT.parent / "shared" / "data" / "documents" / "mrz"


def figures() -> list[dict[str, Any]]:
    """One row a figure; none where the specimens are absent. References: what the product promises."""
    if not SPECIMENS.exists():
        return []
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    from kyc.vision import documents, intake

    truth = json.loads((SPECIMENS / "truth.json").read_text())
    started = time.perf_counter()
    readings = {}
    for name in truth:
        page = intake.rebuild((SPECIMENS / name).read_bytes(), name).pages[0]
        readings[name] = documents.read(page.data)
    seconds = (time.perf_counter() - started) / len(truth)
    exact = sum(readings[name].as_json()["mrz"]["text"] == lines for name, lines in truth.items())
    certain = [one.certain for reading in readings.values() for one in reading.fields.values()]
    return [
        {
            "name": "specimens read exactly",
            "value": exact,
            "unit": f"of {len(truth)}",
            "reference": 16,
            "ratio": exact / 16,
        },
        {"name": "fields shown as certain", "value": sum(certain), "unit": f"of {len(certain)}"},
        {
            "name": "fields shown as certain that are wrong",
            "value": _wrong(readings, truth),
            "unit": "fields",
            "reference": 0,
        },
        {"name": "reading a document", "value": round(seconds, 2), "unit": "s"},
    ]


def _wrong(readings: dict[str, Any], truth: dict[str, list[str] | None]) -> int:
    from kyc import mrz

    wrong = 0
    for name, lines in truth.items():
        expected = vars(mrz.parse(lines).fields) if lines else {}
        for field, one in readings[name].fields.items():
            value = one.value.replace("-", "")[2:] if field.endswith("_date") else one.value
            wrong += one.certain and value != expected.get(field)
    return wrong


if __name__ == "__main__":
    print(json.dumps(figures()))
