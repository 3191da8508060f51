"""Which program runs a function: "Lambda runtimes", "Building Lambda functions with Node.js", "Packaging layers"."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import entries
from local.lambda_ import layers
from local.lambda_.interpreters import Interpreters
from machines import Client, allow, function, invoke, role, unique

LAMBDA = Interpreters({"python3.11": Path("python"), "nodejs20.x": Path("node")}, Path("python"))


@pytest.mark.parametrize(
    ("configuration", "lack"),
    [
        ({"Runtime": "python3.11"}, None),
        ({"Runtime": "provided.al2023"}, None),
        ({"Timeout": 3}, None),
        (
            {"Runtime": "python3.12"},
            "The runtime python3.12 is not installed here. Installed are: nodejs20.x, python3.11.",
        ),
        ({"Runtime": "java21"}, "The runtime java21 is not installed here. Installed are: nodejs20.x, python3.11."),
        ({"PackageType": "Image"}, "Functions that are container images do not run here: there is no container."),
        (
            {"Code": {"ImageUri": "an-image"}},
            "Functions that are container images do not run here: there is no container.",
        ),
    ],
)
def test_what_nothing_here_can_run(configuration: dict[str, Any], lack: str | None) -> None:
    assert LAMBDA.lack(configuration) == lack


def test_processes_are_forks_where_the_environment_is_that_of_the_functions_alone() -> None:
    other = Interpreters({**LAMBDA.programs, "python3.12": Path("python3.12")}, Path("python"))
    assert [other.forks(name) for name in ("python3.11", "python3.12", "nodejs20.x")] == [True, False, False]


def test_function_of_a_runtime_that_is_not_installed_is_refused_by_its_name(client: Client) -> None:
    executor = role(client, "lambda.amazonaws.com")
    arn = function(client, "def handler(event, context):\n    return event\n", executor)
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*python3\.13 is not installed here"):
        client("lambda").update_function_configuration(FunctionName=arn, Runtime="python3.13")
    code = {"ZipFile": package({"app.rb": "def handler(event:, context:) = event"})}
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*ruby3\.3 is not installed here"):
        client("lambda").create_function(
            FunctionName=unique("function"), Runtime="ruby3.3", Handler="app.handler", Role=executor, Code=code
        )


def package(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def layer(client: Client, files: dict[str, str]) -> str:
    published = client("lambda").publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": package(files)})
    return published["LayerVersionArn"]


def test_the_last_layer_covers_the_earlier_ones_and_the_function_covers_all(client: Client) -> None:
    first = layer(client, {"python/one.py": "WHO = 'first'", "python/two.py": "WHO = 'first'", "python/app.py": ""})
    last = layer(client, {"python/lib/python3.11/site-packages/two.py": "WHO = 'last'"})
    code = "import one, two\ndef handler(event, context):\n    return [one.WHO, two.WHO]\n"
    arn = function(client, code, role(client, "lambda.amazonaws.com"), Layers=[first, last])
    assert invoke(client, arn, {}) == (["first", "last"], None)


def test_layer_of_another_account_is_refused_since_its_content_is_not_here(client: Client) -> None:
    foreign = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python311-x86_64:7"
    with pytest.raises(ClientError, match="is another account's: its content is not here"):
        function(client, "", role(client, "lambda.amazonaws.com"), Layers=[foreign])


def test_paths_of_layers_for_each_language() -> None:
    folders = [Path("/last"), Path("/first")]
    own = {"PATH": "/bin"}
    assert layers.variables("python3.9", folders[:1], own) == {
        "PATH": "/last/bin:/bin",
        "LD_LIBRARY_PATH": "/last/lib",
        "PYTHONPATH": "/last/python:/last/python/lib/python3.9/site-packages",
    }
    assert layers.variables("nodejs20.x", folders, own)["NODE_PATH"] == os.pathsep.join(
        f"{folder}/nodejs/{inside}" for folder in folders for inside in ("node_modules", "node20/node_modules")
    )
    assert layers.variables("python3.9", [], own) == {}


def test_end_of_the_log_is_that_of_the_log_stream(client: Client) -> None:
    code = "def handler(event, context):\n    print('a ride')\n    return context.aws_request_id\n"
    arn = function(client, code, role(client, "lambda.amazonaws.com", allow("logs:*")))
    answer = client("lambda").invoke(FunctionName=arn, LogType="Tail", Payload=b"{}")
    identifier = json.loads(answer["Payload"].read())
    start, line, end, report = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert start == f"START RequestId: {identifier} Version: $LATEST"
    assert (line, end) == ("a ride", f"END RequestId: {identifier}")
    fields = [field.partition(":")[0] for field in report.removeprefix("REPORT ").split("\t")]
    assert fields == ["RequestId", "Duration", "Billed Duration", "Memory Size", "Max Memory Used"]
    group = f"/aws/lambda/{arn.rpartition(':')[2]}"
    logged = entries(client("logs"), "filter_log_events", "events", logGroupName=group)
    assert report in [event["message"] for event in logged]


class RuntimeApi:
    """A Lambda Runtime API that hands out events, and keeps what the runtime answers: a path and a body for each.

    Where it `holds`, it lets the runtime wait for an event that never comes.
    """

    def __init__(self, events: list[Any], *, holds: bool = False) -> None:
        self.answers: list[tuple[str, Any]] = []
        waiting = list(enumerate(events))
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if not waiting:
                    if holds:
                        self.rfile.read(1)  # until the client ends
                    self.close_connection = True
                    return
                number, event = waiting.pop(0)
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": f"request-{number}",
                    "Lambda-Runtime-Deadline-Ms": "99999999999999",
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:function",
                }
                self.respond(200, json.dumps(event).encode(), headers)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.append((self.path.removeprefix("/2018-06-01/runtime"), json.loads(body)))
                self.respond(202, b"", {})

            def respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - as in the class that it extends
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> "RuntimeApi":
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


NODE = shutil.which("node")
CLIENT = Path(sys.modules[Interpreters.__module__].__file__ or "").parent / "node_client.mjs"


@pytest.fixture
def task_root(tmp_path: Path) -> Iterator[Path]:
    if NODE is None:
        pytest.skip("Node.js is not installed")
    yield tmp_path


def answers_of(
    folder: Path, files: dict[str, str], handler: str, *events: Any, holds: bool = False
) -> tuple[list[tuple[str, Any]], str]:
    """What a function of Node.js answers to these events, and what it writes."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with RuntimeApi(list(events), holds=holds) as api:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server.server_port}",
            "LAMBDA_TASK_ROOT": str(folder),
            "_HANDLER": handler,
        }
        # Where there is no other event the connection is closed, and the client ends, unless the API holds it.
        ran = subprocess.run(
            [str(NODE), str(CLIENT)], env=variables, cwd=folder, capture_output=True, text=True, timeout=120
        )
        return api.answers, ran.stdout


