"""What callers would have been answered by another model: how much answers to the same requests change, and for whom.

For whom is told by the quarters of each feature: the rows in the order of its values, cut where a quarter, a half and
three quarters of them are. Rows of one value are never parted, so that a feature of few values has fewer groups.

    >>> scores = ((0.2, 0.3), (0.4, 0.7), (0.1, 0.1), (0.9, 0.8))
    >>> rows = [Answers((float(miles),), *pair) for miles, pair in enumerate(scores, 1)]
    >>> changes = score_changes(("distance",), rows, (0.5, 0.5))
    >>> round(changes.mean_absolute_change, 3), changes.flipped
    (0.125, 0.25)
    >>> [(group.low, group.high, round(group.mean_change, 3), group.flipped) for group in changes.groups]
    [(1.0, 1.0, 0.1, 0.0), (2.0, 2.0, 0.3, 1.0), (3.0, 3.0, 0.0, 0.0), (4.0, 4.0, -0.1, 0.0)]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

QUARTERS = (0.25, 0.5, 0.75)


class Answers(NamedTuple):
    """A row of features, what callers were answered, and what the other model answers."""

    row: Sequence[float]
    before: float
    after: float


@dataclass(frozen=True)
class Group:
    """The rows whose `feature` is from `low` to `high`.

    `flipped` is the share of them whose label changes, None of a regression.
    """

    feature: str
    low: float
    high: float
    rows: int
    mean_change: float
    mean_absolute_change: float
    flipped: float | None


@dataclass(frozen=True)
class ScoreChanges:
    """The same of all rows, and by groups; a change is the other model's answer less that of the one before it."""

    rows: int
    mean_change: float
    mean_absolute_change: float
    flipped: float | None
    groups: tuple[Group, ...]

    @property
    def largest(self) -> Group:
        """The group whose answers change most."""
        return max(self.groups, key=lambda group: group.mean_absolute_change)


Thresholds = tuple[float, float] | None
"""From which score on each model's label is 1; None of a regression."""


def score_changes(features: Sequence[str], answers: Sequence[Answers], thresholds: Thresholds) -> ScoreChanges:
    """The changes of at least one row; each has the features in their order."""
    groups = tuple(
        Group(name, part[0].row[place], part[-1].row[place], len(part), *_summary(part, thresholds))
        for place, name in enumerate(features)
        for part in _quarters(sorted(answers, key=lambda each, place=place: each.row[place]), place)
    )
    return ScoreChanges(len(answers), *_summary(answers, thresholds), groups)


def _quarters(ordered: Sequence[Answers], place: int) -> Iterator[Sequence[Answers]]:
    """The rows in up to four parts, by the values at these shares of them."""
    bounds = {ordered[ceil(share * len(ordered)) - 1].row[place] for share in QUARTERS}
    start = 0
    for end in range(1, len(ordered) + 1):
        is_last = end == len(ordered)
        value = ordered[end - 1].row[place]
        if is_last or (value in bounds and ordered[end].row[place] != value):
            yield ordered[start:end]
            start = end


def _summary(answers: Sequence[Answers], thresholds: Thresholds) -> tuple[float, float, float | None]:
    changes = [each.after - each.before for each in answers]
    flipped = None
    if thresholds is not None:
        before, after = thresholds
        flipped = sum((each.before >= before) != (each.after >= after) for each in answers) / len(answers)
    return sum(changes) / len(changes), sum(map(abs, changes)) / len(changes), flipped
