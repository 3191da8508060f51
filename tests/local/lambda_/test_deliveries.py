"""What S3 and EventBridge tell functions and queues of objects: which, in which shape, and whom."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from machines import Client, allow, machine, role, unique, until
from queue_makers import admitting, arn_of, calls_in, counts, queue, receive, recording, records_in

CREATED = {"source": ["aws.s3"], "detail-type": ["Object Created"]}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


def bucket(client: Client, **notifications: Any) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    if notifications:
        notify(client, name, **notifications)
    return name


def notify(client: Client, name: str, **notifications: Any) -> None:
    client("s3").put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=notifications)


def put(client: Client, name: str, *keys: str) -> dict[str, Any]:
    s3 = client("s3")
    return [s3.put_object(Bucket=name, Key=key, Body=b"ride") for key in keys][-1]


def rule(client: Client, name: str, target_arn: str, prefix: str = "") -> str:
    """A rule for objects created in a bucket with keys of a prefix; its ARN."""
    detail = {"bucket": {"name": [name]}, "object": {"key": [{"prefix": prefix}]}}
    events = client("events")
    rule_name = unique("rule")
    arn = events.put_rule(Name=rule_name, EventPattern=json.dumps(CREATED | {"detail": detail}))["RuleArn"]
    events.put_targets(Rule=rule_name, Targets=[{"Id": "target", "Arn": target_arn}])
    return arn


def admit(client: Client, function_arn: str, service: str, source_arn: str) -> None:
    client("lambda").add_permission(
        FunctionName=function_arn,
        StatementId=unique("permission"),
        Action="lambda:InvokeFunction",
        Principal=service,
        SourceArn=source_arn,
    )


def test_eventbridge_event_of_an_object_is_the_documented_one(client: Client, calls: Path) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    function = recording(client, calls)
    admit(client, function, "events.amazonaws.com", rule(client, name, function, "stream/"))
    written = put(client, name, "stream/two rides+ü.json")
    [call] = until(lambda: calls_in(calls), bool)
    event = call["event"]
    detail = event["detail"]
    assert detail["object"].pop("sequencer")
    assert (len(event.pop("id")), event.pop("time")[-1]) == (36, "Z")
    assert detail.pop("request-id")
    assert event == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": account.ACCOUNT_ID,
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{name}"],
        "detail": {
            "version": "0",
            "event-version": "1.0",
            "bucket": {"name": name},
            "object": {
                "key": "stream/two rides+ü.json",
                "size": 4,
                "etag": written["ETag"].strip('"'),
                "version-id": written["VersionId"],
            },
            "requester": account.ACCOUNT_ID,
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }


def test_rule_passes_on_the_keys_of_its_prefix_alone(client: Client, calls: Path) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    function = recording(client, calls)
    admit(client, function, "events.amazonaws.com", rule(client, name, function, "stream/"))
    put(client, name, "raw/a.json", "streams/b.json", "stream/c.json")
    until(lambda: calls_in(calls), bool)
    assert [call["event"]["detail"]["object"]["key"] for call in calls_in(calls)] == ["stream/c.json"]
    assert "version-id" not in calls_in(calls)[0]["event"]["detail"]["object"]


def test_function_that_does_not_admit_a_rule_gets_nothing_of_it(client: Client, calls: Path, tmp_path: Path) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    closed, other = recording(client, calls), recording(client, tmp_path / "other.jsonl")
    rule(client, name, closed)
    admit(client, closed, "events.amazonaws.com", "arn:aws:events:us-east-1:123456789012:rule/another")
    admit(client, other, "events.amazonaws.com", rule(client, name, other))
    put(client, name, "a.json")
    until(lambda: calls_in(tmp_path / "other.jsonl"), bool)
    assert calls_in(calls) == []


def test_rule_starts_a_state_machine_as_its_targets_role(client: Client) -> None:
    states = {"End": {"Type": "Succeed"}}
    arn = machine(client, {"StartAt": "End", "States": states}, role(client, "states.amazonaws.com"))
    may_start = allow("states:StartExecution", resource=arn)
    roles = {
        "may": role(client, "events.amazonaws.com", may_start),
        "may not": role(client, "events.amazonaws.com", allow("states:DescribeExecution")),
        "of another service": role(client, "lambda.amazonaws.com", may_start),
    }
    events, source = client("events"), unique("source")
    for name, role_arn in roles.items():
        rule_name = unique("rule")
        events.put_rule(Name=rule_name, EventPattern=json.dumps({"source": [source]}))
        transformer = {"InputPathsMap": {"end": "$.detail.end"}, "InputTemplate": f'{{"role": "{name}", "end": <end>}}'}
        target = {"Id": "machine", "Arn": arn, "RoleArn": role_arn, "InputTransformer": transformer}
        events.put_targets(Rule=rule_name, Targets=[target])
    events.put_events(Entries=[{"Source": source, "DetailType": "Ended", "Detail": '{"end": "ABORTED"}'}])
    executions = account.entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=arn)
    inputs = [
        client("stepfunctions").describe_execution(executionArn=each["executionArn"])["input"] for each in executions
    ]
    assert [json.loads(each) for each in inputs] == [{"role": "may", "end": "ABORTED"}]


def test_event_whose_target_may_not_be_started_is_a_dead_letter(client: Client) -> None:
    arn = machine(
        client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, role(client, "states.amazonaws.com")
    )
    may_not = role(client, "events.amazonaws.com", allow("states:DescribeExecution"))
    events, source = client("events"), unique("source")
    name = unique("rule")
    rule_arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    dead = admitting(client, "events.amazonaws.com", rule_arn)
    closed = admitting(client, "events.amazonaws.com", f"{rule_arn}-of-another")
    target = {"Arn": arn, "RoleArn": may_not, "InputTransformer": {"InputTemplate": '"changed"'}}
    targets = [
        target | {"Id": "dead", "DeadLetterConfig": {"Arn": arn_of(client, dead)}},
        target | {"Id": "closed", "DeadLetterConfig": {"Arn": arn_of(client, closed)}},
        target | {"Id": "without"},
    ]
    events.put_targets(Rule=name, Targets=targets)
    events.put_events(Entries=[{"Source": source, "DetailType": "Ended", "Detail": '{"end": "ABORTED"}'}])
    (message,) = receive(client, dead)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == (source, "Ended", {"end": "ABORTED"})
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (rule_arn, arn)
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert receive(client, closed, WaitTimeSeconds=0) == []


def test_bucket_without_eventbridge_sends_it_nothing(client: Client, calls: Path) -> None:
    silent, loud = bucket(client), bucket(client, EventBridgeConfiguration={})
    function = recording(client, calls)
    for name in (silent, loud):
        admit(client, function, "events.amazonaws.com", rule(client, name, function))
    put(client, silent, "a.json")
    put(client, loud, "b.json")
    until(lambda: calls_in(calls), bool)
    assert [call["event"]["detail"]["bucket"]["name"] for call in calls_in(calls)] == [loud]


def test_bucket_of_a_template_sends_to_eventbridge(client: Client, calls: Path) -> None:
    name, stack = unique("bucket"), unique("stack")
    enabled = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    properties = {"BucketName": name, "NotificationConfiguration": enabled}
    body = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}})
    client("cloudformation").create_stack(StackName=stack, TemplateBody=body)
    until(
        lambda: client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"],
        lambda status: status == "CREATE_COMPLETE",
    )
    function = recording(client, calls)
    admit(client, function, "events.amazonaws.com", rule(client, name, function))
    put(client, name, "a.json")
    [call] = until(lambda: calls_in(calls), bool)
    assert call["event"]["detail"]["object"]["key"] == "a.json"


def test_function_that_fails_gets_the_event_again(client: Client, tmp_path: Path) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    failed, calls = tmp_path / "failed", tmp_path / "calls.jsonl"
    body = f"if not os.path.exists({str(failed)!r}):\n    open({str(failed)!r}, 'w').close()\n    raise OSError('busy')"
    function = recording(client, calls, body)
    admit(client, function, "events.amazonaws.com", rule(client, name, function))
    put(client, name, "a.json")
    first, second = until(lambda: calls_in(calls), lambda made: len(made) == 2)
    assert first["event"] == second["event"]


def test_event_that_fails_for_good_is_told_to_the_functions_destination(client: Client, calls: Path) -> None:
    url, silent = queue(client), queue(client)
    sending = allow("sqs:SendMessage", resource=arn_of(client, url))
    granted = role(client, "lambda.amazonaws.com", sending)
    function = recording(client, calls, "raise ValueError('no ride')", role_arn=granted)
    for target in (silent, url):
        client("lambda").put_function_event_invoke_config(
            FunctionName=function,
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": arn_of(client, target)}},
        )
        client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"ride": 1}')
        until(lambda expected=2 if target is silent else 4: len(calls_in(calls)) == expected, bool)
    [message] = receive(client, url)
    record = json.loads(message["Body"])
    assert counts(client, silent) == (0, 0), "the role may not send there"
    assert record["requestContext"].pop("requestId")
    assert record["requestContext"] == {
        "functionArn": f"{function}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert record["requestPayload"] == {"ride": 1}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert (record["responsePayload"]["errorType"], record["responsePayload"]["errorMessage"]) == (
        "ValueError",
        "no ride",
    )


def test_event_that_fails_for_good_goes_to_the_functions_dead_letter_queue(client: Client, calls: Path) -> None:
    url = queue(client)
    granted = role(client, "lambda.amazonaws.com", allow("sqs:SendMessage", resource=arn_of(client, url)))
    dead_letters = {"TargetArn": arn_of(client, url)}
    body = "raise ValueError('no ride')"
    function = recording(client, calls, body, role_arn=granted, DeadLetterConfig=dead_letters)
    client("lambda").put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"ride": 1}')
    [message] = receive(client, url)
    assert json.loads(message["Body"]) == {"ride": 1}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", "no ride")


def test_every_object_of_many_is_told_once(client: Client, calls: Path) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    function = recording(client, calls, "time.sleep(0.05)")
    admit(client, function, "events.amazonaws.com", rule(client, name, function))
    keys = [f"{number:02}.json" for number in range(40)]
    put(client, name, *keys)
    made = until(lambda: calls_in(calls), lambda made: len(made) == 40)
    assert sorted(call["event"]["detail"]["object"]["key"] for call in made) == keys
    assert max(sum(c["began"] <= call["began"] < c["ended"] for c in made) for call in made) <= 8


@pytest.mark.parametrize("admits", [True, False])
def test_queue_gets_what_a_rule_sends_where_its_policy_admits_it(client: Client, admits: bool) -> None:
    name = bucket(client, EventBridgeConfiguration={})
    fence = admitting(client, "events.amazonaws.com", "*")
    url = admitting(client, "events.amazonaws.com" if admits else "sns.amazonaws.com", "*")
    rule(client, name, arn_of(client, url))
    rule(client, name, arn_of(client, fence))
    put(client, name, "a.json")
    assert len(receive(client, fence)) == 1
    events = [json.loads(message["Body"]) for message in receive(client, url, WaitTimeSeconds=1)]
    assert [event["detail"]["object"]["key"] for event in events] == (["a.json"] if admits else [])


def test_queue_gets_s3s_own_records_of_the_keys_that_pass_the_filter(client: Client) -> None:
    name = bucket(client)
    url = admitting(client, "s3.amazonaws.com", f"arn:aws:s3:::{name}")
    rules = [{"Name": "prefix", "Value": "stream/two+"}, {"Name": "suffix", "Value": ".json"}]
    configuration = {
        "Id": "rides",
        "QueueArn": arn_of(client, url),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    notify(client, name, QueueConfigurations=[configuration])
    [test] = receive(client, url)
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent"
    client("sqs").purge_queue(QueueUrl=url)
    written = put(client, name, "stream/two.json", "stream/two rides.csv", "stream/two rides+ü.json")
    [message] = receive(client, url)
    [record] = json.loads(message["Body"])["Records"]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["s3"]["configurationId"] == "rides"
    assert record["s3"]["bucket"]["name"] == name
    thing = record["s3"]["object"]
    assert thing["key"] == "stream/two+rides%2B%C3%BC.json"
    assert (thing["size"], thing["eTag"]) == (4, written["ETag"].strip('"'))


def lambda_configuration(function: str) -> dict[str, Any]:
    return {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}


def test_function_gets_s3s_own_records_each_with_its_version(client: Client, calls: Path) -> None:
    name, function = bucket(client), recording(client, calls)
    admit(client, function, "s3.amazonaws.com", f"arn:aws:s3:::{name}")
    notify(client, name, LambdaFunctionConfigurations=[lambda_configuration(function)])
    put(client, name, "a ride.json")
    [unversioned] = until(lambda: records_in(calls), bool)
    assert unversioned["s3"]["object"]["key"] == "a+ride.json"
    assert "versionId" not in unversioned["s3"]["object"]
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    versions = {put(client, name, "a ride.json")["VersionId"] for _ in range(2)}
    records = until(lambda: records_in(calls), lambda records: len(records) == 3)
    objects = [record["s3"]["object"] for record in records]
    assert {each["versionId"] for each in objects if "versionId" in each} == versions


def test_notification_to_a_function_that_does_not_admit_s3_is_refused(client: Client, calls: Path) -> None:
    name, function = bucket(client), recording(client, calls)
    admit(client, function, "s3.amazonaws.com", "arn:aws:s3:::another")
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        notify(client, name, LambdaFunctionConfigurations=[lambda_configuration(function)])


def test_function_that_admits_s3_no_longer_gets_nothing(client: Client, calls: Path) -> None:
    name, function = bucket(client), recording(client, calls)
    source = f"arn:aws:s3:::{name}"
    admit(client, function, "s3.amazonaws.com", source)
    fence = admitting(client, "s3.amazonaws.com", source)
    to_queue = {"QueueArn": arn_of(client, fence), "Events": ["s3:ObjectCreated:*"]}
    # S3's own order: queues first, functions then; a second object is reported after the first.
    configurations = [lambda_configuration(function)]
    notify(client, name, QueueConfigurations=[to_queue], LambdaFunctionConfigurations=configurations)
    policy = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])
    client("lambda").remove_permission(FunctionName=function, StatementId=policy["Statement"][0]["Sid"])
    put(client, name, "closed.json")
    until(lambda: [m for m in receive(client, fence) if "closed.json" in m["Body"]], bool)
    admit(client, function, "s3.amazonaws.com", source)
    put(client, name, "open.json")
    until(lambda: calls_in(calls), bool)
    assert [record["s3"]["object"]["key"] for record in records_in(calls)] == ["open.json"]
