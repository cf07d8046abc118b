"""The pages of a policy: a version, two of them beside each other, and the form in which the next one is written."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.buttons import CONFIRM
from base.errors import ConfirmationNeeded, RuleError
from base.pages import Page, RecordPage
from controls import documents, drafts
from controls.models import PolicyDraft, PolicyVersion
from controls.policies import KINDS, Kind


def edit_link(name: str) -> str:
    return reverse("admin:controls_policyversion_edit", args=[name])


class PolicyPage(RecordPage):
    """A version, and for its owners the way to the next one."""

    template_name = "controls/policy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind, actor = KINDS.get(self.record.name), self.actor
        refused = kind.refusal(actor) if kind else None
        label = _("Propose a change")
        context = super().get_context_data(**kwargs)
        if refused:
            context["why_not"] = {refused.text: [label]}
        return {
            **context,
            "label": label,
            "refused": refused,
            "edit": edit_link(self.record.name) if kind else "",
            "draft": None if refused or kind is None else drafts.open_draft(self.record.name, actor),
            "compare": reverse("admin:controls_policyversion_compare", args=[self.record.pk]),
        }


# --- two beside each other ----------------------------------------------------------------------------------------


class ComparePage(Page):
    """A version and another of the same policy, or one's own draft: `?with=` a number, or "draft". What is older stands
    to the left; without a choice it is compared with what holds, and what holds with the one before."""

    template_name = "controls/policy_compare.html"
    permission = "controls.view_home"
    title = gettext_lazy("Compare versions")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = self._version(kwargs["object_id"])
        kind = KINDS.get(version.name)
        draft = drafts.open_draft(version.name, self.actor)
        seen = PolicyVersion.objects.visible_to(self.actor).of(version.name).order_by("-number")
        others = [one for one in seen if one.pk != version.pk]
        asked = self.request.GET.get("with", "")
        other = draft if draft and asked == "draft" else self._other(version, others, asked)
        old, new = (version, other) if _order(other) > _order(version) else (other, version)
        schema = kind.schema if kind else {}
        told = documents.differences(schema, old.document, new.document) if old and new else ()
        return super().get_context_data(
            **kwargs,
            heading=str(kind.title) if kind else version.name,
            version=version,
            other=other,
            others=others,
            draft=draft,
            old=_called(old),
            new=_called(new),
            rows=list(told),
            back=reverse("admin:controls_policyversion_change", args=[version.pk]),
        )

    def _version(self, key: str) -> PolicyVersion:
        try:
            found: PolicyVersion | None = PolicyVersion.objects.visible_to(self.actor).filter(pk=key).first()
        except (ValueError, ValidationError):
            found = None
        if found is None:
            raise Http404
        return found

    def _other(self, version: PolicyVersion, others: list[PolicyVersion], asked: str) -> PolicyVersion | None:
        if asked:
            found = next((one for one in others if str(one.number) == asked), None)
            if found is None:
                raise Http404
            return found
        held = drafts.in_force(version.name)
        if held.pk != version.pk:
            return held
        return next((one for one in others if one.number < version.number), others[0] if others else None)


def _order(one: PolicyVersion | PolicyDraft | None) -> float:
    if one is None:
        return -1
    return one.number if isinstance(one, PolicyVersion) else float("inf")


def _called(one: PolicyVersion | PolicyDraft | None) -> str:
    if one is None:
        return ""
    if isinstance(one, PolicyDraft):
        return _("your draft")
    return _("version %(number)s, from %(day)s") % {"number": one.number, "day": one.effective_on.isoformat()}


# --- the form -----------------------------------------------------------------------------------------------------


class Typed:
    """What somebody wrote, as far as it was understood."""

    def __init__(self, document: Any, base: str, revision: int, effective_on: str, reason: str) -> None:
        self.document, self.base, self.revision = document, base, revision
        self.effective_on, self.reason = effective_on, reason
        self.raw = ""  # JSON that could not be read
        self.wrong: dict[str, str] = {}  # field of the page: what is wrong with it
        self.more: set[str] = set()

    @classmethod
    def of(cls, draft: PolicyDraft | None, held: PolicyVersion) -> "Typed":
        if draft is None:
            return cls(held.document, held.digest, 0, clock.today().isoformat(), "")
        day = draft.effective_on.isoformat() if draft.effective_on else ""
        return cls(draft.document, draft.base_digest, draft.revision, day, draft.reason)

    @classmethod
    def posted(cls, request: HttpRequest, kind: Kind, pairs: list[tuple[str, str]], known: Any) -> "Typed":
        words = request.POST
        revision = words.get("revision", "0")
        number = int(revision) if revision.isdigit() and len(revision) < 9 else 0
        made = cls(known, words.get("base", ""), number, words.get("effective_on", ""), words.get("reason", ""))
        if words.get("view") != "json":
            made.document = documents.document(kind.schema, pairs)
            return made
        try:
            made.document = json.loads(words.get("document", ""))
        except (ValueError, RecursionError) as error:
            made.raw, made.wrong["document"] = words.get("document", ""), _("This is no JSON: %(why)s") % {"why": error}
        else:
            if not isinstance(made.document, dict):
                made.raw, made.wrong["document"] = words.get("document", ""), _("Write an object: {…}.")
                made.document = known
        return made

    def day(self) -> date | None:
        """None where none was written; what is no day is said beside the field."""
        try:
            found: date | None = forms.DateField(required=False).clean(self.effective_on)
        except ValidationError as error:
            self.wrong["effective_on"] = " ".join(error.messages)
            return None
        return found


class EditPage(Page):
    """One's draft of a policy: a form made of the schema, the same as JSON, what it changes, and the proposal. It works
    without scripts: a button that adds a row sends the page, and the page comes back with what was written."""

    template_name = "controls/policy_edit.html"
    permission = "controls.change_policy"
    kind: Kind

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["name"] not in KINDS:
            raise Http404
        self.kind = KINDS[kwargs["name"]]
        if self.kind.refusal(request.actor):  # type: ignore[attr-defined]
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = drafts.open_draft(self.kind.name, self.actor)
        held = drafts.in_force(self.kind.name, draft.effective_on if draft else None)
        return self.shown(draft, held, Typed.of(draft, held), request.GET.get("view", "form"))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do, _colon, name = request.POST.get("do", "save").partition(":")
        draft = drafts.open_draft(self.kind.name, self.actor)
        held = drafts.in_force(self.kind.name, draft.effective_on if draft else None)
        if do == "discard" and draft:
            return self.discard(draft, held)
        pairs = list(_pairs(request, name if do == "remove" else ""))
        typed = Typed.posted(request, self.kind, pairs, draft.document if draft else held.document)
        view = request.POST.get("view", "form")
        if do == "add":
            typed.more = {documents.renamed(self.kind.schema, pairs, name)}
        if do in ("add", "remove", "show"):
            return self.shown(draft, held, typed, name if do == "show" and not typed.raw else view)
        return self.keep(draft, held, typed, view, do)

    def keep(self, draft: PolicyDraft | None, held: PolicyVersion, typed: Typed, view: str, do: str) -> HttpResponse:
        day = typed.day()
        if typed.wrong:
            return self.shown(draft, held, typed, view, status=422)
        try:
            draft = drafts.keep_draft(
                by=self.actor,
                name=self.kind.name,
                document=typed.document,
                base=typed.base,
                revision=typed.revision,
                effective_on=day,
                reason=typed.reason,
            )
        except RuleError as error:
            typed.wrong[error.field or ""] = error.text
            if error.code == "draft_changed" and draft:
                typed.revision = draft.revision  # once seen, the next save replaces it
            return self.shown(draft, held, typed, view, status=error.status, saved=draft)
        return self.go_on(draft, do, view)

    def go_on(self, draft: PolicyDraft, do: str, view: str) -> HttpResponse:
        """The draft is kept; what else the button asks for."""
        try:
            if do == "take-in":
                drafts.take_in(draft, by=self.actor)
            elif do == "propose" and not drafts.faults(self.kind, draft.document):
                proposal = drafts.propose_draft(draft, by=self.actor)
                messages.success(self.request, _("Proposed. Another person finds it in their inbox, old beside new."))
                return HttpResponseRedirect(reverse("admin:controls_proposal_change", args=[proposal.pk]))
        except ConfirmationNeeded:
            return HttpResponseRedirect(f"{CONFIRM}?{urlencode({'next': self.request.path})}")
        except RuleError as error:
            held, typed = drafts.holding(draft), Typed.of(draft, drafts.holding(draft))
            typed.wrong[error.field or ""] = error.text
            return self.shown(draft, held, typed, view, status=error.status)
        if do != "propose":
            messages.success(
                self.request, _("Your draft is kept. Nothing holds by it before it is proposed and agreed.")
            )
            return HttpResponseRedirect(f"{self.request.path}?view={view}")
        held, typed = drafts.holding(draft), Typed.of(draft, drafts.holding(draft))
        typed.wrong[""] = _("Not proposed: what is marked does not fit. Your draft is kept.")
        return self.shown(draft, held, typed, view, status=422)

    def discard(self, draft: PolicyDraft, held: PolicyVersion) -> HttpResponse:
        try:
            drafts.discard_draft(draft, by=self.actor)
        except RuleError as error:
            messages.error(self.request, error.text)
        else:
            messages.success(self.request, _("Your draft is discarded."))
        return HttpResponseRedirect(reverse("admin:controls_policyversion_change", args=[held.pk]))

    def shown(
        self,
        draft: PolicyDraft | None,
        held: PolicyVersion,
        typed: Typed,
        view: str,
        *,
        status: int = 200,
        saved: PolicyDraft | None = None,
    ) -> HttpResponse:
        schema, faults = self.kind.schema, drafts.faults(self.kind, typed.document)
        overtaken = list(self.overtaken(draft, held)) if draft and draft.base_digest != held.digest else []
        root = documents.form(schema, typed.document, faults, more=typed.more)
        context = self.get_context_data(
            title=_("Policies"),
            kind=self.kind,
            view="json" if view == "json" else "form",
            root=root,
            raw=typed.raw or json.dumps(typed.document, indent=2, ensure_ascii=False),
            typed=typed,
            draft=draft,
            held=held,
            wrong=typed.wrong.get("") or typed.wrong.get("base", ""),
            errors=list(_errors(root)),
            others=[(".".join(map(str, path)), words) for path, words in faults.items()],
            changes=list(documents.differences(schema, held.document, typed.document)),
            overtaken=overtaken,
            elsewhere=list(documents.differences(schema, saved.document, typed.document)) if saved else [],
            back=reverse("admin:controls_policyversion_change", args=[held.pk]),
        )
        return self.render_to_response(context, status=status)

    def overtaken(self, draft: PolicyDraft, held: PolicyVersion) -> Iterator[documents.Difference]:
        return documents.differences(self.kind.schema, drafts.began_from(draft).document, held.document)


def _pairs(request: HttpRequest, removed: str) -> Iterator[tuple[str, str]]:
    """What was posted in the order of the page, without the row that is removed."""
    for name, values in request.POST.lists():
        if not removed or not f"{name}.".startswith(f"{removed}."):
            yield name, str(values[-1])


def _errors(node: documents.Node) -> Iterator[tuple[str, str, str]]:
    """Where, what and the id of the input."""
    for each in (node, node.key) if node.key else (node,):
        for words in each.errors:
            yield node.where or str(node.label), words, each.id
    for child in node.children:
        yield from _errors(child)
