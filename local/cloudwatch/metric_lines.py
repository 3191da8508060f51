"""Log lines in the embedded metric format, and the metrics in them.

A line that is no JSON object, or has no `_aws` with metrics, is a line like any other. Of one that has, what is not as
the specification says is left out and named, so that it can be counted: a document that cannot be read at all is a
parsing error, a metric that CloudWatch would not take a validation error.

Whoever writes a log may write anything into it. So what a line costs is bounded by the format's own limits, and where
it has none, as for the number of directives and of sets of dimensions, by MOST_METRICS_OF_LINE and MOST_DATA_OF_LINE.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from local import EmbeddedAwsError
from local.cloudwatch.aggregates import Aggregate
from local.cloudwatch.data import MOST_DIMENSION_VALUE as _MOST_VALUE
from local.cloudwatch.data import MOST_DIMENSIONS, UNITS, Datum, distribution, number
from local.cloudwatch.errors import InvalidValueError, RefusedError
from local.cloudwatch.store import Dimensions

MOST_METRICS = 100
MOST_ARRAY = 100
MOST_BYTES = 1024 * 1024
MOST_METRICS_OF_LINE = 1000
"""As many as PutMetricData takes at once."""
MOST_DATA_OF_LINE = 10_000
"""Metrics, each with all of its directive's sets of dimensions."""
_MARK = '"_aws"'
_MOST_NAME = 1024
# The end of the year 9999, in milliseconds since the epoch.
_LATEST = 253_402_300_799_999
_MOST_ERROR, _MOST_ERRORS = 200, 20
_SUMMARY = ("Count", "Sum", "Min", "Max")

Document = Mapping[str, Any]


class MalformedLineError(EmbeddedAwsError):
    """A document that is not in the format."""


@dataclass
class Extraction:
    """What a line holds: data by namespace, and what is wrong with the document and with single metrics.

    `invalid` counts the latter, of which the first are in `validation_errors`.
    """

    data: list[tuple[str, Datum]] = field(default_factory=list)
    parsing_errors: list[str] = field(default_factory=list)
    validation_errors: list[str] = field(default_factory=list)
    invalid: int = 0

    def refuse(self, reason: str) -> None:
        """Count what is left out, and note why."""
        self.invalid += 1
        if len(self.validation_errors) < _MOST_ERRORS:
            self.validation_errors.append(reason[:_MOST_ERROR])


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
    if len(line) > MOST_BYTES or len(line.encode(errors="surrogatepass")) > MOST_BYTES:
        return Extraction(parsing_errors=[f"the line has more than {MOST_BYTES} bytes"])
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    metadata = document.get("_aws")
    if not isinstance(metadata, dict) or "CloudWatchMetrics" not in metadata:
        return None
    extraction = Extraction()
    try:
        moment, directives = _metadata(metadata)
        for directive in directives:
            _extract_directive(document, directive, moment, extraction)
    except MalformedLineError as fault:
        extraction.parsing_errors.append(str(fault))
        extraction.data.clear()
    return extraction


def _metadata(metadata: Document) -> tuple[float, list[Document]]:
    timestamp, directives = metadata.get("Timestamp"), metadata["CloudWatchMetrics"]
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool) or not 0 <= timestamp <= _LATEST:
        raise MalformedLineError("_aws.Timestamp is no time in milliseconds")
    if not isinstance(directives, list) or not all(isinstance(each, dict) for each in directives):
        raise MalformedLineError("_aws.CloudWatchMetrics is no array of objects")
    metrics = sum(len(each["Metrics"]) for each in directives if isinstance(each.get("Metrics"), list))
    if metrics > MOST_METRICS_OF_LINE:
        raise MalformedLineError(f"the line has more than {MOST_METRICS_OF_LINE} metrics")
    return timestamp / 1000, directives


