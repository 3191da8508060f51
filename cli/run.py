"""`wildrydes run`: from raw rides to an answer of the API, on the embedded AWS.

    server ─> stack ─> weather into noaa-ghcn-pds ─> rides into raw/ ─> StartExecution ─> POST ─> report

Everything past the server's start goes through the APIs of AWS, by boto3 and HTTP.
"""

import contextlib
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli import embedded, executions, input_options, options, ride_files, sample_files
from cli import weather as weather_files
from cli.api import curl, path_of
from cli.deployment import deploy_stack, fill_weather, sweep_orphans
from cli.following import follow
from cli.outcome import SAMPLE_RIDE
from cli.retrain import new_name
from cli.run_folders import check_writable, run_folder, short
from cli.server_record import ServerRecord
from cli.stack import Stack
from local.account import EmbeddedAws
from wildrydes import parameters
from wildrydes.starts.execution_arns import arn_of
from wildrydes.tasks import SAMPLES, TASKS, features_of

# Small, so that even the sample fans out over some children. Of more data each gets more, up to the workflow's default.
DEFAULT_CHUNK_BYTES = 200_000
_CHILDREN = 40
_STOP_SECONDS = 3
_ENDED = """
The embedded AWS of this run has ended. To ask by yourself:
  make up{weather}
  make retrain {variables}
  . build/embedded-aws.env
  {curl}"""


@click.command(epilog=options.EXIT_CODES_OF_FOLLOWING, short_help="Retrain once on the embedded AWS, and ask the API.")
@options.rides
@options.weather
@options.weather_units
@options.samples
@input_options.execution_input
@options.verbose
@options.as_json
def run(
    rides: Path,
    weather: Path,
    weather_units: str | None,
    samples: Path,
    execution_input: dict[str, Any],
    *,
    verbose: bool,
    as_json: bool,
) -> int:
    """Retrain once on the embedded AWS: deploy, upload rides or samples, run the workflow, and ask the API.

    It uses the server that `wildrydes up` started, or one of its own, which ends with the command. Ctrl-C stops the
    execution, and that server.

    \b
    Example:
      wildrydes run --task service_requested --features distance,TMAX,TMIN,PRCP
    """
    check_writable()
    console = options.console(as_json=as_json)
    if input_options.source_of(execution_input) == SAMPLES:
        fill, files = fill_samples(samples), []
    else:
        files = ride_files.collect(rides, console)
        fill = fill_rides(rides, files, weather_files.collect(weather, weather_units), execution_input)
    execution_input = {"chunk_bytes": chunk_bytes_of(files)} | execution_input
    name = new_name()
    with _server(console, run_folder(name) / "embedded-aws.log") as server:
        stack = deploy_stack(server, console, verbose=verbose)
        fill(server, stack, console)
        arn = arn_of(stack.machine("retrain"), name)
        try:
            executions.start(stack, "retrain", execution_input, name)
            code = follow(stack, arn, console, as_json=as_json)
        except KeyboardInterrupt:
            stop(server, arn, console)
            raise
    if ServerRecord().running_server() is None:
        folder = short(run_folder(name))
        failed = f"\nThe embedded AWS of this run has ended, and its bucket with it; {folder}/ has what is left of it."
        again = how_to_ask(execution_input, rides=rides, samples=samples, weather=weather, weather_units=weather_units)
        console.print(failed if code else again, style="dim", markup=False)
    return code


def stop(server: EmbeddedAws, execution: str, console: Console) -> None:
    """Stop the execution at once: a server that does not answer must not hold the command up."""
    try:
        states = server.client("stepfunctions", read_timeout=_STOP_SECONDS)
        states.stop_execution(executionArn=execution, cause="Ctrl-C")
    except (BotoCoreError, ClientError) as fault:
        console.print(f"The execution was not stopped: {fault}", style="dim", markup=False)


def chunk_bytes_of(files: Iterable[Path]) -> int:
    """The bytes of a chunk by which files keep some forty children busy, and no more."""
    size = sum(file.stat().st_size for file in files)
    return min(max(size // _CHILDREN, DEFAULT_CHUNK_BYTES), parameters.DEFAULT_CHUNK_BYTES)


def how_to_ask(
    execution_input: dict[str, Any],
    *,
    rides: Path = options.RIDES,
    samples: Path = options.SAMPLES,
    weather: Path = options.WEATHER,
    weather_units: str | None = None,
) -> str:
    """The commands after which a model of the same task, made from the same files, answers."""
    task = TASKS[input_options.task_of(execution_input)]
    data = f"SAMPLES={_typed(samples)}" if task.source == SAMPLES else f"RIDES={_typed(rides)}"
    named = [data, *([] if task.is_default else [f"TASK={task.name}"])]
    if features := execution_input.get("features"):
        named.append(f"FEATURES={','.join(features)}")
    if algorithms := execution_input.get("algorithms"):
        named.append(f"ALGORITHMS={','.join(algorithms)}")
    if serving := execution_input.get("serving"):
        named.append(f"SERVING={serving}")
    example = {name: feature.example for name, feature in features_of(task.source).items() if name in task.features}
    of_years = [] if weather.resolve() == options.WEATHER else [f"WEATHER={_typed(weather)}"]
    if weather_units is not None:
        of_years.append(f"WEATHER_UNITS={weather_units}")
    return _ENDED.format(
        weather="".join(f" {variable}" for variable in of_years),
        variables=" ".join(named),
        curl=curl(SAMPLE_RIDE if task.is_default else example, path_of(task.name)),
    )


def _typed(path: Path) -> str:
    """A path as it is typed in the clone."""
    return shlex.quote(short(path))


Fill = Callable[[EmbeddedAws, Stack, Console], None]
"""Puts what a task learns from into a stack; made once its files are checked."""


def fill_rides(
    rides: Path, files: list[Path], observations: weather_files.Weather, execution_input: dict[str, Any]
) -> Fill:
    """For a task that learns from rides: the files at `rides`, and the weather. Raises UnreadableFileError."""
    weather_files.check_years(observations, execution_input)

    def fill(server: EmbeddedAws, stack: Stack, console: Console) -> None:
        fill_weather(server, observations, console)
        ride_files.upload(stack, rides, files, console)
        console.print(f"Uploaded {len(files)} ride {'file' if len(files) == 1 else 'files'}")

    return fill


def fill_samples(samples: Path) -> Fill:
    """For a task that learns from samples: those of a file. Raises UnreadableFileError."""
    file = sample_files.check(samples)

    def fill(_: EmbeddedAws, stack: Stack, console: Console) -> None:
        sample_files.upload(stack, file)
        console.print(f"Uploaded {file.rows:,} samples")

    return fill


@contextlib.contextmanager
def _server(console: Console, log: Path) -> Iterator[EmbeddedAws]:
    """The server that `up` started, or one for the length of the block, which writes its log to `log`."""
    running = ServerRecord().running_server()
    if running is not None:
        console.print(
            f"Using the embedded AWS at {running.endpoint}. It trains on the rides that are there already, too."
        )
        yield running
        return
    sweep_orphans(console)
    console.print("Starting the embedded AWS")
    with embedded.temporary_server(log) as server:
        yield server
