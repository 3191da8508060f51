"""Metric math, as far as dashboards and alarms here use it: series, numbers, and lists of series.

    (m1 + m2) / 2 - 1.5      arithmetic; of two series, only where both have a point
    SUM(METRICS())           a series of a list: SUM, AVG, MIN, MAX; of one series they give one number
    FILL(m1, 0)              points for the missing periods: a number, or REPEAT
    ABS CEIL FLOOR RUNNING_SUM RATE DIFF PERIOD METRICS("m")

Whatever else CloudWatch knows is refused by name: SEARCH, IF, bands, comparisons.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from local.cloudwatch.errors import ValidationError

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\"[^\"]*\"|'[^']*')|(.))")
_DEPTH = 100


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


def evaluate(expression: str, metrics: Mapping[str, Line], results: Mapping[str, Value]) -> Value:
    """The value of an expression over the metrics, and the results of other expressions, by their ids.

    Raises ValidationError: it is no expression, or one that is not supported here.
    """
    parser = _Parser(_tokens(expression), metrics, results, expression)
    value = parser.sum()
    if parser.peek() != "":
        raise parser.fault(f"unexpected {parser.peek()}")
    return value


def identifiers(expression: str) -> set[str]:
    """The ids that an expression names: words that begin with a small letter."""
    return {token for token in _tokens(expression) if re.fullmatch(r"[a-z]\w*", token)}


def _tokens(expression: str) -> list[str]:
    return ["".join(part for part in match.groups() if part) for match in _TOKEN.finditer(expression.strip())]


class _Parser:
    """Reads by descent: sums of products of powers of values."""

    def __init__(
        self, tokens: list[str], metrics: Mapping[str, Line], results: Mapping[str, Value], expression: str
    ) -> None:
        self._tokens = tokens
        self._metrics = metrics
        self._results = results
        self._expression = expression
        self._place = 0
        self._depth = 0

    def fault(self, reason: str) -> ValidationError:
        return ValidationError(f"Error in expression '{self._expression}': {reason}.")

    def peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> str:
        token = self.peek()
        if token == "" or (expected is not None and token != expected):
            raise self.fault(f"{expected or 'a value'} is missing at {token or 'the end'}")
        self._place += 1
        return token

    def sum(self) -> Value:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self.fault("it is nested too deeply")
        value = self._product()
        while self.peek() in ("+", "-"):
            value = _combine(self._take(), value, self._product(), self.fault)
        self._depth -= 1
        return value

    def _product(self) -> Value:
        value = self._power()
        while self.peek() in ("*", "/"):
            value = _combine(self._take(), value, self._power(), self.fault)
        return value

    def _power(self) -> Value:
        if self.peek() == "-":
            self._take()
            return _combine("*", -1.0, self._power(), self.fault)
        value = self._value()
        if self.peek() == "^":
            self._take()
            return _combine("^", value, self._power(), self.fault)
        return value

    def _value(self) -> Value:
        token = self._take()
        if token.startswith("("):
            value = self.sum()
            self._take(")")
            return value
        if token.startswith("["):
            return self._list()
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            return float(token)
        if self.peek() == "(":
            return self._call(token)
        if token in self._results:
            return self._results[token]
        if token in self._metrics:
            return self._metrics[token]
        raise self.fault(f"there is no {token}")

    def _list(self) -> list[Line]:
        lines: list[Line] = []
        while self.peek() != "]":
            value = self.sum()
            lines += value if isinstance(value, list) else [_line(value)]
            if self.peek() != "]":
                self._take(",")
        self._take("]")
        return lines

    def _call(self, name: str) -> Value:
        self._take("(")
        arguments: list[Any] = []
        while self.peek() != ")":
            arguments.append(self._argument())
            if self.peek() != ")":
                self._take(",")
        self._take(")")
        if name == "METRICS":
            return self._lines(*arguments)
        if name not in _FUNCTIONS:
            raise self.fault(f"{name} is not supported here")
        try:
            return _FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, AttributeError) as fault:
            raise self.fault(f"{name} does not take these arguments ({fault})") from None

    def _argument(self) -> Any:
        token = self.peek()
        if token[:1] in ("'", '"'):
            return self._take()[1:-1]
        if token in ("REPEAT", "LINEAR"):
            return self._take()
        return self.sum()

    def _lines(self, text: str = "") -> list[Line]:
        return [line for name, line in self._metrics.items() if text in name]


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


def _combine(sign: str, left: Value, right: Value, fault: Callable[[str], ValidationError]) -> Value:
    operate = _OPERATORS[sign]
    if isinstance(left, list) and isinstance(right, list):
        raise fault(f"{sign} takes no two lists")
    if isinstance(left, list):
        return [_line(_combine(sign, each, right, fault)) for each in left]
    if isinstance(right, list):
        return [_line(_combine(sign, left, each, fault)) for each in right]
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


def _line(value: Value) -> Line:
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
        return reduce(list(_line(value).points.values()) or [0.0])

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
        return [function(line) for line in value] if isinstance(value, list) else function(_line(value))

    return apply


def _fill(value: Value, filling: float | str | Line) -> Value:
    if isinstance(value, list):
        return [_line(_fill(line, filling)) for line in value]
    if filling == "LINEAR":
        raise ValueError("LINEAR is not supported here")
    line, last = _line(value), None
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


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
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
    "PERIOD": lambda value: float(_line(value).period),
}
