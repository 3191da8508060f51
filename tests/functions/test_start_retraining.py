"""start_retraining against DynamoDB, Step Functions and Scheduler in this process."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws import clients, settings
from local import account
from wildrydes.errors import BadStartEvent, MissingSetting

EVENTS = Path(__file__).parents[2] / "events"
TASK = "heavy_utilization"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:000000000000:missed"
ROLE = "arn:aws:iam::000000000000:role/any"
HANGING = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 900, "End": True}}})


class Stage:
    """The table, the workflow and the timers' group; and the function."""

    def __init__(self, run: Any) -> None:
        self._run = run
        self.dynamodb, self.states, self.scheduler = (
            boto3.client(name) for name in ("dynamodb", "stepfunctions", "scheduler")
        )
        created = self.states.create_state_machine(name="retrain", definition=HANGING, roleArn=ROLE)
        self.machine = created["stateMachineArn"]
        self.scheduler.create_schedule_group(Name="timers")

    def take(self, event: str) -> Any:
        content = json.loads((EVENTS / f"start_retraining_{event}.json").read_text(encoding="utf-8"))
        answer = self._run("start_retraining", content)
        assert answer["batchItemFailures"] == []
        (outcome,) = answer["outcomes"]
        return outcome

    def clear(self, alarm: dict[str, Any]) -> None:
        self._run("start_retraining", {"detail-type": "CloudWatch Alarm State Change"} | alarm)

    def put(self, **fields: str) -> None:
        item = {name: {"S": value} for name, value in fields.items()}
        self.dynamodb.put_item(TableName="turns", Item={"task": {"S": TASK}} | item)

    def item(self) -> dict[str, str]:
        item = self.dynamodb.get_item(TableName="turns", Key={"task": {"S": TASK}}).get("Item", {})
        return {name: value["S"] for name, value in item.items() if name != "task" and "S" in value}

    def inputs(self) -> dict[str, Any]:
        """Of each execution, by its name, what it was started with."""
        described = [self.states.describe_execution(executionArn=arn) for arn in self.executions()]
        return {each["name"]: json.loads(each["input"]) for each in described}

    def executions(self) -> list[str]:
        listed = account.entries(self.states, "list_executions", "executions", stateMachineArn=self.machine)
        return [each["executionArn"] for each in listed]

    def timers(self) -> list[dict[str, Any]]:
        listed = account.entries(self.scheduler, "list_schedules", "Schedules", GroupName="timers")
        names = [each["Name"] for each in listed]
        return [self.scheduler.get_schedule(GroupName="timers", Name=name) for name in names]


