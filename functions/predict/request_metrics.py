"""What a request did, as one line for CloudWatch: its embedded metric format, without a payload.

    PredictionLatency     milliseconds in the handler
    Predictions           rides that were answered
    RidesRefused          rides that could not be used
    PredictionScore       the probabilities, as a histogram in bins of a twentieth
    PredictionRequests    one a request, by the answer's status

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide; the histogram's form, values with
their counts, is that of PutMetricData's Values and Counts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

NAMESPACE = "WildRydes"
BINS = 20


def _directives(*names: tuple[str, str]) -> str:
    """What CloudWatch is to take for metrics, as JSON: it is the same for all requests, and half of their lines."""
    of_all = [{"Name": name, "Unit": unit} for name, unit in names]
    by_status = [{"Name": "PredictionRequests", "Unit": "Count"}]
    return json.dumps(
        [
            {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": of_all},
            {"Namespace": NAMESPACE, "Dimensions": [["service", "status"]], "Metrics": by_status},
        ]
    )


_MEASURED = (("PredictionLatency", "Milliseconds"), ("Predictions", "Count"), ("RidesRefused", "Count"))
_WITHOUT_SCORES = _directives(*_MEASURED)
_WITH_SCORES = _directives(*_MEASURED, ("PredictionScore", "None"))


def line(
    service: str, status: int, milliseconds: float, scores: Sequence[float], refused: int, request_id: str, now: float
) -> str:
    """The line for one request; `now` is in seconds since 1970."""
    fields = {
        "service": service,
        "status": str(status),
        "request_id": request_id,
        "PredictionRequests": 1,
        "PredictionLatency": round(milliseconds, 3),
        "Predictions": len(scores),
        "RidesRefused": refused,
    }
    if scores:
        fields["PredictionScore"] = _spread(scores)
    directives = _WITH_SCORES if scores else _WITHOUT_SCORES
    aws = f'"_aws": {{"Timestamp": {int(now * 1000)}, "CloudWatchMetrics": {directives}}}'
    return f"{{{aws}, {json.dumps(fields)[1:]}"


def _spread(scores: Sequence[float]) -> Any:
    """One score as it is; of more of them how many are in each bin, named by its middle."""
    if len(scores) == 1:
        return scores[0]
    bins = Counter(min(int(score * BINS), BINS - 1) for score in scores)
    return {
        "Values": [(place + 0.5) / BINS for place in bins],
        "Counts": list(bins.values()),
        "Min": min(scores),
        "Max": max(scores),
        "Count": len(scores),
        "Sum": sum(scores),
    }
