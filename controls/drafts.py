"""Drafts of policies: kept as somebody goes, compared with what holds, and proposed or discarded from there.

A draft remembers the version it was begun from. When another one holds by then, it is proposed only after that one was
taken in: a change nobody meant to undo is not undone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, WrongState
from base.locks import only_one
from controls import approvals, documents
from controls.actions import action
from controls.actor import Actor
from controls.models import PolicyDraft, PolicyVersion, Proposal
from controls.policies import KINDS, Kind


@action("controls.change_policy")
def keep_draft(
    *,
    by: Actor,
    name: str,
    document: Mapping[str, Any],
    base: str,
    revision: int = 0,
    effective_on: date | None = None,
    reason: str = "",
) -> PolicyDraft:
    """Begins one's draft of a policy, or keeps what was written since. `revision` is that of the draft it goes on from,
    0 for none: two windows do not overwrite each other."""
    _owned(name, by)
    assert by.person_id is not None, "no role of a program owns a policy"
    if not isinstance(document, Mapping):
        raise Invalid(_("Write an object: {…}."), field="document")
    only_one(f"draft:{name}:{by.person_id}")
    draft = open_draft(name, by)
    if (draft.revision if draft else 0) != revision:
        raise WrongState(_("This draft was saved in another window meanwhile."), code="draft_changed")
    if not PolicyVersion.all_unrestricted.of(name).filter(digest=base).exists():
        raise Invalid(_("No version of this policy has that digest."), field="base")
    words = {"document": document, "base_digest": base, "effective_on": effective_on, "reason": reason.strip()[:2000]}
    if draft is None:
        made: PolicyDraft = PolicyDraft.all_unrestricted.create(name=name, person_id=by.person_id, **words)
        return made
    for field, value in {**words, "revision": revision + 1, "saved_at": clock.now()}.items():
        setattr(draft, field, value)
    draft.save(update_fields=[*words, "revision", "saved_at"])
    return draft


def _open(draft: PolicyDraft, by: Actor) -> str | None:
    return None if draft.may_move_to(PolicyDraft.Status.WITHDRAWN) else _("This draft is closed.")


@action("controls.change_policy", when=_open)
def take_in(draft: PolicyDraft, *, by: Actor) -> PolicyDraft:
    """What came into force meanwhile, wherever the draft itself changed nothing; where both did, the draft's stays."""
    now, base = holding(draft), began_from(draft)
    draft.document = documents.merged(base.document, draft.document, now.document)
    draft.base_digest, draft.revision, draft.saved_at = now.digest, draft.revision + 1, clock.now()
    draft.save(update_fields=["document", "base_digest", "revision", "saved_at"])
    return draft


@action("controls.change_policy", when=_open, sensitive=True)
def propose_draft(draft: PolicyDraft, *, by: Actor) -> Proposal:
    """What the draft says, from its day on; others agree."""
    _owned(draft.name, by)
    if draft.effective_on is None:
        raise Invalid(_("Say from which day it holds."), field="effective_on")
    if draft.base_digest != holding(draft).digest:
        text = _("Another version holds on that day by now. Take it in first, and look at what remains.")
        raise WrongState(text, code="overtaken")
    arguments = {"name": draft.name, "document": draft.document, "effective_on": draft.effective_on}
    made: Proposal = approvals.propose(
        by=by, name="controls.change_policy", record=None, arguments=arguments, reason=draft.reason
    )
    draft.move_to(PolicyDraft.Status.PROPOSED)
    draft.proposal = made
    draft.save(update_fields=["status", "proposal"])
    return made


@action("controls.change_policy", when=_open)
def discard_draft(draft: PolicyDraft, *, by: Actor) -> PolicyDraft:
    draft.move_to(PolicyDraft.Status.WITHDRAWN)
    draft.save(update_fields=["status"])
    return draft


def open_draft(name: str, by: Actor) -> PolicyDraft | None:
    found: PolicyDraft | None = PolicyDraft.objects.visible_to(by).open().filter(name=name).first()
    return found


def holding(draft: PolicyDraft) -> PolicyVersion:
    """The version that holds on the day from which the draft would: what it is compared with."""
    return in_force(draft.name, draft.effective_on)


def in_force(name: str, on: date | None = None) -> PolicyVersion:
    day = max(on or clock.today(), clock.today())
    found: PolicyVersion | None = PolicyVersion.all_unrestricted.of(name).in_force(day).first()
    assert found is not None, f"{name} has no version: migrate makes the first"
    return found


def began_from(draft: PolicyDraft) -> PolicyVersion:
    """The newest with these very words."""
    versions = PolicyVersion.all_unrestricted.of(draft.name).filter(digest=draft.base_digest)
    found: PolicyVersion | None = versions.order_by("-number").first()
    assert found is not None, "keep_draft takes the digest of a version alone"
    return found


def faults(kind: Kind, document: Any) -> dict[documents.Path, list[str]]:
    """What is wrong, by place: what the schema says, and once it says nothing, what else the policy asks."""
    found = documents.faults(kind.schema, document)
    if not found:
        try:
            kind.read(document)
        except ValueError as error:
            path, words = documents.place_of(kind.schema, str(error))
            found = {path: [words]}
    return found


def _owned(name: str, by: Actor) -> None:
    if name not in KINDS:
        raise Invalid(_("There is no such policy."), field="name")
    if refused := KINDS[name].refusal(by):
        raise refused
