"""What the dialogs of a decision ask: the reason code first, then words, and the digest of what the page showed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.buttons import Asks
from controls.policies import policy
from kyc import reasons, wanted
from kyc.models import Application, Document
from kyc.policies import REASONS


class Decides(Asks):
    """`seen` starts as what is true when the dialog opens; the desk replaces it by the digest of what it shows."""

    verdict = ""

    code = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("In words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Colleagues and auditors read it; the applicant does not."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (found.code, found.reviewer) for found in reasons.for_verdict(policy(REASONS).value, self.verdict)
        ]
        self.fields["seen"].initial = self.record.seen_digest()


class Approves(Decides):
    verdict = reasons.APPROVE


class Rejects(Decides):
    verdict = reasons.REJECT


class SendsBack(Decides):
    verdict = reasons.SEND_BACK


class AsksAgain(Decides):
    """Which picture is needed: any side of the document that was handed in, or the selfie."""

    verdict = reasons.ASK

    wanted = forms.MultipleChoiceField(label=_("Picture needed"), widget=forms.CheckboxSelectMultiple)
    field_order = ("code", "wanted", "reason", "seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wanted"].choices = list(slots(self.record))  # type: ignore[attr-defined]

    def clean_wanted(self) -> list[dict[str, str]]:
        pairs = (slot.split(":") for slot in self.cleaned_data["wanted"])
        return [{"kind": kind, "side": side} for kind, side in pairs]


def slots(application: Application) -> Iterable[tuple[str, str]]:
    identity = application.documents.current().of_identity().values_list("kind", flat=True).first() or "passport"
    for kind, side in [*((identity, side) for side in wanted.SIDES[identity]), wanted.SELFIE]:
        yield f"{kind}:{side}", str(Document(kind=kind, side=side))
