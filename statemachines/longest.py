"""How long an execution may take at most, by the timeouts of its own states: what the whole is given.

    >>> wait = {"Type": "Wait", "Seconds": 5, "Next": "Ask"}
    >>> ask = {"Type": "Task", "TimeoutSeconds": 60, "Catch": [{"Next": "Tell"}], "End": True}
    >>> longest_seconds({"StartAt": "Wait", "States": {"Wait": wait, "Ask": ask, "Tell": {"TimeoutSeconds": 7}}})
    72

Of the longest path a Task counts by its timeout, as often as it is tried again after a kill, which may come at the very
end; a Map by its longest iteration, since its iterations run side by side; a loop as often as a Choice in it lets its
counter grow. Not counted are the second wave of a Map's children, the second round of a loop without a counter, and
other retries. These follow errors that come at once, but their pauses may take minutes, and more than an hour where a
state waits for what others use (docs/retries.md): a retraining that waits in several states may end by its timeout. A
promotion and the monitor are given the time of two such waits.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from statemachines.tasks import LAMBDA_KILLS

HOUR = 3600

States = Mapping[str, Mapping[str, Any]]


def whole_hours(definition: Mapping[str, Any]) -> int:
    """The seconds of the longest path of a definition, rounded up to an hour."""
    return -(-longest_seconds(definition) // HOUR) * HOUR


def longest_seconds(definition: Mapping[str, Any]) -> int:
    """The seconds of the longest path of a definition in ASL, from its first state to an end."""
    states: States = definition["States"]
    reach = {name: _reachable(states, name) for name in states}
    # States that lead to each other are a loop: it stands for each of them.
    loops = {name: frozenset(each for each in reach[name] if name in reach[each]) | {name} for name in states}
    longest: dict[frozenset[str], int] = {}

    def seconds_from(name: str) -> int:
        loop = loops[name]
        if loop not in longest:
            ways = {each for state in loop for each in _following(states[state])} - loop
            longest[loop] = _seconds_of(states, loop) + max(map(seconds_from, ways), default=0)
        return longest[loop]

    return seconds_from(definition["StartAt"])


def _seconds_of(states: States, loop: frozenset[str]) -> int:
    once = sum(_seconds(states[name]) for name in loop)
    if len(loop) == 1:
        return once
    return once * max((bound for name in loop for bound in _bounds(states[name].get("Choices", []))), default=1)


def _seconds(state: Mapping[str, Any]) -> int:
    if "ItemProcessor" in state:
        return longest_seconds(state["ItemProcessor"])
    kills = [retrier for retrier in state.get("Retry", []) if set(LAMBDA_KILLS) & set(retrier["ErrorEquals"])]
    tries = 1 + max((retrier["MaxAttempts"] for retrier in kills), default=0)
    return state.get("TimeoutSeconds", 0) * tries + state.get("Seconds", 0)


def _bounds(rules: Any) -> Iterator[int]:
    """The numbers below which rules of a Choice hold a counter."""
    for rule in rules:
        if "NumericLessThan" in rule:
            yield rule["NumericLessThan"]
        yield from _bounds([*rule.get("And", []), *rule.get("Or", [])])


def _reachable(states: States, name: str) -> set[str]:
    names: set[str] = set()
    waiting = [name]
    while waiting:
        following = _following(states[waiting.pop()]) - names
        names |= following
        waiting += following
    return names


def _following(state: Mapping[str, Any]) -> set[str]:
    direct = {state[key] for key in ("Next", "Default") if key in state}
    return direct | {rule["Next"] for rule in [*state.get("Choices", []), *state.get("Catch", [])]}
