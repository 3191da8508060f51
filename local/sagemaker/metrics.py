"""Metrics of a job: read off its log by regular expressions, the last value of each kept.

The definitions of the built-in linear learner are SageMaker's own, which DescribeTrainingJob shows; a request may
not bring others.
"""

import math
import re
from dataclasses import dataclass, field

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


def _definitions() -> tuple[tuple[str, str], ...]:
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
    progress = [
        ("train:progress", r"#progress_metric: host=\S+, completed (\S+) %"),
        ("train:throughput", r"#throughput_metric: host=\S+, train throughput=(\S+) records/second"),
    ]
    return tuple(final + objective + objective_of_final + progress)


DEFINITIONS = _definitions()


def metric_definitions() -> list[dict[str, str]]:
    """The definitions as MetricDefinitions of an AlgorithmSpecification."""
    return [{"Name": name, "Regex": regex} for name, regex in DEFINITIONS]


@dataclass
class Collector:
    """Reads log lines, and remembers the last value of each metric."""

    _latest: dict[str, tuple[float, float]] = field(default_factory=dict)
    _patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(
        default=tuple((name, re.compile(regex)) for name, regex in DEFINITIONS)
    )

    def read(self, line: str, timestamp: float) -> None:
        """Take in a line logged at `timestamp` (seconds since the epoch)."""
        if "metric" not in line:
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
