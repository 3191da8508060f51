"""The served measure and its interval, and when it is worse than promised."""

from collections.abc import Sequence
from math import log, sqrt
from random import Random
from statistics import fmean

import pytest

from wildrydes.errors import BadModel
from wildrydes.evaluation.independent_rows import IndependentRows
from wildrydes.monitoring.quality import LEAST_CLUSTERS, LEAST_ROWS, metrics, quality, quantile
from wildrydes.tasks import BINARY, REGRESSION

LEVEL = 1e-5


def test_log_loss_is_the_mean_and_its_interval_is_students() -> None:
    rows = [(1.0, 0.5), (0.0, 0.25), (1.0, 0.75), (0.0, 0.9)] * 25
    losses = [-log(0.5), -log(0.75), -log(0.75), -log(0.1)] * 25
    served = quality(BINARY, rows, range(100), (0.6, 500), LEVEL)
    assert served
    assert served.measure == pytest.approx(fmean(losses))
    deviation = sqrt(sum((loss - fmean(losses)) ** 2 for loss in losses) / 99)
    margin = quantile(0.025, 99) * deviation / 10
    assert (served.low, served.high) == pytest.approx((served.measure - margin, served.measure + margin))
    assert served.difference == pytest.approx(served.measure - 0.6)
    assert served.quality_loss < served.difference


def test_rmse_and_its_difference_are_in_the_labels_unit() -> None:
    chance = Random(1)
    rows = [(truth, truth + chance.gauss(0, 40)) for truth in (chance.gauss(1000, 200) for _ in range(500))]
    served = quality(REGRESSION, rows, range(500), (30.0, 500), LEVEL)
    assert served
    assert served.measure == pytest.approx(sqrt(fmean((truth - score) ** 2 for truth, score in rows)))
    assert served.low < 40 < served.high
    assert served.difference == pytest.approx(served.measure - 30)
    assert 0 < served.quality_loss < served.difference
    assert served.is_worse


def test_rows_that_came_again_make_nothing_surer() -> None:
    rows = [(1.0, 0.5), (0.0, 0.2)] * 200
    apart = quality(BINARY, rows, range(400), (0.1, 500), LEVEL)
    again = quality(BINARY, rows, [place % 40 for place in range(400)], (0.1, 500), LEVEL)
    assert apart
    assert again
    assert (apart.measure, apart.clusters, again.clusters) == (again.measure, 400, 40)
    assert again.high - again.low > 3 * (apart.high - apart.low)


def test_a_week_of_bad_weather_is_no_worse_model() -> None:
    """On ten of twelve days nobody can know better than 0.5; on the test split that was half of the days."""
    days = [0.5] * 10 + [0.05] * 2
    chance = Random(4)
    rows = [(float(chance.random() < share), share) for share in days for _ in range(50)]
    promised = (0.5 * log(2) + 0.5 * 0.1985, 500)
    by_ride = quality(BINARY, rows, range(600), promised, LEVEL)
    by_day = quality(BINARY, rows, [place // 50 for place in range(600)], promised, LEVEL)
    assert by_ride
    assert by_day
    assert (by_ride.is_worse, by_day.is_worse) == (True, False)
    assert by_day.high - by_day.low > 2 * (by_ride.high - by_ride.low)


@pytest.mark.parametrize("clusters", [range(LEAST_ROWS - 1), [place % (LEAST_CLUSTERS - 1) for place in range(100)]])
def test_of_few_rows_or_few_clusters_nothing_is_said(clusters: Sequence[int]) -> None:
    assert quality(BINARY, [(1.0, 0.5)] * len(clusters), clusters, (0.6, 500), LEVEL) is None


def test_a_certain_answer_that_was_wrong_is_very_costly_and_no_error() -> None:
    served = quality(BINARY, [(0.0, 1.0)] * 40, range(40), (0.6, 500), LEVEL)
    assert served
    assert served.measure == pytest.approx(-log(1e-16), rel=0.01)


def test_all_metrics_are_those_of_the_gate() -> None:
    chance = Random(2)
    rows = [(float(chance.random() < score), score) for score in (chance.random() for _ in range(400))]
    numbers = metrics(BINARY, 0.5, rows)
    assert (numbers["rows"], numbers["threshold"]) == (400, 0.5)
    assert numbers["calibration_chance"] > 0.025
    assert 0.5 < numbers["auc"] < 1
    shy = metrics(BINARY, 0.5, [(truth, 0.5 * score) for truth, score in rows])
    assert shy["calibration_chance"] < 1e-6
    assert metrics(REGRESSION, 0.5, [(1.0, 2.0), (3.0, 5.0)])["mae"] == 1.5
    with pytest.raises(ValueError, match="is no probability"):
        metrics(BINARY, 0.5, [(1.0, 1.5)])
    with pytest.raises(BadModel):
        metrics(BINARY, 0.5, [(1.0, 1.0)])


def test_as_many_rows_count_as_differ() -> None:
    rows = IndependentRows(("distance", "TMIN", "PRCP"))
    for place in range(1000):
        rows.add([float(place), 10.0 * (place % 4), 0.0])
    assert (rows.rows, rows.of("distance"), rows.of("TMIN"), rows.of("PRCP")) == (1000.0, 1000.0, 4.0, 4.0)
    assert rows.clusters == 4.0
    assert rows.cluster([1.0, 2.0, 3.0]) == rows.cluster([7.0, 2.0, 3.0]) != rows.cluster([1.0, 2.0, 4.0])
    without_weather = IndependentRows(("distance",))
    assert without_weather.cluster([1.0]) != without_weather.cluster([2.0])
    assert IndependentRows(("distance",)).rows == 0.0
