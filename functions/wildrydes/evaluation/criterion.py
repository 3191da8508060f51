"""A thing that the gate asks of a candidate, with the numbers by which it decided."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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
        return {
            "name": self.name,
            "passes": self.passes,
            "value": _finite(self.value),
            "bound": _finite(self.bound),
            "fault": self.fault,
        }


def criterion(name: str, value: float | None, bound: float | None, fault: str, *, passes: bool) -> Criterion:
    """The criterion, which has its fault only where it does not pass.

    >>> criterion("finite_predictions", 3, 0, "3 predictions are not finite", passes=False).fault
    '3 predictions are not finite'
    >>> criterion("finite_predictions", 0, 0, "0 predictions are not finite", passes=True).fault
    """
    return Criterion(name, passes, value, bound, None if passes else fault)


def faults(criteria: Iterable[Criterion]) -> list[str]:
    """The faults of what does not pass, in their order."""
    return [each.fault for each in criteria if each.fault is not None]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
