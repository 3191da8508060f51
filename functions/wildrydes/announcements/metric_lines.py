"""The metrics of an execution's end, as lines in CloudWatch's embedded metric format.

The format and what each metric says are in `wildrydes.metric_line`. `outcome` is that of `End`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from wildrydes.announcements.course import Course
from wildrydes.announcements.end import RETRAIN, End
from wildrydes.metric_line import directive, document

MOST_VALUES = 100
"""Of one metric in one line, as EMF has it."""

_RIDES = {
    "RidesIn": ("rides", "read"),
    "RidesRejected": ("rides", "rejected"),
    "RidesWithoutWeather": ("training_set", "without_weather"),
}


def metric_lines(service: str, ended: End, course: Course, now: float) -> Iterator[str]:
    """The lines for an end; `now` is in seconds since 1970."""
    workflow = {"service": service, "workflow": ended.workflow}
    yield _line(workflow | {"outcome": ended.outcome}, {"Executions": 1}, now)
    for state, seconds in _seconds(course).items():
        for start in range(0, len(seconds), MOST_VALUES):
            values = {"StateSeconds": seconds[start : start + MOST_VALUES]}
            yield _line(workflow | {"state": state}, values, now)
    if ended.workflow == RETRAIN and ended.outcome in ("promoted", "kept"):
        if rides := _rides(ended.output or {}):
            yield _line({"service": service}, rides, now)
        yield age_line(service, 0.0, now)


def age_line(service: str, days: float, now: float) -> str:
    """The line that says how many days ago a retraining ended well."""
    return _line({"service": service}, {"DaysSinceRetraining": round(days, 4)}, now)


def champion_line(service: str, task: str, created: datetime, now: datetime) -> str:
    """The line that says how many days ago a task's champion was trained."""
    days = max(0.0, (now - created.replace(tzinfo=created.tzinfo or UTC)).total_seconds() / 86_400)
    return _line({"service": service, "task": task}, {"ChampionAgeDays": round(days, 3)}, now.timestamp())


def _seconds(course: Course) -> dict[str, list[float]]:
    """The seconds of each stay, by state, in the order in which the states were entered first."""
    seconds: dict[str, list[float]] = {}
    for stay in course.stays:
        if stay.takes_time:
            seconds.setdefault(stay.state, []).append(round(stay.seconds, 3))
    return seconds


def _rides(output: dict[str, Any]) -> dict[str, Any]:
    """The counts of rides in an output; a retraining from samples has none."""
    counts = {name: (output.get(part) or {}).get(count) for name, (part, count) in _RIDES.items()}
    return {name: count for name, count in counts.items() if isinstance(count, int | float)}


def _line(dimensions: dict[str, str], metrics: dict[str, Any], now: float) -> str:
    directives = [directive(list(dimensions), *metrics)]
    return json.dumps(document(directives, dimensions | metrics, now))
