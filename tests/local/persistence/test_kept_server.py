"""A server that keeps its state, was killed, and is followed by another: what was there is there.

One server is killed for all tests of this module. What it did within the last fraction of a second before its last
answer is among it: each answer to a change waits until that is saved.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import embedded
from local.account import EmbeddedAws
from machines import allow, ended, function, invoke, machine, role
from redrives import entered, history, long_poll

pytestmark = pytest.mark.proof

LARGE = b"large " * 50_000
CODE = "import os\ndef handler(event, context):\n    return [os.environ.get('VERSION'), event]\n"
ENDS = "Step Functions Execution Status Change"


@dataclass(frozen=True)
class Names:
    """What was made before the kill, by its names."""

    body_version: str
    queue: str
    ends: str
    polled: str
    sent: str
    function: str
    running: str
    over: str
    mapped: str
    machine_version: str
    access_key: dict[str, Any]


@dataclass(frozen=True)
class After:
    """The server after the one that was killed, and what that one had."""

    server: EmbeddedAws
    names: Names
    description: dict[str, Any]

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        return self.server.client(service)


def launch(port: int, folder: Path, name: str) -> tuple[EmbeddedAws, Any]:
    """A server on a port that keeps its state in a folder."""
    server = EmbeddedAws.on_port(port)
    log = folder.parent / f"{name}.log"
    return server, embedded.launch(server, log, tied=True, options=("--keep", str(folder)))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[After]:
    """What comes after a server that was killed."""
    folder, port = tmp_path_factory.mktemp("kept") / "state", embedded.free_port()
    first, process = launch(port, folder, "first")
    try:
        names = fill(first.client)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
    second, process = launch(port, folder, "second")
    try:
        yield After(second, names, second.request("/_local/state"))
    finally:
        embedded.end(process)


def fill(client: Callable[[str], Any]) -> Names:
    """Make something of every service."""
    s3, sqs = client("s3"), client("sqs")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="kept", Key="rides/large", Body=LARGE, Metadata={"task": "service"})["VersionId"]
    s3.put_object(Bucket="kept", Key="rides/large", Body=b"small")
    queue, ends, polled, sent = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("kept", "ends", "p", "s"))
    for text in ("in flight", "waits"):
        sqs.send_message(QueueUrl=queue, MessageBody=text)
    sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1, VisibilityTimeout=600)
    fill_others(client)
    lambda_role = role(client, "lambda.amazonaws.com")
    arn = function(client, CODE, lambda_role, Environment={"Variables": {"VERSION": "one"}})
    client("lambda").publish_version(FunctionName=arn)
    client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    rule_to_queue(client, ends)
    states_role = role(client, "states.amazonaws.com", allow("sqs:*"))
    running, over, mapped, published = executions(client, states_role, polled, sent)
    client("iam").create_user(UserName="reader")
    client("iam").put_user_policy(
        UserName="reader",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("ssm:GetParameter")]}),
    )
    key = client("iam").create_access_key(UserName="reader")["AccessKey"]
    return Names(version, queue, ends, polled, sent, arn, running, over, mapped, published, key)


def fill_others(client: Callable[[str], Any]) -> None:
    """Something of each service that has one thing to keep."""
    client("ssm").put_parameter(Name="/kept", Value="value", Type="String")
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="kept", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    client("glue").create_database(DatabaseInput={"Name": "kept"})
    logs = client("logs")
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="one")
    logs.put_log_events(
        logGroupName="kept", logStreamName="one", logEvents=[{"timestamp": int(time.time() * 1000), "message": "line"}]
    )
    metrics = client("cloudwatch")
    metrics.put_metric_data(Namespace="Kept", MetricData=[{"MetricName": "m", "Value": 7.0}])
    metrics.put_metric_alarm(
        AlarmName="kept", Namespace="Kept", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=5.0, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    client("events").create_event_bus(Name="kept")


def rule_to_queue(client: Callable[[str], Any], url: str) -> None:
    """Let the ends of executions come into a queue."""
    sqs, events = client("sqs"), client("events")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.states"], "detail-type": [ENDS], "detail": {"status": ["FAILED"]}}
    rule = events.put_rule(Name="ends", EventPattern=json.dumps(pattern))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])


def send(url: str, text: str, **fields: Any) -> dict[str, Any]:
    """A state that sends a message."""
    parameters = {"QueueUrl": url, "MessageBody": text}
    resource = "arn:aws:states:::aws-sdk:sqs:sendMessage"
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        **({} if fields else {"End": True}),
        **fields,
    }


def executions(client: Callable[[str], Any], role_arn: str, polled: str, sent: str) -> tuple[str, str, str, str]:
    """One that runs, one that is over, and one whose Distributed Map runs; and the version of the first's machine."""
    states = client("stepfunctions")
    branches = [
        {"StartAt": "Send", "States": {"Send": send(sent, "branch")}},
        {"StartAt": "Poll", "States": {"Poll": long_poll(polled)}},
    ]
    definition = {
        "StartAt": "First",
        "States": {
            "First": send(sent, "first", Next="Both"),
            "Both": {"Type": "Parallel", "Branches": branches, "Next": "Last"},
            "Last": {"Type": "Pass", "Result": "done", "End": True},
        },
    }
    arn = machine(client, definition, role_arn)
    published = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    running = states.start_execution(stateMachineArn=published)["executionArn"]
    passing = machine(client, {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}, role_arn)
    over = states.start_execution(stateMachineArn=passing, input=json.dumps({"n": 1}))["executionArn"]
    ended(client, over)
    mapped = states.start_execution(stateMachineArn=machine(client, of_map(polled, sent), role_arn))["executionArn"]
    # Another way to wait for a state than by its events: its effects.
    while waiting(client, sent) < 3:
        time.sleep(0.02)
    while entered(history(client, running))[-1] not in ("Poll", "Send") or not is_left(client, running, "Send"):
        time.sleep(0.02)
    return running, over, mapped, published


