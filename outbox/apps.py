from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = _("Outbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from controls import alone, triggers
        from outbox import actions, events, mails, pages  # noqa: F401 - actions: fills the registry

        events.register(events.TEST)
        events.register(mails.MAIL)
        pages.register()
        for verb in ("outbox.issue_secret", "outbox.rotate_secret"):
            alone.ON_PURPOSE[verb] = _("two agreed to where data goes; a secret only proves that it comes from us")

        triggers.append_only("outbox.Event", set_once=("fanned_at",))
        triggers.append_only("outbox.DeliveryAttempt")
        triggers.fixed("outbox.Delivery", "event_id", "receiver_id", "number", "made_at")
        triggers.fixed("outbox.Receiver", "kind", "person_id", "made_at")
        triggers.fixed("outbox.Secret", "receiver_id", "made_at")
