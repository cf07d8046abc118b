from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ControlsConfig(AppConfig):
    name = "controls"
    verbose_name = _("Internal controls")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from controls import (  # noqa: F401 - register checks and actions
            checks,
            deputies,
            drafts,
            emergencies,
            examinations,
            groups,
            leaving,
            migrating,
            pages,
            policies,
            relations,
            reviews,
            sealing,
            session_limits,
            triggers,
            wayback,
        )
        from controls.signin import actions  # noqa: F401 - registers the actions

        examinations.ADDRESSES["admin:controls_examination_change"] = examinations.Address(
            "", self.get_model("Examination"), "object_id"
        )
        pages.register()
        policies.register(session_limits.KIND)

        triggers.fixed(
            "controls.StandIn",
            "person_id",
            "absent_id",
            "role",
            "first_day",
            "last_day",
            "granted_by_id",
            "agreed_by_id",
        )
        declared = ("person_id", "kind", "model", "entity_id", "reference", "words", "declared_at")
        triggers.fixed("controls.Relation", *declared)
        triggers.fixed("controls.EmergencyRight", "person_id", "role", "reason", "began_at", "ends_at")
        triggers.fixed("controls.Examination", *examinations.FIXED)
        triggers.fixed("controls.AccessReview", "quarter", "opened_at", "due_at", "size")
        triggers.fixed("controls.ReviewedGrant", "review_id", "grant_id", "client_id", "person_id", "role")
        sealing.declare()
        pre_migrate.connect(migrating.before, sender=self, dispatch_uid="controls.triggers")
        post_migrate.connect(migrating.after, sender=self, dispatch_uid="controls.triggers")
        post_migrate.connect(groups.sync, sender=self, dispatch_uid="controls.groups")
        post_migrate.connect(policies.sync, sender=self, dispatch_uid="controls.policies")
