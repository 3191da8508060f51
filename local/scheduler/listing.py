"""Pages of schedules and groups: MiniStack gives the first hundred, and no token for the rest.

A page goes on behind the last name of the one before, whatever is created or deleted meanwhile.
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from local.protocols import constraints
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]
Query = Mapping[str, str]

_PAGE = 100
_ALL = 2**31


def install() -> None:
    """Put the pages in the place of MiniStack's first ones."""
    from ministack.services import scheduler

    for name in ("_schedule_groups", "_error", "_ensure_default_group"):
        seam(scheduler, name)
    for name, operation, member in (
        ("_list_schedules", "ListSchedules", "Schedules"),
        ("_list_schedule_groups", "ListScheduleGroups", "ScheduleGroups"),
    ):
        replace(scheduler, name, _paged(seam(scheduler, name), operation, member))


def _paged(list_all: Callable[[Query], Response], operation: str, member: str) -> Callable[[Query], Response]:
    def list_page(query: Query) -> Response:
        from ministack.services import scheduler

        parameters = {"GroupName" if name == "ScheduleGroup" else name: value for name, value in query.items()}
        if malformed := constraints.refusal("scheduler", operation, parameters):
            return scheduler._error(400, "ValidationException", malformed)
        scheduler._ensure_default_group()
        group = query.get("ScheduleGroup")
        if group and group not in scheduler._schedule_groups:
            return scheduler._error(404, "ResourceNotFoundException", f"Schedule group {group} does not exist.")
        try:
            after = _place_of(query.get("NextToken"))
        except (ValueError, RecursionError):
            return scheduler._error(400, "ValidationException", "Invalid NextToken.")
        try:
            size = int(query.get("MaxResults") or _PAGE)
        except ValueError:
            return scheduler._error(400, "ValidationException", "MaxResults is not an integer.")
        status, headers, body = list_all({**query, "MaxResults": str(_ALL)})
        page = _page(json.loads(body)[member], after, size)
        return status, headers, json.dumps({member: page[0]} | ({"NextToken": page[1]} if page[1] else {})).encode()

    return list_page


def _page(entries: list[dict[str, Any]], after: list[str], size: int) -> tuple[list[dict[str, Any]], str | None]:
    """The entries behind the place `after`, so many at most, and the token of the next page, if there is one."""
    rest = sorted((entry for entry in entries if _place(entry) > after), key=_place)
    page = rest[:size]
    return page, _token(_place(page[-1])) if len(rest) > size else None


def _place(entry: dict[str, Any]) -> list[str]:
    return [entry.get("GroupName", ""), entry["Name"]]


def _token(place: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place_of(token: str | None) -> list[str]:
    """Raises ValueError for what is no token."""
    if token is None:
        return []
    try:
        place = json.loads(base64.urlsafe_b64decode(token.encode()))
    except binascii.Error as fault:
        raise ValueError(str(fault)) from None
    if not isinstance(place, list) or [type(name) for name in place] != [str, str]:
        raise ValueError("no place")
    return place
