from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "work"
    verbose_name = _("Work")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from base import registry
        from controls import alone
        from work import demo, exports, intake, pages, reviewing, telling

        intake.register()
        exports.register()
        pages.register()
        telling.register()
        reviewing.register()
        registry.demonstrations.append(demo.fill)
        alone.FIRST_HANDS["work.apply_intake"] = "work.upload_intake"
        registry.files += [("work.Job", "result_file"), ("work.Intake", "file")]
