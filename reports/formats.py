"""How values are written: numbers, counts, shares, ranges, and names as words."""

from typing import Any

from reports.html import UNKNOWN


def number(value: float | None) -> str:
    """A metric, UNKNOWN without one."""
    return UNKNOWN if value is None else f"{value:.4f}"


def signed(value: float) -> str:
    """A difference, with a minus sign that is none of a range.

    >>> signed(0.25), signed(-0.25), signed(0)
    ('+0.2500', '−0.2500', '0')
    """
    return f"{value:+.4f}".replace("-", "−") if value else "0"


def count(value: Any) -> str:
    """A whole number, UNKNOWN for anything else."""
    return f"{value:,}" if isinstance(value, int) else UNKNOWN


def span(low: float, high: float) -> str:
    """A range in few characters.

    >>> span(-0.5, 1234.56)
    '−0.5 to 1235'
    """
    return f"{low:.4g} to {high:.4g}".replace("-", "−")


def words(name: str) -> str:
    """`train_rows` as `train rows`."""
    return str(name).replace("_", " ")
