"""`make run`, from raw rides to an answer of the API.

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

from cli import api, deploy, embedded, executions, models, orphans, run_folders
from cli import console as shown
from cli import report as model_report
from cli import weather as noaa
from cli.run_summary import report
from cli.server_record import ServerError, ServerRecord
from local.account import EmbeddedAws
from local.server import ROOT

DEFAULT_CHUNK_BYTES = 200_000

# A ride to ask about, in the fields of the API; heat of 33 °C, as the workshop's own example has it.
SAMPLE_RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}


class WrongWishError(Exception):
    """What the user asked for cannot be done; the message says why."""


EXPECTED = (
    WrongWishError,
    ServerError,
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
    name = f"run-{uuid.uuid4().hex[:12]}"
    folder = run_folders.run_folder(name)
    folder.mkdir(parents=True)
    with _server(console, folder / "embedded-aws.log") as server:
        deployment = deploy_stack(server, stack, console)
        fill_weather(server, weather, console)
        upload(server, deployment.outputs["DataBucketName"], rides)
        console.print(f"Uploaded {len(rides)} ride {'file' if len(rides) == 1 else 'files'}")
        arn = start(server, deployment, wish.execution_input(), name)
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
        text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
        (folder / "report.json").write_text(text, encoding="utf-8")
        console.print(shown.summary(written))
        console.print(f"\nAll of it is in {folder.relative_to(ROOT)}/report.json, and in build/report.json.")
        bucket = deployment.outputs["DataBucketName"]
        model_report.write(models.card(server, bucket, output["execution"]), console)
    return 0


def files(path: Path) -> list[Path]:
    """The file at `path`, or all below it. Raises WrongWishError where there is none."""
    if not path.exists():
        raise WrongWishError(f"{path} does not exist.")
    found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not found:
        raise WrongWishError(f"{path} holds no file.")
    return found


@contextlib.contextmanager
def _server(console: Console, log: Path) -> Iterator[EmbeddedAws]:
    """The server that `make up` keeps, or one for the length of the block, which writes its log to `log`."""
    running = ServerRecord().running_server()
    if running is not None:
        address = running.endpoint
        console.print(f"Using the embedded AWS at {address}; the rides there before are trained on as well.")
        yield running
        return
    if ended := orphans.sweep():
        console.print(f"Ended {ended} functions and jobs that a killed server had left running.")
    console.print("Starting the embedded AWS")
    with embedded.temporary_server(log) as server:
        yield server
    console.print("The embedded AWS of this run has ended; `make up` keeps one that goes on answering.", style="dim")


def deploy_stack(server: EmbeddedAws, stack: str, console: Console) -> deploy.Deployment:
    console.print("Deploying template.yaml")
    deployment = deploy.deploy(ROOT, server, stack)
    unread = server.request("/_local/unread-properties")
    for resource, properties in sorted(unread.items()):
        console.print(f"  not played here: {', '.join(properties)} of {resource}", style="dim")
    return deployment


def fill_weather(server: EmbeddedAws, files: list[Path], console: Console) -> None:
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


def start(server: EmbeddedAws, deployment: deploy.Deployment, execution_input: dict[str, Any], name: str) -> str:
    """Start the workflow as the execution `name`; returns its ARN."""
    started = server.client("stepfunctions").start_execution(
        stateMachineArn=deployment.outputs["StateMachineArn"],
        name=name,
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