def is_left(client: Callable[[str], Any], execution: str, state: str) -> bool:
    """Whether an execution has left a state."""
    return any(each.get("stateExitedEventDetails", {}).get("name") == state for each in history(client, execution))


def of_map(polled: str, sent: str) -> dict[str, Any]:
    """A Distributed Map of two children: one ends at once, another waits."""
    child = {
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Quick"}],
                "Default": "Slow",
            },
            "Quick": send(sent, "child"),
            "Slow": long_poll(polled),
        },
    }
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **child}
    states = {
        "Items": {"Type": "Pass", "Result": [1, 2], "Next": "Each"},
        "Each": {"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 2, "End": True},
    }
    return {"StartAt": "Items", "States": states}


def waiting(client: Callable[[str], Any], url: str) -> int:
    """How many messages a queue has."""
    name = "ApproximateNumberOfMessages"
    return int(client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def received(client: Callable[[str], Any], url: str) -> list[str]:
    """The bodies of all messages of a queue."""
    bodies: list[str] = []
    while messages := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        bodies += [each["Body"] for each in messages]
    return bodies


def test_objects_and_their_versions_are_there(after: After) -> None:
    s3 = after.client("s3")
    assert s3.get_object(Bucket="kept", Key="rides/large")["Body"].read() == b"small"
    earlier = s3.get_object(Bucket="kept", Key="rides/large", VersionId=after.names.body_version)
    assert (earlier["Body"].read(), earlier["Metadata"]) == (LARGE, {"task": "service"})


def test_messages_are_there_and_one_in_flight_stays_in_flight(after: After) -> None:
    assert received(after.client, after.names.queue) == ["waits"]
    name = "ApproximateNumberOfMessagesNotVisible"
    attributes = after.client("sqs").get_queue_attributes(QueueUrl=after.names.queue, AttributeNames=[name])
    assert attributes["Attributes"][name] == "2"


def test_a_function_answers_by_its_alias(after: After) -> None:
    assert invoke(after.client, f"{after.names.function}:live", {"n": 1}) == (["one", {"n": 1}], None)


def test_the_others_have_what_they_had(after: After) -> None:
    assert after.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "value"
    assert after.client("dynamodb").get_item(TableName="kept", Key={"id": {"S": "a"}})["Item"]["n"] == {"N": "1"}
    assert after.client("glue").get_database(Name="kept")["Database"]["Name"] == "kept"
    events = after.client("logs").get_log_events(logGroupName="kept", logStreamName="one")["events"]
    assert [each["message"] for each in events] == ["line"]
    metrics = after.client("cloudwatch")
    assert metrics.describe_alarms(AlarmNames=["kept"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    now = time.time()
    points = metrics.get_metric_statistics(
        Namespace="Kept", MetricName="m", StartTime=now - 3600, EndTime=now + 60, Period=3600, Statistics=["Sum"]
    )["Datapoints"]
    assert sum(each["Sum"] for each in points) == 7.0
    assert after.client("events").describe_event_bus(Name="kept")["Name"] == "kept"


def test_a_users_key_opens_what_it_opened(after: After) -> None:
    key = after.names.access_key
    user = EmbeddedAws(after.server.endpoint, key["AccessKeyId"], key["SecretAccessKey"], "")
    assert user.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "value"
    with pytest.raises(ClientError, match="AccessDenied"):
        user.client("ssm").put_parameter(Name="/kept", Value="other", Type="String", Overwrite=True)


def test_an_execution_that_was_over_is_as_it_was(after: After) -> None:
    described = after.client("stepfunctions").describe_execution(executionArn=after.names.over)
    assert (described["status"], described["output"], described["input"]) == ("SUCCEEDED", '{"n":1}', '{"n": 1}')
    types = [event["type"] for event in history(after.client, after.names.over)]
    assert types == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


def test_executions_that_ran_have_failed_and_their_ends_are_told(after: After) -> None:
    names = sorted(arn.rpartition(":")[2] for arn in (after.names.running, after.names.mapped))
    assert after.description["restored"]["interrupted"] == names
    details = [json.loads(body)["detail"] for body in received(after.client, after.names.ends)]
    assert sorted(detail["name"] for detail in details) == names
    assert {detail["error"] for detail in details} == {"EmbeddedAws.ServerEnded"}
    events = history(after.client, after.names.running)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    # Another test may have redriven it.
    failures = [event["executionFailedEventDetails"] for event in events if event["type"] == "ExecutionFailed"]
    assert [failure["error"] for failure in failures] == ["EmbeddedAws.ServerEnded"]


def test_a_redrive_repeats_no_state_branch_or_child_that_had_ended(after: After) -> None:
    states, sqs = after.client("stepfunctions"), after.client("sqs")
    for execution in (after.names.running, after.names.mapped):
        sqs.send_message(QueueUrl=after.names.polled, MessageBody="go on")
        states.redrive_execution(executionArn=execution)
        assert ended(after.client, execution)["status"] == "SUCCEEDED"
    assert sorted(received(after.client, after.names.sent)) == ["branch", "child", "first"]
    events = history(after.client, after.names.running)
    redriven = next(index for index, event in enumerate(events) if event["type"] == "ExecutionRedriven")
    assert entered(events[:redriven]) in (["First", "Both", "Send", "Poll"], ["First", "Both", "Poll", "Send"])
    # The Parallel is entered again, as on AWS; of its branches the one alone that had not ended.
    assert entered(events[redriven:]) == ["Both", "Poll", "Last"]


def test_a_version_of_a_machine_starts_executions(after: After) -> None:
    states = after.client("stepfunctions")
    described = states.describe_state_machine(stateMachineArn=after.names.machine_version)
    assert json.loads(described["definition"])["StartAt"] == "First"


def test_what_a_second_server_does_is_kept_too(after: After) -> None:
    assert after.description["restored"]["notes"] == []
    assert Path(after.description["folder"]).name == "state"
