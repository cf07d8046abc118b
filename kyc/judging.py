"""From what was read to what the checks say. Pure: readings, the applicant's own words and a date in, results out.

A page is what `kyc.pipeline` keeps of one reading: the shape that `read_document` prints, with the id of its picture,
the kind of document it was handed in as, codes beside the reasons, and how the printed zone stands to each field.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from kyc.countries import code_of
from kyc.models import Check, Customer
from kyc.results import Result
from kyc.transliteration import spellings

Page = Mapping[str, Any]

# Our name for what both sides say: how the zone calls it.
COMPARED = {
    "family_name": "surname",
    "given_names": "given_names",
    "birth_date": "birth_date",
    "nationality": "nationality",
    "document_number": "document_number",
}
DECISIVE = {"family_name", "birth_date", "document_number"}
CLOSE_NAME = 85.0  # of 100, rapidfuzz ratio: one or two letters of a name
CERTAIN = 0.9  # where a page does not say from where on its reading is certain
TRUSTED = 0.7  # a reading below this contradicts nobody, it asks for a look
PASSED, REVIEW, FAILED, INCONCLUSIVE = (
    Check.Outcome.PASSED.value,
    Check.Outcome.REVIEW.value,
    Check.Outcome.FAILED.value,
    Check.Outcome.INCONCLUSIVE.value,
)


@dataclass(frozen=True)
class Compared:
    """One thing that was typed and read. `agrees` is None when either is missing; `close`: nearly the same name."""

    typed: str
    read: str
    agrees: bool | None
    close: bool = False


def judge(
    pages: Sequence[Page], typed: Mapping[str, str], today: date, *, specimens: bool = False
) -> dict[str, Result]:
    """The result of each check that rests on reading. `specimens`: papers of Utopia are let pass (demonstration)."""
    read = best_fields(pages)
    return {
        Check.Kind.QUALITY.value: _quality(pages),
        Check.Kind.MRZ.value: _zone(pages, specimens),
        Check.Kind.EXPIRY.value: expiry(read.get("expiry_date"), today),
        Check.Kind.AGREEMENT.value: _agreement(pages, typed, read),
    }


def typed_of(customer: Customer) -> dict[str, str]:
    return {
        "family_name": customer.family_name,
        "given_names": customer.given_names,
        "birth_date": customer.birth_date.isoformat() if customer.birth_date else "",
        "nationality": customer.nationality,
        "document_number": customer.document_number,
    }


def best_fields(pages: Iterable[Page]) -> dict[str, dict[str, Any]]:
    """Of every field the reading that is surest, with the picture it stands on; under our own names."""
    ours = {theirs: name for name, theirs in COMPARED.items()}
    best: dict[str, dict[str, Any]] = {}
    for page in pages:
        for theirs, found in page.get("fields", {}).items():
            name = ours.get(theirs, theirs)
            if name not in best or found["confidence"] > best[name]["confidence"]:
                best[name] = {**found, "picture": page.get("picture", "")}
    return best


def sure_number(pages: Iterable[Page]) -> str:
    """The document number, where its check digit holds or the reading is certain: by any other one, strangers would
    be taken for the same person. Empty if there is none."""
    sure = [page for page in pages if "document_number" in page.get("fields", {}) and _number_is_sure(page)]
    return str(best_fields(sure)["document_number"]["value"]) if sure else ""


def _number_is_sure(page: Page) -> bool:
    if page["fields"]["document_number"]["confidence"] >= page.get("thresholds", {}).get("certain", CERTAIN):
        return True
    return page.get("mrz", {}).get("check_digits", {}).get("document_number") is True


def compare(typed: Mapping[str, str], read: Mapping[str, Mapping[str, Any]]) -> dict[str, Compared]:
    return {name: _compared(name, typed.get(name, ""), str(read.get(name, {}).get("value", ""))) for name in COMPARED}


def _compared(name: str, typed: str, read: str) -> Compared:
    if not typed or not read:
        return Compared(typed, read, None)
    if name in ("family_name", "given_names"):
        return _names(typed, read)
    if name == "nationality":
        return Compared(typed, read, code_of(read) == typed)
    if name == "document_number":
        return Compared(typed, read, _signs(typed) == _signs(read))
    return Compared(typed, read, typed == read)


def _names(typed: str, read: str) -> Compared:
    """A zone spells names in A to Z and cuts them off: every right spelling, and the beginning of one, agrees."""
    rights = spellings(typed)
    written = re.sub("[^A-Z]+", " ", read.upper()).strip()
    if any(right == written or (len(written) >= 20 and right.startswith(written)) for right in rights):
        return Compared(typed, read, True)
    close = any(fuzz.ratio(right, written) >= CLOSE_NAME or _within(right, written) for right in rights)
    return Compared(typed, read, False, close)


def _within(one: str, other: str) -> bool:
    """One of two given names was left out."""
    first, second = set(one.split()), set(other.split())
    return bool(first) and bool(second) and (first <= second or second <= first)


def _signs(number: str) -> str:
    return re.sub("[^A-Z0-9]", "", number.upper())


# --- the checks --------------------------------------------------------------------------------------------------


def _quality(pages: Sequence[Page]) -> Result:
    verdicts = [page["quality"]["verdict"] for page in pages]
    outcome = FAILED if "refuse" in verdicts else REVIEW if "warn" in verdicts or not verdicts else PASSED
    reasons = [reason for page in pages for reason in page.get("quality_reasons", [])]
    scores = {"focus": [page["quality"].get("focus") for page in pages]}
    return Result(outcome, _once(reasons), scores, _thresholds(pages), _models(pages))


def _zone(pages: Sequence[Page], specimens: bool) -> Result:
    with_zone = [page for page in pages if page["mrz"]["text"]]
    codes = {reason["code"] for page in pages for reason in page.get("reason_codes", [])}
    reasons = [
        reason
        for page in with_zone or pages
        for reason in page.get("reason_codes", [])
        if reason["code"] in ("check_digit", "issuer", "specimen", "no_date", "repaired", "no_mrz")
    ]
    digits = {name: holds for page in with_zone for name, holds in page["mrz"]["check_digits"].items()}
    if not with_zone:
        barcode = any(found["source"] == "barcode" for page in pages for found in page["fields"].values())
        outcome = PASSED if barcode else INCONCLUSIVE
        reasons = [{"code": "barcode_read", "text": "The barcode was read instead."}] if barcode else reasons
    elif not all(page["mrz"]["valid"] for page in with_zone) or ("specimen" in codes and not specimens):
        outcome = FAILED
    elif codes & {"repaired", "issuer", "no_date"}:
        outcome = REVIEW
    else:
        outcome = PASSED
    return Result(outcome, _once(reasons), {"check_digits": digits}, _thresholds(pages), _models(pages))


def expiry(found: Mapping[str, Any] | None, today: date) -> Result:
    """Whether the document has expired, by the date that was read. The only result that changes by itself."""
    if not found:
        return Result(INCONCLUSIVE, [{"code": "no_expiry_read", "text": "No date of expiry was read."}])
    sure = found["confidence"]
    expired = str(found["value"]) < today.isoformat()
    if expired:
        outcome = FAILED if sure >= TRUSTED else REVIEW
        reasons = [{"code": "expired", "text": "The document has expired."}]
    else:
        outcome = PASSED if sure >= TRUSTED else REVIEW
        reasons = [] if outcome == PASSED else [{"code": "unsure", "text": "The date of expiry was not read surely."}]
    return Result(outcome, reasons, {"confidence": sure}, {"trusted": TRUSTED}, details={"today": today.isoformat()})


def _agreement(pages: Sequence[Page], typed: Mapping[str, str], read: Mapping[str, Mapping[str, Any]]) -> Result:
    compared = compare(typed, read)
    reasons, worst = [], PASSED
    for name, each in compared.items():
        if each.agrees is False:
            sure = read[name]["confidence"] >= TRUSTED and not each.close
            worst = FAILED if sure and name in DECISIVE else REVIEW if worst == PASSED else worst
            reasons.append({"code": "differs" if not each.close else "nearly_the_same", "field": name})
    for page in pages:
        for name, finding in page.get("printed", {}).items():
            if not finding["agrees"]:
                worst = REVIEW if worst == PASSED else worst
                reasons.append({"code": "printed_differs", "field": name})
    if all(each.agrees is None for each in compared.values()):
        worst, reasons = INCONCLUSIVE, [{"code": "nothing_read"}]
    details = {name: {"typed": each.typed, "read": each.read, "agrees": each.agrees} for name, each in compared.items()}
    thresholds = {"close_name": CLOSE_NAME, "trusted": TRUSTED}
    scores = {name: read[name]["confidence"] for name in compared if name in read}
    return Result(worst, _once(reasons), scores, thresholds, _models(pages), details)


def _once(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for reason in reasons:
        if reason not in found:
            found.append(dict(reason))
    return found


def _thresholds(pages: Sequence[Page]) -> dict[str, Any]:
    return dict(pages[0].get("thresholds", {})) if pages else {}


def _models(pages: Sequence[Page]) -> list[dict[str, str]]:
    return _once(model for page in pages for model in page.get("models", []))
