"""CloudWatch's requests and responses in two of its protocols: JSON as boto3 sends it, and forms with XML.

An operation is a function from the request's members to the response's; times in a response are `datetime`s. MiniStack
hands over what it has read: the query's parameters, the body's members, and which protocol it is. The third protocol,
CBOR, needs a library that is not installed: MiniStack reads nothing then.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape  # nosec B406 - it writes XML, and reads none

from local.cloudwatch.errors import InvalidDashboardError, RefusedError
from local.protocols.digits import is_number
from local.seams import seam

Members = dict[str, Any]
Operation = Callable[[Members], Members]
Response = tuple[int, dict[str, str], bytes]

_JSON = {"Content-Type": "application/x-amz-json-1.0"}


def serve(name: str, operation: Operation) -> Callable[..., Response]:
    """What MiniStack calls for an operation of this name."""

    def respond(params: Mapping[str, Any], members: Members, is_cbor: bool, is_json: bool = False) -> Response:
        is_form = not (is_cbor or is_json)
        request = members_of_form(params) if is_form else members
        try:
            return _response(name, operation(request), is_form)
        except RefusedError as refusal:
            return _refusal(refusal, is_form)

    return respond


def moment_of(value: Any) -> float | None:
    """A time of a request, in seconds since the epoch; None where there is none."""
    from ministack.services import cloudwatch

    return seam(cloudwatch, "_parse_ts")(value)


def time_of(seconds: float) -> datetime:
    """A time of a response."""
    return datetime.fromtimestamp(seconds, UTC)


def members_of_form(params: Mapping[str, Any]) -> Members:
    """The members that a form spells as `Dimensions.member.1.Name`.

    >>> members_of_form({"A.member.1.B": ["x"], "A.member.2.B": "y", "C": "1", "Action": "Do"})
    {'A': [{'B': 'x'}, {'B': 'y'}], 'C': '1'}
    """
    tree: dict[str, Any] = {}
    for name, value in params.items():
        if name in ("Action", "Version") or name.startswith("X-Amz-"):
            continue
        node = tree
        *path, last = re.sub(r"\.member\.(\d+)", r".\1", name).split(".")
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value[0] if isinstance(value, list) else value
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(is_number(name) for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(each) for name, each in value.items()}


def _response(name: str, members: Members, is_form: bool) -> Response:
    if not is_form:
        return 200, dict(_JSON), json.dumps(_with_times(members, lambda when: when.timestamp())).encode()
    from ministack.services import cloudwatch

    content = _xml(_with_times(members, lambda when: when.isoformat(timespec="seconds").replace("+00:00", "Z")))
    return seam(cloudwatch, "_xml")(200, f"{name}Response", f"<{name}Result>{content}</{name}Result>")


def _with_times(value: Any, spell: Callable[[datetime], Any]) -> Any:
    if isinstance(value, datetime):
        return spell(value)
    if isinstance(value, dict):
        return {name: _with_times(each, spell) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_with_times(each, spell) for each in value]
    return value


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _refusal(refusal: RefusedError, is_form: bool) -> Response:
    if is_form:
        from ministack.services import cloudwatch

        return seam(cloudwatch, "_error")(refusal.code, str(refusal), refusal.status)
    content: Members = {"__type": refusal.code, "message": str(refusal)}
    if isinstance(refusal, InvalidDashboardError):
        content["dashboardValidationMessages"] = [
            {"DataPath": path, "Message": text} for path, text in refusal.messages
        ]
    # The code that clients of the older protocols knew (awsQueryCompatible).
    headers = {"x-amzn-query-error": f"{refusal.code};Sender", "x-amzn-errortype": refusal.code}
    return refusal.status, _JSON | headers, json.dumps(content).encode()
