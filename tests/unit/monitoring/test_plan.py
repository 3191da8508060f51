"""Which day and tasks an execution of `monitor` looks at."""

from datetime import UTC, datetime
from typing import Any

import pytest

from wildrydes.errors import BadExecutionInput
from wildrydes.monitoring.plan import plan
from wildrydes.tasks import TASKS

STARTED = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


def test_without_an_input_it_is_yesterday_of_every_task() -> None:
    assert plan({}, STARTED) == {
        "date": "2026-02-28",
        "first_date": "2026-02-22",
        "first_partition": "2026/02/22",
        "date_partition": "2026/02/28",
        "last_partition": "2026/03/01",
        "tasks": [{"task": name, "source": task.source, "label": task.label} for name, task in TASKS.items()],
    }


def test_the_input_may_name_a_day_and_a_task() -> None:
    planned = plan({"date": "2024-02-29", "task": "pick_duration"}, STARTED)
    assert (planned["date"], planned["last_partition"]) == ("2024-02-29", "2024/03/01")
    assert planned["tasks"] == [{"task": "pick_duration", "source": "samples", "label": "duration"}]


@pytest.mark.parametrize(
    ("execution_input", "message"),
    [
        ([], "the input is .* an object of date and task"),
        ({"day": "2026-01-01"}, "the field 'day'"),
        ({"task": "weather"}, "task is 'weather'; it must be one of heavy_utilization"),
        ({"task": ["pick_duration"]}, "task is "),
        ({"task": None}, "task is None"),
        ({"date": "2026-2-1"}, "date is '2026-2-1'; it must be"),
        ({"date": "2026-02-30"}, "date is '2026-02-30'"),
        ({"date": None}, "date is None"),
        ({"date": 20260101}, "date is 20260101"),
        ({"date": "0001-01-01"}, "a day from 2000-01-01 to"),
        ({"date": "9999-12-31"}, "to 9999-12-30"),
        ({"date": "2026-01-01' OR '1'='1"}, "it must be a day"),
    ],
)
def test_an_input_that_is_wrong_is_refused(execution_input: Any, message: str) -> None:
    with pytest.raises(BadExecutionInput, match=message):
        plan(execution_input, STARTED)
