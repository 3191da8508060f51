"""Metric alarms, where MiniStack's CloudWatch differs from AWS's.

MiniStack looks at every point of a metric, whatever its dimensions, and only when somebody puts a point himself. Here
an alarm looks at its own dimensions, has an answer to missing data, and is up to date whenever it is asked for.
"""

import time
from typing import Any

from local.seams import replace, seam

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_STATE_OF_MISSING_DATA = {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}


def install() -> None:
    """Evaluate alarms as AWS does, and before each DescribeAlarms."""
    from ministack.services import cloudwatch

    by_ministack = seam(cloudwatch, "_evaluate_alarm")
    describe = seam(cloudwatch, "_describe_alarms")
    for name in ("_metrics", "_dims_key", "_calc_stats", "_stat_value", "_record_history", "_dispatch_alarm_actions"):
        seam(cloudwatch, name)

    def evaluate(alarm: dict[str, Any]) -> None:
        if alarm.get("ComparisonOperator") not in _COMPARISONS or not alarm.get("MetricName"):
            # Anomaly bands and metric math.
            by_ministack(alarm)
            return
        state, reason = _state(alarm, cloudwatch)
        before = alarm["StateValue"]
        if state == before:
            return
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
        cloudwatch._evaluate_parent_alarms(alarm)

    def describe_evaluated(*request: Any) -> Any:
        cloudwatch._evaluate_all_alarms()
        return describe(*request)

    replace(cloudwatch, "_evaluate_alarm", evaluate)
    replace(cloudwatch, "_describe_alarms", describe_evaluated)


def _state(alarm: dict[str, Any], cloudwatch: Any) -> tuple[str, str]:
    """The alarm's state by the points of its last periods, and the reason."""
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    since = time.time() - alarm.get("Period", 60) * alarm.get("EvaluationPeriods", 1)
    points = [point for point in cloudwatch._metrics.get(key) or [] if point["Timestamp"] >= since]
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if points else None
    if value is None:
        missing = alarm.get("TreatMissingData") or "missing"
        state = _STATE_OF_MISSING_DATA.get(missing) or str(alarm["StateValue"])
        return state, f"no datapoints were received: {missing}"
    operator, threshold = alarm["ComparisonOperator"], alarm.get("Threshold", 0)
    breaching = _COMPARISONS[operator](value, threshold)
    return "ALARM" if breaching else "OK", f"{statistic} {value} of the last periods, {operator} {threshold}"
