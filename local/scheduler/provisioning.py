"""Schedules of a template: with their time zone, their start and end, and what becomes of them afterwards.

MiniStack's CloudFormation hands on none of it, so that a schedule of 03:00 in Berlin would be one of 03:00 UTC.
"""

from collections.abc import Callable
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
        checks.check_whole("CreateSchedule", properties.get("Name") or logical_id, properties)
        return _complete(create(logical_id, properties, stack_name), properties)

    def update_with_all(physical_id: str, old: Any, new: Any, stack_name: str) -> Any:
        checks.check_whole("UpdateSchedule", physical_id, new)
        return _complete(update(physical_id, old, new, stack_name), new)

    handlers.update(create=create_with_all, update=update_with_all)


def _complete(provisioned: Any, properties: Any) -> Any:
    from ministack.services import scheduler

    name = provisioned[0]
    group = properties.get("GroupName", "default")
    schedule = scheduler._schedules.get(f"{group}/{name}")
    if schedule is None:
        raise checks.InvalidScheduleError(f"Schedule group {group} does not exist.")
    for field, read in _FIELDS.items():
        schedule[field] = read(properties.get(field))
    schedule["LastModificationDate"] = scheduler._now()
    return provisioned


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "ScheduleExpressionTimezone": lambda zone: zone or "UTC",
    "StartDate": checks.seconds_of,
    "EndDate": checks.seconds_of,
    "ActionAfterCompletion": lambda action: action or "NONE",
}
