"""AWS Lambda: functions, errors, versions, aliases, limits, sources of events."""

import base64
import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest

from caller import Caller, allow, package, refusal, until

API = "AWS Lambda API Reference: "
GUIDE = "AWS Lambda Developer Guide: "

ECHO = "def handler(event, context):\n    return event\n"
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.mark.document(GUIDE + "Lambda function states")
def test_new_function_is_pending(caller: Caller) -> None:
    functions, name = caller.client("lambda"), caller.name("function")
    created = functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=caller.role("lambda"),
        Code={"ZipFile": package(ECHO)},
    )
    caller.at_end(functions.delete_function, FunctionName=name)
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")


@pytest.mark.document(GUIDE + "Define Lambda function handler in Python")
def test_function_answers(caller: Caller) -> None:
    code = "import os\ndef handler(event, context):\n    return [event, os.environ['COLOUR'], context.function_name]\n"
    arn = caller.function(code, Environment={"Variables": {"COLOUR": "red"}})
    assert caller.invoke(arn, {"ride": 1}) == [{"ride": 1}, "red", arn.rpartition(":")[2]]


@pytest.mark.document(API + "Invoke (FunctionError)")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("class Lame(Exception): pass\ndef handler(event, context): raise Lame('Angel')\n", "Lame"),
        ("import none\n", "Runtime.ImportModuleError"),
        ("other = None\n", "Runtime.HandlerNotFound"),
        ("def handler(event, context): return {1, 2}\n", "Runtime.MarshalError"),
        ("import os\ndef handler(event, context): os._exit(1)\n", "Runtime.ExitError"),
    ],
    ids=["exception", "import", "handler", "answer", "exit"],
)
def test_function_fails_by_the_name_of_its_error(caller: Caller, code: str, kind: str) -> None:
    answer = caller.client("lambda").invoke(FunctionName=caller.function(code))
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == kind


@pytest.mark.document(GUIDE + "Configure Lambda function timeout")
def test_function_runs_out_of_time(caller: Caller) -> None:
    arn = caller.function("import time\ndef handler(event, context): time.sleep(9)\n", Timeout=1)
    answer = caller.invoke(arn)
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]


