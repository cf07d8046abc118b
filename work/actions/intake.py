"""A file that is brought in: uploaded and tried by one person, applied by another."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls.actions import action
from controls.actor import Actor
from controls.models import LegalEntity
from work import reading
from work.actions.jobs import ask_job
from work.models import Intake, Job
from work.targets import TARGETS, Target

TRIES, APPLIES = "work.try_intake", "work.apply_intake"
ERRORS_SHOWN = 100


@action("work.bring_in")
def upload_intake(
    *, by: Actor, target: str, source: str, entity: LegalEntity, name: str, file: Any, shape: reading.Shape, lines: int
) -> Intake:
    """`file` lies in the storage already (work.files.Kept). Its first lines are read here, so that a file that cannot
    be read never becomes an intake."""
    _target(target, by)
    if by.person_id is None:
        raise NotPermitted(_("Only a signed-in person may do this."), code="person_needed")
    if not source.strip() or len(source) > 80 or not source.isprintable():
        raise Invalid(_("Name the source in at most 80 characters."), field="source")
    columns, preview = reading.beginning(file.file, shape)
    return Intake.all_unrestricted.create(
        target=target,
        source=source.strip(),
        entity=entity,
        uploaded_by_id=by.person_id,
        file=file.file,
        file_name=name[:200],
        sha256=file.sha256,
        size=file.size,
        format=shape.format,
        encoding=shape.encoding,
        separator=shape.separator,
        lines=lines,
        columns=columns,
        preview=preview,
    )


def _target(name: str, by: Actor) -> Target:
    found = TARGETS.get(name)
    if found is None:
        raise Invalid(_("Nothing of this kind can be brought in."), field="target")
    if not by.may(found.permission):
        raise NotPermitted(_("Your role does not allow this."))
    return found


def _not_begun(intake: Intake, by: Actor) -> str | RuleError | None:
    if by.person_id != intake.uploaded_by_id:
        return NotPermitted(_("Only who uploaded this file may do this with it."), code="not_yours")
    if intake.status not in (Intake.Status.UPLOADED, Intake.Status.CHECKED):
        return _("This intake is %(state)s.") % {"state": intake.get_status_display()}
    return None


def _not_tried_now(intake: Intake, by: Actor) -> str | RuleError | None:
    if refused := _not_begun(intake, by):
        return refused
    return _("It is being tried just now.") if intake.dry_run and intake.dry_run.is_live else None


@action("work.bring_in", when=_not_tried_now)
def reshape_intake(intake: Intake, *, by: Actor, encoding: str, separator: str) -> Intake:
    """Another encoding or separator than was found: the head is read again, and columns are matched anew."""
    if encoding not in reading.ENCODINGS or intake.format == "xlsx":
        raise Invalid(_("This is none of the encodings."), field="encoding")
    if intake.format == "csv" and separator not in reading.SEPARATORS:
        raise Invalid(_("This is none of the separators."), field="separator")
    shape = reading.Shape(intake.format, encoding, separator if intake.format == "csv" else "")
    intake.columns, intake.preview = reading.beginning(intake.file, shape)
    intake.encoding, intake.separator = shape.encoding, shape.separator
    intake.mapping, intake.mapped = {}, False
    intake.save()
    return intake


@action("work.bring_in", when=_not_tried_now)
def try_intake(intake: Intake, *, by: Actor, mapping: Mapping[str, str]) -> Intake:
    """Says which column is which field, and has every line looked at. Nothing is changed by it."""
    target = _target(intake.target, by)
    intake.mapping = _mapping(target, intake.columns, mapping)
    intake.mapped = True
    intake.dry_run = ask_job(by=by, kind=TRIES, arguments={"intake": str(intake.pk)})
    intake.save()
    return intake


def _mapping(target: Target, columns: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    given = {name: column for name, column in mapping.items() if column}
    known = {field.name for field in target.fields}
    if unknown := sorted(set(given) - known):
        raise Invalid(_("There is no field %(name)s.") % {"name": unknown[0][:40]}, field="mapping")
    for field in target.fields:
        if field.required and field.name not in given:
            raise Invalid(_("Choose the column of “%(field)s”.") % {"field": field.title}, field=field.name)
    for name, column in given.items():
        if column not in columns:
            raise Invalid(_("The file has no such column."), field=name)
    if twice := sorted({column for column in given.values() if list(given.values()).count(column) > 1}):
        raise Invalid(_("The column “%(column)s” is chosen twice.") % {"column": twice[0][:60]}, field="mapping")
    return given


def _is_tried(intake: Intake, by: Actor) -> str | None:
    """A dry run that another has overtaken says nothing any more."""
    if intake.status in (Intake.Status.UPLOADED, Intake.Status.CHECKED) and intake.dry_run_id:
        return None
    return _("This intake is not being tried.")


@action("work.bring_in", when=_is_tried)
def record_dry_run(
    intake: Intake, *, by: Actor, job: Job, rows: int, wrong: int, errors: list[Any], digest: str
) -> Intake:
    if intake.dry_run_id != job.pk:
        raise WrongState(_("Another dry run of this file was asked for."), code="overtaken")
    intake.move_to(Intake.Status.CHECKED)
    intake.rows, intake.wrong, intake.errors, intake.digest = rows, wrong, errors[:ERRORS_SHOWN], digest
    intake.save()
    return intake


def _applicable(intake: Intake, by: Actor) -> str | None:
    if intake.status == Intake.Status.APPLYING:
        return _("It is being applied just now.") if intake.application and intake.application.is_live else None
    if intake.status != Intake.Status.CHECKED:
        return _("This intake is %(state)s.") % {"state": intake.get_status_display()}
    if intake.dry_run and intake.dry_run.is_live:
        return _("It is being tried just now.")
    if intake.wrong:
        return _("Lines are wrong: mend the file, and bring it in again. Nothing of it is applied until then.")
    return None if intake.rows else _("The file has no line.")


@action("work.bring_in", maker="uploaded_by", when=_applicable, sensitive=True)
def apply_intake(intake: Intake, *, by: Actor, reason: str) -> Intake:
    """The second person agrees: a worker applies every line, in their name. Said again, it goes on after an end that
    was none."""
    if not reason.strip():
        raise Invalid(_("Say why you agree."), field="reason")
    _target(intake.target, by)
    intake.move_to(Intake.Status.APPLYING)
    intake.applied_by_id = by.person_id
    intake.application = ask_job(by=by, kind=APPLIES, arguments={"intake": str(intake.pk)})
    intake.save()
    return intake


def being_applied(intake: Intake, by: Actor) -> str | RuleError | None:
    """The rule of every action that applies lines."""
    if intake.status != Intake.Status.APPLYING:
        return _("This intake is not being applied.")
    if by.person_id != intake.applied_by_id:
        return NotPermitted(_("It is applied in the name of who agreed to it."), code="not_yours")
    return None


def count_applied(intake: Intake, *, handled: int, applied: int, digest: str) -> None:
    """For the action of a target: how far it has come, in its own transaction."""
    intake.handled += handled
    intake.applied += applied
    intake.applied_digest = digest
    intake.save(update_fields=["handled", "applied", "applied_digest"])


@action("work.bring_in", when=being_applied)
def finish_intake(intake: Intake, *, by: Actor) -> Intake:
    if intake.handled != intake.rows:
        raise WrongState(_("Lines are left."))
    intake.move_to(Intake.Status.APPLIED)
    intake.applied_at = clock.now()
    intake.save()
    return intake


@action("work.bring_in", when=_not_begun)
def withdraw_intake(intake: Intake, *, by: Actor, reason: str = "") -> Intake:
    intake.move_to(Intake.Status.WITHDRAWN)
    intake.save()
    return intake
