"""Lambda's quotas and refusals: "Lambda quotas", CreateFunction, Invoke, "Lambda function states"."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.lambda_ import configurations, requests
from local.lambda_.configurations import RefusedFunctionError
from machines import Client, allow, function, invoke, role, run, unique, until

MEGABYTE = 1024 * 1024

ECHO = "def handler(event, context):\n    return event\n"

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"Timeout": 901}, "ValidationException", "Value '901' at 'timeout'.*less than or equal to 900"),
    ({"Timeout": 0}, "ValidationException", "'timeout'.*greater than or equal to 1"),
    ({"MemorySize": 127}, "ValidationException", "'memorySize'.*greater than or equal to 128"),
    ({"MemorySize": 10_241}, "ValidationException", "'memorySize'.*less than or equal to 10240"),
    ({"EphemeralStorage": {"Size": 511}}, "ValidationException", r"'ephemeralStorage\.size'.*equal to 512"),
    ({"FunctionName": "n" * 65}, "ValidationException", "'functionName'.*length less than or equal to 64"),
    ({"FunctionName": "a function"}, "ValidationException", "'functionName'.*regular expression pattern"),
    ({"Description": "d" * 257}, "ValidationException", "'description'.*length less than or equal to 256"),
    ({"Handler": "app handler"}, "ValidationException", "'handler'.*regular expression pattern"),
    ({"Runtime": "python99"}, "InvalidParameterValueException", "Value 'python99' at 'runtime'"),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "request: AWS_REGION"),
    ({"Environment": {"Variables": {"1st": "x"}}}, "ValidationException", "Map keys must satisfy constraint"),
    ({"Environment": {"Variables": {"LONG": "x" * 4096}}}, "InvalidParameterValueException", "exceeded the 4KB limit"),
]


@pytest.mark.parametrize(("wrong", "code", "message"), WRONG)
def test_configurations_that_lambda_refuses(wrong: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(RefusedFunctionError, match=message) as refused:
        configurations.check("UpdateFunctionConfiguration", {"FunctionName": "f", **wrong})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("left_out", "code", "message"),
    [
        ("Runtime", "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
        ("Handler", "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
        ("Role", "ValidationException", "Value null at 'role' failed to satisfy constraint: Member must not be null"),
        ("FunctionName", "ValidationException", "Value null at 'functionName'"),
    ],
)
def test_function_without_what_it_needs_is_refused(left_out: str, code: str, message: str) -> None:
    settings = {
        "FunctionName": "f",
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Role": "arn:aws:iam::123456789012:role/any",
        "Code": {"ZipFile": "UEsFBg=="},
    }
    del settings[left_out]
    with pytest.raises(RefusedFunctionError, match=message) as refused:
        configurations.check("CreateFunction", settings)
    assert refused.value.code == code


def test_variables_may_have_four_kilobytes_together() -> None:
    variables = {"LONG": "x" * (4096 - len('{"LONG":""}'))}
    configurations.check("UpdateFunctionConfiguration", {"FunctionName": "f", "Environment": {"Variables": variables}})


@pytest.mark.parametrize(
    ("payload", "is_event", "code"),
    [
        (b"0" * (6 * MEGABYTE + 1), False, "RequestEntityTooLargeException"),
        (b"0" * (MEGABYTE + 1), True, "RequestEntityTooLargeException"),
        (b"{", False, "InvalidRequestContentException"),
        (b"NaN", False, "InvalidRequestContentException"),
    ],
)
def test_payloads_that_no_invocation_can_have(payload: bytes, is_event: bool, code: str) -> None:
    with pytest.raises(RefusedFunctionError) as refused:
        requests.check(payload, is_event)
    assert refused.value.code == code


def test_payloads_of_six_megabytes_and_of_one_for_an_event() -> None:
    requests.check(b'"' + b"x" * (6 * MEGABYTE - 2) + b'"', is_event=False)
    requests.check(b'"' + b"x" * (MEGABYTE - 2) + b'"', is_event=True)


@pytest.fixture(scope="module")
def executor(client: Client) -> str:
    """A role of Lambda that may do nothing."""
    return role(client, "lambda.amazonaws.com")


@pytest.fixture(scope="module")
def echo(client: Client, executor: str) -> str:
    """A function that answers with its event."""
    return function(client, ECHO, executor)


def test_function_is_created_and_changed_within_its_limits_alone(client: Client, executor: str, echo: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*'timeout'"):
        function(client, ECHO, executor, Timeout=901)
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*cannot be assumed by Lambda"):
        function(client, ECHO, role(client, "states.amazonaws.com"))
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*AWS_REGION"):
        client("lambda").update_function_configuration(
            FunctionName=echo, Environment={"Variables": {"AWS_REGION": "eu-west-1"}}
        )


def test_function_without_its_code_is_refused(client: Client, executor: str, echo: str) -> None:
    bucket = unique("code")
    client("s3").create_bucket(Bucket=bucket)
    settings = {"FunctionName": unique("function"), "Runtime": "python3.11", "Handler": "app.handler", "Role": executor}
    for code, message in (
        ({"S3Bucket": bucket, "S3Key": "gone.zip"}, "S3 Error Code: NoSuchKey"),
        ({"S3Bucket": unique("gone"), "S3Key": "gone.zip"}, "S3 Error Code: NoSuchBucket"),
        ({}, "Please provide a source for function code"),
    ):
        with pytest.raises(ClientError, match=rf"InvalidParameterValueException.*{message}"):
            client("lambda").create_function(Code=code, **settings)
    with pytest.raises(ClientError, match="S3 Error Code: NoSuchKey"):
        client("lambda").update_function_code(FunctionName=echo, S3Bucket=bucket, S3Key="gone.zip")
    with pytest.raises(ClientError, match="S3 Error Code: NoSuchKey"):
        client("lambda").publish_layer_version(LayerName="gone", Content={"S3Bucket": bucket, "S3Key": "gone.zip"})


def test_request_is_refused_that_is_too_large(client: Client, echo: str) -> None:
    with pytest.raises(ClientError, match="must be smaller than 6291456 bytes") as refused:
        client("lambda").invoke(FunctionName=echo, Payload=b'"' + b"x" * (6 * MEGABYTE - 1) + b'"')
    assert refused.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    with pytest.raises(ClientError, match=r"RequestEntityTooLargeException.*limit 1048576 bytes"):
        client("lambda").invoke(FunctionName=echo, InvocationType="Event", Payload=b'"' + b"x" * MEGABYTE + b'"')


def test_answer_that_is_too_large_is_an_error(client: Client, executor: str) -> None:
    arn = function(client, "def handler(event, context):\n    return 'x' * event\n", executor)
    answer, error = invoke(client, arn, 6 * MEGABYTE + 100)
    assert (answer["errorType"], error) == ("Function.ResponseSizeTooLarge", "Unhandled")
    assert answer["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert invoke(client, arn, 6 * MEGABYTE + 98) == ("x" * (6 * MEGABYTE + 98), None)


TAKING = """
import subprocess, sys, threading
def handler(event, context):
    if event["where"] == "child":
        code = "import threading; taken = bytearray(b'x') * 300_000_000; threading.Event().wait()"
        subprocess.run([sys.executable, "-c", code])
    if event["where"] == "function":
        taken = bytearray(b"x") * 300_000_000
        threading.Event().wait()
    return event
