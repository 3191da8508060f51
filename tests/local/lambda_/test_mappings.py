"""What an event source mapping does with a queue's messages: batches, windows, failures, filters, permissions."""

import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from cli import embedded
from local import account
from local.account import EmbeddedAws
from machines import Client, allow, role, unique, until
from queue_makers import (
    PARTIAL,
    POLLING,
    TLS_ONLY,
    arn_of,
    calls_in,
    counts,
    emptied,
    mapping,
    queue,
    receive,
    recording,
    records_in,
    send,
    with_dead_letters,
)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


def sizes(calls: Path) -> list[int]:
    return [len(call["event"]["Records"]) for call in calls_in(calls)]


def described(client: Client, mapping_id: str) -> dict[str, Any]:
    return client("lambda").get_event_source_mapping(UUID=mapping_id)


def test_function_gets_the_record_that_aws_documents(client: Client, calls: Path) -> None:
    url = queue(client)
    sent = client("sqs").send_message(
        QueueUrl=url,
        MessageBody="ride",
        MessageAttributes={"source": {"DataType": "String", "StringValue": "fleet"}},
    )
    mapping(client, url, recording(client, calls))
    emptied(client, url)
    [record] = records_in(calls)
    attributes = record.pop("attributes")
    handle = record.pop("receiptHandle")
    assert record == {
        "messageId": sent["MessageId"],
        "body": "ride",
        "messageAttributes": {
            "source": {
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
                "stringValue": "fleet",
            }
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn_of(client, url),
        "awsRegion": "us-east-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SenderId"] == "123456789012"
    assert int(attributes["SentTimestamp"]) <= int(attributes["ApproximateFirstReceiveTimestamp"])
    assert handle


def test_batch_waits_for_its_window(client: Client, calls: Path) -> None:
    url = queue(client)
    mapping(client, url, recording(client, calls), BatchSize=100, MaximumBatchingWindowInSeconds=1)
    send(client, url, *"abc")
    emptied(client, url)
    [call] = calls_in(calls)
    records = call["event"]["Records"]
    assert sorted(record["body"] for record in records) == ["a", "b", "c"]
    first_received = min(int(record["attributes"]["ApproximateFirstReceiveTimestamp"]) for record in records) / 1000
    assert call["began"] - first_received >= 0.99


def test_batch_that_is_full_waits_for_no_window(client: Client, calls: Path) -> None:
    url = queue(client)
    mapping(client, url, recording(client, calls), BatchSize=50, MaximumBatchingWindowInSeconds=300)
    send(client, url, *(str(number) for number in range(100)))
    emptied(client, url)
    assert sizes(calls) == [50, 50]


def test_batch_ends_before_an_event_grows_beyond_6_mb(client: Client, calls: Path) -> None:
    url = queue(client)
    mapping_id = mapping(client, url, recording(client, calls), BatchSize=100, MaximumBatchingWindowInSeconds=300)
    for name in "abcdefgh":
        client("sqs").send_message(QueueUrl=url, MessageBody=name * 1_000_000)
    until(lambda: sizes(calls), bool)
    assert sizes(calls) == [6]
    client("lambda").delete_event_source_mapping(UUID=mapping_id)


def test_function_runs_no_more_often_at_once_than_the_mapping_allows(client: Client, calls: Path) -> None:
    url = queue(client)
    slow = recording(client, calls, "time.sleep(0.2)")
    mapping(client, url, slow, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    send(client, url, *"abcdefgh")
    emptied(client, url)
    spans = [(call["began"], call["ended"]) for call in calls_in(calls)]
    assert len(spans) == 8
    assert max(sum(began <= at < ended for began, ended in spans) for at, _ in spans) == 2


def test_failed_messages_of_a_batch_come_back_alone(client: Client, calls: Path) -> None:
    url = queue(client, VisibilityTimeout="1")
    body = """
first = event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"
bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
return {"batchItemFailures": [{"itemIdentifier": name} for name in bad if first]}
"""
    handler = recording(client, calls, body, Timeout=1)
    mapping(client, url, handler, FunctionResponseTypes=PARTIAL)
    send(client, url, "good", "bad", "fine")
    emptied(client, url)
    received = [(record["body"], record["attributes"]["ApproximateReceiveCount"]) for record in records_in(calls)]
    assert sorted(received) == [("bad", "1"), ("bad", "2"), ("fine", "1"), ("good", "1")]
    assert received[-1] == ("bad", "2")


@pytest.mark.parametrize(
    "fault",
    [
        'raise ValueError("broken")',
        'return {"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        "os._exit(1)",
    ],
)
def test_batch_that_fails_as_a_whole_comes_back_as_a_whole(client: Client, tmp_path: Path, fault: str) -> None:
    url = queue(client, VisibilityTimeout="2")
    failed, calls = tmp_path / "failed", tmp_path / "calls.jsonl"
    body = f"if not os.path.exists({str(failed)!r}):\n    open({str(failed)!r}, 'w').close()\n    {fault}"
    handler = recording(client, calls, body, Timeout=2)
    mapping(client, url, handler, BatchSize=2, MaximumBatchingWindowInSeconds=1, FunctionResponseTypes=PARTIAL)
    send(client, url, "a", "b")
    emptied(client, url)
    again = [record for record in records_in(calls) if record["attributes"]["ApproximateReceiveCount"] == "2"]
    assert sorted(record["body"] for record in again) == ["a", "b"]


def test_message_that_always_fails_ends_in_the_dead_letter_queue(client: Client, calls: Path) -> None:
    url, dead = with_dead_letters(client, 2, VisibilityTimeout="1")
    sent = send(client, url, "poison")
    mapping_id = mapping(client, url, recording(client, calls, 'raise ValueError("poison")', Timeout=1))
    until(lambda: counts(client, dead), lambda count: count == (1, 0))
    assert counts(client, url) == (0, 0)
    received = [record["attributes"]["ApproximateReceiveCount"] for record in records_in(calls)]
    assert received == ["1", "2"]
    [message] = receive(client, dead)
    assert (message["MessageId"], message["Attributes"]["DeadLetterQueueSourceArn"]) == (sent[0], arn_of(client, url))
    assert described(client, mapping_id)["LastProcessingResult"] == "PROBLEM: Function call failed"


def test_messages_that_pass_no_filter_are_dropped(client: Client, calls: Path) -> None:
    url = queue(client)
    pattern = json.dumps({"body": {"distance": [{"numeric": [">", 5]}]}})
    mapping(client, url, recording(client, calls), FilterCriteria={"Filters": [{"Pattern": pattern}]})
    send(client, url, '{"distance": 7}', '{"distance": 1}', "no ride")
    emptied(client, url)
    assert [record["body"] for record in records_in(calls)] == ['{"distance": 7}']


def test_mapping_that_is_disabled_takes_nothing_until_it_is_enabled(client: Client, calls: Path) -> None:
    url = queue(client)
    handler = recording(client, calls)
    mapping_id = mapping(client, url, handler, Enabled=False)
    other = queue(client)
    mapping(client, other, handler)
    send(client, url, "waiting")
    send(client, other, "passing")
    emptied(client, other)
    assert counts(client, url) == (1, 0)
    assert described(client, mapping_id)["State"] == "Disabled"
    client("lambda").update_event_source_mapping(UUID=mapping_id, Enabled=True)
    emptied(client, url)
    client("lambda").update_event_source_mapping(UUID=mapping_id, Enabled=False)
    send(client, url, "waiting")
    send(client, other, "passing")
    emptied(client, other)
    assert counts(client, url) == (1, 0)
    assert sorted(record["body"] for record in records_in(calls)) == ["passing", "passing", "waiting"]


def test_mapping_that_is_deleted_takes_nothing(client: Client, calls: Path) -> None:
    url, other = queue(client), queue(client)
    handler = recording(client, calls)
    deleted = mapping(client, url, handler)
    mapping(client, other, handler)
    client("lambda").delete_event_source_mapping(UUID=deleted)
    send(client, url, "waiting")
    send(client, other, "passing")
    emptied(client, other)
    assert counts(client, url) == (1, 0)
    assert [record["body"] for record in records_in(calls)] == ["passing"]


@pytest.mark.parametrize("missing", POLLING)
def test_mapping_whose_role_lacks_a_permission_is_refused(client: Client, calls: Path, missing: str) -> None:
    lacking = role(client, "lambda.amazonaws.com", allow(*(action for action in POLLING if action != missing)))
    handler = recording(client, calls, role_arn=lacking)
    action = missing.split(":")[1]
    with pytest.raises(ClientError, match=f"role does not have permissions to call {action} on SQS"):
        mapping(client, queue(client), handler)


def test_mapping_whose_role_loses_a_permission_stops_and_says_why(client: Client, calls: Path) -> None:
    url = queue(client)
    role_arn = role(client, "lambda.amazonaws.com", allow(*POLLING))
    name = role_arn.rsplit("/", 1)[1]
    mapping_id = mapping(client, url, recording(client, calls, role_arn=role_arn))
    document = client("iam").get_role_policy(RoleName=name, PolicyName="test")["PolicyDocument"]
    client("iam").delete_role_policy(RoleName=name, PolicyName="test")
    send(client, url, "waiting")
    until(lambda: described(client, mapping_id)["StateTransitionReason"], lambda reason: reason != "USER_INITIATED")
    stopped = described(client, mapping_id)
    assert stopped["StateTransitionReason"] == (
        "The function execution role does not have permissions to call ReceiveMessage on SQS"
    )
    assert stopped["LastProcessingResult"] == f"PROBLEM: {stopped['StateTransitionReason']}"
    assert counts(client, url) == (1, 0)
    client("iam").put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=json.dumps(document))
    emptied(client, url)
    assert described(client, mapping_id)["StateTransitionReason"] == "USER_INITIATED"
    assert [record["body"] for record in records_in(calls)] == ["waiting"]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"BatchSize": 11}, "InvalidParameterValueException.*batch window in seconds must be greater than 0"),
        # The bounds of the API's model.
        (
            {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1},
            "ValidationException.*Value '10001' at 'batchSize'.*less than or equal to 10000",
        ),
        (
            {"MaximumBatchingWindowInSeconds": 301},
            "ValidationException.*'maximumBatchingWindowInSeconds'.*less than or equal to 300",
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": "no list"}'}]}},
            "InvalidParameterValueException.*Invalid filter pattern",
        ),
    ],
)
def test_settings_that_aws_refuses_are_refused(
    client: Client, calls: Path, settings: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ClientError, match=fault):
        mapping(client, queue(client), recording(client, calls), **settings)


