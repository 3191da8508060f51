"""Alarms by AWS's "Configuring how CloudWatch alarms treat missing data" and "Alarm evaluation"."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from local.cloudwatch.alarm_states import Datapoint, Settings, evaluate, state_value

NOW = 1_700_000_040.0
ALARM = Settings(
    period=300,
    evaluation_periods=3,
    datapoints_to_alarm=3,
    comparison="GreaterThanThreshold",
    threshold=50.0,
    missing="missing",
    statistic="Average",
)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def state(settings: Settings, drawn: str, before: str = "as it was") -> str:
    """The state by datapoints drawn as AWS draws them: 0 is within the threshold, X beyond it, - missing."""
    values = {"0": 0.0, "X": 99.0}
    points = [Datapoint(0.0, values[mark], 1.0) if mark in values else None for mark in drawn.split()]
    return state_value(settings, points, before)


@pytest.mark.parametrize(
    ("least", "drawn", "states"),
    [
        (3, "0 - X - X", ["OK", "OK", "OK", "OK"]),
        (3, "0 - - - -", ["OK", "OK", "OK", "OK"]),
        (3, "- - - - -", ["INSUFFICIENT_DATA", "as it was", "ALARM", "OK"]),
        (3, "0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, "- - X - -", ["ALARM", "as it was", "ALARM", "OK"]),
        (2, "0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - X -", ["ALARM", "as it was", "ALARM", "OK"]),
    ],
)
def test_the_tables_of_missing_data(least: int, drawn: str, states: list[str]) -> None:
    alarms = [replace(ALARM, datapoints_to_alarm=least, missing=treatment) for treatment in TREATMENTS]
    assert [state(alarm, drawn) for alarm in alarms] == states


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_avoiding_premature_transitions_to_alarm_state(drawn: str) -> None:
    assert state(ALARM, drawn, before="OK") == "OK"


def test_extra_datapoints_from_farther_back_are_not_needed_where_none_is_missing() -> None:
    assert state(ALARM, "X X 0 X X") == "OK"
    assert state(ALARM, "0 0 X X X") == "ALARM"


def test_windows_end_with_the_minute_that_is_under_way() -> None:
    # 300 seconds by minutes: at minute 5 from 1 to 5, at minute 6 from 2 to 6.
    starts = ALARM.starts(600.0 + 59)
    assert starts[-1] + 300 == 660
    assert [after - before for before, after in pairwise(starts)] == [300] * 4
    assert ALARM.starts(660.0)[-1] == starts[-1] + 60


def test_alarms_over_more_than_a_day_go_by_the_hour() -> None:
    days = replace(ALARM, period=86_400, evaluation_periods=2)
    assert days.starts(10 * 86_400 + 3600 + 1800.0)[-1] == 9 * 86_400 + 3600
    assert replace(ALARM, period=86_400, evaluation_periods=1).starts(10 * 86_400 + 90.0)[-1] == 9 * 86_400 + 120


def test_reason_of_a_crossed_threshold() -> None:
    one = replace(ALARM, evaluation_periods=1, datapoints_to_alarm=1)
    datapoint = Datapoint(1_570_035_540.0, 99.50160229693434, 5.0)
    alarm = evaluate(one, [None, None, datapoint], "OK", NOW)
    assert alarm is not None
    assert alarm.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [99.50160229693434 (02/10/19 16:59:00)] was greater than "
        "the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert json.loads(alarm.data) == {
        "version": "1.0",
        "queryDate": "2023-11-14T22:14:00.000+0000",
        "startDate": "2019-10-02T16:59:00.000+0000",
        "statistic": "Average",
        "period": 300,
        "recentDatapoints": [99.50160229693434],
        "threshold": 50.0,
        "evaluatedDatapoints": [
            {"timestamp": "2019-10-02T16:59:00.000+0000", "sampleCount": 5.0, "value": 99.50160229693434}
        ],
    }


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("missing", "Insufficient Data: 3 datapoints were unknown."),
        (
            "notBreaching",
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
            "[NonBreaching].",
        ),
    ],
)
def test_reason_where_nothing_was_received(missing: str, reason: str) -> None:
    state = evaluate(replace(ALARM, missing=missing), [None] * 5, "ALARM", NOW)
    assert state is not None
    assert state.reason == reason


def test_state_that_stays_needs_no_reason() -> None:
    assert evaluate(ALARM, [None] * 5, "INSUFFICIENT_DATA", NOW) is None
