from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AssetsConfig(AppConfig):
    name = "assets"
    verbose_name = _("Assets and prices")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from assets import actions, demo, pages, seed  # noqa: F401 - fills the registry of actions
        from assets.policies import KINDS
        from base import registry
        from controls import policies, triggers

        pages.register()
        registry.demonstrations.append(demo.fill)
        for kind in KINDS:
            policies.register(kind)

        triggers.fixed("assets.Asset", "code", "kind", "scale", "chain", "contract", "proposed_by_id", "agreed_by_id")
        triggers.fixed("assets.PriceSource", "code", "registered_at", "proposed_by_id", "agreed_by_id")
        triggers.fixed("assets.Pair", "asset_id", "quote_id")
        triggers.append_only("assets.PriceImport")
        triggers.append_only("assets.Price")
        post_migrate.connect(seed.sync, sender=self, dispatch_uid="assets.seed")
