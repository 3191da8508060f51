"""ListTrainingJobs: filters, order and pages."""

import base64
import binascii
import datetime as dt
from collections.abc import Iterable
from typing import Any

from local.sagemaker.errors import ApiError
from local.sagemaker.jobs import TrainingJob

_DEFAULT_PAGE = 10
_SORT_KEYS = {"Name": "TrainingJobName", "CreationTime": "CreationTime", "Status": "TrainingJobStatus"}


def page(jobs: Iterable[TrainingJob], request: dict[str, Any]) -> dict[str, Any]:
    """The page of summaries that a checked request asks for. Raises ApiError for a bad NextToken."""
    if request.get("WarmPoolStatusEquals") or request.get("TrainingPlanArnEquals"):
        return {"TrainingJobSummaries": []}
    summaries = [summary for summary in (job.summary() for job in jobs) if _matches(summary, request)]
    key = _SORT_KEYS[request.get("SortBy", "CreationTime")]
    summaries.sort(key=lambda summary: summary[key], reverse=request.get("SortOrder") == "Descending")
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _DEFAULT_PAGE)
    answer: dict[str, Any] = {"TrainingJobSummaries": summaries[start:end]}
    if end < len(summaries):
        answer["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
    return answer


def _matches(summary: dict[str, Any], request: dict[str, Any]) -> bool:
    status = request.get("StatusEquals")
    return (
        request.get("NameContains", "") in summary["TrainingJobName"]
        and (status is None or summary["TrainingJobStatus"] == status)
        and _within(summary["CreationTime"], request, "CreationTime")
        and _within(summary["LastModifiedTime"], request, "LastModifiedTime")
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
