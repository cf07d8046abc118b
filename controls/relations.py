"""Conflicts of interest: somebody declares that they are related to a person whom records are about, and keeps away
from them from that moment. That takes power away, so it takes one person; ending it gives power back, and takes two
others.

Whether anybody is known under a reference is not told: the answer is the same, and the sweep finds who comes later.
"""

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from base.locks import only_one
from controls import apart, unit
from controls.actions import action
from controls.actor import Actor
from controls.models import LegalEntity, Relation
from controls.staff import AGREED_BY_ANOTHER

LONGEST = 64


@action("controls.own_relations")
def declare_relation(*, by: Actor, about: str, entity: LegalEntity, reference: str, kind: str, words: str) -> Relation:
    """What they are on is free again at once, and nothing of it is shown to them any more."""
    assert by.person_id is not None, "only people hold this right"
    reference, words = reference.strip(), words.strip()
    if about not in apart.KINDS:
        raise Invalid(_("There is no such kind of record."), field="about")
    if kind not in Relation.Kind.values:
        raise Invalid(_("There is no such relation."), field="kind")
    if not 0 < len(reference) <= LONGEST:
        raise Invalid(_("Give the reference, %(most)s letters at most.") % {"most": LONGEST}, field="reference")
    if not words:
        raise Invalid(_("Say what the relation is."), field="words")
    only_one(f"relations of {by.person_id}")
    own = Relation.all_unrestricted.in_force().filter(person=by.person_id, model=about, entity=entity)
    if any(one.reference == reference for one in own):
        raise WrongState(_("You declared this already."), code="declared_already")
    relation = Relation(person_id=by.person_id, model=about, entity=entity, kind=kind, reference=reference, words=words)
    relation.subject = apart.KINDS[about].find(entity, reference)
    relation.save(force_insert=True)
    _let_go(relation, by)
    return relation


def _open(relation: Relation, by: Actor) -> str | RuleError | None:
    if relation.person_id == by.person_id:
        return NotPermitted(_("Ending it gives you power back; another must propose it."), code="concerned")
    return None if relation.ended_at is None else _("This has ended.")


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_open)
def end_relation(relation: Relation, *, by: Actor) -> Relation:
    """It was declared in error, or is no more."""
    relation.ended_at, relation.ended_by_id, relation.end_agreed_by_id = clock.now(), by.person_id, unit.agreed_by()
    relation.save(update_fields=["ended_at", "ended_by", "end_agreed_by"])
    return relation


def is_known(relation: Relation) -> bool:
    """Whether somebody lies under the reference now."""
    return apart.KINDS[relation.model].find(relation.entity, relation.reference) is not None


def _unknown(relation: Relation, by: Actor) -> str | None:
    return _("Whom it is to is known.") if relation.subject or relation.ended_at else None


@action("controls.find_relations", when=_unknown)
def find_subject(relation: Relation, *, by: Actor) -> Relation:
    """Somebody has come under the reference since."""
    relation.subject = apart.KINDS[relation.model].find(relation.entity, relation.reference)
    if relation.subject is None:
        raise WrongState(_("Nobody is known under this reference yet."))
    relation.save(update_fields=["subject"])
    _let_go(relation, by)
    return relation


def tells(relation: Relation, actor: Actor) -> bool:
    """Whether this reader is told to whom it is, and in which words."""
    if relation.person_id == actor.person_id:
        return True
    kind = apart.KINDS.get(relation.model)
    return kind is not None and actor.may(kind.permission)


def _let_go(relation: Relation, by: Actor) -> None:
    if relation.subject is not None:
        apart.KINDS[relation.model].let_go(relation.person_id, relation.subject, by)