"""


def test_function_that_takes_more_than_its_memory_is_killed(client: Client, executor: str) -> None:
    """ "Memory configurations": the process, and what it has started, are ended by a signal."""
    arn = function(client, TAKING, executor, MemorySize=128, Timeout=60)
    for where in ("function", "child"):
        answer, error = invoke(client, arn, {"where": where})
        assert (answer["errorType"], error) == ("Runtime.ExitError", "Unhandled")
        assert answer["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert invoke(client, arn, {"where": "nowhere"}) == ({"where": "nowhere"}, None)


def test_function_that_takes_more_than_its_memory_while_it_starts_is_killed(client: Client, executor: str) -> None:
    code = "import threading\ntaken = bytearray(b'x') * 300_000_000\nthreading.Event().wait()\n" + ECHO
    answer, _ = invoke(client, function(client, code, executor, Timeout=60), {})
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_function_may_take_the_memory_that_it_has(client: Client, executor: str) -> None:
    code = "def handler(event, context):\n    return len(bytearray(b'x') * 300_000_000)\n"
    assert invoke(client, function(client, code, executor, MemorySize=512), {}) == (300_000_000, None)


def test_reserved_concurrency_is_of_all_versions_and_aliases(client: Client, executor: str) -> None:
    functions, arn = client("lambda"), function(client, ECHO, executor)
    functions.publish_version(FunctionName=arn)
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    functions.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    for qualified in (arn, f"{arn}:1", f"{arn}:live"):
        with pytest.raises(functions.exceptions.TooManyRequestsException) as refused:
            functions.invoke(FunctionName=qualified)
        assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    functions.delete_function_concurrency(FunctionName=arn)
    assert invoke(client, f"{arn}:live", 1) == (1, None)


def test_state_that_invokes_a_throttled_function_fails_by_lambdas_name_for_it(client: Client, executor: str) -> None:
    arn = function(client, ECHO, executor)
    client("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    asking = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
    starter = role(client, "states.amazonaws.com", allow("lambda:InvokeFunction"))
    described = run(client, {"Ask": asking | {"End": True}}, starter)
    assert (described["status"], described["error"]) == ("FAILED", "Lambda.TooManyRequestsException")


def test_hundred_of_the_accounts_concurrency_stay_unreserved(client: Client, echo: str) -> None:
    with pytest.raises(ClientError, match="below its minimum value of"):
        client("lambda").put_function_concurrency(FunctionName=echo, ReservedConcurrentExecutions=901)


def test_function_is_neither_updated_nor_published_during_an_update(client: Client, executor: str) -> None:
    functions, arn = client("lambda"), function(client, ECHO, executor)
    updated = functions.update_function_configuration(FunctionName=arn, Description="first")
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    for refused in (
        lambda: functions.update_function_configuration(FunctionName=arn, Description="second"),
        lambda: functions.update_function_code(FunctionName=arn, ZipFile=b""),
        lambda: functions.publish_version(FunctionName=arn),
    ):
        with pytest.raises(functions.exceptions.ResourceConflictException, match="An update is in progress for"):
            refused()
    until(
        lambda: functions.get_function_configuration(FunctionName=arn)["LastUpdateStatus"],
        lambda status: status == "Successful",
    )
    settled = functions.get_function_configuration(FunctionName=arn)
    # A caller who names the revision of the update's answer names one that is over.
    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.publish_version(FunctionName=arn, RevisionId=updated["RevisionId"])
    published = functions.publish_version(FunctionName=arn, RevisionId=settled["RevisionId"])
    assert published["Description"] == "first"


def test_alias_to_a_version_that_there_is_not_is_refused(client: Client, echo: str) -> None:
    functions, missing = client("lambda"), client("lambda").exceptions.ResourceNotFoundException
    with pytest.raises(missing, match=rf"Function not found: {echo}:9"):
        functions.create_alias(FunctionName=echo, Name="live", FunctionVersion="9")
    functions.create_alias(FunctionName=echo, Name="live", FunctionVersion="$LATEST")
    with pytest.raises(missing):
        functions.update_alias(FunctionName=echo, Name="live", FunctionVersion="9")
    version = functions.publish_version(FunctionName=echo)["Version"]
    for weights, wrong in (({"9": 0.1}, missing), ({version: 0.1}, ClientError)):
        with pytest.raises(wrong):
            functions.update_alias(FunctionName=echo, Name="live", RoutingConfig={"AdditionalVersionWeights": weights})
    with pytest.raises(ClientError, match=r"ValidationException.*'name'"):
        functions.create_alias(FunctionName=echo, Name="1", FunctionVersion="$LATEST")
    assert functions.get_alias(FunctionName=echo, Name="live")["FunctionVersion"] == "$LATEST"


def test_function_of_an_invalid_payload_is_not_called(client: Client, echo: str) -> None:
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        client("lambda").invoke(FunctionName=echo, Payload=b"{'ride': 1}")
    assert json.loads(client("lambda").invoke(FunctionName=echo)["Payload"].read()) == {}
