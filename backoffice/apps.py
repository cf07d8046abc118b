from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    """Django's admin, with our site as the default one."""

    default_site = "backoffice.site.BackofficeSite"