def test_function_of_node_answers_and_names_its_errors(task_root: Path) -> None:
    code = """
class NoRide extends Error { constructor(message) { super(message); this.name = "NoRide"; } }
exports.handler = async (event, context) => {
  console.log("ride", event.ride);
  if (event.ride === undefined) throw new NoRide("there is none");
  if (event.ride === 0) throw "zero";
  if (event.ride === 1) return undefined;
  return { ride: event.ride, id: context.awsRequestId, left: context.getRemainingTimeInMillis() > 0 };
};
"""
    answers, written = answers_of(task_root, {"app.js": code}, "app.handler", {"ride": 7}, {}, {"ride": 0}, {"ride": 1})
    paths = [path for path, _ in answers[:4]]
    assert paths == [
        f"/invocation/request-{n}/{end}" for n, end in enumerate(["response", "error", "error", "response"])
    ]
    assert answers[0][1] == {"ride": 7, "id": "request-0", "left": True}
    assert (answers[1][1]["errorType"], answers[1][1]["errorMessage"]) == ("NoRide", "there is none")
    assert answers[1][1]["trace"][0] == "NoRide: there is none"
    assert answers[2][1] == {"errorType": "string", "errorMessage": "zero", "trace": []}
    assert answers[3][1] is None
    assert written.splitlines()[0].split("\t")[1:] == ["request-0", "INFO", "ride 7"]


def test_function_of_node_may_answer_by_the_callback_or_not_at_all(task_root: Path) -> None:
    code = """
export const handler = (event, context, callback) => {
  if (event === "later") setTimeout(() => callback(null, "now"), 1);
  if (event === "wrong") callback(new TypeError("no ride"));
  if (event === "never") return;
};
"""
    answers, _ = answers_of(task_root, {"app.mjs": code}, "app.handler", "later", "wrong", "never")
    assert answers[0] == ("/invocation/request-0/response", "now")
    assert answers[1][1]["errorType"] == "TypeError"
    assert answers[2] == ("/invocation/request-2/response", None)


@pytest.mark.parametrize(
    ("files", "handler", "error"),
    [
        ({}, "app.handler", "Runtime.ImportModuleError"),
        ({"app.js": "require('./nothing')"}, "app.handler", "Runtime.ImportModuleError"),
        ({"app.js": "exports.other = 1"}, "app.handler", "Runtime.HandlerNotFound"),
        ({"app.js": "exports.handler = ="}, "app.handler", "Runtime.UserCodeSyntaxError"),
        ({"app.js": "throw new RangeError('at start')"}, "app.handler", "RangeError"),
        ({"app.js": ""}, "app", "Runtime.MalformedHandlerName"),
    ],
)
def test_module_of_node_that_cannot_be_loaded_is_named(
    task_root: Path, files: dict[str, str], handler: str, error: str
) -> None:
    answers, _ = answers_of(task_root, files, handler)
    assert [(path, body["errorType"]) for path, body in answers] == [("/init/error", error)]


def test_error_that_nobody_catches_is_that_of_the_invocation(task_root: Path) -> None:
    code = "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); });"
    answers, _ = answers_of(task_root, {"app.js": code}, "app.handler", {})
    assert answers[0][0] == "/invocation/request-0/error"
    assert (answers[0][1]["errorType"], answers[0][1]["errorMessage"]) == (
        "Runtime.UnhandledPromiseRejection",
        "Error: lost",
    )


def test_error_between_invocations_ends_the_process_and_is_no_invocations(task_root: Path) -> None:
    code = "exports.handler = async () => { setTimeout(() => { throw new Error('late'); }, 1); return 7; };"
    answers, written = answers_of(task_root, {"app.js": code}, "app.handler", {}, holds=True)
    assert answers == [("/invocation/request-0/response", 7)]
    assert "late" in written


def test_paths_of_the_programs_are_words_of_the_shell(tmp_path: Path) -> None:
    program = tmp_path / 'a "$HOME" `clone`' / "python"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = Interpreters({"python3.12": program}).bootstrap("python3.12")
    ran = subprocess.run(["/bin/sh", "-c", script], env={"_HANDLER": "app.handler"}, capture_output=True, text=True)
    assert ran.stdout == "-m awslambdaric app.handler\n"
