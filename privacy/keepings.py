"""What all apps together keep about one person, asked through the registry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from django.db.models import QuerySet

from base import registry
from base.canonical import canonical
from controls.models import Relation
from controls.policies import policy
from outbox.models import Event
from privacy.models import Subject
from privacy.policies import RETENTION
from privacy.retention import retain_until


@dataclass(frozen=True)
class Whole:
    """Everything kept about one person. `ended_on` is None while one app says that the relationship lasts."""

    country: str
    ended_on: date | None
    rows: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    words: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        labels = [label for label, _key in self.rows]
        return {label: labels.count(label) for label in sorted(set(labels))} | {"files": len(self.files)}

    def digest(self) -> str:
        return sha256(canonical([sorted(self.rows), sorted(self.files)]).encode()).hexdigest()


def of(model: str) -> list[registry.Keeping]:
    return [keeping for keeping in registry.keepings if keeping.model == model]


def known_as(subjects: Iterable[Subject]) -> dict[str, str]:
    """What the desk calls each of them, by the id of the person; who was erased is called nothing."""
    found, left = {}, [subject for subject in subjects if subject.erased_at is None]
    for keeping in registry.keepings:
        found.update(keeping.known_as([str(subject.person) for subject in left if subject.model == keeping.model]))
    return found


def kept(model: str, person: str) -> Whole | None:
    """None when no app knows such a person. One that fails stops here: half an answer would be half an erasure."""
    found = [each for keeping in of(model) if (each := keeping.kept(person)) is not None]
    if not found:
        return None
    days = [each.ended_on for each in found]
    return Whole(
        country=found[0].country,
        ended_on=None if None in days else max(day for day in days if day),
        rows=tuple(row for each in found for row in each.rows),
        files=tuple(file for each in found for file in each.files if file),
        words=tuple(word for each in found for word in each.words if word),
    )


def with_own(subject: Subject, found: Whole | None) -> Whole:
    """And what this app itself keeps of a subject: reasons of holds and restrictions, bundles made for them."""
    whole = found or Whole(subject.country, None, (), (), ())
    rows = [("privacy.subject", str(subject.pk))]
    rows += [("controls.relation", str(relation.pk)) for relation in relations_to(subject)]
    rows += [("privacy.hold", str(hold.pk)) for hold in subject.holds.all()]
    rows += [
        ("outbox.event", str(ref)) for ref in Event.objects.filter(about=subject.person).values_list("ref", flat=True)
    ]
    jobs = [request.job for request in subject.access_requests.select_related("job")]
    rows += [("privacy.accessrequest", str(request.pk)) for request in subject.access_requests.all()]
    rows += [("work.job", str(job.pk)) for job in jobs]
    files = [job.result_file for job in jobs if job.result_file]
    return replace(whole, rows=(*whole.rows, *rows), files=(*whole.files, *files))


def relations_to(subject: Subject) -> QuerySet[Relation]:
    """What people who work here declared of them, in words of their own."""
    return Relation.all_unrestricted.filter(model=subject.model, subject=subject.person)


def time_of(found: Whole) -> tuple[date | None, str]:
    """Until when it is kept, and the digest of the policy that says so."""
    rules = policy(RETENTION)
    until = None if found.ended_on is None else retain_until(found.ended_on, found.country, rules.value)
    return until, rules.digest


def ended() -> Iterator[tuple[str, str]]:
    """Persons whose relationship some app sees ended."""
    for keeping in registry.keepings:
        yield from ((keeping.model, person) for person in keeping.ended())


def models() -> list[str]:
    return sorted({keeping.model for keeping in registry.keepings})
