"""What CloudWatch refuses of an alarm that is put, by a caller or a template, and what is not supported here.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from collections.abc import Mapping
from typing import Any

from local.cloudwatch.aggregates import is_statistic
from local.cloudwatch.alarm_states import COMPARISONS, DAY, HOUR
from local.cloudwatch.errors import ValidationError
from local.cloudwatch.wire import serve
from local.seams import replace, seam

_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_SHORT_PERIODS = (10, 20, 30)
_MOST_DAYS = 7
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def install() -> None:
    """Check alarms before they are stored, whoever puts them."""
    from ministack.services import cloudwatch

    put = seam(cloudwatch, "_put_metric_alarm")
    put_by_template = seam(cloudwatch, "cloudformation_put_metric_alarm")
    refuse = serve("PutMetricAlarm", lambda request: check(request) or {})

    def put_checked(*request: Any) -> Any:
        refusal = refuse(*request)
        return refusal if refusal[0] >= 400 else put(*request)

    def put_checked_by_template(alarm: dict[str, Any]) -> None:
        check(alarm)
        put_by_template(alarm)

    replace(cloudwatch, "_put_metric_alarm", put_checked)
    replace(cloudwatch, "cloudformation_put_metric_alarm", put_checked_by_template)


def check(alarm: Mapping[str, Any]) -> None:
    """Raise ValidationError for an alarm that cannot be put."""
    if alarm.get("Metrics"):
        raise ValidationError("Alarms on expressions (Metrics) are not supported here.")
    if alarm.get("ComparisonOperator") not in COMPARISONS:
        operators = ", ".join(COMPARISONS)
        raise ValidationError(f"ComparisonOperator must be one of {operators}; no others are supported here.")
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    if not is_statistic(statistic):
        raise ValidationError(f"The statistic {statistic} is not supported here.")
    if (alarm.get("TreatMissingData") or "missing") not in _TREATMENTS:
        raise ValidationError(f"TreatMissingData must be one of {', '.join(_TREATMENTS)}.")
    for name in _ACTIONS:
        for action in alarm.get(name) or []:
            if ":sns:" not in action:
                raise ValidationError(f"{name} has {action}; here an alarm tells topics and EventBridge alone.")
    _check_periods(alarm)


def _check_periods(alarm: Mapping[str, Any]) -> None:
    period, periods = int(alarm.get("Period") or 60), int(alarm.get("EvaluationPeriods") or 1)
    if period not in _SHORT_PERIODS and (period < 1 or period % 60):
        raise ValidationError("Period must be 10, 20, 30 or a multiple of 60.")
    if int(alarm.get("DatapointsToAlarm") or periods) > periods:
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    days = _MOST_DAYS if period >= HOUR else 1
    if period * periods > days * DAY:
        span = "a day" if days == 1 else f"{days} days"
        raise ValidationError(
            f"Metrics cannot be checked across more than {span} (EvaluationPeriods * Period must be <= {days * DAY})."
        )
