"""What is asked for on the way in. Shape only: whether it is right, an action says."""

from django import forms
from django.utils.translation import gettext_lazy as _

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}
TYPED = {"autocomplete": "off", "autocapitalize": "none", "autofocus": True, "spellcheck": "false"}


def _password(mode: str, **attrs: bool) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": mode, **attrs})


class PasswordForm(forms.Form):
    name = forms.CharField(
        label=_("Sign-in name"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True, "spellcheck": "false"}
        ),
    )
    password = forms.CharField(label=_("Password"), max_length=200, strip=False, widget=_password("current-password"))


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Six-digit code"), max_length=12, widget=forms.TextInput(attrs=CODE))


class RecoveryForm(forms.Form):
    code = forms.CharField(label=_("Recovery code"), max_length=40, widget=forms.TextInput(attrs=TYPED))


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=_password("new-password", autofocus=True),
        help_text=_("At least 12 characters. A few words that belong together only for you are a good one."),
    )
    again = forms.CharField(label=_("Once more"), max_length=200, strip=False, widget=_password("new-password"))

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two are not the same."))
        return again


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Current password"), max_length=200, strip=False, widget=_password("current-password")
    )
    field_order = ["current", "password", "again"]
