"""What a check says, as plain data: handed from the worker to the action that records it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Result:
    """`reasons`: [{"code", ...}] without personal data; what is personal goes into `details`, kept encrypted.
    `policies`: name to digest, where people set the thresholds."""

    outcome: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)
    thresholds: dict[str, Any] = field(default_factory=dict)
    models: list[Any] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
