"""What a picture of a document says: its kind, its zone, its fields, how sure each is, and what speaks against it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from kyc import aamva, countries, mrz
from kyc.vision import barcode, ocr, printed, quality, zone
from kyc.vision.ocr import Line
from kyc.vision.pictures import Box, Model, Pixels, Reason, decode
from kyc.vision.printed import Finding
from kyc.vision.quality import Quality
from kyc.vision.zone import Sighting

CERTAIN = 0.9  # from here on a field is shown as certain

# How sure a field is, by what speaks for it. Measured on specimens: nothing at or above CERTAIN was wrong.
CONFIRMED = 0.98  # both looks agree, and the printed zone says the same
PRINTED = 0.92  # the printed zone says the same, one look differs
PROVED = 0.93  # both looks agree, its own check digit holds, nothing was repaired
TWICE = 0.92  # both looks agree, and the zone itself says it twice (issuer and nationality)
REPAIRED = 0.85  # as PROVED, but positions were repaired
AGREED = 0.8  # both looks agree, no digit covers it
DIGIT = 0.7  # its check digit holds, the looks differ
ALONE = 0.5
DISPUTED = 0.4  # the printed zone says something else
BROKEN = 0.3  # its check digit does not hold


@dataclass(frozen=True)
class Field:
    """One value, how sure it is, where it came from and where on the picture it stands."""

    value: str
    confidence: float
    source: str  # "mrz" or "barcode"
    box: Box

    @property
    def certain(self) -> bool:
        return self.confidence >= CERTAIN

    def as_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "confidence": round(self.confidence, 2),
            "source": self.source,
            "box": list(self.box),
        }


@dataclass(frozen=True)
class Reading:
    """Everything that was read in one picture. `printed` says how the printed zone stands to each field."""

    document_type: str  # "passport", "identity_card", "visa", "driving_licence", "unknown"
    zone: mrz.Repaired | None
    fields: dict[str, Field]
    printed: dict[str, Finding]
    quality: Quality
    reasons: tuple[Reason, ...]
    models: tuple[Model, ...]
    expired: bool | None = None
    thresholds: dict[str, float] = field(default_factory=lambda: {"certain": CERTAIN, "focus": quality.SHARP})

    def as_json(self) -> dict[str, Any]:
        found = self.zone
        return {
            "document_type": self.document_type,
            "mrz": {
                "text": list(found.zone.lines) if found else None,
                "raw": list(found.raw) if found else [],
                "changed": [vars(change) for change in found.changed] if found else [],
                "check_digits": found.zone.check_digits if found else {},
                "valid": bool(found and found.zone.valid),
            },
            "fields": {name: one.as_json() for name, one in self.fields.items()},
            "quality": self.quality.as_json(),
            "reasons": [str(reason) for reason in self.reasons],
        }


def read(image: bytes, *, today: date | None = None) -> Reading:
    """Reads one page that intake rebuilt."""
    pixels = decode(image)
    lines = ocr.read_lines(pixels)
    seen = zone.find(pixels, lines)
    today = today or clock.today()
    if seen is None:
        return _without_zone(pixels, lines, today)
    return _with_zone(pixels, lines, seen, today)


# --- documents with a zone -------------------------------------------------------------------------------------------


def _with_zone(pixels: Pixels, lines: list[Line], seen: Sighting, today: date) -> Reading:
    beside = [line for line in lines if not _is_zone(line, seen)]
    findings = printed.compare(seen.best.zone, beside)
    fields = _fields(seen, findings, today)
    boxes = [line.box for line in seen.lines]
    good = quality.measure(
        pixels, matters=[*boxes, *(line.box for line in beside)], whole=boxes, zone_height=ocr.mean_height(seen.lines)
    )
    expiry = fields["expiry_date"].value if "expiry_date" in fields else ""
    expired = expiry < today.isoformat() if expiry else None
    reasons = [*_doubts(seen.best, fields), *_contradictions(findings, fields)]
    if expired:
        reasons.append(Reason(_("The document expired on %(day)s.") % {"day": expiry}, "expired"))
    kind = _kind(seen.best.zone)
    return Reading(kind, seen.best, fields, findings, good, (*reasons, *good.reasons), ocr.models(), expired)


def _is_zone(line: Line, seen: Sighting) -> bool:
    """A line of the zone, or a piece of one, may not confirm the zone."""
    left, top, right, bottom = line.box
    for other in seen.lines:
        a, b, c, d = other.box
        inside = max(0, min(right, c) - max(left, a)) * max(0, min(bottom, d) - max(top, b))
        if inside > 0.5 * max((right - left) * (bottom - top), 1) and "<" in mrz.plain(line.text):
            return True
    return len(mrz.plain(line.text)) >= zone.SHORTEST and "<<" in mrz.plain(line.text)


def _kind(found: mrz.Zone) -> str:
    first = found.fields.document_code[:1]
    return {"P": "passport", "V": "visa"}.get(first, "identity_card")


def _fields(seen: Sighting, findings: dict[str, Finding], today: date) -> dict[str, Field]:
    found = seen.best.zone
    fields = {}
    for name, text in vars(found.fields).items():
        finding = findings.get(name)
        if value := _value(name, text, finding, today):
            sure = _confidence(name, value, seen, finding, today)
            fields[name] = Field(value, sure, "mrz", _box(name, seen))
    return fields


def _value(name: str, text: str, finding: Finding | None, today: date) -> str:
    """A printed year settles the century that the zone leaves open."""
    if name in ("birth_date", "expiry_date") and finding and finding.year:
        return f"{finding.year}-{text[2:4]}-{text[4:]}"
    if name == "birth_date":
        return mrz.birth_date(text, today)
    if name == "expiry_date":
        return mrz.expiry_date(text, today)
    return text


def _confidence(name: str, value: str, seen: Sighting, finding: Finding | None, today: date) -> float:
    """What speaks for a field, strongest first; a broken digit or a contradiction outweighs everything."""
    found = seen.best.zone
    digit = found.check_digits.get(name)
    if digit is False:
        return BROKEN
    if finding and not finding.agrees:
        return DISPUTED
    agrees = seen.agrees(name)
    if finding:
        sure = CONFIRMED if agrees else PRINTED if digit else AGREED
    elif digit:
        sure = (REPAIRED if _was_repaired(name, seen.best) else PROVED) if agrees else DIGIT
    elif agrees:
        same = found.fields.issuer == found.fields.nationality and found.form is not mrz.FRENCH
        sure = TWICE if name in ("issuer", "nationality") and same and found.well_formed else AGREED
    else:
        sure = ALONE
    if not found.valid and not finding:
        sure = min(sure, ALONE)
    if name in ("birth_date", "expiry_date") and not (finding and finding.year):
        sure = sure if _century_is_certain(name, value, today) else min(sure, AGREED)
    if name in ("document_number", "optional_data") and not finding and set(value) & _UNPROVED:
        sure = min(sure, REPAIRED)
    return sure


# A check digit cannot tell G from 6 nor L from 1: their values differ by tens.
_UNPROVED = frozenset("G6L1")


def _century_is_certain(name: str, value: str, today: date) -> bool:
    """The other century must be absurd: a holder of 120 years, a document that expired more than ten years ago."""
    if name == "birth_date":
        return today.year - int(value[:4]) >= 20
    return mrz.century_is_certain(value, today)


def _was_repaired(name: str, best: mrz.Repaired) -> bool:
    span = best.zone.form.spans.get(name)
    return span is not None and any(
        change.line == span.line and span.start <= change.position < span.stop for change in best.changed
    )


def _box(name: str, seen: Sighting) -> Box:
    """Where the signs of a field stand; the two names share one stretch, parted by two fillers."""
    form, lines = seen.best.zone.form, seen.best.zone.lines
    span = form.spans.get(name)
    if span:
        return seen.box(span)
    if "names" not in form.spans:
        return seen.box(form.spans["issuer"])  # the French card says the nationality once, as its issuer
    names = form.spans["names"]
    surname, _fillers, given = names.of(lines).partition("<<")
    if name == "surname":
        return seen.box(mrz.Span(names.line, names.start, names.start + len(surname)))
    start = names.start + len(surname) + 2
    return seen.box(mrz.Span(names.line, start, start + len(given.rstrip("<"))))


_DIGIT_NAMES = {
    "document_number": gettext_lazy("document number"),
    "birth_date": gettext_lazy("date of birth"),
    "expiry_date": gettext_lazy("date of expiry"),
    "optional_data": gettext_lazy("optional data"),
    "composite": gettext_lazy("whole zone"),
}


def _doubts(best: mrz.Repaired, fields: dict[str, Field]) -> list[Reason]:
    found = best.zone
    reasons = [
        Reason(_("The check digit of the %(what)s does not hold.") % {"what": _DIGIT_NAMES[name]}, "check_digit")
        for name, holds in found.check_digits.items()
        if not holds
    ]
    reasons += [
        Reason(_("%(code)s is no country code of travel documents.") % {"code": code or "-"}, "issuer")
        for code in dict.fromkeys([found.fields.issuer, found.fields.nationality])
        if not countries.is_document_code(code)
    ]
    if found.fields.issuer == "UTO":
        reasons.append(Reason(_("Utopia issues only specimens."), "specimen"))
    reasons += [
        Reason(_("The %(what)s is no date.") % {"what": _DIGIT_NAMES[name]}, "no_date")
        for name in ("birth_date", "expiry_date")
        if getattr(found.fields, name) and name not in fields
    ]
    if any(change.why == "check_digit" for change in best.changed):
        reasons.append(
            Reason(_("A letter and a digit that look alike were swapped, as a check digit proves."), "repaired")
        )
    return reasons


def _contradictions(findings: dict[str, Finding], fields: dict[str, Field]) -> list[Reason]:
    return [
        Reason(
            _("The printed zone reads “%(printed)s” where the machine-readable zone says “%(zone)s”.")
            % {"printed": finding.reads, "zone": fields[name].value},
            "contradiction",
        )
        for name, finding in findings.items()
        if not finding.agrees and name in fields
    ]


# --- documents without one -------------------------------------------------------------------------------------------


def _without_zone(pixels: Pixels, lines: list[Line], today: date) -> Reading:
    reasons = [Reason(_("no MRZ found"), "no_mrz")]
    code = barcode.read(pixels)
    licence = _licence(code) if code else None
    good = quality.measure(pixels, matters=[line.box for line in lines])
    if code is None or licence is None:
        return Reading("unknown", None, {}, {}, good, (*reasons, *good.reasons), ocr.models())
    fields = {
        name: Field(value, CONFIRMED, "barcode", code.box) for name, value in _licence_values(licence).items() if value
    }
    expired = licence.expiry_date < today.isoformat() if licence.expiry_date else None
    if expired:
        reasons.append(Reason(_("The document expired on %(day)s.") % {"day": licence.expiry_date}, "expired"))
    models = (*ocr.models(), *barcode.models())
    return Reading(licence.kind, None, fields, {}, good, (*reasons, *good.reasons), models, expired)


def _licence(code: barcode.Barcode) -> aamva.Licence | None:
    try:
        return aamva.parse(code.data)
    except ValueError:
        return None


_LICENCE_FIELDS = (
    "document_number",
    "surname",
    "given_names",
    "birth_date",
    "sex",
    "issue_date",
    "expiry_date",
    "street",
    "city",
    "postal_code",
)


def _licence_values(licence: aamva.Licence) -> dict[str, str]:
    values = {name: str(getattr(licence, name)) for name in _LICENCE_FIELDS}
    return {"issuer": licence.country, "jurisdiction": licence.jurisdiction, **values}
