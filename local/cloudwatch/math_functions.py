"""The values of metric math, and its operators and functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from local.cloudwatch.errors import ValidationError


@dataclass(frozen=True)
class Line:
    """A series of points by their time, of a period in seconds, over the times `starts` of the request."""

    label: str
    period: int
    points: Mapping[float, float]
    starts: Sequence[float] = field(default=(), repr=False)

    def apply(self, function: Callable[[float], float | None]) -> "Line":
        """The line of the values of a function, without those that it gives none for."""
        values = {moment: function(value) for moment, value in self.points.items()}
        return self.with_points({moment: value for moment, value in values.items() if value is not None})

    def with_points(self, points: Mapping[float, float]) -> "Line":
        """This line with other points."""
        return Line(self.label, self.period, points, self.starts)


Value = float | Line | list[Line]


def _power(base: float, exponent: float) -> float | None:
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return None
    return result if isinstance(result, float) and math.isfinite(result) else None


_OPERATORS: Mapping[str, Callable[[float, float], float | None]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else None,
    "^": _power,
}


def combine(sign: str, left: Value, right: Value, fault: Callable[[str], ValidationError]) -> Value:
    """`left` and `right` by an operator: of two series where both have a point, of a list each of its series.

    Raises what `fault` makes of a reason where the operator does not take them.
    """
    operate = _OPERATORS[sign]
    if isinstance(left, list) and isinstance(right, list):
        raise fault(f"{sign} takes no two lists")
    if isinstance(left, list):
        return [line_of(combine(sign, each, right, fault)) for each in left]
    if isinstance(right, list):
        return [line_of(combine(sign, left, each, fault)) for each in right]
    if isinstance(left, Line) and isinstance(right, Line):
        others = right.points
        pairs = {moment: operate(value, others[moment]) for moment, value in left.points.items() if moment in others}
        return left.with_points({moment: value for moment, value in pairs.items() if value is not None})
    if isinstance(left, Line):
        return left.apply(lambda value: operate(value, right))  # pyright: ignore[reportArgumentType]
    if isinstance(right, Line):
        return right.apply(lambda value: operate(left, value))
    number = operate(left, right)
    if number is None:
        raise fault("it has no value")
    return number


def line_of(value: Value) -> Line:
    """The series that a value is. Raises TypeError where it is none."""
    if not isinstance(value, Line):
        raise TypeError("it takes a series")
    return value


def _over(reduce: Callable[[Sequence[float]], float]) -> Callable[[Value], Value]:
    def function(value: Value) -> Value:
        if isinstance(value, list):
            moments = sorted({moment for line in value for moment in line.points})
            points = {
                moment: reduce([line.points[moment] for line in value if moment in line.points]) for moment in moments
            }
            return Line("", max((line.period for line in value), default=60), points, _starts(value))
        return reduce(list(line_of(value).points.values()) or [0.0])

    return function


def _starts(lines: Sequence[Line]) -> Sequence[float]:
    return max((line.starts for line in lines), key=len, default=())


def _each(function: Callable[[float], float]) -> Callable[[Value], Value]:
    def apply(value: Value) -> Value:
        if isinstance(value, list):
            return [line.apply(function) for line in value]
        return value.apply(function) if isinstance(value, Line) else function(value)

    return apply


def _whole(function: Callable[[Line], Line]) -> Callable[..., Value]:
    def apply(value: Value) -> Value:
        return [function(line) for line in value] if isinstance(value, list) else function(line_of(value))

    return apply


def _fill(value: Value, filling: float | str | Line) -> Value:
    if isinstance(value, list):
        return [line_of(_fill(line, filling)) for line in value]
    if filling == "LINEAR":
        raise ValueError("LINEAR is not supported here")
    line, last = line_of(value), None
    points: dict[float, float] = {}
    for moment in sorted({*line.starts, *line.points}):
        substitute = filling.points.get(moment) if isinstance(filling, Line) else filling
        last = line.points.get(moment, last if filling == "REPEAT" else substitute)  # pyright: ignore
        if last is not None:
            points[moment] = float(last)  # pyright: ignore[reportArgumentType]
    return line.with_points(points)


def _running_sum(line: Line) -> Line:
    total, points = 0.0, {}
    for moment, value in sorted(line.points.items()):
        total += value
        points[moment] = total
    return line.with_points(points)


def _differences(per_second: bool) -> Callable[[Line], Line]:
    def function(line: Line) -> Line:
        points = {}
        for (before, old), (moment, new) in pairwise(sorted(line.points.items())):
            points[moment] = (new - old) / (moment - before) if per_second else new - old
        return line.with_points(points)

    return function


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "SUM": _over(math.fsum),
    "AVG": _over(lambda values: math.fsum(values) / len(values)),
    "MIN": _over(min),
    "MAX": _over(max),
    "ABS": _each(abs),
    "CEIL": _each(lambda value: float(math.ceil(value))),
    "FLOOR": _each(lambda value: float(math.floor(value))),
    "FILL": _fill,
    "RUNNING_SUM": _whole(_running_sum),
    "DIFF": _whole(_differences(per_second=False)),
    "RATE": _whole(_differences(per_second=True)),
    "PERIOD": lambda value: float(line_of(value).period),
}
