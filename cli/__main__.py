"""The commands behind `make run`, `up`, `stream`, `invoke`, `models`, `report`, `rollback` and `down`."""

import argparse
import contextlib
import sys
from pathlib import Path

from rich.console import Console

from cli import deploy, invoke, models, report, rollback, run, stream, up
from cli.server_record import ServerRecord
from local.server import ROOT

STACK = "wildrydes"

EXPECTED = (stream.UnreadableRidesError, invoke.CannotInvokeError, models.NoModelError)


def main(arguments: list[str] | None = None) -> int:
    """Run the command that is named. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Run the whole project on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="retrain once: upload, execute, report, ask the API")
    running.add_argument("--rides", type=Path, default=ROOT / "data" / "rides", help="a file or folder of rides")
    running.add_argument(
        "--weather", type=Path, default=ROOT / "data" / "weather", help="a GHCN-Daily CSV or a folder of them"
    )
    running.add_argument("--target", help="heavy_utilization (default) or service_requested")
    running.add_argument("--features", help="inputs of the model, by commas: distance,TMAX,TMIN,PRCP")
    running.add_argument("--chunk-bytes", help="bytes a child execution gets (default: 200000 here, 8 MB on AWS)")
    running.add_argument("--max-rejected-fraction", help="share of rejected rides from which on to fail (default: 0.1)")
    keeping = commands.add_parser("up", help="keep the embedded AWS running, with the stack deployed")
    keeping.add_argument("--port", type=int, default=4566, help="port to listen on (default: %(default)s)")
    keeping.add_argument(
        "--weather", type=Path, default=ROOT / "data" / "weather", help="a GHCN-Daily CSV or a folder of them"
    )
    streaming = commands.add_parser("stream", help="send rides one at a time to what `up` started")
    streaming.add_argument("--rides", type=Path, default=ROOT / "data" / "rides", help="a file or folder of rides")
    streaming.add_argument("--rate", type=_above_zero, help="rides a second (default: as fast as it goes)")
    calling = commands.add_parser("invoke", help="call one function of what `up` started")
    calling.add_argument("--function", required=True, help="the function's folder: ingest_rides")
    calling.add_argument("--event", type=Path, required=True, help="a file with the event: events/predict_ride.json")
    commands.add_parser("models", help="list what was live, when, and why the others were not")
    reporting = commands.add_parser("report", help="write build/report.html and pictures of a model")
    reporting.add_argument("--model", help="the execution that trained it (default: the live one)")
    going_back = commands.add_parser("rollback", help="make an earlier model the live one again")
    going_back.add_argument("--to", help="the execution that trained it (default: the model before the live one)")
    commands.add_parser("down", help="stop what `up` started")
    given = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        return COMMANDS[given.command](given, console)
    except (*run.EXPECTED, *EXPECTED) as fault:
        console.print(str(fault), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130


def _above_zero(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) < float("inf"):
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")


def _run(given: argparse.Namespace, console: Console) -> int:
    wish = run.Wish(
        rides=given.rides,
        weather=given.weather,
        target=given.target,
        features=given.features,
        chunk_bytes=given.chunk_bytes,
        max_rejected_fraction=given.max_rejected_fraction,
    )
    return run.run(wish, console, STACK)


def _up(given: argparse.Namespace, console: Console) -> int:
    return up.up(given.port, given.weather, console, STACK)


def _stream(given: argparse.Namespace, console: Console) -> int:
    server = ServerRecord().required_server()
    rides = list(stream.records(run.files(given.rides)))
    path = stream.RecordPath.of(deploy.deployed(server, STACK).outputs)
    outcome = stream.Fleet(server, path).run(rides, given.rate, console)
    console.print(str(outcome))
    if outcome.counts.missing:
        console.print(
            "Some are nowhere to be found: docs/operations.md says what to do with dead letters.", style="red"
        )
    return 1 if outcome.counts.missing else 0


def _invoke(given: argparse.Namespace, console: Console) -> int:
    return invoke.invoke(ServerRecord().required_server(), STACK, given.function, given.event, console)


def _models(_: argparse.Namespace, console: Console) -> int:
    return rollback.models(ServerRecord().required_server(), STACK, console)


def _report(given: argparse.Namespace, console: Console) -> int:
    return report.report(ServerRecord().required_server(), STACK, given.model, console)


def _rollback(given: argparse.Namespace, console: Console) -> int:
    return rollback.rollback(ServerRecord().required_server(), STACK, given.to, console)


def _down(_: argparse.Namespace, console: Console) -> int:
    return up.down(console)


COMMANDS = {
    "run": _run,
    "up": _up,
    "stream": _stream,
    "invoke": _invoke,
    "models": _models,
    "report": _report,
    "rollback": _rollback,
    "down": _down,
}

if __name__ == "__main__":
    sys.exit(main())
