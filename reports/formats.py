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
    """A number in full, with up to four digits behind the point; UNKNOWN for anything else.

    >>> count(3122), count(3122.0), count(11.7), count(0.0), count(0.00012), count(None)
    ('3,122', '3,122', '11.7', '0', '0.0001', '–')
    """
    if not isinstance(value, int | float):
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}".rstrip("0").rstrip(".")


def span(low: float, high: float) -> str:
    """A range in few characters.

    >>> span(-0.5, 1234.56)
    '−0.5 to 1235'
    """
    return f"{low:.4g} to {high:.4g}".replace("-", "−")


def words(name: str) -> str:
    """`train_rows` as `train rows`."""
    return str(name).replace("_", " ")
