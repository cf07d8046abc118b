from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = _("Personal data")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from base import registry
        from controls import alone, policies, triggers
        from privacy import bundle, pages, sweeping
        from privacy.guards import no_certificate_under_a_hold
        from privacy.policies import KIND
        from work import jobs

        pages.register()
        alone.FIRST_HANDS["privacy.lift_hold"] = "privacy.place_hold"
        alone.ON_PURPOSE["privacy.prepare_access"] = _("the law gives a person their own data; each bundle is noted")
        policies.register(KIND)
        jobs.register(bundle.BUNDLE)
        registry.after_restore.append(sweeping.replay)
        triggers.append_only("privacy.Certificate")
        triggers.fixed("privacy.Subject", "model", "person")
        triggers.fixed("privacy.Hold", "subject_id", "owner_id", "placed_at")
        triggers.fixed("privacy.AccessRequest", "subject_id", "asked_by_id", "job_id")
        told = "EXISTS (SELECT 1 FROM privacy_certificate c WHERE c.person = OLD.about)"
        triggers.erasable("outbox.Event", triggers.Erased(("payload",), told))
        related = "EXISTS (SELECT 1 FROM privacy_certificate c WHERE c.model = OLD.model AND c.person = OLD.subject)"
        triggers.erasable("controls.Relation", triggers.Erased(("reference", "words"), related))
        triggers.add(no_certificate_under_a_hold())