@pytest.mark.document(GUIDE + "Configure Lambda function memory")
def test_function_that_takes_too_much_memory_is_killed(caller: Caller) -> None:
    arn = caller.function(
        "def handler(event, context): return len(bytearray(b'x') * 400_000_000)\n", MemorySize=128, Timeout=30
    )
    answer = caller.invoke(arn)
    assert answer["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in answer["errorMessage"]


@pytest.mark.document(API + "Invoke (LogType)")
def test_end_of_the_log_comes_with_the_answer(caller: Caller) -> None:
    arn = caller.function("def handler(event, context): print('a ride')\n")
    answer = caller.client("lambda").invoke(FunctionName=arn, LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith("START RequestId: ")
    assert "a ride\n" in log
    assert "REPORT RequestId: " in log


@pytest.mark.document(API + "Invoke (InvocationType)")
def test_invocation_that_is_a_trial(caller: Caller) -> None:
    arn = caller.function(ECHO)
    assert caller.client("lambda").invoke(FunctionName=arn, InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.document(API + "Invoke (ResourceNotFoundException)")
def test_function_that_there_is_not(caller: Caller) -> None:
    assert refusal(caller.client("lambda").invoke, FunctionName=caller.name("none")) == "ResourceNotFoundException"


@pytest.mark.document(API + "Invoke (RequestTooLargeException)")
def test_request_of_over_six_megabytes(caller: Caller) -> None:
    arn = caller.function(ECHO)
    code = refusal(caller.client("lambda").invoke, FunctionName=arn, Payload=b'"' + b"x" * 6_291_456 + b'"')
    assert code in ("RequestTooLargeException", "RequestEntityTooLargeException")


def created(caller: Caller, **settings: Any) -> str:
    """The code by which a function of these settings is refused."""
    functions, name = caller.client("lambda"), caller.name("function")
    parameters = {
        "FunctionName": name,
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Role": caller.role("lambda"),
        "Code": {"ZipFile": package(ECHO)},
    }
    caller.at_end(functions.delete_function, FunctionName=name)
    return refusal(functions.create_function, **parameters | settings)


@pytest.mark.document(API + "CreateFunction")
@pytest.mark.parametrize(
    "settings",
    [
        {"MemorySize": 10_241},
        {"Timeout": 901},
        {"Runtime": "python2.7"},
        {"Environment": {"Variables": {"AWS_REGION": "x"}}},
        {"Environment": {"Variables": {"LONG": "x" * 4096}}},
        {"EphemeralStorage": {"Size": 10_241}},
    ],
    ids=["memory", "timeout", "runtime", "reserved variable", "variables", "storage"],
)
def test_configuration_that_lambda_refuses(caller: Caller, settings: dict[str, Any]) -> None:
    assert created(caller, **settings) in ("InvalidParameterValueException", "ValidationException")


@pytest.mark.document(GUIDE + "Defining Lambda function permissions with an execution role")
def test_role_that_lambda_cannot_assume(caller: Caller) -> None:
    assert created(caller, Role=caller.role("states")) == "InvalidParameterValueException"


@pytest.mark.document(API + "CreateFunction (ResourceConflictException)")
def test_function_of_a_name_that_is_taken(caller: Caller) -> None:
    functions, name, role = caller.client("lambda"), caller.name("function"), caller.role("lambda")
    settings = {
        "FunctionName": name,
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Role": role,
        "Code": {"ZipFile": package(ECHO)},
    }
    functions.create_function(**settings)
    caller.at_end(functions.delete_function, FunctionName=name)
    assert refusal(functions.create_function, **settings) == "ResourceConflictException"


@pytest.mark.document(GUIDE + "Manage Lambda function versions")
def test_version_stays_as_it_was(caller: Caller) -> None:
    functions = caller.client("lambda")
    arn = caller.function(
        "import os\ndef handler(event, context): return os.environ['NUMBER']\n",
        Environment={"Variables": {"NUMBER": "1"}},
    )
    functions.publish_version(FunctionName=arn)
    functions.update_function_configuration(FunctionName=arn, Environment={"Variables": {"NUMBER": "2"}})
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    assert [caller.invoke(each) for each in (arn, f"{arn}:1", f"{arn}:live")] == ["2", "1", "1"]
    answer = functions.invoke(FunctionName=arn, Qualifier="live")
    assert answer["ExecutedVersion"] == "1"


@pytest.mark.document(GUIDE + "Implement Lambda canary deployments using a weighted alias")
def test_alias_sends_some_to_another_version(caller: Caller) -> None:
    functions = caller.client("lambda")
    arn = caller.function("def handler(event, context): return context.function_version\n")
    functions.publish_version(FunctionName=arn)
    functions.update_function_configuration(FunctionName=arn, Description="other")
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
    functions.publish_version(FunctionName=arn)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1", RoutingConfig=routing)
    assert {caller.invoke(f"{arn}:live") for _ in range(40)} == {"1", "2"}


@pytest.mark.document(API + "CreateAlias (ResourceNotFoundException)")
def test_alias_to_a_version_that_there_is_not(caller: Caller) -> None:
    functions = caller.client("lambda")
    code = refusal(functions.create_alias, FunctionName=caller.function(ECHO), Name="live", FunctionVersion="9")
    assert code == "ResourceNotFoundException"


@pytest.mark.document(GUIDE + "Configuring reserved concurrency for a function")
def test_function_without_concurrency_is_throttled(caller: Caller) -> None:
    functions, arn = caller.client("lambda"), caller.function(ECHO)
    functions.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    assert refusal(functions.invoke, FunctionName=arn) == "TooManyRequestsException"


@pytest.mark.document(GUIDE + "Adding layers to functions")
def test_layer_is_on_the_path(caller: Caller) -> None:
    functions, name = caller.client("lambda"), caller.name("layer")
    content = {"ZipFile": package("COLOUR = 'red'\n", "python/colours.py")}
    layer = functions.publish_layer_version(LayerName=name, Content=content)
    caller.at_end(functions.delete_layer_version, LayerName=name, VersionNumber=1)
    code = "import colours\ndef handler(event, context): return colours.COLOUR\n"
    assert caller.invoke(caller.function(code, Layers=[layer["LayerVersionArn"]])) == "red"


def mapped(caller: Caller, url: str, code: str, **settings: Any) -> None:
    """A function that a queue is mapped to."""
    functions = caller.client("lambda")
    arn = caller.function(code, caller.role("lambda", allow(*POLLING)), Timeout=5)
    mapping = functions.create_event_source_mapping(FunctionName=arn, EventSourceArn=caller.queue_arn(url), **settings)
    caller.at_end(functions.delete_event_source_mapping, UUID=mapping["UUID"])


@pytest.mark.document(GUIDE + "Handling errors for an SQS event source in Lambda (partial batch responses)")
def test_message_of_a_batch_that_fails_comes_again(caller: Caller) -> None:
    dead = caller.queue()
    redrive = json.dumps({"deadLetterTargetArn": caller.queue_arn(dead), "maxReceiveCount": 1})
    url = caller.queue(RedrivePolicy=redrive, VisibilityTimeout="5")
    code = (
        "def handler(event, context):\n"
        "    lame = [each['messageId'] for each in event['Records'] if each['body'] == 'lame']\n"
        "    return {'batchItemFailures': [{'itemIdentifier': each} for each in lame]}\n"
    )
    mapped(caller, url, code, FunctionResponseTypes=["ReportBatchItemFailures"])
    for body in ("well", "lame"):
        caller.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    bodies = until(lambda: [message["Body"] for message in caller.receive(dead, 5)])
    assert bodies == ["lame"]


@pytest.mark.document(GUIDE + "Using Lambda with Amazon SQS (FIFO queues)")
@pytest.mark.differs("FIFO queues cannot be mapped")
def test_fifo_queue_is_mapped(caller: Caller) -> None:
    mapped(caller, caller.queue(FifoQueue="true", VisibilityTimeout="30"), ECHO)


@pytest.mark.document(GUIDE + "Capturing records of Lambda asynchronous invocations (destinations)")
def test_event_that_succeeded_goes_to_its_destination(caller: Caller) -> None:
    functions, url = caller.client("lambda"), caller.queue()
    arn = caller.function(ECHO, caller.role("lambda", allow("sqs:SendMessage")))
    destination = {"OnSuccess": {"Destination": caller.queue_arn(url)}}
    functions.put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=0, DestinationConfig=destination)
    answer = functions.invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"ride": 1}')
    assert answer["StatusCode"] == 202
    (message,) = until(lambda: caller.receive(url, 5))
    record = json.loads(message["Body"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", {"ride": 1})


@pytest.mark.document(GUIDE + "Creating and managing Lambda function URLs")
@pytest.mark.differs("function URLs are not served")
def test_function_has_an_address(caller: Caller) -> None:
    functions, arn = caller.client("lambda"), caller.function("def handler(event, context): return event['rawPath']\n")
    url = functions.create_function_url_config(FunctionName=arn, AuthType="NONE")["FunctionUrl"]
    functions.add_permission(
        FunctionName=arn,
        StatementId="all",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    with urllib.request.urlopen(caller.place.request(f"{url}rides"), timeout=30) as answer:
        assert answer.read() == b"/rides"


@pytest.mark.document(API + "GetFunction (Code)")
@pytest.mark.differs("the URL of a function's code is closed")
def test_code_can_be_fetched(caller: Caller) -> None:
    location = caller.client("lambda").get_function(FunctionName=caller.function(ECHO))["Code"]["Location"]
    with urllib.request.urlopen(location, timeout=30) as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.read()))
    assert packed.read("app.py").decode() == ECHO


@pytest.mark.document(GUIDE + "Lambda execution environment (file system)")
@pytest.mark.differs("environments are processes, without a read-only file system")
def test_function_writes_to_tmp_alone(caller: Caller) -> None:
    code = (
        "import os, pathlib\n"
        "def handler(event, context):\n"
        "    pathlib.Path('/tmp/ride').write_text('ride')\n"
        "    try:\n"
        "        pathlib.Path(os.environ['LAMBDA_TASK_ROOT'], 'ride').write_text('ride')\n"
        "    except OSError as fault:\n"
        "        return fault.strerror\n"
    )
    assert caller.invoke(caller.function(code)) == "Read-only file system"


@pytest.mark.document(GUIDE + "Using resource-based policies in Lambda")
@pytest.mark.differs("a policy without statements is there, and empty")
def test_permission_is_in_the_policy(caller: Caller) -> None:
    functions, arn = caller.client("lambda"), caller.function(ECHO)
    functions.add_permission(
        FunctionName=arn, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    (statement,) = json.loads(functions.get_policy(FunctionName=arn)["Policy"])["Statement"]
    assert (statement["Sid"], statement["Principal"]) == ("s3", {"Service": "s3.amazonaws.com"})
    functions.remove_permission(FunctionName=arn, StatementId="s3")
    assert refusal(functions.get_policy, FunctionName=arn) == "ResourceNotFoundException"
