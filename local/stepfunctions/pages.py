"""Pages of lists: `maxResults`, `nextToken`, and a refusal of what is no token of the list.

A token names the entry that its page ended with, so that entries which come meanwhile shift nothing. It belongs to one
list: "keep all other arguments unchanged", says the API reference of each operation, and that of GetExecutionHistory
has the limits.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from local.stepfunctions.refusals import CallRefusedError

_USUAL = 100
_MOST = 1000

Entry = TypeVar("Entry")


def page(
    entries: Iterable[Entry], name: Callable[[Entry], str], response: Any, *others: Any
) -> tuple[list[Entry], dict[str, str]]:
    """The entries that a request asks for, and the token of the next page, if there is one.

    Of the entries after the page only one is looked at. `response` is moto's, with the request's parameters; `others`
    are those of them that the list depends on. Raises CallRefusedError.
    """
    most = page_size(response)
    signature = hashlib.sha256(json.dumps(others).encode()).hexdigest()[:16]
    token, rest = response._get_param("nextToken"), iter(entries)
    if token is not None:
        last = _last_of(token, signature)
        if not any(name(each) == last for each in rest):
            raise CallRefusedError("InvalidToken", f"Invalid Token: '{token}'")
    shown = list(islice(rest, most))
    has_more = bool(shown) and any(True for _ in rest)
    return shown, {"nextToken": _token(signature, name(shown[-1]))} if has_more else {}


def page_size(response: Any) -> int:
    """How many entries a page may have. Raises CallRefusedError."""
    most = response._get_int_param("maxResults") or _USUAL
    if 0 < most <= _MOST:
        return most
    bound = f"less than or equal to {_MOST}" if most > 0 else "greater than or equal to 0"
    raise CallRefusedError(
        "ValidationException",
        f"1 validation error detected: Value '{most}' at 'maxResults' failed to satisfy constraint: "
        f"Member must have value {bound}",
    )


def _token(signature: str, last: str) -> str:
    return base64.urlsafe_b64encode(f"{signature}:{last}".encode()).decode()


def _last_of(token: str, signature: str) -> str:
    try:
        of_list, _, last = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except ValueError:
        of_list, last = "", ""
    if of_list != signature:
        raise CallRefusedError("InvalidToken", f"Invalid Token: '{token}'")
    return last
