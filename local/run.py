"""`make run`, from raw rides to an answer of the API, and `make up`, which keeps all of it running.

    server ─> stack ─> weather into noaa-ghcn-pds ─> rides into raw/ ─> StartExecution ─> POST ─> report

Everything past the server's start goes through the APIs of AWS, by boto3 and HTTP.
"""

import contextlib
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import account, api, deploy, executions, model_report, noaa, process, registry
from local import console as shown
from local.account import EmbeddedAws
from local.report import report
from local.server import ROOT

REPORT = process.BUILD / "report.json"
DEFAULT_CHUNK_BYTES = 200_000

# A ride to ask about, in the fields of the API; heat of 33 °C, as the workshop's own example has it.
SAMPLE_RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}


class WrongWishError(Exception):
    """What the user asked for cannot be done; the message says why."""


EXPECTED = (
    WrongWishError,
    process.ServerError,
    deploy.DeploymentError,
    noaa.UnreadableWeatherError,
    ClientError,
    BotoCoreError,
)


@dataclass(frozen=True)
class Wish:
    """What to run on, and with what input; None leaves it to the workflow's default."""

    rides: Path
    weather: Path
    target: str | None
    features: str | None
    chunk_bytes: str | None
    max_rejected_fraction: str | None

    def execution_input(self) -> dict[str, Any]:
        """The input of the execution. The workflow checks it; here only text becomes numbers and lists."""
        given: dict[str, Any] = {"chunk_bytes": number(self.chunk_bytes) if self.chunk_bytes else DEFAULT_CHUNK_BYTES}
        if self.target:
            given["target"] = self.target
        if self.features:
            given["features"] = [name.strip() for name in self.features.split(",")]
        if self.max_rejected_fraction:
            given["max_rejected_fraction"] = number(self.max_rejected_fraction)
        return given


