"""From which distance on two faces are one person, two, or for somebody to look at. Pure; the figures are a policy
that people agree on (kyc.policies). Those the product comes with were given beforehand, not fitted to the pairs they
were measured on (decision 0061)."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Bands:
    """A distance at most `match` is a match, more than `mismatch` a mismatch; `eyes_px`: the least between the eyes of
    a face that can be compared."""

    match: float = 0.50
    mismatch: float = 0.62
    eyes_px: float = 30.0

    def of(self, distance: float) -> str:
        if distance <= self.match:
            return "match"
        return "review" if distance <= self.mismatch else "mismatch"

    def figures(self) -> dict[str, float]:
        return asdict(self)
