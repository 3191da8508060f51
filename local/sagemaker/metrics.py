"""Metrics of a job: read off its log by regular expressions, the last value of each kept.

The definitions of the built-in algorithms are SageMaker's own, which DescribeTrainingJob shows; a request may not bring
others. They are here as descriptions of jobs on AWS have them.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Definitions = tuple[tuple[str, str], ...]

# What each line with a metric has, of whichever algorithm.
_MARKS = ("_metric: ", "#011")

_LINE = r"#quality_metric: host=\S+, "
# Scores of a finished model, by the names of the log: (metric's name, name in the log, kind).
_FINAL = (
    ("binary_classification_accuracy", "binary_classification_accuracy", "score"),
    ("binary_f_beta", r"binary_f_\S+", "score"),
    ("precision", "precision", "score"),
    ("recall", "recall", "score"),
    ("roc_auc_score", "roc_auc_score", "score"),
    ("mse", "mse", "loss"),
    ("absolute_loss", "absolute_loss", "loss"),
)


# XGBoost's, of both channels; the log has `#011` where the container wrote a tab.
_XGBOOST = (
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "error", "f1", "f1_binary", "f1_macro", "gamma-deviance"),
    *("gamma-nloglik", "logloss", "mae", "map", "mape", "merror", "mlogloss", "mphe", "mse", "ndcg", "poisson-nloglik"),
    *("precision", "r2", "recall", "rmse", "rmsle", "tweedie-nloglik"),
)
_PROGRESS = (
    ("train:progress", r"#progress_metric: host=\S+, completed (\S+) %"),
    ("train:throughput", r"#throughput_metric: host=\S+, train throughput=(\S+) records/second"),
)


def _xgboost() -> Definitions:
    number = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
    return tuple(
        (f"{channel}:{name}", rf".*\[[0-9]+\].*#011{channel}-{name}:{number}.*")
        for channel in ("train", "validation")
        for name in _XGBOOST
    )


def _knn() -> Definitions:
    scores = (("accuracy", "score"), ("mse", "loss"))
    return (*((f"test:{name}", rf"{_LINE}test {name} <{kind}>=(\S+)") for name, kind in scores), *_PROGRESS)


def _linear_learner() -> Definitions:
    final = [
        (f"{channel}:{name}", rf"{_LINE}{channel} {pattern} <{kind}>=(\S+)")
        for channel in ("train", "validation", "test")
        for name, pattern, kind in _FINAL
    ]
    objective = [
        (f"{channel}:objective_loss", rf"{_LINE}epoch=\S+, {channel} \S+_objective <loss>=(\S+)")
        for channel in ("train", "validation")
    ]
    objective_of_final = [
        (f"{channel}:objective_loss{suffix}", rf"{_LINE}{channel} \S+_objective <loss>=(\S+)")
        for channel, suffix in (("train", ":final"), ("validation", ":final"), ("test", ""))
    ]
    return (*final, *objective, *objective_of_final, *_PROGRESS)


DEFINITIONS: Mapping[str, Definitions] = MappingProxyType(
    {"linear-learner": _linear_learner(), "xgboost": _xgboost(), "knn": _knn()}
)
"""Name and regular expression of each metric, by algorithm."""


def metric_definitions(algorithm: str) -> list[dict[str, str]]:
    """The definitions as MetricDefinitions of an AlgorithmSpecification."""
    return [{"Name": name, "Regex": regex} for name, regex in DEFINITIONS[algorithm]]


@dataclass
class Collector:
    """Reads log lines, and remembers the last value of each metric of `definitions`."""

    definitions: Definitions
    _latest: dict[str, tuple[float, float]] = field(default_factory=dict)
    _patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._patterns = tuple((name, re.compile(regex)) for name, regex in self.definitions)

    def read(self, line: str, timestamp: float) -> None:
        """Take in a line logged at `timestamp` (seconds since the epoch)."""
        if not any(mark in line for mark in _MARKS):
            return
        for name, pattern in self._patterns:
            match = pattern.search(line)
            value = _number(match.group(1)) if match else None
            if value is not None:
                self._latest[name] = (value, timestamp)

    def final(self) -> list[dict[str, object]]:
        """FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": timestamp}
            for name, (value, timestamp) in self._latest.items()
        ]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
