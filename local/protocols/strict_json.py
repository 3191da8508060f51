"""JSON as AWS's services read it: RFC 8259, in which NaN and Infinity are no numbers.

Python takes those, and meets a text that goes deeper than its stack with RecursionError, which is no ValueError.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from local import EmbeddedAwsError


class NotJsonError(EmbeddedAwsError, ValueError):
    """A text that is no JSON, or goes too deep; the message says where."""


def decode(text: str | bytes, object_of: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text. Raises NotJsonError. `object_of` makes an object of its names and values in order.

    >>> decode('{"fare": NaN}')
    Traceback (most recent call last):
    ...
    local.protocols.strict_json.NotJsonError: NaN is no JSON
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=object_of)
    except (ValueError, RecursionError) as fault:
        raise NotJsonError(str(fault)) from fault


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