def _extract_directive(document: Document, directive: Document, moment: float, extraction: Extraction) -> None:
    namespace, sets, metrics = (directive.get(name) for name in ("Namespace", "Dimensions", "Metrics"))
    if not _is_text(namespace, _MOST_NAME):
        raise MalformedLineError(f"Namespace is no printable text of 1 to {_MOST_NAME} characters")
    if not isinstance(sets, list) or not all(isinstance(each, list) for each in sets):
        raise MalformedLineError("Dimensions is no array of arrays")
    if not isinstance(metrics, list) or not all(isinstance(each, dict) for each in metrics):
        raise MalformedLineError("Metrics is no array of objects")
    if len(metrics) > MOST_METRICS:
        raise MalformedLineError(f"a directive has more than {MOST_METRICS} metrics")
    if len(metrics) * len(sets) + len(extraction.data) > MOST_DATA_OF_LINE:
        raise MalformedLineError(f"the line has more than {MOST_DATA_OF_LINE} metrics with their dimensions")
    dimensions = list(_dimension_sets(document, sets, extraction))
    for metric in metrics:
        try:
            values, unit = _values(document, metric), _unit(metric)
        except RefusedError as fault:
            extraction.refuse(str(fault))
            continue
        extraction.data += [(namespace, Datum(metric["Name"], each, unit, values, moment)) for each in dimensions]


def _dimension_sets(document: Document, sets: list[list[Any]], extraction: Extraction) -> Iterator[Dimensions]:
    for names in sets:
        if len(names) > MOST_DIMENSIONS:
            extraction.refuse(f"a set has {len(names)} dimensions, and may have {MOST_DIMENSIONS}")
            continue
        pairs = [(name, document.get(name)) for name in names if _is_text(name, _MOST_NAME)]
        valid = [(name, value) for name, value in pairs if _is_text(value, _MOST_VALUE)]
        if len(valid) < len(names):
            extraction.refuse(f"dimensions have no printable texts as values: {str(names)[:_MOST_ERROR]}")
        else:
            yield tuple(sorted(valid))


def _is_text(value: Any, most: int) -> TypeGuard[str]:
    """Whether it may name something: what cannot be printed, or written as UTF-8, would be in no answer."""
    return isinstance(value, str) and 1 <= len(value) <= most and value.isprintable()


def _unit(metric: Document) -> str:
    unit = metric.get("Unit", "None")
    if not isinstance(unit, str) or unit not in UNITS:
        raise InvalidValueError(f"{str(unit)[:_MOST_ERROR]} is no unit")
    return unit


def _values(document: Document, metric: Document) -> Aggregate:
    """A number, an array of numbers, or values with their counts as in PutMetricData."""
    name = metric.get("Name")
    if not _is_text(name, _MOST_NAME):
        raise InvalidValueError("a metric has no name")
    target = document.get(name)
    if isinstance(target, dict):
        return _histogram(target, name)
    values = target if isinstance(target, list) else [target]
    if not 1 <= len(values) <= MOST_ARRAY or not _are_numbers(values):
        raise InvalidValueError(f"{name} is no number, and no array of 1 to {MOST_ARRAY} numbers")
    return distribution(values, [1] * len(values), name)


def _histogram(target: Document, name: str) -> Aggregate:
    values, counts = (target.get(each, []) for each in ("Values", "Counts"))
    if not isinstance(values, list) or not isinstance(counts, list):
        raise InvalidValueError(f"Values and Counts of {name} are no arrays")
    if max(len(values), len(counts)) > MOST_ARRAY or not _are_numbers(values) or not _are_numbers(counts):
        raise InvalidValueError(f"Values and Counts of {name} are no arrays of up to {MOST_ARRAY} numbers")
    aggregate = distribution(values, counts, name)
    if all(each in target for each in _SUMMARY):
        if not _are_numbers([target[each] for each in _SUMMARY]) or target["Min"] > target["Max"]:
            raise InvalidValueError(f"{name} has no numbers as {', '.join(_SUMMARY)}")
        count, total, least, most = (number(target[each], f"{name}.{each}") for each in _SUMMARY)
        spread = aggregate.values or {aggregate.least: aggregate.count} if aggregate.count else None
        aggregate = Aggregate(count, total, least, most, spread)
    if aggregate.count <= 0:
        raise InvalidValueError(f"{name} has no values")
    return aggregate


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
