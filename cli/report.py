"""`wildrydes report`, and the end of a retraining: build/report.html and its pictures, drawn of a model's card."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from cli import leaderboard, models, options
from cli.run_folders import publish, run_folder, short
from cli.server_record import BUILD
from cli.stack import Stack
from wildrydes.tasks import DEFAULT_TASK

if TYPE_CHECKING:
    from reports.files import ReportFiles


@click.command("report", epilog=options.EXIT_CODES, short_help="Draw a model's card.")
@click.option("--model", metavar="EXECUTION", help="The execution that trained it.  [default: the champion's]")
@options.task
@options.as_json
@options.on_stack
def report_command(stack: Stack, model: str | None, task: str, *, as_json: bool) -> int:
    """Draw a model's card: a page at build/report.html, pictures in build/runs/EXECUTION/report/.

    \b
    Example:
      wildrydes report --model run-5096cabf9005
      wildrydes report --task service_requested
    """
    report(stack, model, options.console(as_json=as_json), task=task, as_json=as_json)
    return 0


def report(
    stack: Stack,
    model: str | None,
    console: Console,
    build: Path = BUILD,
    *,
    task: str = DEFAULT_TASK,
    as_json: bool = False,
) -> None:
    """Report on the model of an execution, by default the task's champion, or its newest model while there is none.

    Raises models.NoModelError.
    """
    history, cards = models.promotions(stack, task), models.cards(stack, task)
    execution = models.choose(history, cards, model, task, stack.options)
    standings = leaderboard.to_json(leaderboard.ranking(stack, task), stack)
    files = write(cards[execution], console, build, quiet=as_json, standings=standings)
    if as_json:
        click.echo(json.dumps({"execution": execution, **_paths(files)}, indent=2))


def write(
    card: dict[str, Any],
    console: Console,
    build: Path = BUILD,
    *,
    quiet: bool = False,
    standings: Sequence[dict[str, Any]] = (),
) -> "ReportFiles":
    """Write the report on a card into the folder of its execution, copy the page to `build`, and say where it is.

    `standings` are what callers measured of the task's models.
    """
    # Matplotlib takes a second to import: only what draws waits for it.
    from reports import files

    folder = run_folder(card["execution"], build)
    report_files = files.write(card, folder, standings)
    publish(folder, build)
    pictures = ", ".join(picture.name for picture in report_files.pictures)
    if not quiet:
        console.print(
            f"The report on {card['execution']} is {short(build / report_files.page.name)}; "
            f"in {short(report_files.card.parent)}: {pictures}, {report_files.card.name}."
        )
    return report_files


def _paths(report_files: "ReportFiles") -> dict[str, Any]:
    return {
        "page": str(report_files.page),
        "pictures": [str(picture) for picture in report_files.pictures],
        "card": str(report_files.card),
    }
