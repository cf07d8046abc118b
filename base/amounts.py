"""Amounts as they come in and go out: fields of forms and of the API. Text both ways, so that no float lies between."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from base.errors import Invalid
from base.exact import UnitsField
from base.units import Amount, Denomination

WHOLE_NUMBER = rf"^-?[0-9]{{1,{UnitsField.digits}}}$"


class UnitsInput(forms.CharField):
    """A whole number of smallest units, as somebody writes it."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return UnitsField().to_python(text) if text else None

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"])
        if value is not None:
            UnitsField().validate(value, None)


class AmountInput(forms.CharField):
    """An amount in the asset that the form is about: 1,234.50. Gives an Amount."""

    def __init__(self, of: Denomination, **kwargs: Any) -> None:
        self.of = of
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "help_text": of.code, **kwargs})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return self.of.parse(text)
        except Invalid as error:
            raise ValidationError(error.text, code="invalid") from error

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"])

    def prepare_value(self, value: Any) -> Any:
        return value.plain() if isinstance(value, Amount) else value


@extend_schema_field({"type": "string", "pattern": WHOLE_NUMBER})
class UnitsOutput(serializers.Field):  # type: ignore[type-arg]
    """Units in JSON: a string of digits. A JSON number is refused, since readers take one for a float."""

    default_error_messages = {"invalid": _("A string of digits, not a number.")}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            units = UnitsField().to_python(data)
            UnitsField().validate(units, None)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        assert units is not None
        return units

    def to_representation(self, value: Any) -> str:
        return str(value)
