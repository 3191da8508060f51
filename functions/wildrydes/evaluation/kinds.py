"""The two kinds of tasks, as far as models are judged: everything that differs by kind is looked up here.

>>> [(kind.measure, kind.answer) for kind in KINDS.values()]
[('log_loss', 'probability'), ('rmse', 'value')]
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from types import MappingProxyType
from typing import Any

from wildrydes.evaluation import classification, regression
from wildrydes.evaluation.feature_moments import TrainingRows
from wildrydes.evaluation.judgement import AnyJudgement
from wildrydes.evaluation.split_rows import BINARY_LABELS, NUMBERS, Labels
from wildrydes.tasks import BINARY, REGRESSION, measure_of


@dataclass(frozen=True)
class Kind:
    """How models of a kind are judged.

    `measure` is the metric that decides, by its name in the card; `answer` what a model says of a row, by its name in
    the golden request; `model_kind` what artefacts call the kind; `numbers` the metrics that the execution's output
    has, the measure first; `curves` those that the card alone has.

    `judge` takes rows of a label and a margin a model, and the models' thresholds. `margin` makes a margin of an
    answer: the log odds of a probability, the number itself of a number; it raises ValueError. `constant` is the
    measure of a constant prediction, `training_fault` the reason why a train split has none.
    """

    measure: str
    answer: str
    model_kind: str
    labels: Labels
    numbers: tuple[str, ...]
    curves: tuple[str, ...]
    judge: Callable[[Iterable[Any], Sequence[float]], AnyJudgement]
    margin: Callable[[float], float]
    constant: Callable[[TrainingRows, Any], float]
    training_fault: Callable[[TrainingRows], str | None]


def _judge_regressors(rows: Iterable[Any], thresholds: Sequence[float]) -> AnyJudgement:
    return regression.judge(rows, len(thresholds))


def _no_fault(_training: TrainingRows) -> None:
    """Numbers have a mean whatever they are."""


def _log_odds(probability: float) -> float:
    """The margin of a probability. Of 0 and of 1 there is none that is finite."""
    if 0 < probability < 1:
        return log(probability) - log(1 - probability)
    if probability in (0, 1):
        return inf if probability else -inf
    raise ValueError(f"{probability!r} is no probability")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        BINARY: Kind(
            measure=measure_of(BINARY),
            answer="probability",
            model_kind="binary_classifier",
            labels=BINARY_LABELS,
            numbers=("log_loss", "auc", "accuracy", "precision", "recall", "f1", "calibration_error"),
            curves=("roc", "calibration", "histogram"),
            judge=classification.judge,
            margin=_log_odds,
            constant=classification.constant_log_loss,
            training_fault=classification.training_fault,
        ),
        REGRESSION: Kind(
            measure=measure_of(REGRESSION),
            answer="value",
            model_kind="regressor",
            labels=NUMBERS,
            numbers=("rmse", "mae", "r2", "bias", "bias_gap"),
            curves=("groups", "residuals", "grid"),
            judge=_judge_regressors,
            margin=float,
            constant=regression.constant_rmse,
            training_fault=_no_fault,
        ),
    }
)
"""Each kind by its name in `wildrydes.tasks`."""


def output_numbers(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics for the execution's output, those of the other kind as None: the workflow selects all by name."""
    return {name: metrics.get(name) for kind in KINDS.values() for name in (*kind.numbers, "threshold")}
