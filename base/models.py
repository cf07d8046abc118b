"""What every model with business facts stands on: need-to-know first, audited fields declared."""

from enum import Enum
from typing import Any, ClassVar, Self

from django.db import models

from base.errors import WrongState
from base.ids import uuid7


class Mask(Enum):
    """How the audit trail treats a field."""

    SHOWN = "shown"  # old and new are shown to whoever may see the record
    MASKED = "masked"  # kept (encrypted), shown as dots unless revealed with a reason
    SECRET = "secret"  # noqa: S105 - never kept: only that it changed
    OPERATIONAL = "operational"  # no part of the business: leases, counters, last use; not in the trail


class RestrictedQuerySet(models.QuerySet[Any]):
    """Rows an actor may know of. Each model with business facts overrides `visible_to`."""

    def visible_to(self, actor: Any) -> Self:
        raise NotImplementedError(f"{self.model.__name__} does not say who may see it")


class RestrictedManager(models.Manager[Any]):
    """The default manager: it answers no question before it knows who asks."""

    queryset_class: type[RestrictedQuerySet] = RestrictedQuerySet

    def __init__(self, queryset_class: type[RestrictedQuerySet] | None = None) -> None:
        super().__init__()
        if queryset_class is not None:
            self.queryset_class = queryset_class

    def get_queryset(self) -> RestrictedQuerySet:
        raise AssertionError(
            f"say {self.model.__name__}.objects.visible_to(actor), or all_unrestricted where nobody looks"
        )

    def visible_to(self, actor: Any) -> Any:
        return self.queryset_class(self.model, using=self._db).visible_to(actor)

    def deconstruct(self) -> Any:
        raise AssertionError("not used in migrations")


class Record(models.Model):
    """A business record: its id exists before its row, it is never deleted, its audited fields are declared."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    audited: ClassVar[dict[str, Mask]] = {}

    class Meta:
        abstract = True


class Stateful(models.Model):
    """A record with states: `NEXT` says which moves exist, `move_to` is the only thing that assigns one."""

    NEXT: ClassVar[dict[str, set[str]]] = {}
    status: Any

    class Meta:
        abstract = True

    def may_move_to(self, status: str) -> bool:
        return status in self.NEXT.get(str(self.status), set())

    def move_to(self, status: str) -> None:
        if not self.may_move_to(status):
            raise WrongState(f"{self._meta.verbose_name} is {self.get_status_display()}.")  # type: ignore[attr-defined]
        self.status = status
