"""`wildrydes monitor`: looks at a day's captured predictions next to the champions' cards, and draws pages."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import display, executions, options
from cli.outcome import conclude
from cli.run_folders import short
from cli.server_record import BUILD
from cli.stack import Stack


@click.command("monitor", epilog=options.EXIT_CODES, short_help="Look at a day's predictions: drift and quality.")
@options.any_task
@click.option(
    "--date", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The day, in UTC.  [default: yesterday]"
)
@options.as_json
@options.on_stack
def monitor_command(stack: Stack, task: str | None, date: datetime | None, *, as_json: bool) -> int:
    """Look at a day's captured predictions: which features drifted, and how good the champions were.

    It starts the workflow `monitor`, follows it, and prints what it found. A page for each task is in
    build/monitor/DATE/.

    \b
    Example:
      wildrydes monitor --task heavy_utilization --date 2026-11-25
      wildrydes monitor --json | jq '.tasks[] | {task, drifted, quality_loss}'
    """
    console = options.console(as_json=as_json)
    if date and date.date() > datetime.fromtimestamp(stack.now(), UTC).date():
        raise click.BadParameter(f"{date:%Y-%m-%d} has not begun yet.", param_hint="--date")
    execution_input = ({"task": task} if task else {}) | ({"date": f"{date:%Y-%m-%d}"} if date else {})
    arn = executions.start(stack, "monitor", execution_input, f"monitor-{uuid.uuid4().hex[:12]}")
    console.print(f"Started {arn.rpartition(':')[2]}")
    progresses = executions.follow(stack, arn)
    progress = display.last_of(progresses) if as_json else display.watch(console, progresses)
    if progress.status != "SUCCEEDED":
        return conclude(stack, arn, progress, console, as_json=as_json)
    output = json.loads(progress.output or "{}")
    documents = [read(stack, each["key"]) for each in output["outcomes"] if each["key"]]
    pages = {document["task"]: draw(document, BUILD) for document in documents}
    if as_json:
        tasks = [each | {"page": str(pages[each["task"]])} if each["key"] else each for each in output["outcomes"]]
        facts = {"execution": arn, "date": output["date"], "tasks": tasks, "left_out": output.get("left_out")}
        click.echo(json.dumps(facts, indent=2))
    else:
        show(output, documents, pages, console)
    return 0


def read(stack: Stack, key: str) -> dict[str, Any]:
    """A day's document from the data bucket."""
    s3: Any = stack.client("s3")
    return json.loads(s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read())


def draw(document: dict[str, Any], build: Path) -> Path:
    """Write the page of a document, and its pictures."""
    # Matplotlib takes a second to import: only what draws waits for it.
    from reports import monitor_page

    return monitor_page.write(document, build / "monitor" / document["date"])


def show(output: dict[str, Any], documents: list[dict[str, Any]], pages: dict[str, Path], console: Console) -> None:
    """Print a table of the tasks, what could not be looked at, and where the pages are."""
    table = Table(
        "task", "champion", "predictions", "drifted", "PSI", "PSI of scores", "truths", "served", "promised", box=None
    )
    for document in documents:
        table.add_row(*_row(document))
    console.print(f"\nPredictions of {output['date']}, and truths from {_first(documents)} on:\n")
    console.print(table)
    for document in documents:
        for remark in document["remarks"]:
            console.print(f"{document['task']}: {remark}.", markup=False)
    for each in output["outcomes"]:
        if not each["key"]:
            console.print(f"{each['task']}: no model has been promoted yet.", markup=False)
    _show_left_out(output.get("left_out"), console)
    if pages:
        console.print("\n" + "\n".join(f"The page of {task} is {short(page)}." for task, page in pages.items()))


def _show_left_out(left_out: dict[str, Any] | None, console: Console) -> None:
    # A stack of before says nothing of it.
    if left_out and left_out["remark"]:
        remark = left_out["remark"][0].upper() + left_out["remark"][1:]
        console.print(f"\n{remark}{':' if left_out['keys'] else '.'}", markup=False)
        for key in left_out["keys"]:
            console.print(f"  {key}", markup=False)


def _first(documents: list[dict[str, Any]]) -> str:
    return min((document["first_date"] for document in documents), default="the week before")


def _row(document: dict[str, Any]) -> tuple[str | Text, ...]:
    indices = [each["psi"] for each in document["features"].values() if each["psi"] is not None]
    scores, served = document["scores"] or {}, document["served"]
    worst = f"{max(indices):.3f}" if indices else ""
    quality, colour = "", ""
    if served:
        quality = f"{served['measure']:.4f} ({served['low']:.4f} to {served['high']:.4f})"
        colour = "red" if served["worse"] else ""
    return (
        document["task"],
        document["model"],
        f"{document['predictions']:,}",
        Text(", ".join(document["drifted"]) or "nothing", style="red" if document["drifted"] else ""),
        worst,
        "" if scores.get("psi") is None else f"{scores['psi']:.3f}",
        f"{document['outcomes']:,}",
        Text(quality, style=colour),
        f"{served['promised']:.4f}" if served else "",
    )
