"""The numbers below the pictures of a card, and the sentences that say what to conclude."""

import doctest
from collections.abc import Callable
from typing import Any

import pytest

from reports import conclusions, formats, numbers, tables
from reports.html import table
from reports.sides import Comparison

MakeCard = Callable[..., dict[str, Any]]
SEPARATE = [(0, (-3.0, -1.0)), (1, (3.0, 1.0))] * 20


def test_column_without_any_value_is_left_out_and_a_dash_in_another_stays() -> None:
    html = table(("model", "new", "old", "note"), [("a", "1", "–", ""), ("b", "–", "–", "")])
    assert html.count('scope="col"') == 2
    assert "old" not in html
    assert html.count("<td>–</td>") == 1
    # Of no rows nothing is known.
    assert table(("model", "new"), []).count('scope="col"') == 2


def test_curve_is_read_off_on_straight_lines_and_at_the_top_of_a_step() -> None:
    curve = [{"false_positives": x, "true_positives": y} for x, y in ((0.0, 0.0), (0.0, 0.4), (0.5, 0.8), (1.0, 1.0))]
    rates = [numbers.true_positives_at(curve, rate) for rate in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert rates == pytest.approx([0.4, 0.6, 0.8, 0.9, 1.0])


def test_numbers_of_a_classification_are_those_that_are_drawn(make_card: MakeCard) -> None:
    comparison = Comparison.of(make_card(with_champion=True))
    (curve,) = numbers.roc(comparison)
    assert curve.head == ("false positive rate", "true positive rate, candidate", "true positive rate, champion")
    assert (len(curve.rows), curve.rows[-1]) == (21, ("1.00", "1.0000", "1.0000"))
    (groups,) = numbers.calibration(comparison)
    assert [row[0] for row in groups.rows[::10]] == ["candidate, group 1", "champion, group 1"]
    assert groups.rows[0][1] == "30"
    (bins,) = numbers.score_distribution(comparison)
    assert bins.head[1:] == ("candidate, label 0", "candidate, label 1", "champion, label 0", "champion, label 1")
    for column in range(1, 5):
        assert sum(float(row[column].rstrip("%")) for row in bins.rows) == pytest.approx(100, abs=0.1)
    (weights,) = numbers.weights(comparison)
    assert weights.rows == [
        ("distance", "+0.5000", "+1.0000"),
        ("magicpoints", "−1.4000", "−0.7000"),
        ("TMAX", "+2.0000", "0"),
    ]


def test_numbers_of_a_regression_are_those_that_are_drawn(make_regression_card: MakeCard) -> None:
    comparison = Comparison.of(make_regression_card())
    for grid in numbers.actual(comparison):
        cells = [int(cell) for row in grid.rows for cell in row[1:] if cell]
        assert sum(cells) == 400
    for histogram in numbers.residuals(comparison):
        assert sum(float(row[1].rstrip("%")) for row in histogram.rows) == pytest.approx(100, abs=0.1)
    (groups,) = numbers.residual_groups(comparison)
    point = comparison.sides[0].metrics["groups"][0]
    assert groups.rows[0][2:4] == (
        formats.number(point["predicted"]),
        formats.signed(point["observed"] - point["predicted"]),
    )


def test_counts_of_the_training_set_are_numbers_whole_or_not(make_card: MakeCard) -> None:
    counts = {"train_rows": 3952, "train_positives": 1976, "train_negatives": 1976, "without_weather_fraction": 0.0}
    counts |= {"lowest_label": 108.0, "highest_label": 3122.0, "farthest_miles": 11.7, "mini_batch_size": None}
    assert tables.count_rows(make_card(training_set=counts)) == [
        ("train rows", "3,952"),
        ("train positives", "1,976"),
        ("train negatives", "1,976"),
        ("without weather fraction", "0"),
        ("lowest label", "108"),
        ("highest label", "3,122"),
        ("farthest miles", "11.7"),
        ("mini batch size", "–"),
    ]


def test_training_set_of_a_regression_has_no_rows_of_labels(make_regression_card: MakeCard) -> None:
    splits = ("train", "validation", "test")
    classes = {f"{split}_{label}": 0 for split in splits for label in ("positives", "negatives")}
    counts = {"test_rows": 534} | classes | {"highest_label": 3122.0}
    rows = tables.count_rows(make_regression_card(training_set=counts))
    assert rows == [("test rows", "534"), ("highest label", "3,122")]


def test_conclusions_of_a_classification(make_card: MakeCard) -> None:
    card = make_card(with_champion=True)
    card["differences"]["auc"] = {"difference": 0.01, "low": -0.01, "high": 0.03}
    comparison = Comparison.of(card)
    ours, theirs = (side.metrics["auc"] for side in comparison.sides)
    assert conclusions.roc(comparison) == (
        f"A ride with label 1 scores above one with label 0 in {ours:.1%} of pairs for the candidate and in "
        f"{theirs:.1%} of pairs for the champion. The difference may be chance."
    )
    assert conclusions.weights(comparison) == (
        "TMAX moves the candidate most: one deviation more of it multiplies the odds of label 1 by 7.39. "
        "distance moves the champion most: one deviation more of it multiplies the odds of label 1 by 2.72."
    )
    card["metrics"]["calibration_chance"] = 0.025
    assert conclusions.calibration(Comparison.of(card)).startswith("Do not use the probabilities as such: ")
    card["metrics"]["calibration_chance"] = 0.026
    assert conclusions.calibration(Comparison.of(card)).startswith("The probabilities can be used as such: ")


def test_bars_of_labels_that_are_parted_overlap_by_nothing(make_card: MakeCard) -> None:
    comparison = Comparison.of(make_card(rows=SEPARATE))
    assert conclusions.overlap(comparison.sides[0]) == 0
    assert conclusions.score_distribution(comparison).startswith("The bars of the two labels overlap by 0%. At 0% ")
    same = {"positives": [2, 2, 0], "negatives": [1, 1, 2]}
    (side,) = Comparison.of(make_card(metrics={"histogram": same})).sides
    assert conclusions.overlap(side) == pytest.approx(0.5)


def test_intervals_that_miss_are_counted(make_card: MakeCard, make_regression_card: MakeCard) -> None:
    card = make_card()
    for point in card["metrics"]["calibration"]:
        point |= {"predicted": 0.5, "observed": 0.5}
    assert " 0 of its 10 intervals miss the diagonal;" in conclusions.calibration(Comparison.of(card))
    card["metrics"]["calibration"][0]["observed"] = 0.0
    assert " 1 of its 10 intervals misses the diagonal;" in conclusions.calibration(Comparison.of(card))
    regression = make_regression_card()
    for point in regression["metrics"]["groups"]:
        point["observed"] = point["predicted"] + 2 * point["deviation"] / point["rows"] ** 0.5
    assert " 10 of its 10 intervals miss zero;" in conclusions.residual_groups(Comparison.of(regression))


def test_conclusions_of_a_regression(make_regression_card: MakeCard) -> None:
    comparison = Comparison.of(make_regression_card())
    ours, theirs = (side.metrics for side in comparison.sides)
    assert conclusions.actual(comparison) == (
        f"Of the label's variance the predictions explain {ours['r2']:.1%} for the candidate and {theirs['r2']:.1%} "
        "for the champion. The candidate is better beyond chance."
    )
    assert f"{ours['mae']:,.4g} points for the candidate" in conclusions.residuals(comparison)
    card = make_regression_card()
    card["metrics"]["r2"] = card["live"]["metrics"]["r2"] = None
    assert conclusions.actual(Comparison.of(card)).startswith("All test rows have the same label")


def test_examples_of_formats_hold() -> None:
    assert doctest.testmod(formats).failed == 0
