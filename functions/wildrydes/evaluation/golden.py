"""The golden request: a row of the test split with the model's answer, by which a promotion tests what it deploys."""

from typing import Any

_RELATIVE, _ABSOLUTE = 1e-4, 1e-4
"""Containers compute in single precision, sums of large terms too: seven digits, of which some may cancel out."""


def golden_request(ride: dict[str, float], name: str, answer: float) -> dict[str, Any]:
    """The request and its answer, called `name`; an endpoint may answer from `at_least` to `at_most`.

    >>> golden_request({"distance": 3.0}, "value", 100.0)["at_most"]
    100.0101
    """
    margin = abs(answer) * _RELATIVE + _ABSOLUTE
    return {"ride": ride, name: answer, "at_least": answer - margin, "at_most": answer + margin}
