"""The ARN by which a call on a schedule is authorised: with its group, which the body or the query names.

MiniStack takes the default group for every schedule, and so no policy that names another would ever allow a call.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from collections.abc import Mapping
from typing import Any

_PATH = "/schedules/"
_DEFAULT = "default"


def resource_of_call(
    method: str, path: str, body: Mapping[str, Any], query: Mapping[str, Any], region: str, account: str
) -> str | None:
    """The ARN of the schedule that a call is on, or None for other calls."""
    if not path.startswith(_PATH):
        return None
    return f"arn:aws:scheduler:{region}:{account}:schedule/{_group(method, body, query)}/{path.removeprefix(_PATH)}"


def _group(method: str, body: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    """The group that the service takes: of the body where a schedule is written, of the query otherwise."""
    if method in ("POST", "PUT"):
        # What is no JSON is refused by the service; until then it names no group of anybody's.
        return str(body.get("GroupName", _DEFAULT))
    group = query.get("groupName", _DEFAULT)
    return group[0] if isinstance(group, list) else group
