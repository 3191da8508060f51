"""An interval of a value, whichever way and however surely it was computed: see who gives it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """The lower and the upper end."""

    low: float
    high: float
