"""Whole numbers in texts of requests.

Python's `isdigit` takes `²` for a digit, which int() does not read, and int() refuses more than 4,300 digits.
"""

_MOST = 18


def is_number(text: str) -> bool:
    """Whether a text is a whole number from 0 on, of up to 18 ASCII digits, so that int() reads it.

    >>> [is_number(text) for text in ("60", "", "-1", "\\u00b2", "9" * 5000)]
    [True, False, False, False, False]
    """
    return text.isascii() and text.isdigit() and len(text) <= _MOST
