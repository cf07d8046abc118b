"""The trail as people read it: who did what, which values, why, in words instead of keys."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import registry
from base.templatetags.backoffice import when
from controls.actor import Actor
from controls.models import ApiClient, Person
from controls.roles import job_name
from controls.timeline import Line, Sentence

ACTOR = re.compile(r"(person|client):[0-9a-f-]{36}|job:[a-z_.]+")  # a label that a record stores

DEEDS: dict[str, Any] = {
    "controls.bootstrap": gettext_lazy("set up the first two role-holders"),
    "controls.create_person": gettext_lazy("created the person"),
    "controls.grant_role": gettext_lazy("granted a role, as agreed"),
    "controls.suspend_role": gettext_lazy("suspended the role"),
    "controls.restore_role": gettext_lazy("restored the role, as agreed"),
    "controls.end_role": gettext_lazy("ended the role"),
    "controls.suspend_person": gettext_lazy("suspended the person"),
    "controls.see_off": gettext_lazy("saw the person off: everything they held ended"),
    "controls.reopen": gettext_lazy("opened the account again, on the server"),
    "controls.break_glass": gettext_lazy("took an emergency right"),
    "controls.end_emergency": gettext_lazy("ended the emergency right"),
    "controls.review_emergency": gettext_lazy("reviewed the emergency right"),
    "controls.declare_relation": gettext_lazy("declared a relation to somebody, and keeps away from them"),
    "controls.find_subject": gettext_lazy("found whom the relation is to"),
    "controls.end_relation": gettext_lazy("ended the relation, as agreed"),
    "controls.open_review": gettext_lazy("opened the access review of the quarter"),
    "controls.confirm_grant": gettext_lazy("confirmed the grant"),
    "controls.remove_grant": gettext_lazy("removed the grant"),
    "controls.lapse_grant": gettext_lazy("let the grant lapse, which nobody had confirmed"),
    "controls.pass_on": gettext_lazy("passed the grant on to another role to answer"),
    "controls.close_review": gettext_lazy("closed the access review"),
    "controls.stand_in": gettext_lazy("made a deputy, as agreed"),
    "controls.end_stand_in": gettext_lazy("ended the deputy"),
    "controls.grant_examination": gettext_lazy("let examine, as agreed"),
    "controls.end_examination": gettext_lazy("ended the examination"),
    "controls.examine": gettext_lazy("looked at it, examining"),
    "controls.restore_person": gettext_lazy("restored the person, as agreed"),
    "controls.grant_report_sight": gettext_lazy("granted sight of reports"),
    "controls.end_report_sight": gettext_lazy("ended the sight of reports"),
    "controls.propose": gettext_lazy("proposed a change"),
    "controls.decide": gettext_lazy("answered the proposal"),
    "controls.withdraw": gettext_lazy("withdrew the proposal"),
    "controls.expire": gettext_lazy("closed the proposal, which had expired"),
    "controls.change_policy": gettext_lazy("changed a policy, as agreed"),
    "controls.keep_draft": gettext_lazy("kept a draft of a policy"),
    "controls.take_in": gettext_lazy("took the version in force into their draft"),
    "controls.propose_draft": gettext_lazy("proposed their draft"),
    "controls.discard_draft": gettext_lazy("discarded their draft"),
    "controls.make_client": gettext_lazy("created the API client, as agreed"),
    "controls.extend_client": gettext_lazy("extended the API client, as agreed"),
    "controls.hand_over_client": gettext_lazy("gave the API client another owner, as agreed"),
    "controls.issue_key": gettext_lazy("issued a key"),
    "controls.rotate_key": gettext_lazy("rotated the key"),
    "controls.end_key": gettext_lazy("ended a key"),
    "controls.revoke_client": gettext_lazy("revoked the API client"),
    "controls.sign_in": gettext_lazy("signed in"),
    "controls.sign_out": gettext_lazy("signed out"),
    "controls.end_session": gettext_lazy("ended the session"),
    "controls.end_other_sessions": gettext_lazy("ended all their other sessions"),
    "controls.replace_temporary_password": gettext_lazy("chose a password of their own"),
    "controls.change_password": gettext_lazy("changed their password"),
    "controls.enrol_authenticator": gettext_lazy("set up an authenticator app"),
    "controls.replace_authenticator": gettext_lazy("replaced the authenticator app"),
    "controls.add_passkey": gettext_lazy("added a passkey"),
    "controls.remove_factor": gettext_lazy("removed a second factor"),
    "controls.new_recovery_codes": gettext_lazy("made new recovery codes"),
    "controls.confirm_recovery_codes": gettext_lazy("confirmed the new recovery codes"),
    "controls.reset_factors": gettext_lazy("reset the second factors, as agreed"),
    "controls.export": gettext_lazy("exported a list"),
    "controls.back_up": gettext_lazy("took a backup"),
    "controls.open_restored": gettext_lazy("opened what was restored from a backup"),
    "controls.rotate_keys": gettext_lazy("brought the data to another key"),
    "controls.hand_over_key": gettext_lazy("handed the signing of checkpoints over to another key"),
}


def deed(action: str) -> Any:
    """What was done, in words: the app's own, or the verb itself."""
    known = DEEDS.get(action) or registry.sentences.get(action)
    return known or action.partition(".")[2].replace("_", " ")


def events(told: Iterable[Sentence], reader: Actor) -> list[registry.Event]:
    """Sentences of the trail as pages show them; one more query for each kind of record that values name."""
    told = list(told)
    words = Words(((each.record_model, {line.field: vars(line) for line in each.lines}) for each in told), reader)
    return [_event(each, words) for each in told]


