"""How values are drawn from ranges: "Define Hyperparameter Ranges" of the SageMaker developer guide."""

import itertools
import math
from random import Random
from statistics import median
from typing import Any

import pytest

from local.sagemaker import tuning_ranges
from local.sagemaker.errors import ApiError


def numbers(least: str, most: str, scaling: str = "Auto", kind: str = "Continuous") -> dict[str, Any]:
    return {f"{kind}ParameterRanges": [{"Name": "x", "MinValue": least, "MaxValue": most, "ScalingType": scaling}]}


def draws(ranges: dict[str, Any], count: int = 2000) -> list[float]:
    return [float(each["x"]) for each in tuning_ranges.drawn(tuning_ranges.read(ranges), count, 7)]


@pytest.mark.parametrize(
    ("ranges", "middle"),
    [
        (numbers("0", "1", "Linear"), 0.5),
        (numbers("0.0001", "1", "Logarithmic"), 0.01),
        # Where a linear scale would spend nine tenths of the jobs above 0.1.
        (numbers("0.0001", "1"), 0.01),
        (numbers("0.1", "1"), 0.55),
        (numbers("0", "10000"), 5000),
        (numbers("0", "0.9999", "ReverseLogarithmic"), 0.99),
        (numbers("1", "1000000", "Logarithmic", "Integer"), 1000),
        (numbers("1", "9", "Linear", "Integer"), 5),
    ],
)
def test_half_of_the_values_are_below_the_middle_of_the_scale(ranges: dict[str, Any], middle: float) -> None:
    values = draws(ranges)
    assert sum(value < middle for value in values) / len(values) == pytest.approx(0.5, abs=0.08)
    assert median(values) == pytest.approx(middle, rel=0.2)


def test_values_stay_in_the_range_and_integers_come_to_both_ends_as_often() -> None:
    values = draws(numbers("3", "6", "Linear", "Integer"))
    assert set(values) == {3, 4, 5, 6}
    assert all(values.count(value) == pytest.approx(500, abs=100) for value in set(values))
    for scaling in ("Linear", "Logarithmic", "ReverseLogarithmic"):
        assert all(0.25 <= value <= 0.75 for value in draws(numbers("0.25", "0.75", scaling)))


def test_value_is_the_text_that_a_training_job_takes() -> None:
    generator = Random(1)
    whole, *_ = tuning_ranges.read(numbers("1", "9", kind="Integer"))
    assert whole.draw(generator).isdigit()
    number, *_ = tuning_ranges.read(numbers("1e-7", "1"))
    assert math.isfinite(float(number.draw(generator)))


def test_same_seed_draws_the_same_values_and_another_others() -> None:
    ranges = tuning_ranges.read(
        numbers("0", "1") | {"CategoricalParameterRanges": [{"Name": "y", "Values": ["a", "b"]}]}
    )
    first, again, other = (list(tuning_ranges.drawn(ranges, 5, seed)) for seed in (1, 1, 2))
    assert first == again != other
    unseeded = [list(tuning_ranges.drawn(ranges, 5, None)) for _ in range(2)]
    assert unseeded[0] != unseeded[1]
    assert {each["y"] for each in tuning_ranges.drawn(ranges, 50, 1)} == {"a", "b"}


def test_grid_is_every_combination_of_categories() -> None:
    values = {"optimizer": ["sgd", "adam"], "epochs": ["1", "2", "3"]}
    ranges = tuning_ranges.read(
        {"CategoricalParameterRanges": [{"Name": name, "Values": each} for name, each in values.items()]}
    )
    assert [tuple(each.values()) for each in tuning_ranges.combinations(ranges)] == [
        *itertools.product(*values.values())
    ]
    with pytest.raises(ApiError, match="Grid search supports categorical hyperparameters only"):
        tuning_ranges.combinations([*ranges, *tuning_ranges.read(numbers("0", "1"))])


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        (numbers("2", "1"), "MinValue 2.0 is greater than MaxValue 1.0"),
        (numbers("a", "1"), "'a' is no number"),
        (numbers("1.5", "2", kind="Integer"), "'1.5' is no integer"),
        (numbers("nan", "1"), "'nan' is no number"),
        (numbers("0", "1", "Logarithmic"), "Logarithmic scaling needs values greater than 0"),
        (numbers("0", "1", "ReverseLogarithmic"), "needs values from 0 to below 1"),
        (numbers("0", "1", "ReverseLogarithmic", "Integer"), "integers have no ReverseLogarithmic scaling"),
        (numbers("0", "1") | numbers("0", "1", kind="Integer"), r"\[x\] have more than one range"),
    ],
)
def test_range_that_makes_no_sense_is_refused(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        tuning_ranges.read(ranges)
