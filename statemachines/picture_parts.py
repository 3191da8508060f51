"""Parts of a workflow that can be read by themselves: as few transitions as can be lead from one to another."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

MOST_STATES = 14
"""Of a part: what is still readable at the width of a page."""

_CATCH = 0.5
"""What a transition after an error counts, against 1 of another."""


def parts_of(definition: dict[str, Any], most: int = MOST_STATES) -> list[list[str]]:
    """The states in parts of at most `most`, each in the order of definition; the part of the first state comes first.

    Begun with each state by itself, the two parts are joined that have the most transitions between them for their
    sizes, until no two fit together.
    """
    order = {state: index for index, state in enumerate(definition["States"])}
    if len(order) <= most:
        return [list(order)]
    parts = [[state] for state in order]
    weights = _weights(definition)
    while pair := _nearest(parts, weights, most):
        first, second = pair
        parts[first] += parts.pop(second)
    parts = [sorted(part, key=order.__getitem__) for part in parts]
    start = definition["StartAt"]
    return sorted(parts, key=lambda part: (start not in part, order[part[0]]))


def leads_to_handler(catch: dict[str, Any]) -> bool:
    """Whether a Catch takes every error to a handler that tells of it, rather than to a way around."""
    return catch["ErrorEquals"] == ["States.ALL"] and catch.get("ResultPath", "$.error") == "$.error"


def _weights(definition: dict[str, Any]) -> Counter[frozenset[str]]:
    weights: Counter[frozenset[str]] = Counter()
    for state, fields in definition["States"].items():
        for target, weight in _targets(fields):
            if target != state:
                weights[frozenset((state, target))] += weight  # pyright: ignore[reportArgumentType]
    return weights


def _targets(fields: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for key in ("Next", "Default"):
        if key in fields:
            yield fields[key], 1
    for rule in fields.get("Choices", []):
        yield rule["Next"], 1
    for catch in fields.get("Catch", []):
        if not leads_to_handler(catch):
            yield catch["Next"], _CATCH


def _nearest(parts: list[list[str]], weights: Counter[frozenset[str]], most: int) -> tuple[int, int] | None:
    """The places of the two parts to join, the first ones where several are alike; None where none is left."""
    place = {state: index for index, part in enumerate(parts) for state in part}
    between: Counter[tuple[int, int]] = Counter()
    for pair, weight in weights.items():
        first, second = sorted(place[state] for state in pair)
        if first != second and len(parts[first]) + len(parts[second]) <= most:
            between[first, second] += weight
    if not between:
        return None

    def rank(pair: tuple[int, int]) -> tuple[float, int, int]:
        sizes = len(parts[pair[0]]) * len(parts[pair[1]])
        return between[pair] / sizes**0.5, -pair[0], -pair[1]

    return max(between, key=rank)
