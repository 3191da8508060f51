"""What a request did, as a line for CloudWatch: its embedded metric format, without a payload.

What each metric says is in `wildrydes.metric_line`.
The scores are there once more by the label that they predict. A dimension has one value a line, so a request with both
labels leaves a line for each beside its own.

The default task's have the dimension `service`, as they had before there were others; these have `task` beside it.

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide; the histogram's form, values with
their counts, is that of PutMetricData's Values and Counts.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from wildrydes.metric_line import directive
from wildrydes.tasks import BINARY, TASKS

BINS = 20

_SCORE = "PredictionScore"
_MEASURED = ("PredictionLatency", "Predictions", "RidesRefused")


@cache
def _directives(dimensions: tuple[str, ...], scores: str | None, *, is_labelled: bool) -> str:
    """What CloudWatch is to take for metrics, as JSON: it is the same for all requests, and half of their lines."""
    names = [*_MEASURED, scores] if scores else _MEASURED
    directives = [
        directive(dimensions, *names),
        directive((*dimensions, "status"), "PredictionRequests"),
    ]
    if is_labelled:
        directives.append(directive((*dimensions, "label"), _SCORE))
    return json.dumps(directives)


def lines(
    service: str,
    task: str,
    status: int,
    milliseconds: float,
    scores: Sequence[float],
    labels: Sequence[int],
    refused: int,
    request_id: str,
    now: float,
) -> str:
    """The lines for one request to the function of a task, each with its end; `now` is in seconds since 1970.

    `labels` are those that the scores predict, none of a regression.
    """
    dimensions = {"service": service} if TASKS[task].is_default else {"service": service, "task": task}
    different = sorted(set(labels))
    fields: dict[str, Any] = {
        **dimensions,
        "status": str(status),
        "request_id": request_id,
        "PredictionRequests": 1,
        "PredictionLatency": round(milliseconds, 3),
        "Predictions": len(scores),
        "RidesRefused": refused,
    }
    classifies, name = TASKS[task].kind == BINARY, None
    if scores:
        name = _SCORE if classifies else "PredictionValue"
        fields[name] = _spread(scores, 0.0, 1.0) if classifies else _spread(scores, min(scores), max(scores))
    if len(different) == 1:
        fields["label"] = str(different[0])
    own = _line(_directives(tuple(dimensions), name, is_labelled=len(different) == 1), fields, now)
    return own if len(different) < 2 else own + "".join(_by_label(dimensions, scores, labels, now))


def _by_label(dimensions: dict[str, str], scores: Sequence[float], labels: Sequence[int], now: float) -> Iterator[str]:
    """A line for each label, with the scores that predict it."""
    directives = json.dumps([directive((*dimensions, "label"), _SCORE)])
    for label in sorted(set(labels)):
        own = [score for score, each in zip(scores, labels, strict=True) if each == label]
        yield _line(directives, {**dimensions, "label": str(label), _SCORE: _spread(own, 0.0, 1.0)}, now)


def _line(directives: str, fields: dict[str, Any], now: float) -> str:
    aws = f'"_aws": {{"Timestamp": {int(now * 1000)}, "CloudWatchMetrics": {directives}}}'
    return f"{{{aws}, {json.dumps(fields)[1:]}\n"


def _spread(scores: Sequence[float], least: float, largest: float) -> Any:
    """One score as it is; of more of them how many are in each bin from `least` to `largest`, named by its middle."""
    if len(scores) == 1:
        return scores[0]
    width = (largest - least) / BINS or 1.0
    bins = Counter(min(int((score - least) / width), BINS - 1) for score in scores)
    return {
        "Values": [least + (place + 0.5) * width for place in bins],
        "Counts": list(bins.values()),
        "Min": min(scores),
        "Max": max(scores),
        "Count": len(scores),
        "Sum": sum(scores),
    }
