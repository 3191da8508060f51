"""One number, as producers and clients spell it.

Accepted are JSON numbers and strings that hold one decimal number; both must be finite and no larger than LARGEST,
which the float32 of a model still holds many times over. Booleans, NaN and Infinity are no measures.
"""

import re
from typing import Any

from wildrydes.errors import BadRide

LARGEST = 1e9

_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


def measure(field: str, value: Any) -> float:
    """The number in `value`, never -0.0.

    Raises BadRide with reason `missing_field` (null), `not_a_number`, `not_finite` or `out_of_range`, naming `field`.
    """
    kind = type(value)
    if kind is not float:
        value = _convert(field, value, kind)
    if -LARGEST <= value <= LARGEST:
        return value + 0.0
    if value != value or value in (float("inf"), float("-inf")):
        raise BadRide("not_finite", field, f"{field} is {value}, not a finite number")
    raise BadRide("out_of_range", field, f"{field} is {value!r}, beyond ±{LARGEST:.0e}")


def _convert(field: str, value: Any, kind: type) -> float:
    if kind is int:
        # An integer can be longer than a float can hold; its sign alone matters then.
        return float(value) if abs(value) <= LARGEST else (LARGEST * 10 if value > 0 else -LARGEST * 10)
    if kind is str and _DECIMAL.fullmatch(value):
        return float(value)
    if value is None:
        raise BadRide("missing_field", field, f"{field} is null")
    if kind is str:
        raise BadRide("not_a_number", field, f"{field} is the text {value[:40]!r}, not a number")
    description = {bool: "a boolean", list: "a list", dict: "an object"}.get(kind, kind.__name__)
    raise BadRide("not_a_number", field, f"{field} is {description}, not a number")
