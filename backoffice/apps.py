from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    """Django's admin, with our site as the default one."""

    default_site = "backoffice.site.BackofficeSite"


class BackofficeConfig(AppConfig):
    """The composition root as an app: its checks, commands and tasks are found by their usual names."""

    name = "backoffice"

    def ready(self) -> None:
        from backoffice import checks, style  # noqa: F401 - registers the checks
        from backoffice.celery import broker_folders

        style.register()
        broker_folders()
