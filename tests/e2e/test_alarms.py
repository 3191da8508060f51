"""Who hears of what: notices of executions that ended badly, announcements of promotions, and alarms."""

import io
import json
import re
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli import executions
from endings import MACHINES, end_badly
from machines import until
from notices import Heard, listen
from promotions import WriteArtefact, promote, redefined, start, trained
from stacks import MakeStack, Stack
from wildrydes.announcements.end import ROLLBACK_REASON
from wildrydes.tasks import TASKS, Task


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """A stack with a budget, and a schedule that does not come due."""
    # What drift starts is in test_automatic_starts: here it would fail, and ring another alarm.
    return make_stack(ScheduleExpression="rate(3650 days)", MonthlyBudget="10", RetrainOnAlarm="false")


@pytest.fixture(scope="module")
def heard(stack: Stack) -> Heard:
    """Whatever is published from now on."""
    return listen(stack)


SLOW = {"Slow": {"Type": "Wait", "Seconds": 600, "End": True}}
# An error that no Catch gets: there is nothing at the path.
BROKEN = {"Slow": {"Type": "Wait", "SecondsPath": "$.nothing", "End": True}}


@contextmanager
def ended_badly(stack: Stack, how: str) -> Iterator[str]:
    """A retraining that ends so in its state `Slow`; its ARN."""
    fields: dict[str, Any] = {"StartAt": "Slow", "States": BROKEN if how == "States.Runtime" else SLOW}
    if how == "TIMED_OUT":
        fields["TimeoutSeconds"] = 1
    with redefined(stack, "StateMachineArn", **fields):
        arn = stack.start()
        if how == "ABORTED":
            until(lambda: executions.history(stack.command_stack, arn), lambda events: len(events) > 1)
            stack.client("stepfunctions").stop_execution(executionArn=arn, error="Enough", cause="too dear")
        described = stack.ended(arn)
        assert how in (described["status"], described.get("error"))
        yield arn


@pytest.mark.parametrize(
    ("how", "subject", "error"),
    [
        ("ABORTED", "Retraining was stopped", "Enough"),
        ("TIMED_OUT", "Retraining ran out of time", "none was stated"),
        ("States.Runtime", "Retraining failed", "States.Runtime"),
    ],
)
def test_end_that_no_state_could_tell_of_is_told_of(
    stack: Stack, heard: Heard, how: str, subject: str, error: str
) -> None:
    with ended_badly(stack, how) as arn:
        published, message = heard.about(arn)
    assert published == subject
    lines = message.splitlines()
    assert lines[0].startswith(f"The execution {arn.rpartition(':')[2]} of {stack.name}-retrain ")
    for line in (
        "state    Slow",
        f"error    {error}",
        f"log      /aws/vendedlogs/states/{stack.name}-retrain",
        f"show it  wildrydes watch {arn}{stack.command_stack.options}",
    ):
        assert line in lines


def test_failure_that_the_workflow_tells_of_is_told_of_once_and_with_the_command(stack: Stack, heard: Heard) -> None:
    arn = start(stack, {})
    assert stack.ended(arn)["status"] == "FAILED"
    subject, message = heard.about(arn)
    assert (subject, "BadPromotionRequest" in message) == ("Promotion failed", True)
    assert f"wildrydes watch {arn}" in message
    # What comes after it is told of after it.
    with ended_badly(stack, "ABORTED") as later:
        following = heard.message(lambda each: arn in each["Message"] or later in each["Message"])
    assert later in following["Message"]


def test_promotion_and_rollback_are_announced(stack: Stack, heard: Heard, write_artefact: WriteArtefact) -> None:
    first, second = trained(stack, write_artefact, 0.25), trained(stack, write_artefact, 0.5)
    for model, reason, kind in (
        (first, "there is no champion", "Promotion"),
        (second, "log loss is better by 0.1", "Promotion"),
        (first, f"{ROLLBACK_REASON} {second.execution}", "Rollback"),
    ):
        promote(stack, model, reason=reason)
        subject, message = heard.about(reason)
        assert subject == f"{kind}: {model.execution} is live"
        assert "wildrydes rollback" in message
        assert model.path in message


def test_dashboard_is_of_this_stack(stack: Stack) -> None:
    body = stack.client("cloudwatch").get_dashboard(DashboardName=stack.outputs["DashboardName"])["DashboardBody"]
    assert "${" not in body
    metrics = [row for widget in json.loads(body)["widgets"] for row in widget["properties"].get("metrics", [])]
    assert ["WildRydes", "RidesIn", "service", stack.name] in [row[:4] for row in metrics]
    machine = stack.outputs["StateMachineArn"]
    assert ["AWS/States", "ExecutionsAborted", "StateMachineArn", machine] in [row[:4] for row in metrics]


