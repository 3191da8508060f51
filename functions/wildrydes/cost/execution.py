"""The cost of an execution, with the children of its Distributed Map and the workflows that it started.

Of many children the first some are read, and stand for the others. Where the account does not tell of children, each is
taken to have had its share of the Map's time.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from wildrydes.cost import quantities
from wildrydes.cost.attempts import Event, map_runs, read_attempts
from wildrydes.cost.charges import Bill, Usage, add, bill, scale
from wildrydes.cost.transitions import count_transitions
from wildrydes.cost.usage import Context, nested_executions, usage_of

MOST_CHILDREN = 50
"""Histories of children that are read of a Map Run."""

_MAP_CONCURRENCY = 40


class Children(NamedTuple):
    """The executions that a Map Run has started: how many, and some of them."""

    total: int
    arns: list[str]


class Records(Protocol):
    """What an account has recorded of executions, functions and jobs."""

    def history(self, execution: str) -> list[Event]:
        """All events of an execution, the oldest first."""
        ...

    def children(self, map_run: str, most: int) -> Children:
        """The children of a Map Run."""
        ...

    def memory_of(self, function: str) -> int:
        """The memory of a function in MB, by its name or ARN."""
        ...

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job, as ListTrainingJobsForHyperParameterTuningJob has them."""
        ...


def cost_of(records: Records, execution: str, region: str, now: datetime, transitions_to_come: int = 0) -> Bill:
    """The bill of an execution at the list prices of a region, the free tier left aside.

    `transitions_to_come` counts the states after the one that asks.
    """
    to_come: Mapping[str, Decimal] = {"state_transitions": Decimal(transitions_to_come)}
    return bill(add([usage_of_execution(records, execution, now), to_come]), region)


def usage_of_execution(records: Records, execution: str, now: datetime) -> Usage:
    """What an execution has used until `now`, and all that it started."""
    events = records.history(execution)
    attempts = read_attempts(events)
    own: Usage = {"state_transitions": Decimal(count_transitions(events))}
    parts = [own, usage_of(attempts, Context(now, records.memory_of, records.trained_by))]
    parts += [usage_of_execution(records, each, now) for each in nested_executions(attempts)]
    parts += [_children(records, each, events, now) for each in map_runs(events)]
    return add(parts)


def _children(records: Records, map_run: str, events: list[Event], now: datetime) -> Usage:
    """The children of a Map Run, for the start of each of which a transition is billed too."""
    children = records.children(map_run, MOST_CHILDREN)
    started: Usage = {"state_transitions": Decimal(children.total)}
    if not children.arns:
        return add([started, _unknown_children(records, children.total, _seconds(events, map_run, now), events)])
    read = add(usage_of_execution(records, each, now) for each in children.arns)
    return add([started, scale(read, Decimal(children.total) / len(children.arns))])


def _unknown_children(records: Records, total: int, seconds: Decimal, events: list[Event]) -> Usage:
    """A state each, and a call of the function that the workflow's other calls have the memory of, at most."""
    functions = {
        each.request["FunctionName"]
        for each in read_attempts(events)
        if (each.service, each.action) == ("lambda", "invoke")
    }
    if not total or not functions:
        return {"state_transitions": Decimal(total)}
    memory = max(records.memory_of(each) for each in functions)
    each_took = seconds * 1000 * min(total, _MAP_CONCURRENCY) / total
    return {"state_transitions": Decimal(total)} | quantities.function_calls(memory, each_took, total)


def _seconds(events: list[Event], map_run: str, now: datetime) -> Decimal:
    """How long a Map Run took: its end is the event that names its start as the one before, wherever it is."""
    started = next(
        event
        for event in events
        if event["type"] == "MapRunStarted" and event["mapRunStartedEventDetails"]["mapRunArn"] == map_run
    )
    ends = (each for each in events if each["type"] in ("MapRunSucceeded", "MapRunFailed", "MapRunAborted"))
    ended = next((each for each in ends if each["id"] > started["id"]), None)
    return Decimal(str(((ended["timestamp"] if ended else now) - started["timestamp"]).total_seconds()))
