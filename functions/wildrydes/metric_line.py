"""A line of a function's log from which CloudWatch takes metrics: its embedded metric format; and which there are.

    >>> directives = [directive(["service"], "RidesIn")]
    >>> document(directives, {"service": "rydes", "RidesIn": 1}, 1.5)["_aws"]["Timestamp"]
    1500

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

NAMESPACE = "WildRydes"
COUNT, MILLISECONDS, SECONDS, NO_UNIT = "Count", "Milliseconds", "Seconds", "None"
"""The units, as CloudWatch names them."""


class Metric(NamedTuple):
    """A metric of this project: its unit, what a point says, the functions that write it, and its dimensions.

    Each set of dimensions is a series of its own. That of predict's metrics has `task` for all tasks but the default.
    """

    unit: str
    meaning: str
    functions: tuple[str, ...]
    dimensions: tuple[tuple[str, ...], ...] = (("service",),)


_WORKFLOW, _TASK = ("service", "workflow"), ("service", "task")
_REQUEST = (("service",), _TASK)
_SAMPLES, _OUTCOMES, _MONITOR = ("collect_samples",), ("record_outcomes",), ("monitor_model",)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "Executions": Metric(COUNT, "an execution that ended", ("announce",), ((*_WORKFLOW, "outcome"),)),
        "StateSeconds": Metric(SECONDS, "a stay in a state that takes time", ("announce",), ((*_WORKFLOW, "state"),)),
        "DaysSinceRetraining": Metric(NO_UNIT, "days since a retraining ended well; 0 when one does", ("announce",)),
        "ChampionAgeDays": Metric(
            NO_UNIT,
            "days since the champion was trained; a promotion or rollback counts it at once",
            ("announce", "monitor_model"),
            (_TASK,),
        ),
        "ExecutionCost": Metric(NO_UNIT, "what an execution cost, in dollars", ("account_costs",), (_WORKFLOW,)),
        "MonthSpend": Metric(
            NO_UNIT, "what all executions cost that were accounted in this month, in dollars", ("account_costs",)
        ),
        "RidesIn": Metric(
            COUNT, "rides of new files, and rides that came one at a time", ("announce", "locate_station")
        ),
        "RidesRejected": Metric(COUNT, "of these, the rides that were rejected", ("announce", "locate_station")),
        "RidesWithoutWeather": Metric(
            COUNT, "rides with a label, of all there are, whose day has no weather", ("announce",)
        ),
        "RidesSent": Metric(
            COUNT, "rides of a file under stream/ that were sent to the rides queue", ("fan_out_rides",)
        ),
        "FilesRejected": Metric(COUNT, "files under stream/ with a fault", ("fan_out_rides",)),
        "RidesStored": Metric(COUNT, "rides that were written under processed/", ("store_rides",)),
        "OldestRideAge": Metric(
            MILLISECONDS, "from the message of the oldest ride of a batch until the ride was stored", ("store_rides",)
        ),
        "MessagesFailed": Metric(
            COUNT, "messages that are handed over once more, since a fault may pass", ("locate_station", "store_rides")
        ),
        "SampleEvents": Metric(COUNT, "events with messages of the samples topic", _SAMPLES),
        "SamplesCollected": Metric(COUNT, "samples that were put into the delivery stream", _SAMPLES),
        "SamplesPutAgain": Metric(COUNT, "samples that Firehose did not take at first", _SAMPLES),
        "SamplesRejected": Metric(COUNT, "records that are no samples", _SAMPLES),
        "OutcomeRequests": Metric(COUNT, "requests to POST /outcomes", _OUTCOMES),
        "OutcomesRecorded": Metric(COUNT, "outcomes that were put into the delivery stream", _OUTCOMES),
        "OutcomesRejected": Metric(COUNT, "outcomes that cannot be used", _OUTCOMES),
        "OutcomesNotRecorded": Metric(COUNT, "requests whose outcomes Firehose did not take", _OUTCOMES),
        "PredictionRequests": Metric(
            COUNT, "a request, by the status of its answer", ("predict",), tuple((*each, "status") for each in _REQUEST)
        ),
        "PredictionLatency": Metric(MILLISECONDS, "the time in the handler", ("predict",), _REQUEST),
        "Predictions": Metric(COUNT, "rides or samples that were answered", ("predict",), _REQUEST),
        "RidesRefused": Metric(COUNT, "rides or samples that could not be used", ("predict",), _REQUEST),
        "PredictionScore": Metric(
            NO_UNIT,
            "the probabilities, in bins of a twentieth; once more by the label that they predict",
            ("predict",),
            (*_REQUEST, *((*each, "label") for each in _REQUEST)),
        ),
        "PredictionValue": Metric(NO_UNIT, "the values of a regression, in twenty bins", ("predict",), (_TASK,)),
        "Drift": Metric(
            NO_UNIT,
            "the largest population stability index (PSI) of a feature, in tenths of the training rows",
            _MONITOR,
            (_TASK,),
        ),
        "DriftedFeatures": Metric(
            COUNT,
            "features that drifted beyond chance; missing values and unknown stations count as one each",
            _MONITOR,
            (_TASK,),
        ),
        "ScoreDrift": Metric(
            NO_UNIT, "the PSI of the champion's scores, next to those of its test split", _MONITOR, (_TASK,)
        ),
        "ServedLogLoss": Metric(
            NO_UNIT, "the log loss of seven days' predictions whose truth is known", _MONITOR, (_TASK,)
        ),
        "ServedRmse": Metric(NO_UNIT, "the same of a regression: its RMSE, in the label's unit", _MONITOR, (_TASK,)),
        "QualityLoss": Metric(
            NO_UNIT,
            "by how much that is above the card's, at the lower end of its interval. Above 0: worse than promised, "
            "beyond chance",
            _MONITOR,
            (_TASK,),
        ),
        "MissingValues": Metric(NO_UNIT, "the share of records that could not be used", _MONITOR, (_TASK,)),
        "UnknownStations": Metric(
            NO_UNIT,
            "of the rides that are known, the share of those more than 60 miles from their ground station",
            _MONITOR,
            (_TASK,),
        ),
        "Outcomes": Metric(COUNT, "truths of seven days", _MONITOR, (_TASK,)),
        "PredictionsSeen": Metric(COUNT, "predictions of the day", _MONITOR, (_TASK,)),
    }
)
"""Every metric of the namespace, by its name: what docs/reference/metrics.md lists, and where units are from."""


def directive(dimensions: Sequence[str], *names: str) -> dict[str, Any]:
    """What CloudWatch is to take of a line: metrics of one set of dimensions. Raises KeyError beyond METRICS."""
    metrics = [{"Name": name, "Unit": METRICS[name].unit} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}


def document(directives: Sequence[Mapping[str, Any]], fields: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The line as a JSON object: values of metrics and dimensions are `fields`; `now` is in seconds since 1970."""
    return {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": list(directives)}, **fields}
