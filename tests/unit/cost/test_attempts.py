"""The attempts of an execution that was redriven."""

from decimal import Decimal
from typing import Any

from histories import History
from wildrydes.cost.attempts import read_attempts


def test_what_was_under_way_at_an_end_before_a_redrive_took_until_that_end() -> None:
    history = History()
    named: Any = {"resourceType": "lambda", "resource": "invoke"}
    history.enter()
    history.event("TaskScheduled", **named)
    history.event("TaskStarted", **named)
    history.event("ExecutionAborted", seconds=3)
    history.event("ExecutionRedriven", seconds=3600)
    history.task("lambda", "invoke", seconds=2)
    history.event("ExecutionSucceeded")
    assert [each.milliseconds(history.now) for each in read_attempts(history.events)] == [Decimal(3000), Decimal(2000)]
