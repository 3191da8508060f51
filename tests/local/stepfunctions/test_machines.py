"""What the workflow relies on of Step Functions."""

import json
from datetime import UTC
from typing import Any

import pytest
from botocore.exceptions import ClientError

import machines
from local import account
from machines import Client, allow, execute, machine, role, run

RAISES = """
class TooManyRejectedRides(Exception):
    pass

def handler(event, context):
    if event.get("wrong"):
        raise TooManyRejectedRides(f"{event['wrong']} rejected")
    return {"given": event}
"""


@pytest.fixture(scope="module")
def nobody(client: Client) -> str:
    """A role of Step Functions that may do nothing."""
    return role(client, "states.amazonaws.com")


@pytest.fixture(scope="module")
def function_arn(client: Client) -> str:
    return machines.function(client, RAISES, role(client, "lambda.amazonaws.com"))


@pytest.fixture(scope="module")
def invoker(client: Client, function_arn: str) -> str:
    return role(client, "states.amazonaws.com", allow("lambda:InvokeFunction", resource=function_arn))


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def invocation(function_arn: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
    } | fields


def test_start_of_an_execution_is_a_text_that_intrinsic_functions_take(client: Client, nobody: str) -> None:
    started = {"at.$": "$$.Execution.StartTime", "key.$": "States.Format('{}-x', $$.Execution.StartTime)"}
    states = {
        "Start": {"Type": "Pass", "Parameters": started, "Next": "Merge"},
        "Merge": {"Type": "Pass", "Parameters": {"all.$": "States.JsonMerge($, $, false)"}, "End": True},
    }
    described = run(client, states, nobody)
    text = described["startDate"].astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    assert output(described) == {"all": {"at": text, "key": f"{text}-x"}}


def test_format_undoes_its_escapes_and_fills_its_placeholders(client: Client, nobody: str) -> None:
    text = r"States.Format('it\'s \{not\} a \\ {} of {}', $.kind, $.number)"
    states = {"Say": {"Type": "Pass", "Parameters": {"text.$": text}, "End": True}}
    assert output(run(client, states, nobody, {"kind": "ride", "number": 7})) == {"text": "it's {not} a \\ ride of 7"}


def test_json_made_by_format_merges_over_a_map(client: Client, nobody: str) -> None:
    made = r"States.StringToJson(States.Format('\{\"MODEL_PATH\":\"{}\"\}', $.path))"
    states = {
        "Merge": {"Type": "Pass", "Parameters": {"variables.$": f"States.JsonMerge($.old, {made}, false)"}, "End": True}
    }
    values = {"old": {"LOG_LEVEL": "INFO", "MODEL_PATH": "none"}, "path": "models/a/model.tar.gz"}
    merged = output(run(client, states, nobody, values))
    assert merged == {"variables": {"LOG_LEVEL": "INFO", "MODEL_PATH": "models/a/model.tar.gz"}}


def test_path_with_an_index_gives_the_thing_and_one_with_a_wildcard_a_list(client: Client, nobody: str) -> None:
    states = {
        "Pick": {
            "Type": "Pass",
            "Parameters": {
                "number.$": "States.StringToJson($.rows[1].cells[0].value)",
                "one.$": "$.rows[1].cells[0].value",
                "all.$": "$.rows[*].name",
            },
            "End": True,
        }
    }
    values = {"rows": [{"name": "header"}, {"name": "first", "cells": [{"value": "42"}]}]}
    assert output(run(client, states, nobody, values)) == {"number": 42, "one": "42", "all": ["header", "first"]}


def test_exception_of_a_function_is_caught_by_its_class_name(client: Client, invoker: str, function_arn: str) -> None:
    catch = [{"ErrorEquals": ["TooManyRejectedRides"], "ResultPath": "$.error", "Next": "Caught"}]
    states = {"Call": invocation(function_arn, Catch=catch), "Caught": {"Type": "Pass", "End": True}}
    caught = output(run(client, states, invoker, {"wrong": 3}))["error"]
    assert caught["Error"] == "TooManyRejectedRides"
    assert json.loads(caught["Cause"])["errorMessage"] == "3 rejected"


def test_executions_of_one_definition_share_nothing(client: Client, invoker: str, function_arn: str) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    arn = machine(client, {"StartAt": "Call", "States": {"Call": invocation(function_arn, Retry=retry)}}, invoker)
    states = client("stepfunctions")
    values = [{"wrong": 1}, {"wrong": 2}, {"wrong": 0}]
    started = [states.start_execution(stateMachineArn=arn, input=json.dumps(each))["executionArn"] for each in values]
    ended = [machines.ended(client, each) for each in started]
    assert ["1 rejected" in ended[0]["cause"], "2 rejected" in ended[1]["cause"]] == [True, True]
    assert output(ended[2]) == {"given": {"wrong": 0}}
    histories = [account.entries(states, "get_execution_history", "events", executionArn=each) for each in started]
    attempts = [sum(event["type"] == "TaskScheduled" for event in events) for events in histories]
    assert attempts == [2, 2, 1]


