"""The longest that an execution may take, by the timeouts of its states."""

import doctest
from typing import Any

from statemachines import longest
from statemachines.longest import longest_seconds, whole_hours
from statemachines.tasks import LAMBDA_KILLS


def machine(**states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def test_the_modules_example_gives_what_it_says() -> None:
    assert doctest.testmod(longest).failed == 0


def test_the_longer_way_counts() -> None:
    choice = {"Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Short"}], "Default": "Long"}
    short, long = {"TimeoutSeconds": 5, "Next": "End"}, {"TimeoutSeconds": 50, "Next": "End"}
    assert longest_seconds(machine(Choice=choice, Short=short, Long=long, End={"TimeoutSeconds": 1})) == 51


def test_a_map_takes_as_long_as_its_longest_iteration() -> None:
    child = machine(First={"TimeoutSeconds": 10, "Next": "Second"}, Second={"TimeoutSeconds": 20})
    assert longest_seconds(machine(Map={"ItemProcessor": child, "Next": "End"}, End={"TimeoutSeconds": 3})) == 33


def test_a_loop_takes_as_often_its_time_as_its_counter_allows() -> None:
    def loop(rule: dict[str, Any]) -> dict[str, Any]:
        return machine(
            Job={"TimeoutSeconds": 100, "Catch": [{"Next": "Again"}], "Next": "End"},
            Again={"Choices": [{"And": [rule], "Next": "Name"}], "Default": "End"},
            Name={"Next": "Job"},
            End={"TimeoutSeconds": 7},
        )

    assert longest_seconds(loop({"Variable": "$.number", "NumericLessThan": 3})) == 307
    # What ends by others' doing has no bound of its own.
    assert longest_seconds(loop({"Variable": "$.status", "StringEquals": "InProgress"})) == 107


def test_what_is_killed_at_its_very_end_takes_its_whole_time_again() -> None:
    kills = {"ErrorEquals": list(LAMBDA_KILLS), "MaxAttempts": 2}
    faults = {"ErrorEquals": ["Lambda.ServiceException"], "MaxAttempts": 5}
    assert longest_seconds(machine(Function={"TimeoutSeconds": 960, "Retry": [faults, kills]})) == 2880


def test_the_whole_is_rounded_up_to_an_hour() -> None:
    assert whole_hours(machine(Job={"TimeoutSeconds": 3601})) == 7200
    assert whole_hours(machine(Job={"TimeoutSeconds": 3600})) == 3600
