"""How good face comparison is, on labelled pairs: accuracy with its interval, and what the bands let through.

Pictures are read from a folder or straight out of a tar, decoded in memory, and nothing of them is written anywhere.
"""

import csv
import math
import multiprocessing
import tarfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from base.errors import Invalid
from kyc.vision import faces
from kyc.vision.pictures import decode

FIXED = 0.6  # the library's own threshold
FOLDS = 10
CHUNK = 32


@dataclass(frozen=True)
class Pair:
    one: str
    other: str
    same: bool
    fold: str


@dataclass(frozen=True)
class Scored:
    """A pair and its distance; infinite when a face was not found, which counts as 'not the same'."""

    same: bool
    distance: float
    fold: str


def read_pairs(path: Path) -> list[Pair]:
    """Rows of img1, img2, same (1 or 0) and, where the protocol has folds, fold."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"img1", "img2", "same"} <= set(rows.fieldnames or []):
            raise Invalid(_("The file needs the columns img1, img2 and same."), field="pairs")
        pairs = [Pair(row["img1"], row["img2"], row["same"] == "1", row.get("fold") or "0") for row in rows]
    if not pairs:
        raise Invalid(_("The file holds no pair."), field="pairs")
    return pairs


def evaluate(pairs: Sequence[Pair], pictures: Path, *, processes: int = 2) -> dict[str, Any]:
    """Figures over all pairs. Every picture is measured once."""
    names = sorted({name for pair in pairs for name in (pair.one, pair.other)})
    embeddings = embed(names, pictures, processes)
    return {**figures(_scored(pairs, embeddings)), "pictures": len(names), "models": list(faces.models())}


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """Accuracy by the standard protocol (each fold with the threshold that was best on the others), and the bands."""
    folded = _folds(scored)
    right = 0
    thresholds = []
    for fold in folded:
        threshold = _best_threshold([one for other in folded if other is not fold for one in other])
        thresholds.append(threshold)
        right += _right(fold, threshold)
    fixed = _right(scored, FIXED)
    return {
        "pairs": len(scored),
        "no_face": sum(math.isinf(one.distance) for one in scored),
        "accuracy": right / len(scored),
        "wilson_95": wilson(right, len(scored)),
        "threshold": round(float(np.mean(thresholds)), 4),
        "accuracy_at_0.6": fixed / len(scored),
        "wilson_95_at_0.6": wilson(fixed, len(scored)),
        "bands": {
            name: _rates(scored, limit)
            for name, limit in (("match", faces.AS_IT_COMES.match), ("review", faces.AS_IT_COMES.mismatch))
        },
    }


def wilson(right: int, count: int, z: float = 1.959964) -> list[float]:
    """The interval that holds the true share in 95 of 100 such measurements (Wilson 1927)."""
    share = right / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [round((middle + sign * spread) / (1 + z * z / count), 4) for sign in (-1, 1)]


def _folds(scored: Sequence[Scored]) -> list[list[Scored]]:
    """The folds of the protocol; where it has one, ten are dealt out so that each has its share of both kinds."""
    named: dict[str, list[Scored]] = {}
    for one in scored:
        named.setdefault(one.fold, []).append(one)
    if len(named) > 1:
        return list(named.values())
    dealt: list[list[Scored]] = [[] for _ in range(min(FOLDS, len(scored)))]
    for at, one in enumerate(sorted(scored, key=lambda one: one.same)):
        dealt[at % len(dealt)].append(one)
    return dealt


def _best_threshold(scored: Iterable[Scored]) -> float:
    """The threshold with most pairs right; the middle one where several are."""
    rows = list(scored)
    candidates = np.arange(0.30, 0.90, 0.0025)
    distances = np.array([one.distance for one in rows])
    same = np.array([one.same for one in rows])
    right = ((distances[None, :] <= candidates[:, None]) == same[None, :]).sum(axis=1)
    best = np.flatnonzero(right == right.max())
    return float(candidates[best[len(best) // 2]])


def _right(scored: Iterable[Scored], threshold: float) -> int:
    return sum((one.distance <= threshold) == one.same for one in scored)


def _rates(scored: Sequence[Scored], limit: float) -> dict[str, Any]:
    """True and false accepts when everything up to this distance is accepted."""
    accepted = {
        kind: (
            sum(one.distance <= limit for one in scored if one.same is kind),
            sum(one.same is kind for one in scored),
        )
        for kind in (True, False)
    }
    (true, genuine), (false, impostors) = accepted[True], accepted[False]
    return {
        "distance": limit,
        "tar": true / genuine if genuine else None,
        "tar_wilson_95": wilson(true, genuine) if genuine else None,
        "far": false / impostors if impostors else None,
        "far_wilson_95": wilson(false, impostors) if impostors else None,
    }


def _scored(pairs: Sequence[Pair], embeddings: dict[str, faces.Embedding | None]) -> list[Scored]:
    scored = []
    for pair in pairs:
        one, other = embeddings[pair.one], embeddings[pair.other]
        distance = math.inf if one is None or other is None else faces.between(one, other)
        scored.append(Scored(pair.same, distance, pair.fold))
    return scored


# --- pictures to embeddings, in as many processes as there are cores -------------------------------------------------


def embed(names: Sequence[str], pictures: Path, processes: int) -> dict[str, faces.Embedding | None]:
    """The embedding of every picture, None where no face was found."""
    where = _locate(names, pictures)
    chunks = [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]
    jobs = [(pictures, [(name, where[name]) for name in chunk]) for chunk in chunks]
    if processes <= 1:
        return dict(row for job in jobs for row in _embed_chunk(job))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start) as pool:
        return dict(row for rows in pool.map(_embed_chunk, jobs) for row in rows)


def _start() -> None:
    import django

    django.setup()


def _locate(names: Sequence[str], pictures: Path) -> dict[str, str]:
    """Paths inside the folder or tar: what comes before person/picture is the packer's business."""
    if pictures.is_dir():
        paths = [str(path.relative_to(pictures)) for path in pictures.rglob("*") if path.is_file()]
    else:
        with tarfile.open(pictures) as archive:
            paths = [member.name for member in archive if member.isfile()]
    depth = names[0].count("/") + 1
    by_end = {"/".join(path.split("/")[-depth:]): path for path in paths}
    missing = next((name for name in names if name not in by_end), None)
    if missing:
        raise Invalid(_("There is no picture %(name)s.") % {"name": missing}, field="pictures")
    return {name: by_end[name] for name in names}


def _embed_chunk(job: tuple[Path, list[tuple[str, str]]]) -> list[tuple[str, faces.Embedding | None]]:
    pictures, rows = job
    if pictures.is_dir():
        return [(name, _embed((pictures / path).read_bytes())) for name, path in rows]
    with tarfile.open(pictures) as archive:
        files = ((name, archive.extractfile(path)) for name, path in rows)
        return [(name, _embed(file.read()) if file else None) for name, file in files]


def _embed(data: bytes) -> faces.Embedding | None:
    face = faces.find(decode(data))
    return face.embedding if face else None
