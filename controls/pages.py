"""What internal controls show on shared pages: tiles, alarms, figures, timelines and search."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base import clock, days, registry
from base.templatetags.backoffice import length
from controls import entries, matrices, reports, reviews, sealing, sentences, timeline
from controls.actor import Actor
from controls.backup import schedule
from controls.models import ApiClient, Attempt, AuditEntry, EmergencyRight, Person, Proposal, ReviewedGrant, Session
from controls.models.lockouts import LockOut

UNSEALED_AT_MOST = timedelta(minutes=5)
DAYS = 14
HITS = 6
TOLD = 200  # entries a timeline shows


def register() -> None:
    """Called once, when the app is ready."""
    registry.note_export = entries.exported
    matrices.register()
    registry.timelines.append(registry.TimelineSource("", _trail))
    registry.alarms += [
        registry.AlarmSource("controls.view_audit", _unsealed),
        registry.AlarmSource("controls.view_audit", _many_refusals),
        registry.AlarmSource("controls.view_staff", _locked_out),
        registry.AlarmSource("controls.view_audit", _alone),
        registry.AlarmSource("controls.view_staff", _no_backup),
        registry.AlarmSource("controls.review_emergency", _glass_broken),
        registry.AlarmSource("controls.view_staff", _not_reviewed),
    ]
    registry.tiles += [
        registry.Tile(
            gettext_lazy("Proposals to decide"),
            "controls.decide",
            lambda actor: Proposal.objects.visible_to(actor).to_decide(actor).count(),
            lambda: reverse("admin:controls_proposal_changelist") + "?tab=decide",
            icon="how_to_vote",
            empty=gettext_lazy("No proposal waits for you."),
        ),
        registry.Tile(
            gettext_lazy("Grants to confirm or remove"),
            "controls.review_access",
            lambda actor: ReviewedGrant.objects.visible_to(actor).to_answer(actor).count(),
            lambda: reverse("admin:controls_reviewedgrant_changelist"),
            icon="fact_check",
            empty=gettext_lazy("No grant waits for your review."),
        ),
        registry.Tile(
            gettext_lazy("I proposed, others decide"),
            "controls.propose",
            lambda actor: Proposal.objects.visible_to(actor).waiting().filter(proposed_by_id=actor.person_id).count(),
            lambda: reverse("admin:controls_proposal_changelist") + "?tab=proposed",
            icon="outgoing_mail",
            empty=gettext_lazy("Nothing of yours waits for others."),
        ),
        registry.Tile(
            gettext_lazy("Entries not sealed yet"),
            "controls.view_audit",
            lambda actor: sealing.tail_count(),
            lambda: reverse("admin:controls_auditentry_changelist"),
            icon="lock_open",
            empty=gettext_lazy("Every entry is sealed."),
            order=90,  # nobody's work while the sealer runs
        ),
        registry.Tile(
            gettext_lazy("People without a role"),
            "controls.manage_staff",
            lambda actor: Person.objects.visible_to(actor).filter(is_active=True).without_role().count(),
            lambda: reverse("admin:controls_person_changelist") + "?state=active&role=none",
            icon="person_alert",
            empty=gettext_lazy("Everybody active holds a role."),
        ),
    ]
    registry.figures += [
        registry.Figure("controls.view_audit", _deeds, order=10),
        registry.Figure("controls.view_audit", _refusals, order=20),
        registry.Figure("controls.view_staff", _signing_in, order=30),
    ]
    registry.searches += [
        registry.SearchSource("", _people),
        registry.SearchSource("controls.view_staff", _clients),
    ]


# --- timeline -----------------------------------------------------------------------------------------------------


def _trail(actor: Actor, model: str, key: str) -> Iterable[registry.Event]:
    """Entries about the record, as visible as everything they are about; the others as bare leaf hashes."""
    rows = list(AuditEntry.all_unrestricted.filter(record_model=model, record_id=key)[:TOLD])
    return sentences.events(timeline.sentences(rows, actor), actor)


# --- alarms and figures -------------------------------------------------------------------------------------------


def _unsealed(actor: Actor) -> Iterable[registry.Alarm]:
    lag = sealing.lag()
    if lag is not None and lag > UNSEALED_AT_MOST:
        text = _("Entries of the last %(time)s are not sealed yet: the sealer has stopped.") % {"time": length(lag)}
        yield registry.Alarm(text, reverse("admin:controls_auditentry_changelist"))
    if gone := sealing.gone_count():
        text = _("%(count)s rows of evidence were taken before they were sealed; verify_audit names them.")
        yield registry.Alarm(text % {"count": gone}, reverse("admin:controls_auditentry_changelist"))


def _many_refusals(actor: Actor) -> Iterable[registry.Alarm]:
    """Somebody who is refused again and again within an hour tries doors."""
    since = clock.now() - timedelta(hours=1)
    tried = Counter(Attempt.objects.visible_to(actor).filter(at__gte=since).values_list("actor", flat=True))
    names = sentences.names_of_actors({label for label, count in tried.items() if count >= 20})
    for label, name in names.items():
        text = _("%(name)s was refused %(count)s times within the last hour.")
        link = reverse("admin:controls_attempt_changelist") + f"?person={label}"
        yield registry.Alarm(text % {"name": name, "count": tried[label]}, link, "amber")


def _locked_out(actor: Actor) -> Iterable[registry.Alarm]:
    count = LockOut.objects.visible_to(actor).in_force().count()
    if count:
        text = ngettext("%(count)s lock-out is in force: somebody guessed.", "%(count)s lock-outs are in force.", count)
        yield registry.Alarm(text % {"count": count}, reverse("admin:controls_lockout_changelist"), "amber")


def _alone(actor: Actor) -> Iterable[registry.Alarm]:
    """What takes two, one person could do: told to who audits until a role has ended."""
    names = sorted({", ".join(found.names) for found in reports.alone_now()})
    if names:
        text = _("Roles that do not go together, or what takes two in the hands of one: %(names)s.")
        yield registry.Alarm(text % {"names": "; ".join(names)}, reverse("admin:alone"))


def _no_backup(actor: Actor) -> Iterable[registry.Alarm]:
    if schedule.is_overdue():
        text, last = _("The last backup is of %(when)s, and none came since."), schedule.last()
        yield registry.Alarm(
            text % {"when": f"{last.at:%Y-%m-%d %H:%M} UTC"} if last else _("No backup was taken yet.")
        )


def _glass_broken(actor: Actor) -> Iterable[registry.Alarm]:
    """From the moment somebody takes an emergency right until another person has reviewed it."""
    for emergency in EmergencyRight.all_unrestricted.unreviewed().select_related("person").order_by("began_at"):
        text = (
            _("%(right)s: %(name)s holds it until it ends by itself, or you end it.")
            if emergency.is_in_force()
            else _("%(right)s: %(name)s held it, and nobody has reviewed what was done.")
        )
        words = {"right": emergency.get_role_display(), "name": emergency.person.name}
        yield registry.Alarm(text % words, reverse("admin:controls_emergencyright_change", args=[emergency.pk]))


def _not_reviewed(actor: Actor) -> Iterable[registry.Alarm]:
    """Before a grant lapses, after some have lapsed, and where one stands that nobody confirmed."""
    waiting, link = reviews.waiting(), reverse("admin:controls_reviewedgrant_changelist")
    if waiting.overdue:
        text = _("Access review: %(count)s grants are past their time, and stand so that somebody can give power back.")
        yield registry.Alarm(text % {"count": waiting.overdue}, f"{link}?tab=waiting")
    if waiting.soon:
        text = _("Access review: %(count)s grants lapse within %(days)s days unless they are confirmed.")
        words = {"count": waiting.soon, "days": reviews.SOON.days}
        yield registry.Alarm(text % words, f"{link}?tab=waiting", "amber")
    if waiting.lapsed:
        text = _("Access review: %(count)s grants that nobody confirmed lapsed in the last %(days)s days.")
        words = {"count": waiting.lapsed, "days": reviews.TOLD_FOR.days}
        yield registry.Alarm(text % words, f"{link}?tab=answered&state=lapsed")


def _by_day(rows: Any, field: str, text: str, link: str) -> registry.Chart:
    counted = days.counted(rows, field, DAYS)
    series = [count for _day, count in counted]
    return registry.Chart(text, f"{sum(series):,}", reverse(link), [f"{day:%d %b}" for day, _count in counted], series)


def _deeds(actor: Actor) -> registry.Chart:
    rows, text = AuditEntry.objects.visible_to(actor), _("Actions of the last 14 days")
    return _by_day(rows, "at", text, "admin:controls_auditentry_changelist")


def _refusals(actor: Actor) -> registry.Chart:
    rows, text = Attempt.objects.visible_to(actor), _("Refused in the last 14 days")
    return _by_day(rows, "at", text, "admin:controls_attempt_changelist")


def _signing_in(actor: Actor) -> registry.Chart:
    rows, text = Session.objects.visible_to(actor), _("Signed in in the last 14 days")
    return _by_day(rows, "started_at", text, "admin:controls_session_changelist")


# --- search -------------------------------------------------------------------------------------------------------


def _people(actor: Actor, words: str) -> Iterable[registry.Hit]:
    found = Person.objects.visible_to(actor).filter(Q(name__icontains=words) | Q(username__icontains=words))
    for person in found.order_by("name")[:HITS]:
        link = reverse("admin:controls_person_change", args=[person.pk])
        yield registry.Hit(person.name, _("person"), link, "person", (str(person.pk),))


def _clients(actor: Actor, words: str) -> Iterable[registry.Hit]:
    for client in ApiClient.objects.visible_to(actor).filter(name__icontains=words).order_by("name")[:HITS]:
        link = reverse("admin:controls_apiclient_change", args=[client.pk])
        yield registry.Hit(client.name, _("API client"), link, "key", (str(client.pk),))
