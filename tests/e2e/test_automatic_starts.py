"""What starts the deployed workflow by itself: uploads once they have ended, and alarms."""

import json
from datetime import timedelta
from typing import Any

import pytest

from cli import models
from local import account
from local.account import EmbeddedAws
from machines import until
from stacks import SAMPLE_RIDES, MakeStack, Stack
from wildrydes.starts.requests import text_of, time_of

pytestmark = pytest.mark.proof

TASK = "heavy_utilization"
MINUTE = 60


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack(NewRidesQuietMinutes="30", CoolDownHours="6")


def advance(server: EmbeddedAws, minutes: float) -> list[str]:
    return server.request("/_local/clock", advance_seconds=minutes * MINUTE)["fired"]


def item(stack: Stack) -> dict[str, str]:
    """What the table has of the task."""
    table = stack.outputs["TurnsTableName"]
    response = stack.client("dynamodb").get_item(TableName=table, Key={"task": {"S": TASK}}, ConsistentRead=True)
    return {name: value["S"] for name, value in response.get("Item", {}).items()}


def executions(stack: Stack) -> list[str]:
    machine = stack.outputs["StateMachineArn"]
    listed = account.entries(stack.client("stepfunctions"), "list_executions", "executions", stateMachineArn=machine)
    return [each["executionArn"] for each in listed]


def waits(stack: Stack, key: str) -> str:
    """Wait until an upload is the last that is noted and a timer is set; when it goes off."""
    entry = until(lambda: item(stack), lambda item: item.get("wanted_detail") == key and "wake_at" in item)
    return entry["wake_at"]


def invoke(stack: Stack, event: dict[str, Any]) -> dict[str, str]:
    """What start_retraining makes of an event."""
    function = stack.command_stack.functions()["start_retraining"]
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    content = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, content
    (outcome,) = content["outcomes"]
    return outcome


@pytest.fixture(scope="module")
def uploaded(stack: Stack, server: EmbeddedAws) -> dict[str, Any]:
    """The output of the one execution that uploads to raw/ have led to, and nothing but these."""
    first, *others = SAMPLE_RIDES
    stack.upload([first])
    wake = waits(stack, f"raw/{first.name}")
    assert time_of(wake) - time_of(item(stack)["wanted_at"]) == timedelta(minutes=30)
    # More come while the period of the first one runs.
    advance(server, 20)
    stack.upload(others)
    until(lambda: item(stack), lambda item: item["wanted_detail"] in {f"raw/{each.name}" for each in others})
    assert advance(server, 11)
    # The first one's timer has response that others came, and has set another.
    again = until(lambda: item(stack), lambda item: item.get("wake_at", wake) > wake)["wake_at"]
    assert time_of(again) - time_of(wake) >= timedelta(minutes=19)
    assert executions(stack) == []
    advance(server, 21)
    (execution,) = until(lambda: executions(stack), bool)
    described = stack.ended(execution)
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def test_uploads_alone_end_in_a_champion_of_all_their_rides(stack: Stack, uploaded: dict[str, Any]) -> None:
    assert (uploaded["promoted"], uploaded["plan"]["objects"]) == (True, len(SAMPLE_RIDES))
    started_by = uploaded["started_by"]
    assert started_by["reason"] == "new_rides"
    assert started_by["detail"] in {f"raw/{each.name}" for each in SAMPLE_RIDES}
    lines = models.lines(models.promotions(stack.command_stack), models.cards(stack.command_stack))
    assert [line.started_by for line in lines if line.execution == uploaded["execution"]] == [started_by]
    assert not {"wanted_at", "wake_at"} & item(stack).keys()


def test_alarm_within_the_cool_down_starts_when_it_is_over(
    stack: Stack, uploaded: dict[str, Any], server: EmbeddedAws
) -> None:
    before = executions(stack)
    granted = time_of(item(stack)["started_at"])
    alarm = f"{stack.name}-drift-{TASK}"
    event = {
        "detail-type": "CloudWatch Alarm State Change",
        "time": text_of(granted + timedelta(hours=1)),
        "detail": {"alarmName": alarm, "state": {"value": "ALARM"}},
    }
    assert invoke(stack, event) == {"task": TASK, "waits_until": text_of(granted + timedelta(hours=6))}
    # It goes off again and again, and there is still one start.
    for hour in (2, 3, 4):
        invoke(stack, event | {"time": text_of(granted + timedelta(hours=hour))})
    assert executions(stack) == before
    advance(server, 6 * 60)
    (new,) = until(lambda: set(executions(stack)) - set(before), bool)
    described = stack.ended(new)
    assert json.loads(described["input"]) == {"task": TASK, "reason": "drift", "reason_detail": alarm}
    assert json.loads(described["output"])["started_by"] == {"reason": "drift", "detail": alarm}
    assert len(executions(stack)) == len(before) + 1
    # No timer is left: what goes off once the cool-down is over starts at once, and what stays does not start again.
    group = f"{stack.name}-retraining"
    assert account.entries(stack.client("scheduler"), "list_schedules", "Schedules", GroupName=group) == []
    advance(server, 6 * 60)
    before = executions(stack)
    for _ in range(3):
        put_drift(stack, 2)
    (new,) = until(lambda: set(executions(stack)) - set(before), bool)
    assert json.loads(stack.ended(new)["output"])["started_by"] == {"reason": "drift", "detail": alarm}
    put_drift(stack, 3)
    assert len(executions(stack)) == len(before) + 1


def put_drift(stack: Stack, features: int) -> None:
    """So many features of the task have drifted, as the monitor measures."""
    dimensions = [{"Name": "service", "Value": stack.name}, {"Name": "task", "Value": TASK}]
    metric = {"MetricName": "DriftedFeatures", "Value": features, "Dimensions": dimensions}
    stack.client("cloudwatch").put_metric_data(Namespace="WildRydes", MetricData=[metric])
