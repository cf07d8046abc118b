"""Fields whose values lie encrypted in the database, bound to their row.

The row's id must exist before insert (a UUID made in Python), because it is part of what is authenticated.
`QuerySet.update()` cannot know the row and is refused for them; so are look-ups other than isnull.
"""

import json
from datetime import date
from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from base.canonical import plain
from base.crypto import decrypt, encrypt


class Sealed(bytes):
    """Ciphertext as it came from the database, not opened yet."""


class _Opening:
    """Opens the value when it is first read, and keeps it opened."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = self.field.open(value, instance)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text; an empty text is stored encrypted like any other."""

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opening(self))

    def place(self, instance: models.Model) -> str:
        assert instance.pk is not None, "an encrypted row needs its id before it is written"
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def open(self, sealed: bytes, instance: models.Model) -> Any:
        return self.from_text(decrypt(sealed, self.place(instance)).decode())

    def from_db_value(self, value: Any, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        return Sealed(encrypt(self.to_text(value).encode(), self.place(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is encrypted for its row: save the row, do not update() it")
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted; look it up by its blind index")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError(f"{self.name} is encrypted and is not serialised")

    def to_text(self, value: Any) -> str:
        return str(value)

    def from_text(self, text: str) -> Any:
        return text


class EncryptedJSONField(EncryptedTextField):
    """Any JSON value; numbers come back as numbers."""

    def to_text(self, value: Any) -> str:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=plain)

    def from_text(self, text: str) -> Any:
        return json.loads(text)


class EncryptedDateField(EncryptedTextField):
    """A date."""

    def to_text(self, value: Any) -> str:
        return str(value.isoformat())

    def from_text(self, text: str) -> date:
        return date.fromisoformat(text)