def test_queue_whose_visibility_is_shorter_than_the_function_may_take_is_refused(client: Client, calls: Path) -> None:
    handler = recording(client, calls, Timeout=60)
    url = queue(client, VisibilityTimeout="30")
    with pytest.raises(ClientError, match="visibility timeout: 30 seconds is less than Function timeout: 60"):
        mapping(client, url, handler)


def test_fifo_queue_is_refused_by_name(client: Client, calls: Path) -> None:
    created = client("sqs").create_queue(QueueName=f"{unique('queue')}.fifo", Attributes={"FifoQueue": "true"})
    with pytest.raises(ClientError, match="no FIFO queues"):
        mapping(client, created["QueueUrl"], recording(client, calls))


def test_queue_is_mapped_to_a_function_once(client: Client, calls: Path) -> None:
    url, handler = queue(client), recording(client, calls)
    mapping(client, url, handler)
    with pytest.raises(ClientError, match="ResourceConflictException"):
        mapping(client, url, handler)


def test_messages_of_a_queue_that_insists_on_tls_are_delivered(client: Client, calls: Path) -> None:
    url = queue(client, Policy=json.dumps(TLS_ONLY))
    mapping(client, url, recording(client, calls))
    send(client, url, "ride")
    emptied(client, url)
    assert [record["body"] for record in records_in(calls)] == ["ride"]


