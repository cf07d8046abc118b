"""What KYC shows on shared pages: tiles, alarms, figures, search, and its deeds in words."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock, registry
from base.templatetags.backoffice import length
from controls import examinations
from controls.actor import Actor
from controls.examinations import Address
from kyc import countries, findings, reports, risk
from kyc.models import Application, Customer, Decision, Document, Picture
from kyc.models.applications import Status

CHECKED_WITHIN = timedelta(minutes=15)
HITS = 6


def register() -> None:
    """Called once, when the app is ready."""
    registry.tiles += [
        registry.Tile(
            gettext_lazy("I am on"),
            "kyc.claim",
            lambda actor: Application.objects.visible_to(actor).held_by(actor).count(),
            lambda: _queue("held"),
            icon="person_check",
            empty=gettext_lazy("You are on no application."),
        ),
        registry.Tile(
            gettext_lazy("Applications to review"),
            "kyc.approve",
            lambda actor: Application.objects.visible_to(actor).claimable_by(actor).count(),
            lambda: _queue("mine"),
            icon="how_to_reg",
            empty=gettext_lazy("No application waits for you."),
        ),
        registry.Tile(
            gettext_lazy("High risk, waiting for a second person"),
            "kyc.approve_high_risk",
            lambda actor: Application.objects.visible_to(actor).filter(status=Status.AWAITING_SECOND).count(),
            lambda: _queue("second"),
            icon="group",
            empty=gettext_lazy("No approval waits for a second person."),
        ),
    ]
    registry.alarms.append(registry.AlarmSource("kyc.view_application", _stuck))
    registry.figures += [
        registry.Figure("kyc.view_application", _decisions, order=5),
    ]
    registry.searches.append(registry.SearchSource("kyc.view_application", _find))
    registry.sentences.update(DEEDS)
    examinations.RECORDS.update(EXAMINED)
    examinations.ADDRESSES.update(WHERE_EXAMINED)
    registry.spellings.update(SPELLINGS)


# What an external auditor or a supervisory examiner may be let read, and where. Decisions, checks and the customer go
# with the application; pictures, and the desk that shows them, are a kind of their own.
EXAMINED = {
    "kyc.application": gettext_lazy("Applications with decisions, checks and customers"),
    "kyc.document": gettext_lazy("Documents and pictures"),
}
WHERE_EXAMINED = {
    "admin:kyc_application_changelist": Address("kyc.application", Application),
    "admin:kyc_application_change": Address("kyc.application", Application, "object_id"),
    "admin:kyc_customer_changelist": Address("kyc.application", Customer),
    "admin:kyc_customer_change": Address("kyc.application", Customer, "object_id"),
    "admin:kyc_desk": Address("kyc.document", Application, "object_id"),
    "admin:kyc_picture": Address("kyc.document", Picture, "key"),
    "api-application-list": Address("kyc.application", Application),
    "api-application-detail": Address("kyc.application", Application, "pk"),
    "api-decision-list": Address("kyc.application", Decision),
    "api-decision-detail": Address("kyc.application", Decision, "pk"),
    "api-document-list": Address("kyc.document", Document),
    "api-document-detail": Address("kyc.document", Document, "pk"),
}

DEEDS: dict[str, Any] = {
    "kyc.add_customer": gettext_lazy("entered the customer"),
    "kyc.import_customers": gettext_lazy("brought in customers of a former system"),
    "kyc.restate_customer": gettext_lazy("entered what the customer states now"),
    "kyc.open_application": gettext_lazy("opened the application"),
    "kyc.add_document": gettext_lazy("handed in a document"),
    "kyc.submit": gettext_lazy("handed everything in"),
    "kyc.withdraw": gettext_lazy("withdrew the application"),
    "kyc.expire_application": gettext_lazy("closed the application, which was never handed in"),
    "kyc.record_results": gettext_lazy("recorded results of checks"),
    "kyc.record_check": gettext_lazy("recorded the result of a check"),
    "kyc.reassess": gettext_lazy("brought risk and expiry up to date"),
    "kyc.keep_reading": gettext_lazy("kept what was read"),
    "kyc.claim": gettext_lazy("took it on"),
    "kyc.extend_claim": gettext_lazy("stayed on it"),
    "kyc.release_claim": gettext_lazy("put it back"),
    "kyc.free_claim": gettext_lazy("took it off a colleague"),
    "kyc.expire_claim": gettext_lazy("ended a claim that had lapsed"),
    "kyc.approve": gettext_lazy("approved"),
    "kyc.approve_second": gettext_lazy("agreed as second person"),
    "kyc.send_back": gettext_lazy("sent it back to the reviewers"),
    "kyc.reject": gettext_lazy("rejected"),
    "kyc.ask": gettext_lazy("asked for another picture"),
    "kyc.view_picture": gettext_lazy("looked at a picture"),
}


def _risk_reasons(reasons: Any) -> str:
    return "; ".join(f"{risk.sentence(reason)} +{reason['points']}" for reason in reasons) or "–"


def _verdict(found: Any) -> str:
    """What intake found about a file, as its reasons say it."""
    return "; ".join(str(reason) for reason in found.get("reasons", ())) or str(_("nothing wrong with the file"))


SPELLINGS = {
    "kyc.decision.reason_code": lambda code: str(code).replace("_", " "),
    "kyc.application.risk_reasons": _risk_reasons,
    "kyc.customer.residence": countries.name,
    "kyc.customer.nationality": countries.name,
    "kyc.document.verdict": _verdict,
    "kyc.check.reasons": lambda found: "; ".join(findings.words(reason) for reason in found) or "–",
}


def _queue(tab: str) -> str:
    return f"{reverse('admin:kyc_application_changelist')}?tab={tab}"


def _stuck(actor: Actor) -> Iterable[registry.Alarm]:
    """Checks take seconds: an application that waits for them much longer says that no worker runs."""
    rows = Application.objects.visible_to(actor).awaiting_checks()
    oldest = rows.filter(waiting_since__lt=clock.now() - CHECKED_WITHIN).order_by("waiting_since").first()
    if oldest:
        text = _("An application has waited %(time)s for its checks: the workers do not keep up, or do not run.")
        yield registry.Alarm(text % {"time": length(clock.now() - oldest.waiting_since)}, _queue("checks"), "amber")


def _decisions(actor: Actor) -> registry.Chart:
    days = reports.decisions_a_day(actor)
    total = sum(count for _day, count in days)
    return registry.Chart(
        _("Decisions of the last %(days)d days") % {"days": len(days)},
        str(total),
        _queue("all"),
        [f"{day:%d %b}" for day, _count in days],
        [count for _day, count in days],
    )


def _find(actor: Actor, words: str) -> Iterable[registry.Hit]:
    """By the exchange's reference, or by a whole document number: names lie encrypted."""
    customers = Customer.objects.visible_to(actor).prefetch_related("applications")
    found = list(customers.filter(reference__icontains=words).order_by("reference")[:HITS])
    found += [one for one in customers.with_document_number(words)[:HITS] if one not in found]
    for customer in found[:HITS]:
        link = reverse("admin:kyc_customer_change", args=[customer.pk])
        told = (str(customer.pk), *(str(each.pk) for each in customer.applications.all()))
        yield registry.Hit(f"{customer.name} · {customer.reference}", _("customer"), link, "person", told)
