from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = _("Know your customer")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from base import registry
        from controls import alone, apart, leaving, policies, triggers
        from kyc import actions, keeping, pages, relating, telling, views, waiting  # actions: fills the registry, too
        from kyc.actions.former import FORMER_CUSTOMERS
        from kyc.models.customers import number_index
        from kyc.policies import KINDS
        from outbox import events
        from work import targets

        pages.register()
        targets.register(FORMER_CUSTOMERS)
        apart.register(relating.CUSTOMERS)
        leaving.HOLDINGS.append(actions.HELD)
        for second in ("kyc.approve_second", "kyc.send_back"):
            alone.FIRST_HANDS[second] = "kyc.approve"
        handed_in = frozenset({"kyc.open_application", "kyc.submit"})
        alone.CHAINS.append(alone.Deed("kyc.approve", handed_in, {"kyc.approve": 1}, apart=False, by_program=True))
        events.register(telling.CHANGED)
        waiting.register()
        for kind in KINDS:
            policies.register(kind)

        erased = keeping.certified
        triggers.append_only("kyc.Decision", erased=erased("words", of="OLD.application_id"))
        document = "(SELECT d.application_id FROM kyc_document d WHERE d.id = OLD.document_id)"
        fixed = ("document_id", "page", "file", "sha256", "content_type")
        triggers.fixed("kyc.Picture", *fixed, erased=erased("file", of=document))
        own = erased("original_file", of="OLD.application_id")
        triggers.fixed("kyc.Document", "application_id", "original_file", "original_sha256", erased=own)
        registry.keepings.append(keeping.CUSTOMERS)
        registry.indexes += [
            registry.BlindIndex(
                "kyc.Customer", "document_number_index", lambda customer: number_index(customer.document_number)
            ),
            registry.BlindIndex("kyc.Document", "number_index", lambda document: number_index(document.sure_number())),
        ]
        registry.files += [("kyc.Document", "original_file"), ("kyc.Picture", "file")]
        registry.demonstrations.append(_demonstration)
        registry.pages.append(registry.PageEntry("kyc/picture/<uuid:key>/", "kyc_picture", views.picture))


def _demonstration() -> None:
    from kyc import demo, demo_intake  # draws pictures: only the demonstration loads what that needs

    demo.fill()
    demo_intake.fill()