def test_fail_hands_on_error_and_cause_even_of_step_functions_own(client: Client, nobody: str) -> None:
    states = {"End": {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause"}}
    described = run(client, states, nobody, {"error": "States.Timeout", "cause": "too slow"})
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "States.Timeout", "too slow")


def test_names_of_states_and_errors_are_those_of_the_definition(client: Client, nobody: str) -> None:
    first, chosen, after, failing, last = 'say "hi"', "back\\slash", "two\nlines\u0007", "\\u003c", "tab\t"
    error = 'Odd"Error\\'
    inner = {"StartAt": failing, "States": {failing: {"Type": "Fail", "Error": error, "Cause": "by test"}}}
    states = {
        first: {"Type": "Pass", "Next": chosen},
        chosen: {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": last}],
            "Default": after,
        },
        after: {
            "Type": "Parallel",
            "Branches": [inner],
            "Catch": [{"ErrorEquals": [error], "Next": last}],
            "End": True,
        },
        last: {"Type": "Pass", "End": True},
    }
    described = run(client, states, nobody)
    assert output(described) == {"Error": error, "Cause": "by test"}
    events = account.entries(
        client("stepfunctions"), "get_execution_history", "events", executionArn=described["executionArn"]
    )
    entered = [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
    assert entered == [first, chosen, after, failing, last]


def test_task_without_a_grant_fails_as_on_aws(client: Client, nobody: str, function_arn: str) -> None:
    described = run(client, {"Call": invocation(function_arn)}, nobody, {})
    assert described["status"] == "FAILED"
    assert described["error"] == "Lambda.AWSLambdaException"
    assert "AccessDenied" in described["cause"]
    assert "lambda:InvokeFunction" in described["cause"]
    assert nobody.rsplit("/", 1)[-1] in described["cause"]


def test_role_that_does_not_trust_step_functions_cannot_be_used(client: Client, function_arn: str) -> None:
    definition = {"StartAt": "Call", "States": {"Call": invocation(function_arn)}}
    of_another = role(client, "ec2.amazonaws.com", allow("lambda:InvokeFunction"))
    denial = r"AccessDeniedException.*Neither the global service principal states\.amazonaws\.com"
    with pytest.raises(ClientError, match=denial):
        machine(client, definition, of_another)
    trusting = role(client, "states.amazonaws.com", allow("lambda:InvokeFunction"))
    arn = machine(client, definition, trusting)
    with pytest.raises(ClientError, match=denial):
        client("stepfunctions").update_state_machine(stateMachineArn=arn, roleArn=of_another)
    trust = client("iam").get_role(RoleName=of_another.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    name = trusting.rpartition("/")[2]
    client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    described = execute(client, arn)
    assert described["status"] == "FAILED"
    assert "does not trust states.amazonaws.com" in described["cause"]


def test_sdk_integration_keeps_the_services_name_in_its_errors(client: Client) -> None:
    reader = role(client, "states.amazonaws.com", allow("ssm:GetParameter"))
    states = {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name": "/no/such/parameter"},
            "End": True,
        }
    }
    assert run(client, states, reader)["error"] == "Ssm.ParameterNotFoundException"


def test_sdk_integration_puts_and_gets_an_object(client: Client) -> None:
    bucket = machines.unique("objects")
    client("s3").create_bucket(Bucket=bucket)
    there = {"Bucket": bucket, "Key": "ride.json"}
    body = {"Body": {"id": 7}, "ContentType": "application/json"}
    states = {
        "Put": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "Parameters": there | body}
        | {"Next": "Get"},
        "Get": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": there, "End": True},
    }
    writer = role(client, "states.amazonaws.com", allow("s3:PutObject", "s3:GetObject"))
    answer = output(run(client, states, writer))
    assert json.loads(answer["Body"]) == {"id": 7}
    assert (answer["ContentLength"], answer["ContentType"]) == (len('{"id":7}'), "application/json")
    assert answer["LastModified"].endswith("Z")
    denied = run(client, states, role(client, "states.amazonaws.com"))
    assert denied["status"] == "FAILED"
    assert "not authorized to perform: s3:PutObject" in denied["cause"]


@pytest.fixture
def manifest(client: Client) -> tuple[str, str]:
    """A bucket with a JSON array of five items; bucket and key."""
    bucket = machines.unique("manifest")
    client("s3").create_bucket(Bucket=bucket)
    items = [{"item": n, "wrong": 0} for n in range(5)]
    client("s3").put_object(Bucket=bucket, Key="manifest.json", Body=json.dumps(items))
    return bucket, "manifest.json"


def distributed(function_arn: str, bucket: str, key: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key": key},
        },
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "wrong.$": "$.wrong", "execution.$": "$$.Execution.Name"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Child",
            "States": {"Child": invocation(function_arn)},
        },
        "End": True,
    } | fields


