"""How KYC pages write risk."""

from collections.abc import Mapping
from typing import Any

from django import template

from kyc import risk

register = template.Library()


@register.filter
def risk_sentence(reason: Mapping[str, Any]) -> str:
    return risk.sentence(reason)
