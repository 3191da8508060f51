"""Which state the datapoints of an alarm mean, and the reason in CloudWatch's words.

An alarm looks at the last N periods (EvaluationPeriods), of which M (DatapointsToAlarm) must breach. CloudWatch fetches
more periods than N, here two more as in its tables, and fills in missing ones only where it has fewer than N real ones.

    datapoints, N = M = 3    missing             ignore    breaching   notBreaching
    0 - X - X                OK                  OK        OK          OK
    - - - - -                INSUFFICIENT_DATA   as it was ALARM       OK
    - - X - -                ALARM               as it was ALARM       OK

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

EXTRA_PERIODS = 2
DAY = 86_400
HOUR = 3600
MINUTE = 60

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_IN_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_FILLED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Settings:
    """What an alarm looks at: `period` in seconds, N and M periods, and how missing ones are treated."""

    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    comparison: str
    threshold: float
    missing: str
    statistic: str

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> "Settings":
        """The settings in an alarm's description."""
        periods = int(alarm.get("EvaluationPeriods") or 1)
        return cls(
            # Points are by minute.
            period=max(MINUTE, int(alarm.get("Period") or MINUTE)),
            evaluation_periods=periods,
            datapoints_to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
            comparison=alarm["ComparisonOperator"],
            threshold=float(alarm.get("Threshold") or 0.0),
            missing=alarm.get("TreatMissingData") or "missing",
            statistic=alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
        )

    def breaches(self, value: float) -> bool:
        """Whether a datapoint is beyond the threshold."""
        return COMPARISONS[self.comparison](value, self.threshold)

    def starts(self, now: float) -> list[int]:
        """When the periods of the evaluation range begin, the latest last, in seconds since the epoch.

        The last one ends with the minute that is under way, as far as it has come. An alarm over more than a day is
        looked at once an hour, by what there was up to that hour.
        """
        over_a_day = self.period * self.evaluation_periods > DAY
        end = int(now) // HOUR * HOUR if over_a_day else (int(now) // MINUTE + 1) * MINUTE
        return [end - place * self.period for place in range(self.evaluation_periods + EXTRA_PERIODS, 0, -1)]


@dataclass(frozen=True)
class State:
    """A state, its reason, and the reason's data as JSON."""

    value: str
    reason: str
    data: str


@dataclass(frozen=True)
class Datapoint:
    """One period: its start in seconds since the epoch, the statistic, and how many samples there were."""

    start: float
    value: float
    samples: float


def evaluate(settings: Settings, datapoints: Sequence[Datapoint | None], before: str, now: float) -> State | None:
    """The new state by the datapoints of the range, of which the latest is last; None where it is that of `before`."""
    value = state_value(settings, datapoints, before)
    if value == before:
        return None
    real = [datapoint for datapoint in datapoints if datapoint is not None][-settings.evaluation_periods :]
    return State(value, _reason(settings, real, before, value), _reason_data(settings, real, now))


def state_value(settings: Settings, datapoints: Sequence[Datapoint | None], before: str) -> str:
    """OK, ALARM or INSUFFICIENT_DATA, by the datapoints of the range and the state as it was."""
    periods, least = settings.evaluation_periods, settings.datapoints_to_alarm
    breaching = [settings.breaches(each.value) for each in datapoints if each is not None]
    filled = max(0, periods - len(breaching))
    breaches = sum(breaching[-periods:]) + (filled if settings.missing == "breaching" else 0)
    if breaches >= least:
        return "ALARM"
    if not filled or settings.missing in _FILLED:
        return "OK"
    if settings.missing == "ignore":
        return before if all(breaching) else "OK"
    if not breaching:
        return "INSUFFICIENT_DATA"
    # Premature: the oldest datapoint breaches, is old enough, and nothing since says otherwise.
    age = next(len(datapoints) - place for place, each in enumerate(datapoints) if each is not None)
    return "ALARM" if all(breaching) and age >= least else "OK"


def _reason(settings: Settings, real: Sequence[Datapoint], before: str, value: str) -> str:
    missing = settings.evaluation_periods - len(real)
    points, periods = _count(missing, "datapoint"), _count(settings.evaluation_periods, "period")
    if not real and value == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {points} {'was' if missing == 1 else 'were'} unknown."
    if not real:
        treated = f"{missing} missing {'datapoint was' if missing == 1 else 'datapoints were'} treated as"
        return (
            f"Threshold Crossed: no datapoints were received for {periods} and {treated} "
            f"[{_FILLED.get(settings.missing, settings.missing)}]."
        )
    crossed = [each for each in real if settings.breaches(each.value) == (value == "ALARM")] or list(real)
    values = ", ".join(f"{each.value} ({_day(each.start)})" for each in reversed(crossed))
    verb = ("was" if len(crossed) == 1 else "were") + (" not" if value == "OK" else "")
    least = settings.datapoints_to_alarm
    least = least if value == "ALARM" else settings.evaluation_periods - least + 1
    minimum = f"minimum {_count(least, 'datapoint')} for {before} -> {value} transition"
    return (
        f"Threshold Crossed: {len(crossed)} out of the last {len(real)} datapoints [{values}] {verb} "
        f"{_IN_WORDS[settings.comparison]} the threshold ({settings.threshold}) ({minimum})."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")


def _reason_data(settings: Settings, real: Sequence[Datapoint], now: float) -> str:
    latest_first = [
        {"timestamp": iso(each.start), "sampleCount": each.samples, "value": each.value} for each in reversed(real)
    ]
    statistic = {"statistic": settings.statistic}
    if settings.statistic.startswith("p"):
        statistic = {"extendedStatistic": settings.statistic}
    data = {
        "version": "1.0",
        "queryDate": iso(now),
        **({"startDate": iso(real[0].start)} if real else {}),
        **statistic,
        "period": settings.period,
        "recentDatapoints": [each.value for each in real],
        "threshold": settings.threshold,
        "evaluatedDatapoints": latest_first,
    }
    return json.dumps({name: value for name, value in data.items() if value != [] or name == "recentDatapoints"})


def iso(seconds: float) -> str:
    """A time as alarms write it: `2019-10-02T17:04:40.985+0000`."""
    seconds = math.floor(seconds * 1000) / 1000
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
