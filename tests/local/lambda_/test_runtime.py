"""What the functions rely on of Lambda."""

import json
import os
from pathlib import Path

import pytest

import machines
from local import account
from machines import Client, allow, function, invoke, role, until


@pytest.fixture(scope="module")
def executor(client: Client) -> str:
    """A role of Lambda that may do nothing."""
    return role(client, "lambda.amazonaws.com")


def test_error_has_the_exceptions_name_message_and_trace(client: Client, executor: str) -> None:
    code = "class BadRide(Exception): pass\ndef handler(event, context):\n    raise BadRide('no latitude')\n"
    answer, error = invoke(client, function(client, code, executor), {})
    assert error is not None
    assert (answer["errorType"], answer["errorMessage"]) == ("BadRide", "no latitude")
    assert "raise BadRide" in "".join(answer["stackTrace"])


def test_module_that_cannot_be_imported_is_named(client: Client, executor: str) -> None:
    answer, _ = invoke(client, function(client, "import no_such_package\n", executor), {})
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_package" in answer["errorMessage"]


def test_variable_that_the_interpreter_reads_at_its_start_has_its_effect(client: Client, executor: str) -> None:
    code = "import sys\ndef handler(event, context):\n    return [sys.warnoptions, sys.flags.utf8_mode]\n"
    variables = {"PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    arn = function(client, code, executor, Environment={"Variables": variables})
    assert invoke(client, arn, {}) == ([["error"], 1], None)


def test_process_that_ends_is_an_exit_error(client: Client, executor: str) -> None:
    answer, _ = invoke(client, function(client, "import os\ndef handler(e, c):\n    os._exit(3)\n", executor), {})
    assert answer["errorType"] == "Runtime.ExitError"


def test_process_that_is_killed_before_it_takes_its_first_event_is_an_exit_error(client: Client, executor: str) -> None:
    code = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\ndef handler(e, c):\n    return e\n"
    answer, _ = invoke(client, function(client, code, executor), {})
    assert answer["errorType"] == "Runtime.ExitError"


def test_state_that_invokes_a_killed_function_fails_by_the_name_of_the_kill(client: Client, tmp_path: Path) -> None:
    """Killed while it starts, then while it works; at the third attempt it is left alone."""
    code = f"""
import os, pathlib, signal
deaths = pathlib.Path({str(tmp_path)!r})
def die(name):
    if not (deaths / name).exists():
        (deaths / name).touch()
        os.kill(os.getpid(), signal.SIGKILL)
die("start")
def handler(event, context):
    die("work")
    return {{"alive": True}}
"""
    arn = function(client, code, role(client, "lambda.amazonaws.com"))
    kills = {"ErrorEquals": ["Runtime.ExitError"], "IntervalSeconds": 1, "MaxDelaySeconds": 1, "MaxAttempts": 2}
    invoking = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
    states = {"Ask": invoking | {"Retry": [kills], "OutputPath": "$.Payload", "End": True}}
    described = machines.run(client, states, role(client, "states.amazonaws.com", allow("lambda:InvokeFunction")))
    assert (described["status"], json.loads(described.get("output", "{}"))) == ("SUCCEEDED", {"alive": True})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["start", "work"]


def test_function_that_takes_too_long_is_ended(client: Client, executor: str) -> None:
    code = "import threading\ndef handler(event, context):\n    threading.Event().wait()\n"
    answer, _ = invoke(client, function(client, code, executor, Timeout=1), {})
    assert answer["errorType"] == "Sandbox.Timedout"


def test_function_sees_its_own_variables_and_none_of_the_servers(client: Client, executor: str) -> None:
    code = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    arn = function(client, code, executor, Environment={"Variables": {"DATA_BUCKET": "rides", "PATH": "/rides:/bin"}})
    variables, _ = invoke(client, arn, {})
    assert (variables["DATA_BUCKET"], variables["PATH"]) == ("rides", "/rides:/bin")
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert {"AUTH", "GATEWAY_PORT", "MINISTACK_ACCOUNT_ID", "VIRTUAL_ENV"}.isdisjoint(variables)


def test_function_has_a_home_that_is_not_the_users(client: Client, executor: str) -> None:
    # Without the variable, `~` would be the user's home, by the password file.
    code = "import os\ndef handler(event, context):\n    return [os.path.expanduser('~'), os.environ['TMPDIR']]\n"
    (home, temporary), _ = invoke(client, function(client, code, executor), {})
    assert home == temporary
    assert home != os.path.expanduser("~")  # noqa: PTH111 - as the function does it


def test_function_has_the_packages_of_its_lock_and_no_other(client: Client, executor: str) -> None:
    code = """
import importlib.util
def handler(event, context):
    return {name: importlib.util.find_spec(name) is not None for name in event}
"""
    names = ["boto3", "aws_lambda_powertools", "numpy", "ministack", "moto", "pydantic"]
    packages, _ = invoke(client, function(client, code, executor), names)
    assert [name for name in names if packages[name]] == ["boto3", "aws_lambda_powertools"]


def test_function_acts_as_its_role(client: Client, executor: str) -> None:
    bucket = machines.unique("rides")
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="raw/a.json", Body=b"[]")
    code = """
import boto3
def handler(event, context):
    return boto3.client("s3").get_object(**event)["Body"].read().decode()
"""
    event = {"Bucket": bucket, "Key": "raw/a.json"}
    refused, error = invoke(client, function(client, code, executor), event)
    assert error is not None
    assert "s3:GetObject" in refused["errorMessage"]
    reader = role(client, "lambda.amazonaws.com", allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/raw/*"))
    assert invoke(client, function(client, code, reader), event) == ("[]", None)


def test_updated_variables_reach_a_warm_function_and_keep_the_others(client: Client, executor: str) -> None:
    code = "import os\ndef handler(event, context):\n    return os.environ['MODEL_PATH']\n"
    arn = function(client, code, executor, Environment={"Variables": {"MODEL_PATH": "none"}})
    assert invoke(client, arn, {})[0] == "none"
    functions = client("lambda")
    revision = functions.get_function_configuration(FunctionName=arn)["RevisionId"]
    variables = {"Variables": {"MODEL_PATH": "models/a"}}
    functions.update_function_configuration(FunctionName=arn, Environment=variables, RevisionId=revision)
    until(
        lambda: functions.get_function_configuration(FunctionName=arn)["LastUpdateStatus"],
        lambda status: status == "Successful",
    )
    assert invoke(client, arn, {})[0] == "models/a"
    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.update_function_configuration(FunctionName=arn, Environment=variables, RevisionId=revision)


def test_what_a_function_prints_is_in_its_log_group(client: Client, executor: str) -> None:
    group = machines.unique("/aws/lambda/test")
    client("logs").create_log_group(logGroupName=group)
    code = "def handler(event, context):\n    print('counted', event['rides'], 'rides')\n"
    arn = function(client, code, executor, LoggingConfig={"LogFormat": "Text", "LogGroup": group})
    invoke(client, arn, {"rides": 12})
    events = account.entries(client("logs"), "filter_log_events", "events", logGroupName=group)
    assert any("counted 12 rides" in event["message"] for event in events), json.dumps(events)


def test_what_an_invocation_writes_is_in_the_log_once_it_has_answered(client: Client, executor: str) -> None:
    """Also the last one of a process, and one of which there are too many lines to come by in a moment."""
    code = (
        "def handler(event, context):\n    for number in range(event['lines']):\n        print(event['name'], number)\n"
    )
    arn = function(client, code, executor)
    logs = client("logs")
    for name, count in (("few", 3), ("many", 3000), ("few again", 3)):
        invoke(client, arn, {"name": name, "lines": count})
        request = {"logGroupName": f"/aws/lambda/{arn.rpartition(':')[2]}"}
        events = account.entries(logs, "filter_log_events", "events", **request)
        written = [each["message"] for each in events if each["message"].startswith(f"{name} ")]
        assert [text for text in written if text.removeprefix(f"{name} ").isdigit()] == [
            f"{name} {number}" for number in range(count)
        ]
