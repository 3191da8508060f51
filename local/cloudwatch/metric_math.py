"""Metric math, as far as dashboards and alarms here use it: series, numbers, and lists of series.

    (m1 + m2) / 2 - 1.5      arithmetic; of two series, only where both have a point
    SUM(METRICS())           a series of a list: SUM, AVG, MIN, MAX; of one series they give one number
    FILL(m1, 0)              points for the missing periods: a number, or REPEAT
    ABS CEIL FLOOR RUNNING_SUM RATE DIFF PERIOD METRICS("m")

Whatever else CloudWatch knows is refused by name: SEARCH, IF, bands, comparisons.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import re
from collections.abc import Mapping
from typing import Any

from local.cloudwatch.errors import ValidationError
from local.cloudwatch.math_functions import FUNCTIONS, Line, Value, combine

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\"[^\"]*\"|'[^']*')|(.))")
_DEPTH = 200


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
            value = combine(self._take(), value, self._product(), self.fault)
        self._depth -= 1
        return value

    def _product(self) -> Value:
        value = self._power()
        while self.peek() in ("*", "/"):
            value = combine(self._take(), value, self._power(), self.fault)
        return value

    def _power(self) -> Value:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self.fault("it is nested too deeply")
        value = self._negative() if self.peek() == "-" else self._value()
        if self.peek() == "^":
            self._take()
            value = combine("^", value, self._power(), self.fault)
        self._depth -= 1
        return value

    def _negative(self) -> Value:
        self._take("-")
        return combine("*", -1.0, self._power(), self.fault)

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
            if isinstance(value, int | float):
                raise self.fault("a list holds series")
            lines += value if isinstance(value, list) else [value]
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
        if name not in FUNCTIONS:
            raise self.fault(f"{name} is not supported here")
        try:
            return FUNCTIONS[name](*arguments)
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
