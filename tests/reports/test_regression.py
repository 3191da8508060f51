"""The report on a regression: its pictures have the card's values, its page the numbers and the candidates."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports import files, regression, style, tables, wording
from reports.page import page
from reports.sides import Comparison

MakeCard = Any


def test_cells_are_counts_by_actual_and_predicted(make_regression_card: MakeCard) -> None:
    card = make_regression_card()
    figure = regression.actual(Comparison.of(card))
    assert figure is not None
    # An axes a model, both of the same range.
    for axes, metrics in zip(figure.axes, (card["metrics"], card["live"]["metrics"]), strict=True):
        (mesh,) = axes.collections
        drawn = np.asarray(mesh.get_array()).tolist()
        counts = metrics["grid"]["counts"]
        # Across goes the actual value, upwards the predicted one.
        assert [[row[place] for row in drawn] for place in range(len(counts))] == counts
    assert figure.axes[-1].get_xlabel() == "Actual (points)"


def test_residuals_are_the_cards_shares(make_regression_card: MakeCard) -> None:
    card = make_regression_card()
    figure = regression.residuals(Comparison.of(card))
    assert figure is not None
    (axes,) = figure.axes
    steps = {str(patch.get_label()): patch.get_data() for patch in axes.patches}  # type: ignore[attr-defined]
    values, edges, _ = steps[f"candidate, MAE {card['metrics']['mae']:.4f}"]
    counts = card["metrics"]["residuals"]["counts"]
    assert list(values) == [count / 400 for count in counts]
    assert (edges[0], edges[-1]) == pytest.approx((card["metrics"]["residuals"]["low"], -edges[0]))


def test_groups_are_mean_residuals_with_their_intervals(make_regression_card: MakeCard) -> None:
    card = make_regression_card()
    figure = regression.groups(Comparison.of(card))
    assert figure is not None
    (axes,) = figure.axes
    points = card["metrics"]["groups"]
    drawn = [tuple(point) for point in axes.containers[0][0].get_xydata()]
    assert drawn == [(each["predicted"], each["observed"] - each["predicted"]) for each in points]
    assert regression.mean_interval({"deviation": 50.0, "rows": 100}) == pytest.approx(9.8, abs=0.01)


def test_a_card_without_curves_has_no_pictures_of_them(make_regression_card: MakeCard) -> None:
    card = make_regression_card(live=None)
    for name in ("grid", "residuals", "groups"):
        del card["metrics"][name]
    for draw in (regression.actual, regression.residuals, regression.groups):
        assert draw(Comparison.of(card)) is None


def test_the_page_has_the_regressions_metrics_pictures_and_candidates(
    make_regression_card: MakeCard, tmp_path: Path
) -> None:
    card = make_regression_card()
    report = files.write(card, tmp_path)
    assert [path.name for path in report.pictures] == [
        "predicted_against_actual.png",
        "residuals.png",
        "residuals_by_group.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in report.pictures)
    text = report.page.read_text(encoding="utf-8")
    assert "Answering the same for every row has RMSE 510.2500." in text
    assert "There are no weights: this is no linear model" in text
    for name in ("RMSE", "MAE", "R²", "bias gap"):
        assert f'<th scope="row">{name}</th>' in text
    assert "log loss" not in text
    assert "threshold" not in text
    assert "ClientError: no &lt;rows&gt;" in text
    value = f"{card['metrics']['rmse']:.4f}"
    assert tables.candidate_rows(card)[0][:2] == ("xgboost", value)
    assert [row[-1] for row in tables.candidate_rows(card)] == ["this model", "ClientError: no <rows>"]


def test_a_difference_of_the_bias_is_neither_better_nor_worse(make_regression_card: MakeCard) -> None:
    card = make_regression_card(differences={"bias": {"difference": 5.0, "low": 3.0, "high": 7.0}})
    (row,) = (each for each in tables.metric_rows(Comparison.of(card)) if each.name == "bias")
    assert row.meaning == "higher"


def test_a_biased_regression_is_not_to_be_added_up(make_regression_card: MakeCard) -> None:
    card = make_regression_card()
    assert not any("add predictions up" in step for step in wording.next_steps(card))
    card["metrics"]["bias_chance"] = 0.001
    assert any("add predictions up" in step for step in wording.next_steps(card))
    assert wording.caveat_of_the_score(card) == ""


def test_a_classifications_page_lists_its_candidates_too(make_card: MakeCard) -> None:
    card = make_card()
    assert "<h2>Candidates</h2>" not in page(Comparison.of(card), {})
    numbers = {"log_loss": card["metrics"]["log_loss"], "auc": 0.75}
    listed = {"algorithm": "xgboost", "model_path": "elsewhere", "error": None, "metrics": numbers}
    text = page(Comparison.of(card | {"candidates": [listed]}), {})
    assert "<h2>Candidates</h2>" in text
    assert "<td>0.7500</td>" in text
    assert "<td>not as good</td>" in text


def test_weights_of_a_regression_change_the_prediction_in_its_unit(make_regression_card: MakeCard) -> None:
    card = make_regression_card(weights=[0.05, -0.002, 0.02])
    from reports import bars

    figure = bars.weights(Comparison.of(card))
    assert figure is not None
    assert figure.axes[0].get_xlabel() == "Change of the prediction (points) when the feature grows by one SD"
    assert style.png(figure).startswith(b"\x89PNG")
