"""The schema of a retraining's input says what its check does."""

from typing import Any

import pytest

from cli.input_schema import input_schema
from wildrydes.errors import BadExecutionInput
from wildrydes.parameters import FIELDS, check_parameters

PROPERTIES: dict[str, dict[str, Any]] = input_schema()["properties"]


def check(**fields: Any) -> dict[str, Any]:
    return check_parameters("run-1", fields, 2026)


def numbers() -> list[tuple[str, dict[str, Any]]]:
    years = PROPERTIES["years"]["properties"]
    plain = [(name, each) for name, each in PROPERTIES.items() if "minimum" in each]
    return plain + [(f"years.{end}", each) for end, each in years.items()]


def with_number(name: str, value: float) -> dict[str, Any]:
    field, _, part = name.partition(".")
    if not part:
        return {field: value}
    # A year that neither end contradicts.
    return {field: {"first": 1750, "last": 2100} | {part: value}}


def test_every_field_of_an_input_is_there_but_the_older_name_of_the_task() -> None:
    assert set(PROPERTIES) == set(FIELDS) - {"target"}


@pytest.mark.parametrize("name", PROPERTIES)
def test_meaning_is_a_sentence_without_the_default_or_an_option(name: str) -> None:
    meaning = PROPERTIES[name]["description"]
    assert meaning.endswith(".")
    assert "default:" not in meaning
    assert "--" not in meaning


@pytest.mark.parametrize("name", [name for name, each in PROPERTIES.items() if "default" in each])
def test_default_is_what_a_field_that_is_left_out_means(name: str) -> None:
    assert check(**{name: PROPERTIES[name]["default"]}) == check()


@pytest.mark.parametrize(("name", "schema"), numbers(), ids=lambda each: each if isinstance(each, str) else "")
def test_range_ends_where_the_check_says(name: str, schema: dict[str, Any]) -> None:
    least, most = schema["minimum"], schema.get("maximum")
    check(**with_number(name, least))
    with pytest.raises(BadExecutionInput, match=name):
        check(**with_number(name, least - 1))
    if most is not None:
        check(**with_number(name, most))
        with pytest.raises(BadExecutionInput, match=name):
            check(**with_number(name, most + 1))


@pytest.mark.parametrize("name", [name for name, each in PROPERTIES.items() if "enum" in each])
def test_each_choice_is_taken_and_no_other(name: str) -> None:
    for value in PROPERTIES[name]["enum"]:
        check(**{name: value})
    with pytest.raises(BadExecutionInput, match=name):
        check(**{name: "another"})


def test_each_algorithm_and_each_feature_of_a_task_is_taken() -> None:
    assert check(algorithms=PROPERTIES["algorithms"]["items"]["enum"], serving="endpoint")["candidates"]
    for task, features in input_schema()["x-features"].items():
        assert check(task=task, features=features) == check(task=task)


def test_longest_detail_is_taken_and_a_longer_one_is_not() -> None:
    longest = PROPERTIES["reason_detail"]["maxLength"]
    assert check(reason_detail="x" * longest)["started_by"]["detail"] == "x" * longest
    with pytest.raises(BadExecutionInput, match="reason_detail"):
        check(reason_detail="x" * (longest + 1))
