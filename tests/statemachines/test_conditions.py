"""A rule of a Choice has the same few words in the pictures and in the console."""

import doctest
from typing import Any

import pytest

from statemachines import conditions
from statemachines.conditions import words_of


def rule(variable: str, operator: str, value: Any) -> dict[str, Any]:
    return {"Variable": variable, operator: value}


THERE = rule("$.p", "IsPresent", True)
CHANGING = [rule("$.status", "StringEquals", each) for each in ("Creating", "Updating", "Deleting")]


@pytest.mark.parametrize(
    ("comparison", "words"),
    [
        (rule("$.plan.chunks", "NumericGreaterThan", 0), "chunks > 0"),
        (rule("$.plan.chunks", "NumericGreaterThanEquals", 0.5), "chunks ≥ 0.5"),
        (rule("$.at", "TimestampLessThanEquals", "2026-01-01T00:00:00Z"), "at ≤ 2026-01-01T00:00:00Z"),
        (rule("$.name", "StringEquals", ""), 'name = ""'),
        (rule("$.promote", "BooleanEquals", True), "promote is true"),
        (rule("$.promote", "BooleanEquals", False), "promote is false"),
        (rule("$.promote", "BooleanEqualsPath", "$.wanted"), "promote = wanted"),
        (rule("$.a.job", "IsPresent", True), "job is there"),
        (rule("$.a.job", "IsPresent", False), "job is not there"),
        (rule("$.a.job", "IsNull", True), "job is null"),
        (rule("$.a.job", "IsNumeric", True), "job is a number"),
        (rule("$.a.job", "IsTimestamp", False), "job is not a timestamp"),
    ],
)
def test_comparison(comparison: dict[str, Any], words: str) -> None:
    assert words_of([comparison | {"Next": "Do", "Comment": "Is it so?", "Assign": {"seen": True}}]) == words


@pytest.mark.parametrize(
    ("variable", "path", "words"),
    [
        ("$.a.rows", "$.b.least", "rows < least"),
        ("$.a.rows", "$.b.rows", "a.rows < b.rows"),
        ("$.a.is.rows", "$.b.is.rows", "a…rows < b…rows"),
        ("$.rows", "$.b.rows", "$.rows < b.rows"),
        ("$.items[0].rows", "$.items[1].rows", "items[0].rows < items[1].rows"),
        ("$['of a']['rows']", "$$.Map.Item.Value", "rows < Value"),
        ("$seen", "$", "$seen < $"),
    ],
)
def test_paths_have_as_many_of_their_last_parts_as_tell_them_apart(variable: str, path: str, words: str) -> None:
    assert words_of([rule(variable, "NumericLessThanPath", path)]) == words


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ('*"AlgorithmError*', 'Cause has "AlgorithmError"'),
        ("Algorithm*", 'Cause starts with "Algorithm"'),
        ("*Error", 'Cause ends with "Error"'),
        ("log-*.txt", 'Cause is like "log-*.txt"'),
        ("*", 'Cause is like "*"'),
        ("none", 'Cause is like "none"'),
        (r"*2 \* 3 \\*", 'Cause has "2 * 3 \\"'),
    ],
)
def test_pattern(pattern: str, words: str) -> None:
    assert words_of([rule("$.error.Cause", "StringMatches", pattern)]) == words


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        (rule("$.a.config", "StringEquals", "none"), "config ≠ none"),
        (rule("$.n", "NumericLessThan", 3), "n ≥ 3"),
        (rule("$.p", "BooleanEquals", True), "p is not true"),
        (rule("$.p", "IsPresent", False), "p is there"),
        (rule("$.p", "StringMatches", "*x*"), 'p lacks "x"'),
        (rule("$.p", "StringMatches", "x*"), 'p does not start with "x"'),
        (rule("$.p", "StringMatches", "*x"), 'p does not end with "x"'),
        (rule("$.p", "StringMatches", "a*b"), 'p is not like "a*b"'),
        ({"Not": rule("$.n", "NumericEquals", 3)}, "n = 3"),
        ({"Or": CHANGING[:2]}, "not (status = Creating or Updating)"),
        ({"And": [THERE, rule("$.p", "StringEquals", "x")]}, "p ≠ x"),
    ],
)
def test_negation(denied: dict[str, Any], words: str) -> None:
    assert words_of([{"Not": denied}]) == words


def test_values_of_one_variable_are_in_a_row() -> None:
    assert words_of([{"Or": CHANGING}]) == "status = Creating, Updating or Deleting"
    # Rules that lead to one state are alternatives too.
    assert words_of(CHANGING[:2]) == "status = Creating or Updating"
    assert words_of(CHANGING[:1] * 2) == "status = Creating"
    # These have one name, and are two variables.
    assert words_of([rule("$.a.n", "NumericEquals", 1), rule("$.b.n", "NumericEquals", 2)]) == "n = 1 or n = 2"


def test_parts_are_in_brackets_where_they_could_be_read_otherwise() -> None:
    is_one, is_two = rule("$.s", "NumericEquals", 200), rule("$.n", "NumericGreaterThan", 0)
    assert words_of([{"And": [is_one, {"Or": CHANGING[:2]}]}]) == "s = 200 and (status = Creating or Updating)"
    assert words_of([{"And": [is_one, {"And": [is_two, is_one]}]}]) == "s = 200 and n > 0"
    assert words_of([{"And": [is_one, is_two]}, CHANGING[0]]) == "s = 200 and n > 0, or status = Creating"
    assert words_of([is_one, is_two]) == "s = 200 or n > 0"


def test_guard_of_a_comparison_is_left_out() -> None:
    assert words_of([{"And": [THERE, rule("$.p", "BooleanEquals", True)]}]) == "p is true"
    assert words_of([{"And": [rule("$.p", "IsNull", False), rule("$.p", "NumericEquals", 1)]}]) == "p = 1"
    either = {"Or": [rule("$.p", "NumericEquals", 1), rule("$.p", "NumericEquals", 2)]}
    assert words_of([{"And": [THERE, rule("$.p", "IsNumeric", True), either]}]) == "p = 1 or 2"
    # What asks no more than whether something is there is no guard of another variable.
    assert words_of([{"And": [rule("$.s", "NumericEquals", 200), THERE]}]) == "s = 200 and p is there"
    assert words_of([{"And": [THERE, rule("$.p", "IsString", True)]}]) == "p is there and p is a string"


def test_jsonata_has_its_own_words() -> None:
    assert words_of([{"Condition": "{% $states.input.n > 3 %}", "Next": "Do"}]) == "$states.input.n > 3"
    assert words_of([{"Condition": "{% $a %}"}, {"Condition": "{% $b %}"}]) == "$a or $b"


def test_examples_give_what_they_say() -> None:
    assert doctest.testmod(conditions).failed == 0
