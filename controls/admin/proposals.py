"""The inbox: what waits for this person's agreement, what they proposed, what was decided."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.buttons import AsksReason, Button, reasons
from base.filters import ChoiceFilter, DaysFilter, StatusFilter
from base.queues import InboxPage, Tab
from controls import approvals, documents, policies, sentences
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.difference import AT_DECISION, WHO_AGREES
from controls.models import Proposal


def _asked(proposal: Proposal) -> str:
    """What is asked for: the verb of the action."""
    return proposal.action.partition(".")[2].replace("_", " ").capitalize()


def _with_subjects(rows: list[Proposal], actor: Actor) -> list[Proposal]:
    """Each with `.subject`, the record it is about, where this reader may see it: one query a kind of record."""
    by_model: dict[str, set[str]] = {}
    for row in rows:
        by_model.setdefault(row.record_model, set()).add(row.record_id)
    known: dict[tuple[str, str], Any] = {}
    for model, found in admin.site._registry.items():
        if keys := by_model.get(model._meta.label_lower):
            for record in model.objects.visible_to(actor).filter(pk__in=keys):  # type: ignore[attr-defined]
                known[model._meta.label_lower, str(record.pk)] = found, record
    for row in rows:
        admin_class, record = known.get((row.record_model, row.record_id), (None, None))
        row.asked = _asked(row)  # type: ignore[attr-defined]
        row.subject = record  # type: ignore[attr-defined]
        row.subject_link = admin_class.link("change", record.pk) if admin_class else ""  # type: ignore[attr-defined]
    return rows


class AskedFor(ChoiceFilter):
    title = _("what is asked for")
    parameters = ("action",)

    def options(self) -> list[tuple[str, Any]]:
        return [(name, sentences.deed(name)) for name in sorted(REGISTRY) if REGISTRY[name].quorum]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(action=typed[0])


class Proposed(DaysFilter):
    title = _("proposed")
    field = "proposed_at"
    labels = (_("Proposed from"), _("Proposed to"))


NONE_TO_DECIDE = _("No proposal waits for you. What you propose yourself is decided by somebody else.")
NONE_PROPOSED = _("You proposed nothing. A role, for instance, is proposed on the page of a person.")
NONE_DECIDED = _("Nothing was decided yet. What others and you agree to or decline is kept here.")
NONE_WAITS = _("No proposal waits for anybody.")


class Inbox(InboxPage):
    """`?p=` says which proposal is open; without it the first of the list is."""

    template_name = "controls/proposals.html"
    title = _("Proposals")
    permission = "controls.view_home"
    open_id = ""
    filters = (AskedFor, StatusFilter, Proposed)

    def tabs(self) -> list[Tab]:
        seen = Proposal.objects.visible_to(self.actor).select_related("proposed_by")
        mine = seen.filter(proposed_by_id=self.actor.person_id)
        return [
            Tab("decide", _("Mine to decide"), seen.to_decide(self.actor), empty=NONE_TO_DECIDE),
            Tab("proposed", _("I proposed"), mine, empty=NONE_PROPOSED),
            Tab("decided", _("Decided"), seen.exclude(status=Proposal.Status.PROPOSED), empty=NONE_DECIDED),
            Tab("all", _("All waiting"), seen.waiting(), empty=NONE_WAITS),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        asked = self.open_id or self.request.GET.get("p", "")
        rows = list(context["page"])
        chosen = self.model_admin.record(self.request, asked) if asked else (rows[0] if rows else None)
        _with_subjects([*rows, *([chosen] if chosen else [])], self.actor)
        if chosen is not None:
            context |= self.detail(chosen)
        return {**context, "rows": rows, "open": chosen}

    def detail(self, proposal: Proposal) -> dict[str, Any]:
        buttons = self.model_admin.offered(self.request, proposal)
        rows = sorted(_places(proposal.difference), key=_said_by_itself)
        words = sentences.Words(((row["model"], {row["field"]: row}) for row in rows), self.actor)
        difference = [
            {
                "field": words.field(row["model"], row["field"]),
                "old": words.value(row["model"], row["field"], row["old"]),
                "new": words.value(row["model"], row["field"], row["new"]),
            }
            if "said" not in row
            else {"field": row["said"], "old": row["old"], "new": row["new"]}
            for row in rows
        ]
        votes = proposal.votes.select_related("person").order_by("at")
        return {
            "difference": difference,
            "votes": votes,
            "buttons": buttons,
            "why_not": reasons(buttons),
        }


def _places(difference: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Row by row; a change of a document (controls.policies) place by place, in the words of its form."""
    named = next((row["new"] for row in difference if row["field"] == "name"), "")
    kind = policies.KINDS.get(named) if isinstance(named, str) else None
    for row in difference:
        if row["field"] == "changes" and isinstance(row["new"], list):
            for one in row["new"]:
                for told in documents.place_in_words(kind.schema if kind else {}, one["path"], one["old"], one["new"]):
                    yield {**row, "said": told.place, "old": told.old, "new": told.new}
        elif row["field"] != "name" or kind is None:
            yield row
        else:
            yield {**row, "said": _("policy"), "new": str(kind.title)}


def _said_by_itself(row: dict[str, Any]) -> bool:
    """When it is decided and by whom comes last: people look for what changes."""
    return str(row["new"]).startswith((AT_DECISION, WHO_AGREES))


def _agree(agrees: bool) -> dict[str, Any]:
    return {"agrees": agrees}


@admin.register(Proposal)
class ProposalAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("action", "status", "proposed_by", "proposed_at", "expires_at", "decided_at")
    list_select_related = ("proposed_by",)
    ordering = ("-proposed_at",)
    list_page = Inbox
    buttons = (
        Button(
            approvals.decide,
            _("Agree"),
            lambda p: (
                _("%(what)s. It is done at once when the last vote that is needed is given.") % {"what": _asked(p)}
            ),
            kind="primary",
            key="a",
            name="agree",
            fixed=_agree(True),
            done=_("You agreed."),
        ),
        Button(
            approvals.decide,
            _("Decline"),
            _("The proposal ends here; it can be made again."),
            kind="danger",
            key="d",
            name="decline",
            fixed=_agree(False),
            done=_("You declined. The proposal is closed."),
        ),
        Button(
            approvals.withdraw,
            _("Withdraw"),
            _("The proposal ends here; it can be made again."),
            form=AsksReason,
            name="withdraw",
            done=_("Withdrawn."),
            shown=lambda proposal, by: proposal.proposed_by_id == by.person_id,
        ),
    )

    def record_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if request.GET.get("tab") == "timeline":
            return super().record_view(request, object_id)
        return Inbox.as_view(model_admin=self, open_id=object_id)(request)

    def heading(self, record: Any) -> str:
        return _asked(record)
