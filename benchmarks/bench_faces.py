"""Accuracy of face comparison on labelled pairs, with its interval, and what the bands let through."""

import json
import os
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FACES = ROOT.parent / "shared" / "data" / "faces"


def figures() -> list[dict[str, Any]]:
    """One row a figure; none where the pairs are absent. References: the promise, and what is published."""
    if not FACES.exists():
        return []
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    from kyc.vision import evaluation

    started = time.perf_counter()
    pairs = evaluation.read_pairs(FACES / "pairsDevTest.csv")
    found = evaluation.evaluate(pairs, next(FACES.glob("*.tar")), processes=min(2, os.cpu_count() or 1))
    seconds = time.perf_counter() - started
    accuracy = round(100 * found["accuracy"], 2)
    low, high = (round(100 * end, 2) for end in found["wilson_95"])
    rows = [
        {"name": "faces: accuracy", "value": accuracy, "unit": "%", "reference": 95.5, "ratio": accuracy / 95.5},
        {"name": "faces: accuracy, 95 % interval from", "value": low, "unit": "%"},
        {"name": "faces: accuracy, 95 % interval to", "value": high, "unit": "%"},
        {"name": "faces: pairs without a face", "value": found["no_face"], "unit": f"of {found['pairs']}"},
        {"name": "faces: pictures measured", "value": round(found["pictures"] / seconds, 1), "unit": "a second"},
    ]
    for band, rates in found["bands"].items():
        rows.append({"name": f"faces: true accepts up to {band}", "value": round(100 * rates["tar"], 2), "unit": "%"})
        rows.append({"name": f"faces: false accepts up to {band}", "value": round(100 * rates["far"], 2), "unit": "%"})
    return rows


if __name__ == "__main__":
    print(json.dumps(figures()))
