"""Finding the machine-readable zone among lines of text, and reading it twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

import numpy as np

from kyc import mrz
from kyc.vision import ocr
from kyc.vision.ocr import Line
from kyc.vision.pictures import Box, Pixels, plain_box

SHORTEST = 20  # signs: a line of 30 may lose fillers
LONGEST = 46
CANDIDATES = 8


@dataclass(frozen=True)
class Sighting:
    """A zone as it was seen: the best reading, its lines in the picture, and the reading of a second look."""

    best: mrz.Repaired
    lines: tuple[Line, ...]
    second: mrz.Repaired | None

    def agrees(self, name: str) -> bool:
        """Both looks read this field alike."""
        return self.second is not None and getattr(self.second.zone.fields, name) == getattr(
            self.best.zone.fields, name
        )

    def box(self, span: mrz.Span) -> Box:
        """Where these signs stand: the zone is printed in even steps."""
        width = self.best.zone.form.width
        a, b, c, d = (np.array(corner) for corner in _reading_corners(self.lines, span.line))
        start, stop = span.start / width, span.stop / width
        return plain_box([a + (b - a) * start, a + (b - a) * stop, d + (c - d) * start, d + (c - d) * stop])


def find(pixels: Pixels, lines: Sequence[Line]) -> Sighting | None:
    """The zone in a picture whose lines were read: looks again where the first pass saw none that holds."""
    seen = among(lines)
    if seen is None or not _good(seen[0]):
        for strips in ocr.read_strips(pixels):
            again = among(strips)
            if again and (seen is None or again[0].rank > seen[0].rank):
                seen = again
            if seen and _good(seen[0]):
                break
    if seen is None:
        return None
    return _second_look(pixels, *seen)


def among(lines: Sequence[Line]) -> tuple[mrz.Repaired, tuple[Line, ...]] | None:
    """The best zone that two or three of these lines make."""
    likely = [line for line in _rows(lines) if _likely(line)][-CANDIDATES:]
    best: tuple[mrz.Repaired, tuple[Line, ...]] | None = None
    for count in (2, 3):
        for chosen in permutations(likely, count):
            if not _together(chosen):
                continue
            found = mrz.repair([line.text for line in chosen])
            if found and _plausible(found) and (best is None or found.rank > best[0].rank):
                best = found, chosen
    return best


def _good(found: mrz.Repaired) -> bool:
    return found.zone.valid and found.zone.well_formed


def _plausible(found: mrz.Repaired) -> bool:
    """A forged zone may break every digit, but it starts like one; prose does neither."""
    holding = list(found.zone.check_digits.values())
    return sum(holding) * 2 >= len(holding) or found.zone.well_formed


def _likely(line: Line) -> bool:
    text = mrz.plain(line.text)
    return len(text) >= SHORTEST and ("<" in text or sum(sign.isdigit() for sign in text) * 2 > len(text))


def _together(lines: Sequence[Line]) -> bool:
    """Lines of one zone are about as long as each other and follow closely."""
    lengths = [line.length for line in lines]
    if max(lengths) > 1.25 * min(lengths):
        return False
    steps = [np.subtract(b.centre, a.centre) for a, b in pairwise(lines)]
    if any(np.linalg.norm(step) > 4.5 * max(line.height for line in lines) for step in steps):
        return False
    return all(float(np.dot(steps[0], step)) > 0 for step in steps)


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Lines, and lines put together from pieces that the detector broke at a stain or a fold."""
    pieces = [line for line in lines if len(mrz.plain(line.text)) >= 4]
    joined = [_join(first, other) for first, other in permutations(pieces, 2) if _continues(first, other)]
    return [*lines, *joined]


def _continues(first: Line, other: Line) -> bool:
    text = mrz.plain(first.text + other.text)
    if "<" not in text or not SHORTEST <= len(text) <= LONGEST:
        return False
    gap = np.subtract(other.corners[0], first.corners[1])
    return bool(np.linalg.norm(gap) < 2.5 * first.height and 0.6 < other.height / max(first.height, 1) < 1.6)


def _join(first: Line, other: Line) -> Line:
    (a, _, _, d), (_, b, c, _) = first.corners, other.corners
    return Line(first.text + other.text, min(first.score, other.score), (a, b, c, d))


def _second_look(pixels: Pixels, best: mrz.Repaired, lines: tuple[Line, ...]) -> Sighting:
    """Every line once more by itself: what both readings say alike is trusted more, never what one says alone."""
    corners = [_reading_corners(lines, number) for number in range(len(lines))]
    texts = [ocr.read_strip(pixels, corner)[0] for corner in corners]
    second = mrz.repair(texts)
    if second and second.rank > best.rank and second.zone.form is best.zone.form:
        return Sighting(second, _retold(lines, texts), best)
    return Sighting(best, lines, second if second and second.zone.form is best.zone.form else None)


def _retold(lines: tuple[Line, ...], texts: Sequence[str]) -> tuple[Line, ...]:
    return tuple(replace(line, text=text) for line, text in zip(lines, texts, strict=True))


def _reading_corners(lines: Sequence[Line], number: int) -> tuple[tuple[float, float], ...]:
    """Corners from where the text begins. Which way it runs is told by the order of the lines: down the page."""
    down = np.subtract(lines[-1].centre, lines[0].centre)
    right = np.array([down[1], -down[0]])
    corners = lines[number].corners
    turns = [tuple(corners[(start + step) % 4] for step in range(4)) for start in range(4)]
    return max(turns, key=lambda turn: float(np.dot(np.subtract(turn[1], turn[0]), right)))
