"""What callers measure: losses, percentiles, metrics of CloudWatch, and the ranking by them."""

from datetime import UTC, datetime
from math import inf, log, nan
from typing import Any

import pytest

from wildrydes.edge import leaderboard, pace
from wildrydes.edge.metric_data import METRICS, metric_data, queries
from wildrydes.edge.orders import read_order
from wildrydes.edge.outcomes import EdgeRow, Outcome, Standing, Tally, loss_of, prediction_of, rows_of
from wildrydes.errors import BadTestSet, BadValue
from wildrydes.tasks import BINARY, REGRESSION

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def tally(kind: str, *outcomes: Outcome) -> Tally:
    result = Tally(kind)
    for outcome in outcomes:
        result.add(outcome)
    return result


def test_a_certain_answer_that_is_wrong_costs_much_and_not_infinitely_much() -> None:
    assert loss_of(BINARY, 1, 0.25) == pytest.approx(-log(0.25))
    assert loss_of(BINARY, 0, 0.25) == pytest.approx(-log(0.75))
    assert loss_of(BINARY, 1, 0.0) == loss_of(BINARY, 0, 1.0) == pytest.approx(-log(1e-15))
    assert loss_of(REGRESSION, 10, 7) == 9


def test_each_model_that_answers_has_a_standing_of_its_own() -> None:
    both = tally(REGRESSION, *(Outcome(name, 0, 2.0 + place, 1.0) for place, name in enumerate(("new", "old", "new"))))
    new, old = both.standings("magic_points")
    assert (new.model, new.requests, new.loss, new.measure(REGRESSION)) == ("new", 2, 10.0, 10**0.5)
    assert (old.model, old.requests, old.loss) == ("old", 1, 9.0)
    assert new.to_json(REGRESSION)["rmse"] == 10**0.5


NO_PREDICTIONS: list[Any] = [
    None,
    [],
    {},
    {"model": "a"},
    {"value": "3", "model": "a"},
    {"value": nan, "model": "a"},
    {"value": 1},
    {"probability": inf, "model": "a"},
    {"value": True, "model": "a"},
    {"value": 1, "model": None},
]


@pytest.mark.parametrize("answer", NO_PREDICTIONS)
def test_an_answer_without_a_number_or_a_model_is_no_prediction(answer: Any) -> None:
    assert prediction_of(answer) is None


def test_rows_have_the_truth_first_and_a_bad_one_is_named() -> None:
    assert list(rows_of([b"1.5,2,3", b" "], ["a", "b"], "f")) == [EdgeRow(1.5, {"a": 2.0, "b": 3.0})]
    for line, what in ((b"1,2", "not a truth and 2 finite numbers"), (b"a,2,3", "no row of numbers")):
        with pytest.raises(BadTestSet, match=f"f, line 1.*{what}"):
            list(rows_of([line], ["a", "b"], "f"))
    with pytest.raises(BadTestSet, match="f, line 2 is not a truth"):
        list(rows_of([b"1,2,3", b"nan,2,3"], ["a", "b"], "f"))


def test_requests_go_out_at_their_times_and_the_rows_come_round_again() -> None:
    rows, clock, waits = [EdgeRow(0, {"a": 1.0}), EdgeRow(1, {"a": 2.0})], [100.0], []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    outcomes = pace.send(
        rows, lambda row: Outcome("m", row.truth, None, 0.0), 4, 1.25, clock=lambda: clock[0], pause=pause
    )
    assert [each.truth for each in outcomes] == [0, 1, 0, 1, 0]
    assert waits == [0.25] * 4


def test_metrics_bring_the_exact_mean_loss_and_values_for_percentiles() -> None:
    outcomes = [Outcome("run-1", 0.0, float(number % 3), 10.0 + number) for number in range(200)]
    data = list(metric_data("magic_points", tally(REGRESSION, *outcomes, Outcome("run-1", 0, None, 9)), NOW))
    named: dict[str, list[dict[str, Any]]] = {}
    for datum in data:
        named.setdefault(datum["MetricName"], []).append(datum)
    assert all(
        each["Dimensions"] == [{"Name": "Task", "Value": "magic_points"}, {"Name": "Model", "Value": "run-1"}]
        for each in data
    )
    assert (named["Requests"][0]["Value"], named["Errors"][0]["Value"]) == (201, 1)
    assert named["SquaredError"][0]["StatisticValues"] == {"SampleCount": 200, "Sum": 331, "Minimum": 0, "Maximum": 4}
    assert named["RMSE"][0]["Value"] == pytest.approx((331 / 200) ** 0.5)
    assert [len(each["Values"]) for each in named["Latency"]] == [150, 51]
    assert sum(sum(each["Counts"]) for each in named["Latency"]) == 201
    probabilities = tally(BINARY, Outcome("run-1", 1, 0.5, 1.0))
    of_probabilities = {each["MetricName"] for each in metric_data("heavy_utilization", probabilities, NOW)}
    assert of_probabilities == {"Requests", "Errors", "LogLoss", "Latency"}
    assert {*named, *of_probabilities} == set(METRICS)


def test_questions_are_those_of_each_pair() -> None:
    questions = queries([("magic_points", "a"), ("heavy_utilization", "b")], 60)
    assert len({each["Id"] for each in questions}) == len(questions) == 12
    metrics = {each["Id"]: each["MetricStat"] for each in questions}
    assert metrics["loss_0"]["Metric"]["MetricName"] == "SquaredError"
    assert metrics["loss_1"]["Metric"]["MetricName"] == "LogLoss"
    assert metrics["p99_1"]["Stat"] == "p99"


def test_models_are_ranked_by_loss_within_their_task_and_those_without_answers_last() -> None:
    def standing(task: str, model: str, loss: float | None, requests: int = 5) -> Standing:
        return Standing(task, model, requests, 0, loss, 1.0, 2.0)

    listed = [
        standing("magic_points", "bad", 9.0),
        standing("magic_points", "silent", None),
        standing("magic_points", "few", 4.0, 3),
        standing("magic_points", "many", 4.0, 30),
        standing("heavy_utilization", "other", 99.0),
    ]
    assert [each.model for each in leaderboard.rank(listed)] == ["other", "many", "few", "bad", "silent"]
    assert leaderboard.standing_of("magic_points", "a", {"requests": {1: 0.0}}) is None


def test_a_day_that_a_number_misses_does_not_shift_the_weights_of_the_others() -> None:
    days = {"requests": {1: 10.0, 2: 90.0, 3: 30.0}, "p50": {2: 8.0, 3: 4.0}, "loss": {1: 2.0}, "answers": {2: 5.0}}
    standing = leaderboard.standing_of("magic_points", "a", days)
    assert standing is not None
    assert standing.p50 == (90 * 8 + 30 * 4) / 120
    # Nothing says of how many answers it is.
    assert standing.loss is None


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ([], "names no task"),
        ({}, "names no task"),
        ({"task": "tips"}, "names no task"),
        ({"task": "magic_points", "rates": 1}, "'rates', which is none of"),
        ({"task": "magic_points", "rate": 0}, "rate is 0, not from 0.1 to 50"),
        ({"task": "magic_points", "seconds": 1000}, "seconds is 1000, not from 1 to 240"),
        ({"task": "magic_points", "seconds": "soon"}, "seconds is the text 'soon'"),
    ],
)
def test_an_event_that_is_no_order_is_refused(event: Any, what: str) -> None:
    with pytest.raises(BadValue, match=what):
        read_order(event)
