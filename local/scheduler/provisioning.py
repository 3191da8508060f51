"""Schedules of a template: with their time zone, their start and end, and what becomes of them afterwards.

MiniStack's CloudFormation hands on neither, so that a schedule of 03:00 in Berlin would be one of 03:00 UTC.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.scheduler import checks
from local.seams import seam

_TYPE = "AWS::Scheduler::Schedule"


def install() -> None:
    """Let the schedules that CloudFormation creates or updates have all that their template says."""
    from ministack.services.cloudformation import provisioners

    handlers = seam(provisioners, "_RESOURCE_HANDLERS")[_TYPE]
    create, update = handlers["create"], handlers["update"]

    def create_with_all(logical_id: str, properties: Any, stack_name: str) -> Any:
        # MiniStack's CloudFormation passes over what the service answers.
        checks.check(properties)
        return _complete(create(logical_id, properties, stack_name), properties)

    def update_with_all(physical_id: str, old: Any, new: Any, stack_name: str) -> Any:
        checks.check(new)
        return _complete(update(physical_id, old, new, stack_name), new)

    handlers.update(create=create_with_all, update=update_with_all)


def _complete(provisioned: Any, properties: Any) -> Any:
    from ministack.services import scheduler

    name = provisioned[0]
    schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{name}"]
    for field, read in _FIELDS.items():
        schedule[field] = read(properties.get(field))
    schedule["LastModificationDate"] = scheduler._now()
    return provisioned


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "ScheduleExpressionTimezone": lambda zone: zone or "UTC",
    "StartDate": _seconds,
    "EndDate": _seconds,
    "ActionAfterCompletion": lambda action: action or "NONE",
}
