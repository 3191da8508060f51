"""The List operations: filters, order and pages."""

import base64
import binascii
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import ApiError
from local.sagemaker.jobs import TrainingJob

_DEFAULT_PAGE = 10


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the member that lists it, and what its summaries call the name and the status."""

    member: str
    name: str
    status: str = ""
    order: str = "Descending"


TRAINING_JOBS = Kind("TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus", order="Ascending")


def page(jobs: Iterable[TrainingJob], request: dict[str, Any]) -> dict[str, Any]:
    """The page of summaries that a checked request asks for. Raises ApiError for a bad NextToken."""
    if request.get("WarmPoolStatusEquals") or request.get("TrainingPlanArnEquals"):
        return {"TrainingJobSummaries": []}
    return page_of((job.summary() for job in jobs), request, TRAINING_JOBS)


def page_of(summaries: Iterable[dict[str, Any]], request: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """The page of any kind's summaries that a checked request asks for. Raises ApiError for a bad NextToken."""
    matches = [summary for summary in summaries if _matches(summary, request, kind)]
    keys = {"Name": kind.name, "Status": kind.status}
    key = keys.get(request.get("SortBy", "CreationTime"), "CreationTime")
    matches.sort(key=lambda summary: summary[key], reverse=request.get("SortOrder", kind.order) == "Descending")
    return _cut(matches, request, kind)


def page_in_order(summaries: Iterable[dict[str, Any]], request: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """The page of summaries that are in their order already. Raises ApiError for a bad NextToken."""
    return _cut([summary for summary in summaries if _matches(summary, request, kind)], request, kind)


def _cut(matches: list[dict[str, Any]], request: dict[str, Any], kind: Kind) -> dict[str, Any]:
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _DEFAULT_PAGE)
    answer: dict[str, Any] = {kind.member: matches[start:end]}
    if end < len(matches):
        answer["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
    return answer


def _matches(summary: dict[str, Any], request: dict[str, Any], kind: Kind) -> bool:
    status = request.get("StatusEquals")
    return (
        request.get("NameContains", "") in summary[kind.name]
        and (status is None or summary[kind.status] == status)
        and _within(summary["CreationTime"], request, "CreationTime")
        and _within(summary.get("LastModifiedTime", summary["CreationTime"]), request, "LastModifiedTime")
    )


def _within(when: float, request: dict[str, Any], member: str) -> bool:
    after, before = request.get(f"{member}After"), request.get(f"{member}Before")
    return (after is None or when > _seconds(after)) and (before is None or when < _seconds(before))


def _seconds(value: float | str) -> float:
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).timestamp()
    return float(value)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise ApiError("Invalid NextToken.") from None
