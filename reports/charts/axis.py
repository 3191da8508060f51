"""What the pictures of series on an axis of time share."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reports.charts.parts import Point

WIDTH = 460
"""Of a picture in its own units, which the page scales."""

_TICKS = 4
_DAY = 86_400


@dataclass(frozen=True)
class Axis:
    """From `start` to `end`, with `period` seconds from a point to the next.

    What begins less than a period before `now` is not over yet.
    """

    start: float
    end: float
    period: float
    now: float

    def is_open(self, seconds: float) -> bool:
        """Whether the period of a point is not over yet."""
        return seconds + self.period > self.now

    def x(self, seconds: float, left: float, right: float) -> float:
        """Where a moment is in a picture that has these margins."""
        share = (seconds - self.start) / (self.end - self.start) if self.end > self.start else 0.0
        return left + min(1.0, max(0.0, share)) * (WIDTH - left - right)

    def times(self, y: float, left: float, right: float) -> str:
        """The moments below a picture, whose baseline is at `y`, each name once."""
        form = "%H:%M" if self.end - self.start <= 2 * _DAY else "%d %b"
        texts, before = [], ""
        for place in range(_TICKS + 1):
            seconds = self.start + place * (self.end - self.start) / _TICKS
            anchor = "start" if place == 0 else "end" if place == _TICKS else "middle"
            text = datetime.fromtimestamp(seconds, UTC).strftime(form)
            if text != before:
                x = self.x(seconds, left, right)
                texts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{text}</text>')
            before = text
        return "".join(texts)

    def runs(self, points: Sequence[Point]) -> Iterator[list[Point]]:
        """Points that belong together: a line ends where nothing was measured for more than a period."""
        run: list[Point] = []
        for point in points:
            if run and point[0] - run[-1][0] > 1.5 * self.period:
                yield run
                run = []
            run.append(point)
        yield run

    def mark_class(self, seconds: float) -> str:
        """The class of a point's mark: hollow where the time of the point is not over yet."""
        return "mark open" if self.is_open(seconds) else "mark"


def polylines(runs: Iterator[list[tuple[float, float]]]) -> str:
    """Runs of places as lines; one of a single place has none."""
    return "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}"/>' for run in runs if len(run) > 1
    )


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest value of an axis: round, and zero between or at one end.

    >>> bounds([3.2, 7.1]), bounds([-4.0, 2.0]), bounds([])
    ((0.0, 8.0), (-4.0, 2.0), (0.0, 1.0))
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = step_of(max(high, 0.0) - min(low, 0.0))
    low, high = math.floor(min(low, 0.0) / step) * step, math.ceil(max(high, 0.0) / step) * step
    return low, high if high > low else low + 1.0


def step_of(span: float) -> float:
    """A round distance of which some four are in the span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= 5)
