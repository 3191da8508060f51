"""Metric math by AWS's "Using math expressions with CloudWatch metrics"."""

import pytest

from local.cloudwatch.errors import ValidationError
from local.cloudwatch.math_functions import Line
from local.cloudwatch.metric_math import evaluate

STARTS = (0.0, 60.0, 120.0)
M1 = Line("m1", 60, {0.0: 1.0, 60.0: 4.0}, STARTS)
M2 = Line("m2", 60, {60.0: 2.0, 120.0: 0.0}, STARTS)
METRICS = {"m1": M1, "m2": M2}


def points(expression: str) -> dict[float, float]:
    value = evaluate(expression, METRICS, {"e1": M1.apply(lambda each: each * 10)})
    assert isinstance(value, Line)
    return dict(value.points)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", {60.0: 6.0}),
        ("m1 / m2 * 100", {60.0: 200.0}),
        ("m2 / m2", {60.0: 1.0}),
        ("-m1 + 2 * (3 - 1)", {0.0: 3.0, 60.0: 0.0}),
        ("m1 ^ 2", {0.0: 1.0, 60.0: 16.0}),
        ("-m1 ^ 2", {0.0: -1.0, 60.0: -16.0}),
        ("2-1-m1", {0.0: 0.0, 60.0: -3.0}),
        ("e1", {0.0: 10.0, 60.0: 40.0}),
        ("SUM(METRICS())", {0.0: 1.0, 60.0: 6.0, 120.0: 0.0}),
        ("SUM([m1, m2])", {0.0: 1.0, 60.0: 6.0, 120.0: 0.0}),
        ("AVG(METRICS())", {0.0: 1.0, 60.0: 3.0, 120.0: 0.0}),
        ('MAX(METRICS("m1"))', {0.0: 1.0, 60.0: 4.0}),
        ("m1 / SUM(m1)", {0.0: 0.2, 60.0: 0.8}),
        ("FILL(m1, 0)", {0.0: 1.0, 60.0: 4.0, 120.0: 0.0}),
        ("FILL(m1, REPEAT)", {0.0: 1.0, 60.0: 4.0, 120.0: 4.0}),
        ("FILL(m2, REPEAT)", {60.0: 2.0, 120.0: 0.0}),
        ("FILL(m1, m2)", {0.0: 1.0, 60.0: 4.0, 120.0: 0.0}),
        ("m1 / PERIOD(m1)", {0.0: 1 / 60, 60.0: 4 / 60}),
        ("RATE(m1)", {60.0: 0.05}),
        ("DIFF(m1)", {60.0: 3.0}),
        ("RUNNING_SUM(m1)", {0.0: 1.0, 60.0: 5.0}),
        ("CEIL(m1 / 3) + FLOOR(m1 / 3) + ABS(-m1)", {0.0: 2.0, 60.0: 7.0}),
    ],
)
def test_expressions(expression: str, expected: dict[float, float]) -> None:
    assert points(expression) == pytest.approx(expected)


def test_functions_of_a_list_give_a_list() -> None:
    lines = evaluate("FILL(METRICS(), 0) * 2", METRICS, {})
    assert isinstance(lines, list)
    assert [dict(line.points) for line in lines] == [
        {0.0: 2.0, 60.0: 8.0, 120.0: 0.0},
        {0.0: 0.0, 60.0: 4.0, 120.0: 0.0},
    ]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("m1 +", "a value is missing at the end"),
        ("(m1", r"\) is missing"),
        ("m3", "there is no m3"),
        ("m1 m2", "unexpected m2"),
        ("SEARCH('x', 'Sum')", "SEARCH is not supported here"),
        ("METRICS() + METRICS()", r"\+ takes no two lists"),
        ("FILL(m1, LINEAR)", "LINEAR is not supported here"),
        ("RATE(1)", "RATE does not take these arguments"),
        ("1 / 0", "it has no value"),
        ("(" * 500 + "m1", "nested too deeply"),
        ("-" * 2000 + "m1", "nested too deeply"),
        ("2 ^ " * 500 + "m1", "nested too deeply"),
        ("m1 > 1", "unexpected >"),
        ("[1]", "a list holds series"),
        ("[m1", "is missing at the end"),
    ],
)
def test_expressions_that_are_none(expression: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        evaluate(expression, METRICS, {})
