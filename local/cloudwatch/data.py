"""The datapoints of a PutMetricData, read and checked.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.cloudwatch.aggregates import Aggregate
from local.cloudwatch.errors import InvalidCombinationError, InvalidValueError, MissingParameterError
from local.cloudwatch.store import Dimensions
from local.cloudwatch.wire import moment_of

MOST_DATA = 1000
MOST_VALUES = 150
MOST_DIMENSIONS = 30
MOST_NAME = 255
MOST_DIMENSION_VALUE = 1024
# CloudWatch takes numbers between -2^360 and 2^360, and none that are no numbers.
LARGEST = 2.0**360
OLDEST_SECONDS = 14 * 86_400
LATEST_SECONDS = 2 * 3600
SIZES = ("", "Kilo", "Mega", "Giga", "Tera")
_AMOUNTS = [size + unit if size else unit.capitalize() for unit in ("bytes", "bits") for size in SIZES]
UNITS = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}.union(
        _AMOUNTS, (f"{amount}/Second" for amount in _AMOUNTS)
    )
)


@dataclass(frozen=True)
class Datum:
    """Values of a metric: its name, sorted dimensions, unit, the values, and when; None is now."""

    name: str
    dimensions: Dimensions
    unit: str
    values: Aggregate
    moment: float | None


def dimensions_of(entries: Sequence[Mapping[str, Any]], where: str = "Dimensions") -> Dimensions:
    """The dimensions of a request, sorted. Raises InvalidValueError, or MissingParameterError."""
    if len(entries) > MOST_DIMENSIONS:
        raise InvalidValueError(f"The collection {where} must not have a size greater than {MOST_DIMENSIONS}.")
    pairs = {}
    for place, entry in enumerate(entries, 1):
        for part, most in (("Name", MOST_NAME), ("Value", MOST_DIMENSION_VALUE)):
            text = entry.get(part)
            if not isinstance(text, str) or not text:
                raise MissingParameterError(f"The parameter {where}.member.{place}.{part} is required.")
            if len(text) > most:
                raise InvalidValueError(f"The value of {where}.member.{place}.{part} is longer than {most} characters.")
        pairs[entry["Name"]] = entry["Value"]
    return tuple(sorted(pairs.items()))


def data_of(request: Mapping[str, Any], now: Sequence[float]) -> list[Datum]:
    """The data of a PutMetricData. Raises InvalidValueError, InvalidCombinationError or MissingParameterError.

    `now` are the times that pass for it, in seconds since the epoch: the server's clock may be ahead of the caller's.
    """
    if not request.get("Namespace"):
        raise MissingParameterError("The parameter Namespace is required.")
    entries = request.get("MetricData") or []
    if not entries:
        raise MissingParameterError("At least one of the parameters must be specified.")
    if len(entries) > MOST_DATA:
        raise InvalidValueError(f"The collection MetricData must not have a size greater than {MOST_DATA}.")
    return [_datum(entry, f"MetricData.member.{place}", now) for place, entry in enumerate(entries, 1)]


def _datum(entry: Mapping[str, Any], where: str, now: Sequence[float]) -> Datum:
    name, unit = entry.get("MetricName"), entry.get("Unit") or "None"
    if not isinstance(name, str) or not 1 <= len(name) <= MOST_NAME:
        raise MissingParameterError(f"The parameter {where}.MetricName is required.")
    if not isinstance(unit, str) or unit not in UNITS:
        raise InvalidValueError(f"The parameter {where}.Unit must be a value in the set [{', '.join(sorted(UNITS))}].")
    moment = moment_of(entry.get("Timestamp"))
    if moment is not None and moment < min(now) - OLDEST_SECONDS:
        raise InvalidValueError(f"The parameter {where}.Timestamp must specify a time within the past two weeks.")
    if moment is not None and moment > max(now) + LATEST_SECONDS:
        message = "must specify a time no more than two hours in the future."
        raise InvalidValueError(f"The parameter {where}.Timestamp {message}")
    dimensions = dimensions_of(entry.get("Dimensions") or [], f"{where}.Dimensions")
    return Datum(name, dimensions, unit, _values(entry, where), moment)


def _values(entry: Mapping[str, Any], where: str) -> Aggregate:
    forms = [form for form in ("Value", "Values", "StatisticValues") if entry.get(form) is not None]
    if not forms:
        raise MissingParameterError(f"The parameter {where}.Value is required.")
    if len(forms) > 1:
        names = " and ".join(f"{where}.{form}" for form in forms[:2])
        raise InvalidCombinationError(f"The parameters {names} are mutually exclusive and you have specified both.")
    if forms == ["StatisticValues"]:
        return _statistic_set(entry["StatisticValues"], where)
    if forms == ["Value"]:
        return distribution([entry["Value"]], [1], where)
    values = entry["Values"]
    return distribution(values, entry.get("Counts") or [1] * len(values), where)


def distribution(values: Sequence[Any], counts: Sequence[Any], where: str) -> Aggregate:
    """Values, each with how often it was seen. Raises InvalidValueError."""
    if len(values) > MOST_VALUES:
        raise InvalidValueError(f"The collection {where}.Values must not have a size greater than {MOST_VALUES}.")
    if len(values) != len(counts):
        raise InvalidValueError(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    aggregate = Aggregate()
    for value, count in zip(values, counts, strict=True):
        times = number(count, f"{where}.Counts")
        if times < 0:
            raise InvalidValueError(f"The value {count} for parameter {where}.Counts is invalid.")
        if times:
            aggregate.add(number(value, f"{where}.Value"), times)
    return aggregate


def _statistic_set(values: Mapping[str, Any], where: str) -> Aggregate:
    names = ("SampleCount", "Sum", "Minimum", "Maximum")
    missing = [name for name in names if values.get(name) is None]
    if missing:
        raise MissingParameterError(f"The parameter {where}.StatisticValues.{missing[0]} is required.")
    count, total, least, most = (number(values[name], f"{where}.StatisticValues.{name}") for name in names)
    if count < 0 or (count and least > most):
        raise InvalidValueError(f"The values for parameter {where}.StatisticValues are invalid.")
    return Aggregate(count, total, least, most)


def number(value: Any, where: str) -> float:
    """A number as CloudWatch takes it. Raises InvalidValueError."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidValueError(f"The value {value} for parameter {where} is invalid.") from None
    if not math.isfinite(result) or abs(result) > LARGEST:
        raise InvalidValueError(f"The value {value} for parameter {where} is invalid.")
    return result
