"""`wildrydes retrain`: starts the workflow on what is running, and follows it."""

import json
import uuid
from pathlib import Path
from typing import Any

import click

from cli import executions, input_options, options, ride_files, sample_files
from cli.following import follow_detached
from cli.stack import Stack
from cli.weather import check_stack_years


def new_name() -> str:
    """A name for an execution that no other has."""
    return f"run-{uuid.uuid4().hex[:12]}"


@click.command(epilog=options.EXIT_CODES_OF_FOLLOWING, short_help="Start the retraining workflow and follow it.")
@input_options.execution_input
@click.option("--rides", type=options.EXISTING, help="File or folder of rides to upload to raw/ first.")
@click.option("--samples", type=options.EXISTING, help="File of samples to put under samples/ first.")
@click.option("--no-follow", is_flag=True, help="Start it, print its ARN, and do not wait.")
@options.as_json
@options.on_stack
def retrain(
    stack: Stack,
    execution_input: dict[str, Any],
    rides: Path | None,
    samples: Path | None,
    *,
    no_follow: bool,
    as_json: bool,
) -> int:
    """Start the retraining workflow and follow it to its end.

    Ctrl-C stops following; the execution goes on, and `wildrydes watch` follows it again.

    \b
    Example:
      wildrydes retrain --task service_requested --years 2018-2019 --hyperparameter epochs=30
    """
    console = options.console(as_json=as_json)
    check_stack_years(stack, execution_input)
    if rides is not None:
        files = ride_files.collect(rides, console)
        ride_files.upload(stack, rides, files, console)
    if samples is not None:
        sample_files.upload(stack, sample_files.check(samples))
    arn = executions.start(stack, "retrain", execution_input, new_name())
    if no_follow:
        click.echo(json.dumps({"execution": arn, "status": "RUNNING"}, indent=2) if as_json else arn)
        return 0
    console.print(f"Started {arn.rpartition(':')[2]}")
    return follow_detached(stack, arn, console, as_json=as_json)
