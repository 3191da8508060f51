"""What a request did, as one line for CloudWatch: its embedded metric format, without a payload.

    PredictionLatency     milliseconds in the handler
    Predictions           rides that were answered
    RidesRefused          rides that could not be used
    PredictionScore       the probabilities, as a histogram in bins of a twentieth
    PredictionValue       a regression's values, as a histogram in twenty bins from the least to the largest
    PredictionRequests    one a request, by the answer's status

The default task's have the dimension `service`, as they had before there were others; these have `task` beside it.

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide; the histogram's form, values with
their counts, is that of PutMetricData's Values and Counts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from wildrydes.tasks import BINARY, TASKS

NAMESPACE = "WildRydes"
BINS = 20


_MEASURED = (("PredictionLatency", "Milliseconds"), ("Predictions", "Count"), ("RidesRefused", "Count"))


@cache
def _directives(dimensions: tuple[str, ...], scores: str | None) -> str:
    """What CloudWatch is to take for metrics, as JSON: it is the same for all requests, and half of their lines."""
    names = [*_MEASURED, (scores, "None")] if scores else _MEASURED
    of_all = [{"Name": name, "Unit": unit} for name, unit in names]
    by_status = [{"Name": "PredictionRequests", "Unit": "Count"}]
    return json.dumps(
        [
            {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": of_all},
            {"Namespace": NAMESPACE, "Dimensions": [[*dimensions, "status"]], "Metrics": by_status},
        ]
    )


def line(
    service: str,
    task: str,
    status: int,
    milliseconds: float,
    scores: Sequence[float],
    refused: int,
    request_id: str,
    now: float,
) -> str:
    """The line for one request to the function of a task; `now` is in seconds since 1970."""
    dimensions = {"service": service} if TASKS[task].is_default else {"service": service, "task": task}
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
        name = "PredictionScore" if classifies else "PredictionValue"
        fields[name] = _spread(scores, 0.0, 1.0) if classifies else _spread(scores, min(scores), max(scores))
    directives = _directives(tuple(dimensions), name)
    aws = f'"_aws": {{"Timestamp": {int(now * 1000)}, "CloudWatchMetrics": {directives}}}'
    return f"{{{aws}, {json.dumps(fields)[1:]}"


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
