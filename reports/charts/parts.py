"""What the series of a chart have to say, and the form in which it is read best (docs/decisions/0081).

The console's server sends its page what this decides (`console.charts`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from reports.charts.values import moment, number

Point = tuple[float, float]
"""Seconds since the epoch, and a value."""

MOST_LINES = 4
"""Series that are still told apart in one picture."""


class Form(Enum):
    """How the groups are shown.

    `SENTENCE` draws nothing. `BARS` are of one moment, at which a line would be a heap of points. `LINES` are few, in
    one picture. `ROWS` are many, with a small picture each.
    """

    SENTENCE = "sentence"
    BARS = "bars"
    LINES = "lines"
    ROWS = "rows"


@dataclass(frozen=True)
class Group:
    """Series with the same points: they are drawn once."""

    names: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """All names, as one reads them."""
        return enumeration(self.names)

    @property
    def highest(self) -> Point:
        """The first point with the highest value."""
        return max(self.points, key=lambda point: point[1])


@dataclass(frozen=True)
class Parts:
    """What is drawn, in the order of the dashboard, and what is not.

    `zeros` are the names of the series that are 0 each time. `labels` are those of all series with points, which are
    from `first` to `last`, in seconds.
    """

    groups: tuple[Group, ...]
    zeros: tuple[str, ...]
    labels: tuple[str, ...]
    first: float
    last: float

    @property
    def form(self) -> Form:
        """The form of the chart."""
        if not self.groups:
            return Form.SENTENCE
        if len({seconds for group in self.groups for seconds, _ in group.points}) == 1:
            return Form.BARS
        return Form.LINES if len(self.groups) <= MOST_LINES else Form.ROWS

    @property
    def is_over_time(self) -> bool:
        """Whether the chart has an axis of time."""
        return self.form in (Form.LINES, Form.ROWS)


def parts_of(series: Iterable[tuple[str, Sequence[Sequence[float]]]]) -> Parts:
    """The parts of series, each a label and its points.

    >>> parts = parts_of([("a", [(0, 1), (60, 2)]), ("b", [(0, 1), (60, 2)]), ("c", [(0, 0)]), ("d", [])])
    >>> parts.form, parts.groups, parts.zeros
    (<Form.LINES: 'lines'>, (Group(names=('a', 'b'), points=((0, 1), (60, 2))),), ('c',))
    """
    names: dict[tuple[Point, ...], list[str]] = {}
    zeros, labels, moments = [], [], []
    for label, points in series:
        if not points:
            continue
        labels.append(label)
        moments += [seconds for seconds, _ in points]
        if any(value != 0 for _, value in points):
            names.setdefault(tuple((seconds, value) for seconds, value in points), []).append(label)
        else:
            zeros.append(label)
    groups = tuple(Group(tuple(each), points) for points, each in names.items())
    return Parts(groups, tuple(zeros), tuple(labels), min(moments, default=0.0), max(moments, default=0.0))


def ranked(groups: Iterable[Group]) -> list[Group]:
    """The groups, the one with the highest point first."""
    return sorted(groups, key=lambda group: -group.highest[1])


def enumeration(names: Sequence[str]) -> str:
    """Names as one reads them.

    >>> enumeration(["a", "b", "c"])
    'a, b and c'
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def summary(groups: Iterable[Group]) -> str:
    """What a picture of few lines says in words: the highest point of each."""
    return "; ".join(
        f"{group.name}: {'highest ' if len(group.points) > 1 else ''}{number(value)} at {moment(seconds)}"
        for group in ranked(groups)
        for seconds, value in [group.highest]
    )


def coincidences(groups: Sequence[Group]) -> list[str]:
    """What is the same in a picture of few lines: series that are one line, and points that lie on each other."""
    texts = [f"{group.name} have the same values: they are one line" for group in groups if len(group.names) > 1]
    for one, other in combinations(groups, 2):
        if count := len(set(one.points) & set(other.points)):
            times = "one time" if count == 1 else f"{count} times"
            texts.append(
                f"{one.names[0]} and {other.names[0]} have the same value at {times}: one mark lies around the other"
            )
    return texts


def leftover(groups: Iterable[Group]) -> str:
    """The names of the groups for which there is no room, with their highest values; empty where there are none."""
    texts = [f"{group.name} {number(group.highest[1])}" for group in groups]
    return f"And, lower: {', '.join(texts)}." if texts else ""
