from collections.abc import Sequence
from math import sqrt
from random import Random
from statistics import fmean, quantiles, stdev

import pytest

from wildrydes.evaluation import bootstrap, classification
from wildrydes.evaluation.bootstrap import intervals
from wildrydes.evaluation.classification import judge
from wildrydes.model.linear_model import logistic


def mean(sums: Sequence[float]) -> dict[str, float | None]:
    return {"mean": sums[1] / sums[0]}


def test_with_a_group_a_row_it_is_efrons_bootstrap() -> None:
    draw = Random(5)
    values = [draw.expovariate(1) for _ in range(200)]
    again = Random(bootstrap.SEED)
    means = [fmean(values[row] for row in again.choices(range(200), k=200)) for _ in range(bootstrap.REPLICATES)]
    cuts = quantiles(means, n=40, method="inclusive")
    interval = intervals([[1.0] * 200, values], mean)["mean"]
    assert (interval.low, interval.high) == (pytest.approx(cuts[0]), pytest.approx(cuts[-1]))


def test_by_groups_of_many_rows_it_is_as_wide_as_theory_says() -> None:
    draw = Random(7)
    rows = [draw.gauss(3, 2) for _ in range(50_000)]
    sums = [sum(rows[group::1000]) for group in range(1000)]
    interval = intervals([[50.0] * 1000, sums], mean)["mean"]
    half = 1.96 * stdev(rows) / sqrt(len(rows))
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.12)
    assert (interval.high + interval.low) / 2 == pytest.approx(fmean(rows), abs=half / 4)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        draw = Random(seed)
        interval = intervals([[1.0] * 80, [draw.uniform(0, 2) for _ in range(80)]], mean)["mean"]
        covered += interval.low <= 1 <= interval.high
    assert 52 <= covered <= 60


def test_a_statistic_that_some_replicates_lack_is_of_the_others_and_of_none_is_left_out() -> None:
    def statistics(sums: Sequence[float]) -> dict[str, float | None]:
        return {"share": sums[1] / sums[0] if sums[1] else None, "never": None}

    by_name = intervals([[1.0] * 10, [1.0] + [0.0] * 9], statistics)
    assert set(by_name) == {"share"}
    assert by_name["share"].low == 0.1


def score_rows(count: int, seed: int, worse: float) -> list[tuple[int, tuple[float, float]]]:
    """Rows with their true margin, and beside it one with noise of the deviation `worse`."""
    draw = Random(seed)
    margins = [draw.gauss(0, 2) for _ in range(count)]
    return [(int(draw.random() < logistic(margin)), (margin, margin + draw.gauss(0, worse))) for margin in margins]


def test_a_model_is_no_better_than_itself_and_better_than_its_noisy_copy() -> None:
    same = judge(score_rows(2000, 1, 0), [0.5, 0.5]).differences
    assert {(each.difference, each.low, each.high) for each in same.values()} == {(0, 0, 0)}
    better = judge(score_rows(2000, 1, 1.5), [0.5, 0.5]).differences
    assert better["log_loss"].high < 0 < better["auc"].low
    assert better["log_loss"].low < better["log_loss"].difference < better["log_loss"].high


@pytest.mark.proof
def test_the_interval_of_the_auc_is_that_of_drawing_rows_again() -> None:
    rows = score_rows(400, 3, 1.0)
    draw = Random(11)

    def auc(sample: list[tuple[int, tuple[float, float]]], place: int) -> float:
        value = judge(((label, (pair[place],)) for label, pair in sample), [0.5]).candidate.auc
        assert value is not None
        return value

    samples = [draw.choices(rows, k=len(rows)) for _ in range(400)]
    with pytest.MonkeyPatch.context() as patch:
        # Of each sample the AUC alone is asked for; its intervals would take most of the time.
        patch.setattr(bootstrap, "REPLICATES", 2)
        cuts = quantiles([auc(sample, 0) - auc(sample, 1) for sample in samples], n=40, method="inclusive")
    difference = judge(rows, [0.5, 0.5]).differences["auc"]
    assert (difference.low, difference.high) == (pytest.approx(cuts[0], abs=0.005), pytest.approx(cuts[-1], abs=0.005))


@pytest.mark.proof
def test_the_interval_is_about_the_same_once_rows_are_no_longer_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = score_rows(6000, 4, 1.0)
    exact = judge(rows, [0.5, 0.5]).differences
    monkeypatch.setattr(classification, "RANKED_ROWS", 2000)
    binned = judge(rows, [0.5, 0.5]).differences
    for name in ("log_loss", "accuracy", "recall"):
        assert binned[name] == exact[name]
    for end in ("difference", "low", "high"):
        assert getattr(binned["auc"], end) == pytest.approx(getattr(exact["auc"], end), abs=0.001)