@pytest.fixture
def stage(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(run)
    variables = {
        "TURNS_TABLE": "turns",
        "RETRAIN_ARN": stage.machine,
        "TIMER_GROUP": "timers",
        "TIMER_ROLE_ARN": ROLE,
        "STACK": "wildrydes",
        "NEW_RIDES_TASKS": TASK,
        "QUIET_MINUTES": "30",
        "COOL_DOWN_HOURS": "6",
        "DEAD_LETTERS_ARN": DEAD_LETTERS,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for cached in (settings.starting_settings, clients.client):
        cached.cache_clear()
    return stage


def test_uploads_set_a_timer_for_the_end_of_the_quiet_period(stage: Stage) -> None:
    outcome = stage.take("uploads")
    assert outcome == {"task": TASK, "waits_until": outcome["waits_until"]}
    # The example is of a day that may be over: then the timer is set for the next minute.
    assert outcome["waits_until"] >= "2026-11-26T12:34:30Z"
    assert stage.item() == {
        "wanted_at": "2026-11-26T12:04:30Z",
        "wanted_since": "2026-11-26T12:04:30Z",
        "wanted_reason": "new_rides",
        "wanted_detail": "raw/more rides.json",
        "wanted_first": "raw/more rides.json",
        "wake_at": outcome["waits_until"],
    }
    (timer,) = stage.timers()
    assert timer["ScheduleExpression"] == f"at({outcome['waits_until'].removesuffix('Z')})"
    assert timer["ActionAfterCompletion"] == "DELETE"
    assert timer["Target"]["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert json.loads(timer["Target"]["Input"]) == {"wake": TASK, "now": "<aws.scheduler.scheduled-time>"}
    assert stage.inputs() == {}


def test_same_uploads_again_change_nothing(stage: Stage) -> None:
    stage.take("uploads")
    before = stage.item() | {"wake_at": ""}
    stage.take("uploads")
    assert stage.item() | {"wake_at": ""} == before


def test_timer_starts_what_is_due(stage: Stage) -> None:
    stage.put(
        wanted_at="2026-11-26T12:04:30Z",
        wanted_since="2026-11-26T12:00:00Z",
        wanted_reason="new_rides",
        wanted_detail="raw/a",
        wake_at="2026-11-26T12:34:30Z",
    )
    name = "new-rides-heavy-utilization-20261126T120430"
    assert stage.take("timer") == {"task": TASK, "started": name}
    assert stage.inputs() == {name: {"task": TASK, "reason": "new_rides", "reason_detail": "raw/a"}}
    assert stage.item() == {"started_at": "2026-11-26T12:34:30Z"}
    # A timer may go off twice.
    assert stage.take("timer") == {"task": TASK}
    assert len(stage.inputs()) == 1


def test_execution_that_a_killed_invocation_has_started_is_not_started_again(stage: Stage) -> None:
    wanted = {
        "wanted_at": "2026-11-26T12:04:30Z",
        "wanted_since": "2026-11-26T12:00:00Z",
        "wanted_reason": "new_rides",
        "wanted_detail": "raw/a",
    }
    stage.put(**wanted)
    first = stage.take("timer")
    for execution in stage.executions():
        stage.states.stop_execution(executionArn=execution)
    # It died before it had written that down.
    stage.put(**wanted)
    assert stage.take("timer") == first
    assert len(stage.inputs()) == 1


def test_drift_starts_at_once_and_within_the_cool_down_waits(stage: Stage) -> None:
    name = "drift-heavy-utilization-20261126T120000"
    assert stage.take("drift") == {"task": TASK, "started": name}
    alarm = "wildrydes-drift-heavy_utilization"
    assert stage.inputs()[name] == {"task": TASK, "reason": "drift", "reason_detail": alarm}
    stage.put(started_at="2026-11-26T09:00:00Z")
    assert stage.take("drift")["waits_until"] >= "2026-11-26T15:00:00Z"
    assert stage.item()["wanted_detail"] == alarm


def test_alarm_that_clears_forgets_its_own_request_and_leaves_one_that_stands_for_others(stage: Stage) -> None:
    alarm = "wildrydes-drift-heavy_utilization"
    cleared = {"detail": {"alarmName": alarm, "state": {"value": "OK"}}, "time": "2026-11-26T13:00:00Z"}
    stage.put(started_at="2026-11-26T09:00:00Z")
    stage.take("drift")
    assert stage.item()["wanted_first"] == alarm
    stage.clear(cleared)
    assert "wanted_at" not in stage.item()
    stage.put(started_at="2026-11-26T12:00:00Z")
    # These uploads are of another time than the alarm, and wait for the cool-down too.
    stage.take("uploads")
    waiting = stage.item()
    stage.put(**waiting | {"wanted_detail": alarm, "wanted_reason": "drift"})
    stage.clear(cleared)
    assert stage.item()["wanted_first"] == "raw/more rides.json"
    assert stage.item()["wanted_at"] == waiting["wanted_at"]


def test_request_waits_while_a_retraining_runs_and_not_for_one_that_has_ended(stage: Stage) -> None:
    running = stage.states.start_execution(stateMachineArn=stage.machine, name="by-hand")["executionArn"]
    stage.put(holder=running, taken_at="2026-11-26T11:00:00.000Z", started_by="person", started_by_detail="")
    assert "started" not in stage.take("drift")
    stage.states.stop_execution(executionArn=running)
    wanted = {"wanted_at": "2026-11-26T12:00:00Z", "wanted_reason": "drift", "wanted_detail": "an alarm"}
    stage.put(holder=running, taken_at="2026-11-26T11:00:00.000Z", started_by="person", **wanted)
    assert stage.take("timer")["started"] == "drift-heavy-utilization-20261126T120000"
    # What the workflow wrote is kept.
    assert stage.item()["holder"] == running
    # One that Step Functions has forgotten does not run either.
    stage.put(holder=running.replace("by-hand", "gone"), wanted_since="2026-11-26T12:00:00Z", **wanted)
    assert stage.take("timer")["started"] == "drift-heavy-utilization-20261126T120000"


@pytest.mark.parametrize(
    "holder",
    ["{executions}:of-last-year", "nobody", "arn:aws:states:us-east-1", "{executions}:", "{executions}:a:b",
     f"{{executions}}:{'a' * 300}"],
    ids=["forgotten", "no ARN", "a part of one", "without a name", "with two names", "a long name"],
)  # fmt: skip
def test_holder_that_is_no_execution_is_no_obstacle(stage: Stage, holder: str) -> None:
    executions = stage.machine.replace(":stateMachine:", ":execution:")
    stage.put(holder=holder.replace("{executions}", executions), taken_at="2026-11-20T11:00:00.000Z")
    assert stage.take("drift")["started"] == "drift-heavy-utilization-20261126T120000"


def test_attribute_that_nobody_here_writes_is_left_alone(stage: Stage) -> None:
    others = {"ttl": {"N": "1"}, "status": {"S": "fine"}, "my-note": {"BOOL": True}}
    wrong = {"wanted_since": {"N": "1"}, "wake_at": {"S": "yesterday"}}
    stage.dynamodb.put_item(TableName="turns", Item={"task": {"S": TASK}} | others | wrong)
    assert "started" in stage.take("drift")
    item = stage.dynamodb.get_item(TableName="turns", Key={"task": {"S": TASK}})["Item"]
    assert {name: item.get(name) for name in (*others, *wrong)} == others | dict.fromkeys(wrong)


def test_time_of_another_zone_counts_as_the_time_that_it_is(stage: Stage) -> None:
    # Conditions compare texts: this one is later than 12:04:30Z, and the time is earlier.
    wanted = {"wanted_reason": "drift", "wanted_detail": "an alarm", "wanted_first": "an alarm"}
    stage.put(wanted_at="2026-11-26T14:00:00+02:00", wanted_since="2026-11-26T12:00:00.500Z", **wanted)
    outcome = stage.take("uploads")
    assert (stage.item()["wanted_at"], stage.item()["wanted_since"]) == ("2026-11-26T12:04:30Z", "2026-11-26T12:00:00Z")
    assert outcome["waits_until"] >= "2026-11-26T12:34:30Z"


def test_holder_that_somebody_has_written_is_named_in_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.dynamodb.put_item(TableName="turns", Item={"task": {"S": TASK}, "holder": {"N": "7"}})
    stage.take("drift")
    warnings = [vars(each)["attributes"] for each in caplog.records if each.levelname == "WARNING"]
    assert {"holder": {"N": "7"}} in warnings


@pytest.mark.parametrize("wrong", [{"N": "5"}, {"S": "yesterday"}, {"S": "9999-12-31T23:59:59Z"}, {"BOOL": True}])
def test_request_whose_time_is_none_is_one_of_now_and_is_granted_once(stage: Stage, wrong: dict[str, Any]) -> None:
    wanted = {"wanted_reason": {"S": "drift"}, "wanted_detail": {"S": "an alarm"}, "wanted_first": {"S": "an alarm"}}
    times = {"wanted_at": wrong, "wanted_since": wrong, "started_at": wrong, "wake_at": wrong, "taken_at": wrong}
    stage.dynamodb.put_item(TableName="turns", Item={"task": {"S": TASK}, "holder": {"N": "7"}} | wanted | times)
    assert "waits_until" in stage.take("timer")
    assert stage.item()["wanted_at"] > "2026"
    # A later request of the same time or after takes its place.
    stage.put(wanted_at="2026-11-26T11:00:00Z", wanted_reason="drift", wanted_detail="an alarm")
    assert stage.take("timer")["started"] == "drift-heavy-utilization-20261126T110000"
    assert stage.take("timer") == {"task": TASK}
    assert len(stage.inputs()) == 1


def test_request_after_one_that_cannot_be_read_is_taken(stage: Stage) -> None:
    for wrong in ({"N": "5"}, {"S": "zzz"}):
        item = {"task": {"S": TASK}, "wanted_at": wrong, "wanted_reason": {"L": []}, "wanted_detail": {"N": "1"}}
        stage.dynamodb.put_item(TableName="turns", Item=item)
        outcome = stage.take("uploads")
        assert outcome["waits_until"] > "2026"
        assert stage.item()["wanted_at"] > "2026"


def test_person_starts_the_workflow_at_once(stage: Stage) -> None:
    stage.put(started_at="2026-11-26T09:00:00Z")
    started = stage.take("person")["started"]
    assert stage.inputs()[started] == {"task": "magic_points", "reason": "person", "reason_detail": ""}


def test_unknown_task_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadStartEvent, match="the task is 'weather'"):
        stage.take("unknown_task")
    monkeypatch.setenv("NEW_RIDES_TASKS", "heavy_utilization,weather")
    settings.starting_settings.cache_clear()
    with pytest.raises(MissingSetting, match="NEW_RIDES_TASKS names weather; the tasks are heavy_utilization"):
        stage.take("person")
