"""What value is counted in, and what it was worth when: assets, the sources of prices, and every price they gave.

A price is what one source said of one pair at one moment; it never changes. What holds is asked of `assets.prices`,
which weighs the sources against each other.
"""

from datetime import date, datetime
from fractions import Fraction
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from base import clock
from base.exact import UnitsField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from base.units import SCALE_AT_MOST, Denomination
from controls.models import Person


class ReferenceQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Reference data: everybody who works here, and the programs that bring prices."""
        return self if actor.kind == "job" or actor.may("assets.view") else self.none()


def _agreed_by_another(name: str, *, or_seeded: bool) -> models.CheckConstraint:
    told = Q(proposed_by__isnull=False, agreed_by__isnull=False) & ~Q(proposed_by=F("agreed_by"))
    return models.CheckConstraint(
        condition=told | Q(proposed_by=None, agreed_by=None) if or_seeded else told, name=name
    )


class AssetQuerySet(ReferenceQuerySet):
    def active(self, on: date) -> Self:
        return self.filter(Q(active_from=None) | Q(active_from__lte=on), Q(active_to=None) | Q(active_to__gt=on))


class Asset(Record):
    """A currency or cryptoasset. Its scale never changes: amounts are stored in its smallest units."""

    class Kind(models.TextChoices):
        CURRENCY = "currency", _("currency")
        CRYPTOASSET = "cryptoasset", _("cryptoasset")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    scale = models.PositiveSmallIntegerField(_("decimal places"))
    chain = models.CharField(_("chain"), max_length=40, blank=True)
    contract = models.CharField(_("contract"), max_length=100, blank=True)
    active_from = models.DateField(_("in use from"), null=True)
    active_to = models.DateField(_("in use until"), null=True, help_text=_("the first day on which it is not"))
    proposed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    agreed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by")
    )

    audited = {
        "code": Mask.SHOWN,
        "name": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "scale": Mask.SHOWN,
        "chain": Mask.SHOWN,
        "contract": Mask.SHOWN,
        "active_from": Mask.SHOWN,
        "active_to": Mask.SHOWN,
        "proposed_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(AssetQuerySet)()
    objects = RestrictedManager(AssetQuerySet)

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        default_manager_name = "all_unrestricted"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "contract"], condition=~Q(contract=""), name="a_contract_is_one_asset"
            ),
            models.CheckConstraint(condition=Q(scale__lte=SCALE_AT_MOST), name="a_scale_is_one_that_amounts_have"),
            models.CheckConstraint(condition=Q(contract="") | ~Q(chain=""), name="a_contract_lies_on_a_chain"),
            models.CheckConstraint(
                condition=Q(active_from=None) | Q(active_to=None) | Q(active_to__gt=F("active_from")),
                name="an_asset_ends_after_it_begins",
            ),
            _agreed_by_another("an_asset_is_agreed_by_another", or_seeded=True),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def denomination(self) -> Denomination:
        return Denomination(self.code, self.scale)


class PriceSourceQuerySet(ReferenceQuerySet):
    def in_use(self, at: datetime) -> Self:
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), registered_at__lte=at)


class PriceSource(Record):
    """Where prices come from. Registered by two; one person ends it, and its prices count no more from then on."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    registered_at = models.DateTimeField(_("registered"), default=clock.now)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    agreed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    audited = {
        "code": Mask.SHOWN,
        "name": Mask.SHOWN,
        "registered_at": Mask.SHOWN,
        "proposed_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(PriceSourceQuerySet)()
    objects = RestrictedManager(PriceSourceQuerySet)

    class Meta:
        verbose_name = _("source of prices")
        verbose_name_plural = _("sources of prices")
        default_manager_name = "all_unrestricted"
        ordering = ["code"]
        constraints = [_agreed_by_another("a_source_is_agreed_by_another", or_seeded=False)]

    def __str__(self) -> str:
        return self.code


