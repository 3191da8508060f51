"""The ARN by which a call on a schedule is authorised: with its group, which the body or the query names.

MiniStack takes the default group for every schedule, and so no policy that names another would ever allow a call.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

import json
from typing import Any

from local.seams import replace, seam

_PATH = "/schedules/"
_DEFAULT = "default"


def install() -> None:
    """Name the group in the ARN of each call on a schedule."""
    from ministack.core import iam_actions

    original = seam(iam_actions, "extract_resource_arn")

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict,
        body: bytes,
        query_params: dict,
        region: str,
        account_id: str,
    ) -> str:
        if service == "scheduler" and path.startswith(_PATH):
            group = _group(method, body, query_params)
            return f"arn:aws:scheduler:{region}:{account_id}:schedule/{group}/{path.removeprefix(_PATH)}"
        return original(service, method, path, headers, body, query_params, region, account_id)

    replace(iam_actions, "extract_resource_arn", extract_resource_arn)


def _group(method: str, body: bytes, query: dict[str, Any]) -> str:
    """The group that the service takes: of the body where a schedule is written, of the query otherwise."""
    if method not in ("POST", "PUT"):
        group = query.get("groupName", _DEFAULT)
        return group[0] if isinstance(group, list) else group
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        # What is no JSON is refused by the service; until then it names no group of anybody's.
        return _DEFAULT
    return str(content.get("GroupName", _DEFAULT)) if isinstance(content, dict) else _DEFAULT
