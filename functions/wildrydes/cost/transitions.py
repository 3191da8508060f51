"""State transitions of an execution, as Step Functions bills them, from its history.

One for each state that is entered, also within the iterations of an inline Map, which cost nothing themselves; one for
each retry; one for each child execution that a Distributed Map starts; one for a redrive. The states of children and of
nested workflows are counted in their own histories.

    https://aws.amazon.com/step-functions/pricing/
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]

# What begins an attempt at a state: another of the same kind is a retry.
_ATTEMPTS = (
    "TaskScheduled",
    "LambdaFunctionScheduled",
    "ActivityScheduled",
    "MapStateStarted",
    "MapRunStarted",
    "ParallelStateStarted",
)


def count_transitions(events: Iterable[Event]) -> int:
    """The transitions of a history of GetExecutionHistory, the oldest event first."""
    transitions, state_of = 0, dict[int, int]()
    attempts: Counter[tuple[int, str]] = Counter()
    for event in events:
        kind, number = event["type"], event["id"]
        if kind.endswith("StateEntered"):
            transitions += 1
            state_of[number] = number
            continue
        if kind == "ExecutionRedriven":
            transitions += 1
        state = state_of.get(event.get("previousEventId", 0), 0)
        state_of[number] = state
        if kind in _ATTEMPTS:
            attempts[state, kind] += 1
    return transitions + retries(attempts)


def retries(attempts: Mapping[tuple[int, str], int]) -> int:
    """The attempts beyond the first, by state; a Map that begins has one event of each of two kinds."""
    most: dict[int, int] = {}
    for (state, _), number in attempts.items():
        most[state] = max(most.get(state, 0), number)
    return sum(number - 1 for number in most.values())
