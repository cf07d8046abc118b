"""What a person is given of what is kept about them: JSON for machines and a PDF for people, in one archive."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import typst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.canonical import plain
from base.errors import Invalid, WrongState
from controls.actor import Actor
from privacy import keepings
from privacy.actions.access import KIND
from privacy.models import Subject
from privacy.models.subjects import Status
from work import files, jobs

PAGE = """
#set page(paper: "a4", margin: 2cm, numbering: "1")
#set text(size: 10pt)
#let data = json(bytes(sys.inputs.data))
#heading(data.title)
#data.made
#for line in data.lines {
  if line.value == none { heading(level: calc.min(line.depth + 2, 5), line.label) } else [
    #strong(line.label + ":") #line.value \\
  ]
}
"""


def make(run: jobs.Run) -> jobs.Outcome:
    subject = Subject.objects.visible_to(run.by).filter(pk=run.arguments["subject"]).first()
    if subject is None or subject.status in (Status.ERASING, Status.ERASED):
        raise WrongState(_("This has been erased."))
    told = tell(subject)
    run.step(1, 2)
    archive = zipped(told)
    run.step(2, 2)
    return jobs.Outcome({"parts": len(told)}, files.keep([archive]), f"access-{subject.pk}.zip", "application/zip")


def check(arguments: dict[str, Any], by: Actor) -> None:
    known = Subject.objects.visible_to(by).filter(pk=arguments.get("subject"))
    if set(arguments) != {"subject"} or not known.exists():
        raise Invalid(_("There is no such person."), field="subject")


def tell(subject: Subject) -> dict[str, Any]:
    """By app. One that fails fails the job: a bundle that lacks a part would say that there is none."""
    person = str(subject.person)
    told: dict[str, Any] = {
        keeping.name: keeping.tells(person) for keeping in keepings.of(subject.model) if keeping.kept(person)
    }
    return told


def zipped(told: dict[str, Any]) -> bytes:
    said = json.dumps(told, default=plain, ensure_ascii=False, indent=2, sort_keys=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", said)
        archive.writestr("data.pdf", printed(json.loads(said)))
    return out.getvalue()


def printed(told: dict[str, Any]) -> bytes:
    """Values go in as data, never as markup: nothing a person wrote is run."""
    page = {
        "title": _("What we keep about you"),
        "made": clock.now().strftime("%Y-%m-%d %H:%M UTC"),
        "lines": list(_lines(told)),
    }
    made = typst.compile(PAGE.encode(), sys_inputs={"data": json.dumps(page, ensure_ascii=False)})
    assert isinstance(made, bytes)
    return made


def _lines(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value, start=1):
        label = str(key).replace("_", " ")
        if isinstance(inner, dict | list):
            yield {"label": label, "value": None, "depth": depth}
            yield from _lines(inner, depth + 1)
        else:
            yield {"label": label, "value": "–" if inner in (None, "") else str(inner), "depth": depth}


BUNDLE = jobs.Kind(KIND, gettext_lazy("What is kept about a person"), "privacy.prepare_access", make, check)