def _event(said: Sentence, words: "Words") -> registry.Event:
    if said.hidden:
        return registry.Event(None, "", said.leaf)
    changes = [registry.Change(line.label, *words.pair(said.record_model, line)) for line in said.lines]
    if said.shredded:
        changes = [registry.Change(_("values"), None, _("erased; what remains proves that they were not changed"))]
    return registry.Event(said.at, said.who, deed(said.action), changes, said.reason)


def names_of_actors(labels: set[str]) -> dict[str, str]:
    """Actors by the label that records store: people and programs by name, jobs by their role."""
    people = _named(Person.all_unrestricted, labels, "person")
    programs = _named(ApiClient.all_unrestricted, labels, "client")
    return {label: people.get(label) or programs.get(label) or _job(label) for label in labels}


def _named(rows: Any, labels: set[str], kind: str) -> dict[str, str]:
    keys = [label.partition(":")[2] for label in labels if label.startswith(f"{kind}:")]
    if not keys:
        return {}
    return {f"{kind}:{key}": name for key, name in rows.filter(pk__in=keys).values_list("pk", "name")}


def _job(label: str) -> str:
    return str(job_name(label) or _("somebody unknown"))


class Words:
    """Fields and plain values of the trail in words. Records that values point at are looked up in one go; of one
    that the reader may not know only its kind is said."""

    def __init__(self, told: Iterable[tuple[str, dict[str, Any]]], reader: Actor) -> None:
        told = list(told)
        wanted: dict[type[models.Model], set[str]] = {}
        for model, values in told:
            for name, value in values.items():
                field = field_of(model, name)
                if isinstance(field, models.ForeignKey):
                    target: Any = field.related_model
                    wanted.setdefault(target, set()).update(str(v) for v in (value["old"], value["new"]) if v)
        self.names = {
            (model, str(row.pk)): str(row) for model, keys in wanted.items() for row in _rows(model, keys, reader)
        }
        sides = {str(v[side]) for _model, values in told for v in values.values() for side in ("old", "new")}
        self.actors = names_of_actors({side for side in sides if ACTOR.fullmatch(side)})

    def field(self, model: str, name: str) -> str:
        field = field_of(model, name)
        return str(field.verbose_name) if field is not None else name.rpartition(".")[2].replace("_", " ")

    def pair(self, model: str, line: Line) -> tuple[Any, Any]:
        return self.value(model, line.field, line.old), self.value(model, line.field, line.new)

    def value(self, model: str, name: str, value: Any) -> Any:
        field = field_of(model, name)
        if value is None or value == "":
            return None
        if field is not None and (spell := registry.spellings.get(f"{field.model._meta.label_lower}.{field.name}")):
            return spell(value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if str(value) in self.actors:
            return self.actors[str(value)]
        if isinstance(field, models.ForeignKey):
            return self.names.get((field.related_model, str(value))) or _unnamed(field.related_model, str(value))
        if isinstance(field, models.DateTimeField) and (moment := parse_datetime(str(value))):
            return when(moment)
        if isinstance(field, models.Field) and field.choices:
            return dict(field.flatchoices).get(value, value)
        if isinstance(value, list):
            return "; ".join(_item(item) for item in value) or "–"
        return plainly(value) if isinstance(value, dict) else value


def _item(item: Any) -> str:
    """One of several; a place of a document that changed reads as old and new."""
    if isinstance(item, dict) and "path" in item:
        return f"{item['path']}: {item['old']} → {item['new']}"
    return plainly(item)


def plainly(value: Any) -> str:
    """A value without words of its own, name by name."""
    if isinstance(value, dict):
        return ", ".join(f"{str(name).replace('_', ' ')}: {plainly(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list):
        return "; ".join(plainly(item) for item in value) or "–"
    return str(value)


def field_of(model: str, name: str) -> "models.Field[Any, Any] | None":
    """The field an audited value belongs to; "rolegrant.role" names one of the record that an action made."""
    kind, _dot, plain = name.rpartition(".")
    label = f"{model.partition('.')[0]}.{kind}" if kind else model
    try:
        field = apps.get_model(label)._meta.get_field(plain)
    except (LookupError, ValueError, FieldDoesNotExist):  # an entry outlives the code that wrote it
        return None
    return field if isinstance(field, models.Field) else None


def _unnamed(model: Any, value: str) -> str:
    """A record out of sight is told by its kind alone: its name is not theirs to know, and its key is a name too."""
    if not _is_key(model, value):
        return value
    return _("(a %(kind)s that you may not see)") % {"kind": model._meta.verbose_name}


def _rows(model: Any, keys: set[str], reader: Actor) -> Sequence[Any]:
    rows = named_to(model, reader)
    related = [f.name for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey) and f.name == "person"]
    return list(rows.filter(pk__in=[key for key in keys if _is_key(model, key)]).select_related(*related))


def named_to(model: Any, reader: Actor) -> Any:
    """The records whose names this reader may know: those in sight, and to everybody who works here their colleagues,
    who sign what they do. A model that does not say who may see it is the auditors'."""
    if model is Person and reader.kind == "person":
        return Person.all_unrestricted
    manager: Any = getattr(model, "objects", None)
    if hasattr(manager, "visible_to"):
        return manager.visible_to(reader)
    return model._default_manager.all() if reader.may("controls.view_audit") else model._default_manager.none()


def _is_key(model: Any, key: str) -> bool:
    if not isinstance(model._meta.pk, models.UUIDField):
        return key.isdigit()
    try:
        UUID(key)
    except ValueError:
        return False
    return True
