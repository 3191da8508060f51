"""The input of an execution of `monitor` -> the day it looks at, and the tasks.

{"date"?: "YYYY-MM-DD", by default the day before the execution started, in UTC
 "task"?: one task, by default all of them}
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from wildrydes.errors import BadExecutionInput
from wildrydes.tasks import TASKS

QUALITY_DAYS = 7
"""The truth comes later than the day: so the served measure is of so many days, the last of them the date."""

_PARTITION = "%Y/%m/%d"


def plan(execution_input: Any, started: datetime) -> dict[str, Any]:
    """The date, the first day whose truth is looked at, and the tasks. Raises BadExecutionInput, naming the field.

    Partitions of captured predictions are by the time when Firehose had them: a line may be in the next day's.
    """
    if not isinstance(execution_input, Mapping):
        raise BadExecutionInput(f"the input is {execution_input!r}; it must be an object of date and task")
    if unknown := sorted(set(execution_input) - {"date", "task"}):
        raise BadExecutionInput(f"the input has the field {unknown[0]!r}; it may have date and task")
    day = _date(execution_input["date"]) if "date" in execution_input else started.date() - timedelta(days=1)
    task = execution_input.get("task")
    if "task" in execution_input and (not isinstance(task, str) or task not in TASKS):
        raise BadExecutionInput(f"task is {task!r}; it must be one of {', '.join(TASKS)}")
    first = day - timedelta(days=QUALITY_DAYS - 1)
    chosen = [TASKS[task]] if task else TASKS.values()
    return {
        "date": day.isoformat(),
        "first_date": first.isoformat(),
        "first_partition": first.strftime(_PARTITION),
        "date_partition": day.strftime(_PARTITION),
        "last_partition": (day + timedelta(days=1)).strftime(_PARTITION),
        "tasks": [{"task": each.name, "source": each.source, "label": each.label} for each in chosen],
    }


def _date(text: Any) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except (TypeError, ValueError):
        raise BadExecutionInput(f"date is {text!r}; it must be a day as YYYY-MM-DD") from None
    if day.year < 2000 or day == date.max or day.isoformat() != text:
        raise BadExecutionInput(f"date is {text!r}; it must be a day from 2000-01-01 to 9999-12-30, as YYYY-MM-DD")
    return day