DEAD_LETTERS = ("Rides", "LocatedRides", "StreamFiles", "Samples", "PromotionEnds", "Uploads", "Announcements", "Costs")
WEEKS = 15 * 86_400
# How far a day and two periods more are, which an alarm may look back.
DAYS = 3 * 86_400


@dataclass
class Watch:
    """The alarms of a stack, by their names after the stack's, and those that were seen to go off."""

    stack: Stack
    heard: Heard
    fired: set[str] = field(default_factory=set)
    # States and names, as the topic heard of them.
    notices: set[tuple[str, str]] = field(default_factory=set)

    def states(self) -> dict[str, str]:
        pages = (
            self.stack.client("cloudwatch")
            .get_paginator("describe_alarms")
            .paginate(AlarmNamePrefix=f"{self.stack.name}-")
        )
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        return {alarm["AlarmName"].removeprefix(f"{self.stack.name}-"): alarm["StateValue"] for alarm in alarms}

    def have_fired(self) -> set[str]:
        """Those that were in alarm at any time, for other tests' sake too."""
        history = self.stack.client("cloudwatch").get_paginator("describe_alarm_history")
        pages = history.paginate(HistoryItemType="StateUpdate")
        items = [item for page in pages for item in page["AlarmHistoryItems"]]
        fired = [item for item in items if json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"]
        return {item["AlarmName"].removeprefix(f"{self.stack.name}-") for item in fired}

    def fires(self, *names: str) -> None:
        """These are in alarm, or come to be so, and the topic hears of each."""
        until(self.states, lambda states: all(states[name] == "ALARM" for name in names), 60)
        self.hears("ALARM", set(names))
        self.fired |= set(names)

    def clears(self) -> None:
        """All that have gone off are over, or come to be so, and the topic hears of each."""
        until(self.states, lambda states: all(states[name] == "OK" for name in self.fired), 60)
        self.hears("OK", set(self.fired))

    def hears(self, state: str, names: set[str]) -> None:
        """The topic has heard of each of these, or does so."""
        while not names <= {name for noticed, name in self.notices if noticed == state}:
            body = self.heard.message(lambda each: each.get("Subject", "").startswith(("ALARM: ", "OK: ")))
            match = re.match(r'(ALARM|OK): "(.+)"', body["Subject"])
            assert match, body
            self.notices.add((match[1], match[2].removeprefix(f"{self.stack.name}-")))

    def advance(self, seconds: float) -> None:
        self.stack.server.request("/_local/clock", advance_seconds=seconds)

    def put(self, metric: str, value: float, *tasks: str) -> None:
        """One of this project's own metrics, of each task where there are any."""
        service = {"Name": "service", "Value": self.stack.name}
        sets = [[service, {"Name": "task", "Value": task}] for task in tasks] or [[service]]
        data = [{"MetricName": metric, "Value": value, "Dimensions": each} for each in sets]
        self.stack.client("cloudwatch").put_metric_data(Namespace="WildRydes", MetricData=data)


def test_every_alarm_is_seen_to_fire_and_to_clear(stack: Stack, heard: Heard) -> None:
    watch = Watch(stack, heard)
    # Those that are new have come to be OK, and nobody was told.
    assert "OK" in watch.states().values()
    # No retraining ends well for two weeks: the schedule measures it.
    watch.advance(WEEKS)
    watch.fires("retraining-overdue")
    assert {name for state, name in watch.notices if state == "OK"} <= watch.have_fired()
    slow_answers(watch)
    late_rides(watch)
    bad_ends(watch)
    dead_letters(watch)
    lost_predictions(watch)
    faults_of_the_api(watch)
    for metric, name in (("DriftedFeatures", "drift"), ("QualityLoss", "quality")):
        watch.put(metric, 1, *TASKS)
        watch.fires(*(f"{name}-{task}" for task in TASKS))
    watch.put("MonthSpend", 10.5)
    watch.fires("spend")
    assert watch.fired == set(watch.states())

    for name in DEAD_LETTERS:
        stack.client("sqs").purge_queue(QueueUrl=stack.outputs[f"{name}DeadLetterQueueUrl"])
    watch.advance(DAYS)
    for metric in ("DriftedFeatures", "QualityLoss"):
        watch.put(metric, 0, *TASKS)
    watch.put("MonthSpend", 0.25)
    # The schedule has measured again by now: executions end by the machine's clock, which was not moved.
    with redefined(stack, "StateMachineArn", StartAt="Done", States={"Done": {"Type": "Succeed"}}):
        assert stack.ended(stack.start())["status"] == "SUCCEEDED"
    watch.clears()


def slow_answers(watch: Watch) -> None:
    """For a quarter of an hour the function of a task takes longer than it may."""
    with slow_function(watch.stack, TASKS["pick_duration"]):
        for _ in range(3):
            assert ask(watch.stack, "pick_duration") == 200
            watch.advance(300)
    watch.fires("api-latency")


@contextmanager
def slow_function(stack: Stack, task: Task) -> Iterator[None]:
    """The alias `live` of a task's function on a version that answers after two seconds and a half."""
    functions, name = stack.client("lambda"), stack.outputs[f"{task.function}Name"]
    code = (
        "import time\ndef handler(event, context):\n    time.sleep(2.5)\n    return {'statusCode': 200, 'body': '{}'}\n"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("predict/app.py", code)
        package.writestr("predict/__init__.py", "")
    before = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    functions.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    try:
        yield
    finally:
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=before)


def ask(stack: Stack, task: str) -> int:
    """The status of the API's answer to a record."""
    body = json.dumps(dict.fromkeys(TASKS[task].features, 1)).encode()
    headers = {"Content-Type": "application/json", "x-api-key": stack.key}
    request = urllib.request.Request(f"{stack.url}tasks/{task}/predictions", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def late_rides(watch: Watch) -> None:
    """Rides wait while nobody takes them."""
    stack, sqs = watch.stack, watch.stack.client("sqs")
    urls = [stack.outputs[f"{name}QueueUrl"] for name in ("Rides", "LocatedRides")]
    functions = stack.client("lambda")
    mappings = [
        stack.client("cloudformation").describe_stack_resource(StackName=stack.name, LogicalResourceId=name)[
            "StackResourceDetail"
        ]["PhysicalResourceId"]
        for name in ("RidesToLocate", "RidesToStore")
    ]
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    for mapping in mappings:
        until(lambda each=mapping: functions.get_event_source_mapping(UUID=each), lambda it: it["State"] == "Disabled")
    for url in urls:
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    watch.advance(1000)
    watch.fires("rides-late", "located-rides-late")
    for url in urls:
        sqs.purge_queue(QueueUrl=url)
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def bad_ends(watch: Watch) -> None:
    """Executions of each workflow fail, run out of time, and are stopped, all at once."""
    end_badly(watch.stack)
    watch.fires(*(f"{workflow}-{end}" for workflow in MACHINES for end in ("failed", "timed-out", "aborted")))


def dead_letters(watch: Watch) -> None:
    """A message in each queue."""
    for name in DEAD_LETTERS:
        url = watch.stack.outputs[f"{name}DeadLetterQueueUrl"]
        watch.stack.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    names = [re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in DEAD_LETTERS]
    watch.fires(*(f"{name}-dead-letters" for name in names))


def lost_predictions(watch: Watch) -> None:
    """The filters of the functions' log groups may not put into the stream, and each has a line to hand on."""
    stack = watch.stack
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="CaptureFilterRole"
    )["StackResourceDetail"]["PhysicalResourceId"]
    policy, iam, logs = {"RoleName": role, "PolicyName": "PutPredictions"}, stack.client("iam"), stack.client("logs")
    document = iam.get_role_policy(**policy)["PolicyDocument"]
    iam.delete_role_policy(**policy)
    try:
        for task in TASKS.values():
            hyphens = "" if task.is_default else f"-{task.name.replace('_', '-')}"
            names = {"logGroupName": f"/aws/lambda/{stack.name}-predict{hyphens}", "logStreamName": "lost"}
            logs.create_log_stream(**names)
            event = {"timestamp": int(time.time() * 1000), "message": '{"capture": 1}'}
            logs.put_log_events(**names, logEvents=[event])
        watch.fires(*(f"capture-lost-{task}" for task in TASKS))
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))


def faults_of_the_api(watch: Watch) -> None:
    """There is no champion, functions fail, and callers see it."""
    for _ in range(5):
        assert ask(watch.stack, "service_requested") == 503
    watch.fires("api-faults")
    for task in TASKS.values():
        hyphens = "" if task.is_default else f"-{task.name.replace('_', '-')}"
        invoke = watch.stack.client("lambda").invoke
        answer = invoke(FunctionName=watch.stack.outputs[f"{task.function}Name"], Qualifier="live", Payload=b"[]")
        assert "FunctionError" in answer
        metric = {"MetricName": "PredictionRequests", "Value": 1, "Dimensions": unavailable(watch.stack, task)}
        watch.stack.client("cloudwatch").put_metric_data(Namespace="WildRydes", MetricData=[metric])
        watch.fires(f"predict{hyphens}-errors", f"predict{hyphens}-unavailable")


def unavailable(stack: Stack, task: Task) -> list[dict[str, str]]:
    """The dimensions of requests that no model answered."""
    named = {} if task.is_default else {"task": task.name}
    dimensions = {"service": stack.name} | named | {"status": "503"}
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