def number(text: str) -> int | float | str:
    """`text` as a number; as it is where it is none, for the workflow to refuse by the field's name."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def run(wish: Wish, console: Console, stack: str) -> int:
    """Retrain once and ask the API. Returns the exit code: 1 where the execution failed."""
    rides, weather = files(wish.rides), files(wish.weather)
    with _server(console) as server:
        deployment = _deploy(server, stack, console)
        _fill_weather(server, weather, console)
        upload(server, deployment.outputs["DataBucketName"], rides)
        console.print(f"Uploaded {len(rides)} ride {'file' if len(rides) == 1 else 'files'}")
        arn = start(server, deployment, wish.execution_input())
        began = time.monotonic()
        try:
            progress = shown.watch(console, executions.follow(server, arn))
        except KeyboardInterrupt:
            server.client("stepfunctions").stop_execution(executionArn=arn, cause="Ctrl-C")
            raise
        if progress.status != "SUCCEEDED":
            console.print(shown.failure_report(executions.failure(server, arn, progress)))
            return 1
        output = json.loads(progress.output or "{}")
        prediction = _ask_what_is_live(api.of_stack(server, deployment.outputs), output)
        written = report(output, prediction, {"arn": arn, "seconds": round(time.monotonic() - began, 1)})
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(shown.summary(written))
        console.print(f"\nAll of it is in {REPORT.relative_to(ROOT)}.")
        bucket = deployment.outputs["DataBucketName"]
        model_report.write(registry.card(server, bucket, output["execution"]), console)
    return 0


def up(port: int, weather: Path, console: Console, stack: str) -> int:
    """Start the embedded AWS on `port` and leave it running, the stack deployed and the weather in place."""
    weather_files = files(weather)
    console.print(f"Starting the embedded AWS on {account.HOST}:{port}")
    server = EmbeddedAws.on_port(port)
    started = process.launch(server, process.LOG)
    try:
        deployment = _deploy(server, stack, console)
        _fill_weather(server, weather_files, console)
    except BaseException:
        process.end(started)
        raise
    process.save(process.Running(started.pid, server))
    lines = process.save_variables(exports(server, deployment))
    sourced = process.VARIABLES.relative_to(ROOT)
    console.print(f"\nRunning until `make down`. For the aws CLI and any SDK (`. {sourced}`):\n")
    console.print(lines)
    return 0


def exports(server: EmbeddedAws, deployment: deploy.Deployment) -> dict[str, str]:
    """Variables: how any client reaches the embedded AWS, and the names of what is deployed there."""
    outputs = ("DataBucketName", "StateMachineArn", "PredictFunctionName", "AthenaWorkGroupName", "GlueDatabaseName")
    variables = server.variables()
    variables |= {_shell_name(name): deployment.outputs[name] for name in outputs}
    stack_api = api.of_stack(server, deployment.outputs)
    return variables | {
        "API_URL": stack_api.url,
        "API_KEY": stack_api.key or "",
        account.TOKEN_VARIABLE: server.token,
    }


def _shell_name(output: str) -> str:
    """`DataBucketName` as `DATA_BUCKET`, `StateMachineArn` as `STATE_MACHINE`."""
    words = output.removesuffix("Name").removesuffix("Arn")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in words).strip("_").upper()


def files(path: Path) -> list[Path]:
    """The file at `path`, or all below it. Raises WrongWishError where there is none."""
    if not path.exists():
        raise WrongWishError(f"{path} does not exist.")
    found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not found:
        raise WrongWishError(f"{path} holds no file.")
    return found


@contextlib.contextmanager
def _server(console: Console) -> Iterator[EmbeddedAws]:
    """The server that `make up` keeps, or one for the length of the block."""
    kept = process.kept()
    if kept is not None:
        address = kept.server.endpoint
        console.print(f"Using the embedded AWS at {address}; the rides there before are trained on as well.")
        yield kept.server
        return
    console.print("Starting the embedded AWS")
    with process.temporary_server(process.LOG) as server:
        yield server
    console.print("The embedded AWS of this run has ended; `make up` keeps one that goes on answering.", style="dim")


def _deploy(server: EmbeddedAws, stack: str, console: Console) -> deploy.Deployment:
    console.print("Deploying template.yaml")
    deployment = deploy.deploy(ROOT, server, stack)
    unread = server.request("/_local/unread-properties")
    for resource, properties in sorted(unread.items()):
        console.print(f"  not played here: {', '.join(properties)} of {resource}", style="dim")
    return deployment


def _fill_weather(server: EmbeddedAws, files: list[Path], console: Console) -> None:
    filled = noaa.fill(server, files)
    console.print(
        f"Filled {noaa.BUCKET} with {filled.rows:,} rows of {filled.stations} stations, "
        f"{filled.first_year} to {filled.last_year}"
    )


def upload(server: EmbeddedAws, bucket: str, files: list[Path]) -> None:
    """Put ride files under raw/, by their own names."""
    s3 = server.client("s3")
    for file in files:
        s3.upload_file(str(file), bucket, f"raw/{file.name}")


def start(server: EmbeddedAws, deployment: deploy.Deployment, execution_input: dict[str, Any]) -> str:
    """Start the workflow; returns the execution's ARN."""
    started = server.client("stepfunctions").start_execution(
        stateMachineArn=deployment.outputs["StateMachineArn"],
        name=f"run-{uuid.uuid4().hex[:12]}",
        input=json.dumps(execution_input),
    )
    return started["executionArn"]


def _ask_what_is_live(stack_api: api.Api, output: dict[str, Any]) -> dict[str, Any] | None:
    """The API's answer to the sample ride; None where no model is live, neither a new one nor one from before."""
    if output["live_model_path"] == deploy.NO_MODEL:
        return None
    return ask(stack_api, output["features"] if output["promoted"] else list(SAMPLE_RIDE))


def ask(stack_api: api.Api, features: list[str]) -> dict[str, Any]:
    """POST the sample ride, as far as the model looks at it. Returns request, answer and the curl line for it."""
    ride = {name: SAMPLE_RIDE[name] for name in SAMPLE_RIDE if name in features}
    try:
        with urllib.request.urlopen(stack_api.request(ride), timeout=30) as response:  # noqa: S310
            answer = response.read().decode()
    except urllib.error.HTTPError as refusal:
        raise WrongWishError(f"The API answered {refusal.code}: {refusal.read().decode(errors='replace')}") from refusal
    return {
        "request": ride,
        "answer": answer,
        "response": json.loads(answer),
        "curl": stack_api.curl(ride),
    }
