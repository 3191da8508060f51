"""Log lines in the embedded metric format, and the metrics in them.

A line that is no JSON object, or has no `_aws` with metrics, is a line like any other. Of one that has, what is not as
the specification says is left out and named, so that it can be counted: a document that cannot be read at all is a
parsing error, a metric that CloudWatch would not take a validation error.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import EmbeddedAwsError
from local.cloudwatch.aggregates import Aggregate
from local.cloudwatch.data import MOST_DIMENSION_VALUE as _MOST_VALUE
from local.cloudwatch.data import MOST_DIMENSIONS, UNITS, Datum, distribution, number
from local.cloudwatch.errors import InvalidValueError, RefusedError
from local.cloudwatch.store import Dimensions

MOST_METRICS = 100
MOST_ARRAY = 100
MOST_BYTES = 1024 * 1024
_MARK = '"_aws"'
_MOST_NAME = 1024
# The end of the year 9999, in milliseconds since the epoch.
_LATEST = 253_402_300_799_999
_SUMMARY = ("Count", "Sum", "Min", "Max")

Document = Mapping[str, Any]


class MalformedLineError(EmbeddedAwsError):
    """A document that is not in the format."""


@dataclass
class Extraction:
    """What a line holds: data by namespace, and what is wrong with the document and with single metrics."""

    data: list[tuple[str, Datum]] = field(default_factory=list)
    parsing_errors: list[str] = field(default_factory=list)
    validation_errors: list[str] = field(default_factory=list)


def extract(line: str) -> Extraction | None:
    """The metrics of a log line; None where it is no document in the embedded metric format.

    >>> line = '{"_aws": {"Timestamp": 5000, "CloudWatchMetrics": [{"Namespace": "N", "Dimensions": [["d"]],'
    >>> line += ' "Metrics": [{"Name": "m", "Unit": "Count"}]}]}, "d": "x", "m": [1, 2]}'
    >>> ((namespace, datum),) = extract(line).data
    >>> namespace, datum.name, datum.dimensions, datum.values.total, datum.moment
    ('N', 'm', (('d', 'x'),), 3.0, 5.0)
    """
    if _MARK not in line or not line.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    metadata = document.get("_aws")
    if not isinstance(metadata, dict) or "CloudWatchMetrics" not in metadata:
        return None
    extraction = Extraction()
    try:
        moment, directives = _metadata(metadata, line)
        for directive in directives:
            _extract_directive(document, directive, moment, extraction)
    except MalformedLineError as fault:
        extraction.parsing_errors.append(str(fault))
        extraction.data.clear()
    return extraction


def _metadata(metadata: Document, line: str) -> tuple[float, list[Document]]:
    timestamp, directives = metadata.get("Timestamp"), metadata["CloudWatchMetrics"]
    if len(line) > MOST_BYTES or len(line.encode(errors="surrogatepass")) > MOST_BYTES:
        raise MalformedLineError(f"the line has more than {MOST_BYTES} bytes")
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool) or not 0 <= timestamp <= _LATEST:
        raise MalformedLineError("_aws.Timestamp is no time in milliseconds")
    if not isinstance(directives, list) or not all(isinstance(each, dict) for each in directives):
        raise MalformedLineError("_aws.CloudWatchMetrics is no array of objects")
    return timestamp / 1000, directives


def _extract_directive(document: Document, directive: Document, moment: float, extraction: Extraction) -> None:
    namespace, sets, metrics = (directive.get(name) for name in ("Namespace", "Dimensions", "Metrics"))
    if not isinstance(namespace, str) or not 1 <= len(namespace) <= _MOST_NAME:
        raise MalformedLineError("Namespace is no text of 1 to 1024 characters")
    if not isinstance(sets, list) or not all(isinstance(each, list) for each in sets):
        raise MalformedLineError("Dimensions is no array of arrays")
    if not isinstance(metrics, list) or not all(isinstance(each, dict) for each in metrics):
        raise MalformedLineError("Metrics is no array of objects")
    if len(metrics) > MOST_METRICS:
        raise MalformedLineError(f"a directive has more than {MOST_METRICS} metrics")
    dimensions = list(_dimension_sets(document, sets, extraction))
    for metric in metrics:
        try:
            values, unit = _values(document, metric), _unit(metric)
        except RefusedError as fault:
            extraction.validation_errors.append(str(fault))
            continue
        extraction.data += [(namespace, Datum(metric["Name"], each, unit, values, moment)) for each in dimensions]


def _dimension_sets(document: Document, sets: list[list[Any]], extraction: Extraction) -> Iterator[Dimensions]:
    for names in sets:
        pairs = [(name, document.get(name)) for name in names if isinstance(name, str)]
        valid = [(name, value) for name, value in pairs if isinstance(value, str) and 1 <= len(value) <= _MOST_VALUE]
        if len(valid) < len(names) or len(names) > MOST_DIMENSIONS:
            extraction.validation_errors.append(f"the dimensions {names} have no texts as values, or are too many")
        else:
            yield tuple(sorted(valid))


def _unit(metric: Document) -> str:
    unit = metric.get("Unit", "None")
    if not isinstance(unit, str) or unit not in UNITS:
        raise InvalidValueError(f"{unit} is no unit")
    return unit


def _values(document: Document, metric: Document) -> Aggregate:
    """A number, an array of numbers, or values with their counts as in PutMetricData."""
    name = metric.get("Name")
    if not isinstance(name, str) or not 1 <= len(name) <= _MOST_NAME:
        raise InvalidValueError("a metric has no name")
    target = document.get(name)
    if isinstance(target, dict):
        return _histogram(target, name)
    values = target if isinstance(target, list) else [target]
    if any(isinstance(value, bool | str) or value is None for value in values) or not 1 <= len(values) <= MOST_ARRAY:
        raise InvalidValueError(f"{name} is no number, and no array of 1 to {MOST_ARRAY} numbers")
    return distribution(values, [1] * len(values), name)


def _histogram(target: Document, name: str) -> Aggregate:
    values, counts = (target.get(each, []) for each in ("Values", "Counts"))
    if not isinstance(values, list) or not isinstance(counts, list):
        raise InvalidValueError(f"Values and Counts of {name} are no arrays")
    aggregate = distribution(values, counts, name)
    if all(each in target for each in _SUMMARY):
        count, total, least, most = (number(target[each], f"{name}.{each}") for each in _SUMMARY)
        spread = aggregate.values or {aggregate.least: aggregate.count} if aggregate.count else None
        aggregate = Aggregate(count, total, least, most, spread)
    if aggregate.count <= 0:
        raise InvalidValueError(f"{name} has no values")
    return aggregate