def test_every_message_of_thousands_is_delivered_once(client: Client, calls: Path) -> None:
    url = queue(client)
    mapping(client, url, recording(client, calls), BatchSize=200, MaximumBatchingWindowInSeconds=1)
    bodies = [str(number) for number in range(3_000)]
    send(client, url, *bodies)
    emptied(client, url)
    assert sorted((record["body"] for record in records_in(calls)), key=int) == bodies


def template(client: Client, calls: Path, **properties: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Size": {"Type": "String", "Default": "20"}, "On": {"Type": "String", "Default": "false"}},
        "Resources": {
            "Rides": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Rides", "Arn"]},
                    "FunctionName": recording(client, calls),
                    "BatchSize": {"Ref": "Size"},
                    "MaximumBatchingWindowInSeconds": 1,
                    "Enabled": {"Ref": "On"},
                    **properties,
                },
            },
        },
        "Outputs": {"Url": {"Value": {"Ref": "Rides"}}, "Mapping": {"Value": {"Ref": "Mapping"}}},
    }


def stack_after(client: Client, call: str, **parameters: Any) -> dict[str, Any]:
    getattr(client("cloudformation"), call)(**parameters)
    name = parameters["StackName"]
    return until(
        lambda: client("cloudformation").describe_stacks(StackName=name)["Stacks"][0],
        lambda stack: not stack["StackStatus"].endswith("IN_PROGRESS"),
    )


