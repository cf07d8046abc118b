"""Mail to people who work here: that something waits, and where to sign in to see what.

An app declares its templates in `ready()`; an action says `mail(person, "work.tasks_due", count=3)`. A mail crosses
networks and lies in mailboxes that others read: it holds a number and a link, and there is no way to put words in. The
page behind the link asks who one is, and shows what one may see.
"""

import string
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from controls.models import Person
from outbox import events
from outbox.models import Event, Receiver

ALLOWED = {"count", "link"}


@dataclass(frozen=True)
class Template:
    """`subject` and `body` are fixed texts that may name {count} and {link}; `page` is the address behind the link, of
    a record where `mail` is given one."""

    name: str
    subject: Any
    body: Any
    page: str = "admin:index"


TEMPLATES: dict[str, Template] = {}


def register(template: Template) -> None:
    assert template.name not in TEMPLATES, f"two mails are called {template.name}"
    for text in (template.subject, template.body):
        assert not (strange := _strange(str(text))), f"{template.name} names {strange}"
    TEMPLATES[template.name] = template


def _strange(text: str) -> list[str]:
    """What a text would fill in that is not allowed; nor may it say how, since that could name something again."""
    parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
    return [str(name) for _text, name, how, conversion in parts if name not in ALLOWED or how or conversion]


def mail(person: Person, template: str, *, count: int = 0, record: UUID | None = None) -> Event:
    """Writes to a person, in the transaction of what it is about."""
    payload: dict[str, Any] = {"person": str(person.pk), "template": TEMPLATES[template].name, "count": count}
    return events.publish(MAIL.name, payload | ({"record": str(record)} if record else {}))


def host() -> str:
    return str(settings.PUBLIC_HOST)


def written(payload: dict[str, Any]) -> tuple[str, str]:
    """Subject and body."""
    template = TEMPLATES[payload["template"]]
    where = reverse(template.page, args=[payload["record"]] if "record" in payload else [])
    words = {"count": int(payload["count"]), "link": settings.PUBLIC_URL + where}
    subject = str(template.subject).format(**words)
    return subject, f"{str(template.body).format(**words)}\n\n{words['link']}\n"


MAIL = events.Kind(
    "outbox.mail",
    _("A mail, for one person"),
    {
        "type": "object",
        "properties": {
            "person": {"type": "string", "format": "uuid"},
            "template": {"type": "string", "maxLength": 60},
            "count": {"type": "integer", "minimum": 0},
            "record": {"type": "string", "format": "uuid"},
        },
        "required": ["person", "template", "count"],
        "additionalProperties": False,
    },
    hears=frozenset({Receiver.Kind.EMAIL.value}),
    subscribed=False,
)
