from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "work"
    verbose_name = _("Work")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from base import registry
        from work import jobs, pages  # noqa: F401 - fills the registry of actions

        pages.register()
        registry.files.append(("work.Job", "result_file"))