@pytest.fixture
def mapper(client: Client, function_arn: str, manifest: tuple[str, str]) -> str:
    return role(
        client,
        "states.amazonaws.com",
        allow("lambda:InvokeFunction", resource=function_arn),
        allow("s3:GetObject", resource=f"arn:aws:s3:::{manifest[0]}/*"),
    )


def test_distributed_map_runs_a_child_for_each_item_of_an_s3_manifest(
    client: Client, function_arn: str, manifest: tuple[str, str], mapper: str
) -> None:
    states = {"Map": distributed(function_arn, *manifest)}
    described = run(client, states, mapper, {"wrong": 0})
    assert [each["given"]["item"]["item"] for each in output(described)] == [0, 1, 2, 3, 4]
    runs = account.entries(client("stepfunctions"), "list_map_runs", "mapRuns", executionArn=described["executionArn"])
    counts = client("stepfunctions").describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["failed"]) == (5, 5, 0)


def test_distributed_map_fails_when_more_children_fail_than_are_tolerated(
    client: Client, function_arn: str, manifest: tuple[str, str], mapper: str
) -> None:
    described = run(client, {"Map": distributed(function_arn, *manifest)}, mapper, {"wrong": 1})
    assert (described["status"], described["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")


def test_distributed_map_tolerates_as_many_failures_as_it_says(
    client: Client, function_arn: str, manifest: tuple[str, str], mapper: str
) -> None:
    states = {"Map": distributed(function_arn, *manifest, ToleratedFailureCount=5)}
    assert run(client, states, mapper, {"wrong": 1})["status"] == "SUCCEEDED"


def test_distributed_map_reads_its_manifest_as_the_machines_role(
    client: Client, function_arn: str, manifest: tuple[str, str], invoker: str
) -> None:
    described = run(client, {"Map": distributed(function_arn, *manifest)}, invoker, {"wrong": 0})
    assert described["status"] == "FAILED"


def test_execution_without_a_name_gets_one_of_its_own(client: Client, nobody: str) -> None:
    arn = machine(client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, nobody)
    names = {execute(client, arn)["name"] for _ in range(2)}
    assert len(names) == 2
    assert "None" not in names


def test_execution_name_that_aws_forbids_is_refused(client: Client, nobody: str) -> None:
    arn = machine(client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, nobody)
    with pytest.raises(ClientError, match="InvalidName"):
        client("stepfunctions").start_execution(stateMachineArn=arn, name="a b")


def test_definition_that_is_no_asl_is_refused_by_code(client: Client, nobody: str) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        machine(client, {"StartAt": "A", "States": {"A": {"Type": "Nonsense"}}}, nobody)


def test_execution_reports_no_success_after_stop(client: Client, nobody: str) -> None:
    arn = machine(client, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}, nobody)
    started = client("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    client("stepfunctions").stop_execution(executionArn=started)
    assert machines.ended(client, started)["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ('{"task": "b"}', "Named"),
        ('{"task": "c"}', "Other"),
        ('{"task": 3}', "Other"),
        ('{"task": null}', "Other"),
        ("{}", "Other"),
        ("[1]", "Other"),
        ("5", "Other"),
        ("null", "Other"),
        ('"task"', "Other"),
    ],
)
def test_field_of_any_json_is_looked_for_before_it_is_compared(
    client: Client, nobody: str, text: str, chosen: str
) -> None:
    path = "$.request.input.task"
    rules = [{"Variable": path, "IsPresent": True}, {"Variable": path, "StringEquals": "b"}]
    parsed = {"input.$": "States.StringToJson($.text)"}
    states = {
        "Parse": {"Type": "Pass", "Parameters": parsed, "ResultPath": "$.request", "Next": "Which?"},
        "Which?": {"Type": "Choice", "Choices": [{"And": rules, "Next": "Named"}], "Default": "Other"},
        "Named": {"Type": "Pass", "Result": {"chosen": "Named"}, "End": True},
        "Other": {"Type": "Pass", "Result": {"chosen": "Other"}, "End": True},
    }
    assert output(run(client, states, nobody, {"text": text})) == {"chosen": chosen}
