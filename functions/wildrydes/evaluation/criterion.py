"""A thing that the gate asks of a candidate, with the numbers by which it decided."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from wildrydes.evaluation.share_of_models import LEAST_CHANCE, share_of_models

BELOW_CONSTANT, BELOW_CHAMPION, COMPARABLE = "below_constant", "below_champion", "comparable"
NOT_WORSE = "not_worse_than_champion"
PROMOTE = "promote"


@dataclass(frozen=True)
class Criterion:
    """Whether a candidate passes it, and the value that was held against the bound; None where it has no number.

    `fault` says in a clause why the candidate does not pass; None where it does.
    """

    name: str
    passes: bool
    value: float | None = None
    bound: float | None = None
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The criterion as a JSON object, which has no number that is not finite."""
        return asdict(self) | {"value": _finite(self.value), "bound": _finite(self.bound)}


def criterion(name: str, value: float | None, bound: float | None, fault: str, *, passes: bool) -> Criterion:
    """The criterion, which has its fault only where it does not pass.

    >>> criterion("finite_predictions", 3, 0, "3 predictions are not finite", passes=False).fault
    '3 predictions are not finite'
    >>> criterion("finite_predictions", 0, 0, "0 predictions are not finite", passes=True).fault
    """
    return Criterion(name, passes, value, bound, None if passes else fault)


def gap_criterion(kind: str, gap: float, tolerated: str, chance: float, models: str) -> Criterion:
    """The criterion that chance explains a gap: that it is tolerated, or that enough `models` without one have it.

    >>> gap_criterion("bias", 3.0, "2.5", 0.01, "unbiased").fault
    'the bias gap of 3.0000 is above the tolerated 2.5, and only 1% of unbiased models would be this far off by chance'
    """
    fault = (
        f"the {kind} gap of {gap:.4f} is above the tolerated {tolerated}, and only {share_of_models(chance)} of "
        f"{models} models would be this far off by chance"
    )
    return criterion(f"{kind}_chance", chance, LEAST_CHANCE, fault, passes=chance > LEAST_CHANCE)


def faults(criteria: Iterable[Criterion]) -> list[str]:
    """The faults of what does not pass, in their order."""
    return [each.fault for each in criteria if each.fault is not None]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
