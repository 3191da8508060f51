"""The error rates that docs/model-gate.md states, against small draws of the same simulation, by fixed seeds."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from bench import gate as bench
from bench import regressors
from wildrydes.evaluation.classification import judge
from wildrydes.evaluation.error_budget import ERROR_BUDGET, level
from wildrydes.evaluation.gate import Rules, verdict
from wildrydes.evaluation.share_of_models import LEAST_CHANCE
from wildrydes.evaluation.squared_errors import PairedErrors

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "model-gate.md").read_text(encoding="utf-8")
TABLES = {table.title: table for table in bench.headings()}


def stated(title: str) -> dict[str, list[float]]:
    """The shares of the page's table under a heading, by the name of the row."""
    section = PAGE.partition(f"### {title}\n")[2].partition("\n### ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert tuple(lines[0]) == TABLES[title].head
    return {name: [float(share.strip(" %")) / 100 for share in shares] for name, *shares in lines[1:]}


def within(share: float, drawn: float, draws: int) -> bool:
    """Whether a share drawn so often can be of the stated one: five standard errors, and the page's rounding."""
    return abs(share - drawn) <= 5 * sqrt(max(share * (1 - share), 0.002) / draws) + 0.005


@pytest.mark.parametrize("rows", [20, 50, 100])
def test_refusals_for_calibration_are_as_often_as_stated(rows: int) -> None:
    draws = 300
    shares = stated("Refused for calibration")[f"{rows:,}"]
    for share, model in zip(shares, bench.MODELS.values(), strict=False):
        assert within(share, bench.refusals(model, rows, 0.0, draws), draws)
    for share, shift in zip(shares[len(bench.MODELS) :], bench.SHIFTS, strict=True):
        assert within(share, bench.refusals(bench.MODELS["usual"], rows, shift, draws), draws)


@pytest.mark.parametrize("name", ["equal, 50 test rows", "equal, 100 test rows"])
def test_false_promotions_are_as_often_as_stated(name: str) -> None:
    """All families of the page, by its seed. Two of them may fall otherwise, by another rounding of a logarithm."""
    shares = stated("False promotions")[name]
    drawn = bench.false_promotions(bench.EQUAL[name], bench.DRAWS // 2)
    assert drawn == pytest.approx(shares, abs=0.0025)


@pytest.mark.parametrize("name", ["equal, 50 of the rows differ", "equal, 0.7% instead of 1.8% on 50 rows"])
def test_false_promotions_of_more_rows_are_about_as_often_as_stated(name: str) -> None:
    families = 100
    shares = stated("False promotions")[name]
    for share, drawn in zip(shares, bench.false_promotions(bench.EQUAL[name], families), strict=True):
        assert within(share, drawn, families)


def test_a_budget_that_is_too_generous_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "equal, 50 test rows"
    monkeypatch.setattr(bench, "level", lambda comparison: 10 * level(comparison))
    generous = bench.false_promotions(bench.EQUAL[name], bench.DRAWS // 2)
    assert generous[2] > stated("False promotions")[name][2] + 0.05


@pytest.mark.parametrize(
    ("rows", "model"), [(20, "usual"), (60, "near 0 and 1"), (150, "rare positives"), (250, "usual")]
)
def test_the_simulations_guard_on_calibration_is_the_gates(rows: int, model: str) -> None:
    """The simulation has arrays, and leaves out what its verdict does not need."""
    draw = np.random.default_rng(7)
    verdicts = []
    for shift in (0.0, 0.1, 0.2) * 25:
        margins = bench.MODELS[model](draw, rows)
        probabilities = np.clip(1 / (1 + np.exp(-margins)) + shift, 0, 1)
        labels = (draw.random(rows) < probabilities).astype(int)
        scored = ((label, [margin]) for label, margin in zip(labels.tolist(), margins.tolist(), strict=True))
        reason = verdict(judge(scored, [0.5]), 1e9, None, None, Rules(0.0, promote=True, force=False)).reason
        verdicts.append("the calibration gap of" in reason)
        assert bench.refused_for_calibration(margins, labels) == verdicts[-1]
    assert 0 < sum(verdicts) < len(verdicts)


def test_better_models_are_promoted_as_often_as_stated() -> None:
    for share, drawn in zip(
        stated("Promotions of models that are better by 0.01")["500"], bench.power(500, 400), strict=True
    ):
        assert within(share, drawn, 400)


def test_the_page_has_every_row_and_none_of_them_breaks_the_promise() -> None:
    calibration, promotions = stated("Refused for calibration"), stated("False promotions")
    assert list(calibration) == [f"{rows:,}" for rows in bench.ROWS]
    assert max(max(shares[: len(bench.MODELS)]) for shares in calibration.values()) <= LEAST_CHANCE
    assert list(promotions) == list(bench.EQUAL)
    # Of 1,000 families, so that the budget is within the error of the draws.
    assert max(max(shares[: len(bench.RETRAININGS)]) for shares in promotions.values()) <= ERROR_BUDGET + 0.01
    assert list(stated("Promotions of models that are better by 0.01")) == [f"{rows:,}" for rows in bench.BETTER_ROWS]


@pytest.mark.parametrize("name", regressors.names())
def test_regressors_that_are_no_better_are_promoted_as_often_as_stated(name: str) -> None:
    draws, levels = 4000, [level(1)]
    errors, _, pair = name.partition(": ")
    for rows, share in list(zip(regressors.ROWS, stated("False promotions of regressors")[name], strict=True))[:2]:
        (drawn,) = regressors.promotions(regressors.ERRORS[errors], regressors.EQUAL[pair], rows, levels, draws)
        assert abs(share - drawn) <= 5 * sqrt(max(share, 0.0005) / draws)


def test_better_regressors_are_promoted_as_often_as_stated() -> None:
    levels = [*(level(number) for number in bench.RETRAININGS), ERROR_BUDGET]
    shares = stated("Promotions of regressors that are better by 2%")["500"]
    for share, drawn in zip(shares, regressors.power(500, levels, 400), strict=True):
        assert within(share, drawn, 400)


def test_the_page_has_every_regressor_and_says_which_break_the_promise() -> None:
    table = stated("False promotions of regressors")
    assert list(table) == regressors.names()
    assert list(stated("Promotions of regressors that are better by 2%")) == [
        f"{rows:,}" for rows in regressors.BETTER_ROWS
    ]
    # Of 20,000: three standard errors of what is allowed.
    beyond = level(1) + 3 * sqrt(level(1) / 20_000)
    for name, shares in table.items():
        few = 3 if name == "log-normal, σ 1: a constant apart" else 0
        assert all(share <= beyond for share in shares[few:]), name


def test_the_simulated_differences_are_those_that_the_gate_adds_up() -> None:
    draw = np.random.default_rng(3)
    errors, candidate, champion = (draw.normal(0, 1, (2, 40)) for _ in range(3))
    drawn = list(regressors.differences(errors, candidate, champion))
    for split, sums in enumerate(drawn):
        paired = PairedErrors()
        for label, pair in zip(errors[split], zip(candidate[split], champion[split], strict=True), strict=True):
            paired.add(label, pair, [(prediction - label) ** 2 for prediction in pair])
        assert paired.sums.interval(level(1)).high == pytest.approx(sums.interval(level(1)).high)
