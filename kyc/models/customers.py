"""Who wants to trade at the exchange."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.crypto import blind_index, blind_indexes, is_single_key
from base.fields import EncryptedDateField, EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls import apart
from controls.models import LegalEntity
from privacy.models import Subject
from work.models import Intake

CUSTOMER = "kyc.customer"


def number_index(number: str) -> str:
    """The blind index of a document number: case, spaces, hyphens and dots make no difference."""
    plain = _plain(number)
    return blind_index(plain, "kyc.document_number") if plain else ""


def number_indexes(number: str) -> list[str]:
    """All under which it may lie while keys are exchanged."""
    plain = _plain(number)
    return blind_indexes(plain, "kyc.document_number") if plain else []


def _plain(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())


class CustomerQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Through their applications; who knows every application knows every customer, those brought in from a former
        system included. An API client knows those it opened itself, and those brought in, so that they can apply."""
        from kyc.models.applications import Application  # applications stand above customers

        if actor is None:
            return self.none()
        if actor.kind == "client":
            own = Q(opened_by=actor.label) | Q(brought_in__isnull=False)
            return self.filter(own) if actor.may("kyc.view_own_intake") else self.none()
        rows = self.exclude(pk__in=apart.keys(actor.away, CUSTOMER)) if actor.away else self
        rows = rows if actor.may("privacy.view_restricted") else rows.exclude(pk__in=restricted())
        if actor.may("kyc.view_all_applications"):
            return rows
        return rows.filter(Exists(Application.all_unrestricted.visible_to(actor).filter(customer=OuterRef("pk"))))

    def with_document_number(self, number: str) -> Self:
        """Who stated it, and who handed in a document on which it was read."""
        indexes = number_indexes(number)
        return self._holding(indexes) if indexes else self.none()

    def sharing_a_number_with(self, customer: "Customer") -> Self:
        """Other customers one of whose document numbers, stated or read, is one of this customer's. A document that
        was replaced since counts as well: it was in their hands."""
        if not is_single_key():  # rows lie under several: indexes alone do not find each other
            return self._holding(_own_indexes(customer)).exclude(pk=customer.pk)
        stated = Customer.all_unrestricted.filter(pk=customer.pk).exclude(document_number_index="")
        read = _surely_read().filter(application__customer=customer)
        own = stated.values("document_number_index").union(read.values("number_index"))
        return self._holding(own).exclude(pk=customer.pk)

    def _holding(self, indexes: Any) -> Self:
        """A union, because both halves have an index of their own and a plain OR would use neither."""
        stated = Customer.all_unrestricted.filter(document_number_index__in=indexes).values("pk")
        read = _surely_read().filter(number_index__in=indexes).values("application__customer")
        return self.filter(pk__in=stated.union(read))


def restricted() -> Any:
    """Who asked to be erased while the law still asks to keep them: out of sight of all who need not see them."""
    return Subject.all_unrestricted.hidden().filter(model="kyc.customer").values("person")


def _own_indexes(customer: "Customer") -> list[str]:
    """Of every number they stated or that was surely read, under every key."""
    documents = _surely_read().filter(application__customer=customer)
    numbers = {customer.document_number, *(document.sure_number() for document in documents)}
    return [index for number in sorted(numbers) for index in number_indexes(number)]


def _surely_read() -> models.QuerySet[Any]:
    from kyc.models.documents import Document  # documents stand above customers

    return Document.all_unrestricted.exclude(number_index="").order_by()


class Customer(Record):
    """A person who applies to a company of the group, as they describe themselves. `reference` is how the exchange
    calls them. Whether it is true is what applications find out; who applies again says it anew."""

    entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, related_name="customers", verbose_name=_("company")
    )
    reference = models.CharField(_("reference"), max_length=64)
    given_names = EncryptedTextField(_("given names"))
    family_name = EncryptedTextField(_("family name"))
    birth_date = EncryptedDateField(_("birth date"), null=True)  # only of who was erased
    address = EncryptedTextField(_("address"))
    residence = models.CharField(_("country of residence"), max_length=3)
    nationality = models.CharField(_("nationality"), max_length=3)
    document_number = EncryptedTextField(_("document number"))
    document_number_index = models.CharField(max_length=90, blank=True, db_index=True)
    opened_by = models.CharField(_("opened by"), max_length=80)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    erased_at = models.DateTimeField(_("erased"), null=True)
    brought_in = models.ForeignKey(
        Intake, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("brought in with")
    )

    audited = {
        "entity": Mask.SHOWN,
        "reference": Mask.SHOWN,
        "given_names": Mask.MASKED,
        "family_name": Mask.MASKED,
        "birth_date": Mask.MASKED,
        "address": Mask.MASKED,
        "residence": Mask.SHOWN,
        "nationality": Mask.SHOWN,
        "document_number": Mask.MASKED,
        "document_number_index": Mask.SECRET,
        "opened_by": Mask.SHOWN,
        "opened_at": Mask.SHOWN,
        "erased_at": Mask.SHOWN,
        "brought_in": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(CustomerQuerySet)()
    objects = RestrictedManager(CustomerQuerySet)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["opened_at", "id"], name="customers_by_opening"),
            models.Index(fields=["residence"], name="customers_by_residence"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["entity", "reference"], name="a_customer_is_known_once_to_a_company"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def name(self) -> str:
        if self.erased_at:
            return str(_("erased"))
        return f"{self.given_names} {self.family_name}".strip()
