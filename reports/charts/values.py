"""Numbers, moments and periods in few characters."""

from datetime import UTC, datetime

_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_PERIODS = {60: "minute", 300: "5 minutes", 3600: "hour", 86_400: "day"}


def number(value: float) -> str:
    """A value in few characters.

    >>> number(1234567), number(0.01234), number(42.0), number(-1500)
    ('1.23M', '0.0123', '42', '-1.5k')
    """
    for size, letter in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def moment(seconds: float) -> str:
    """A moment in UTC.

    >>> moment(1_700_000_000)
    '14 Nov 22:13'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M")


def period_name(seconds: float) -> str:
    """The length of a period.

    >>> period_name(300), period_name(900)
    ('5 minutes', '900 s')
    """
    return _PERIODS.get(round(seconds), f"{seconds:g} s")
