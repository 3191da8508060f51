"""Activities: "Activities" in the Step Functions developer guide, GetActivityTask, SendTaskSuccess."""

import json

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.eval.callback.callback import ActivityCallbackEndpoint, CallbackConsumerTimeout

from local.account import entries
from local.stepfunctions.activities import Tasks
from machines import Client, ended, machine, role, unique


def test_worker_takes_the_task_of_an_activity_and_answers_by_its_token(client: Client) -> None:
    states = client("stepfunctions")
    arn = states.create_activity(name=unique("desk"))["activityArn"]
    asking = {"Type": "Task", "Resource": arn, "TimeoutSeconds": 60, "End": True}
    asking_machine = machine(
        client, {"StartAt": "Ask", "States": {"Ask": asking}}, role(client, "states.amazonaws.com")
    )
    execution = states.start_execution(stateMachineArn=asking_machine, input='{"ride": 7}')["executionArn"]
    task = states.get_activity_task(activityArn=arn, workerName="rider")
    assert json.loads(task["input"]) == {"ride": 7}
    states.send_task_success(taskToken=task["taskToken"], output='{"taken": true}')
    described = ended(client, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"taken": True})
    events = entries(states, "get_execution_history", "events", executionArn=execution)
    kinds = [event["type"] for event in events if event["type"].startswith("Activity")]
    assert kinds == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    started = next(event for event in events if event["type"] == "ActivityStarted")
    assert started["activityStartedEventDetails"] == {"workerName": "rider"}


def test_task_of_an_activity_that_is_not_there_is_refused(client: Client) -> None:
    missing = "arn:aws:states:us-east-1:123456789012:activity:nobody"
    with pytest.raises(ClientError, match="ActivityDoesNotExist"):
        client("stepfunctions").get_activity_task(activityArn=missing)


def test_tasks_are_taken_in_their_order_and_each_once() -> None:
    tasks = Tasks()
    for token in ("first", "second"):
        tasks.put("desk", ActivityCallbackEndpoint(token, "{}"))
    taken = [tasks.take("desk", None, 0.0) for _ in range(3)]
    assert [task and task.callback_id for task in taken] == ["first", "second", None]


def test_tasks_whose_state_has_ended_are_passed_over() -> None:
    tasks = Tasks()
    late, stopped, waiting = (ActivityCallbackEndpoint(token, "{}") for token in ("late", "stopped", "waiting"))
    for task in (late, stopped, waiting):
        tasks.put("desk", task)
    late.report(CallbackConsumerTimeout())
    stopped.interrupt_all()
    assert tasks.take("desk", None, 0.0) is waiting
    assert tasks.take("desk", None, 0.0) is None