class PairQuerySet(ReferenceQuerySet):
    def with_newest(self, sources: list[PriceSource], at: datetime, known_at: datetime | None = None) -> Self:
        """Each with `newest_0`, `newest_1`, …: by source, the key of the last price at that moment."""
        prices = Price.all_unrestricted.filter(pair=OuterRef("pk"), at__lte=at)
        if known_at is not None:
            prices = prices.filter(received_at__lte=known_at)
        newest = [prices.filter(source=source).order_by("-at").values("pk")[:1] for source in sources]
        return self.annotate(**{f"newest_{number}": Subquery(found) for number, found in enumerate(newest)})


class Pair(Record):
    """An asset, priced in another: BTC/EUR. There from the first price on."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+", verbose_name=_("asset"))
    quote = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+", verbose_name=_("priced in"))

    audited = {"asset": Mask.SHOWN, "quote": Mask.SHOWN}

    all_unrestricted = models.Manager.from_queryset(PairQuerySet)()
    objects = RestrictedManager(PairQuerySet)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        default_manager_name = "all_unrestricted"
        ordering = ["asset__code", "quote__code"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "quote"], name="a_pair_is_there_once"),
            models.CheckConstraint(condition=~Q(asset=F("quote")), name="nothing_is_priced_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.asset}/{self.quote}"


class PriceImport(Record):
    """Prices that came in together: how many, how many of them were new, and the digest of all."""

    source = models.ForeignKey(PriceSource, on_delete=models.PROTECT, related_name="+", verbose_name=_("source"))
    at = models.DateTimeField(_("received"), default=clock.now)
    by = models.CharField(_("brought by"), max_length=80)
    rows = models.PositiveIntegerField(_("prices"))
    added = models.PositiveIntegerField(_("of them new"))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of the canonical prices"))

    audited = {
        "source": Mask.SHOWN,
        "at": Mask.SHOWN,
        "by": Mask.SHOWN,
        "rows": Mask.SHOWN,
        "added": Mask.SHOWN,
        "digest": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ReferenceQuerySet)()
    objects = RestrictedManager(ReferenceQuerySet)

    class Meta:
        verbose_name = _("import of prices")
        verbose_name_plural = _("imports of prices")
        default_manager_name = "all_unrestricted"
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at", "-id"], name="imports_of_prices_by_time")]
        constraints = [models.CheckConstraint(condition=Q(added__lte=F("rows")), name="no_more_is_new_than_came")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"


class Price(Record):
    """What a source said one whole asset was worth: units / 10^scale of the quote, exactly as it was written."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("pair"))
    source = models.ForeignKey(PriceSource, on_delete=models.PROTECT, related_name="+", verbose_name=_("source"))
    at = models.DateTimeField(_("at"))
    units = UnitsField(_("units"))
    scale = models.PositiveSmallIntegerField(_("decimal places"))
    received_at = models.DateTimeField(_("received"), default=clock.now)
    brought = models.ForeignKey(PriceImport, on_delete=models.PROTECT, related_name="+", verbose_name=_("import"))

    audited = {
        "pair": Mask.SHOWN,
        "source": Mask.SHOWN,
        "at": Mask.SHOWN,
        "units": Mask.SHOWN,
        "scale": Mask.SHOWN,
        "received_at": Mask.SHOWN,
        "brought": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ReferenceQuerySet)()
    objects = RestrictedManager(ReferenceQuerySet)

    class Meta:
        verbose_name = _("price of a source")
        verbose_name_plural = _("prices of sources")
        default_manager_name = "all_unrestricted"
        ordering = ["-at"]
        indexes = [models.Index(fields=["pair", "-at"], name="prices_of_a_pair_by_time")]
        constraints = [
            # its index also finds the newest of a source
            models.UniqueConstraint(fields=["pair", "source", "at"], name="a_source_says_one_price_at_a_time"),
            models.CheckConstraint(condition=Q(units__gt=0), name="a_price_is_above_zero"),
            models.CheckConstraint(condition=Q(scale__lte=SCALE_AT_MOST), name="a_price_has_a_scale_that_is_known"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def exact(self) -> Fraction:
        return Fraction(self.units, 10**self.scale)

    @property
    def text(self) -> str:
        """As it was written, without zeros at the end."""
        return Denomination("", self.scale).amount(self.units).plain()