def test_mapping_of_a_template_takes_its_settings_and_changes_of_them(client: Client, calls: Path) -> None:
    name, body = unique("stack"), json.dumps(template(client, calls))
    stack = stack_after(client, "create_stack", StackName=name, TemplateBody=body)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    before = described(client, outputs["Mapping"])
    assert (before["State"], before["BatchSize"]) == ("Disabled", 20)
    send(client, outputs["Url"], *(str(number) for number in range(40)))
    enabled = [
        {"ParameterKey": "On", "ParameterValue": "true"},
        {"ParameterKey": "Size", "ParameterValue": "40"},
    ]
    stack_after(client, "update_stack", StackName=name, TemplateBody=body, Parameters=enabled)
    emptied(client, outputs["Url"])
    assert sizes(calls) == [40]
    assert described(client, outputs["Mapping"])["State"] == "Enabled"
    client("cloudformation").delete_stack(StackName=name)


def test_mapping_of_a_template_that_aws_refuses_fails_the_stack(client: Client, calls: Path) -> None:
    name, body = unique("stack"), json.dumps(template(client, calls, MaximumBatchingWindowInSeconds=0))
    stack = stack_after(client, "create_stack", StackName=name, TemplateBody=body)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = account.entries(client("cloudformation"), "describe_stack_events", "StackEvents", StackName=name)
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("batch window in seconds must be greater than 0" in reason for reason in reasons)


def test_server_ends_while_batches_are_under_way_and_takes_the_functions_along(tmp_path: Path) -> None:
    calls, begun = tmp_path / "calls.jsonl", tmp_path / "begun"
    server = EmbeddedAws.on_port(embedded.free_port())
    running = embedded.launch(server, tmp_path / "log")
    try:
        own: Client = server.client
        body = f"open({str(begun)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
        url = queue(own, VisibilityTimeout="900")
        mapping(own, url, recording(own, calls, body, Timeout=900), BatchSize=1)
        send(own, url, "a", "b")
        until(lambda: begun.exists() and begun.read_text(), bool)
    finally:
        embedded.end(running)
    assert running.returncode == 0, "it was killed, since it did not end by itself"
    assert not psutil.pid_exists(int(begun.read_text()))
