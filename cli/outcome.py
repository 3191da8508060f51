"""What the commands do once an execution has ended: its files under build/runs/<execution>/, its summary, its report.

report.json    the figures of a retraining, and the API's answer
report.html    the report on its model, with pictures in report/
failure.log    the whole log of the state in which an execution failed
"""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import console as display
from cli import failures, models, report, run_summary
from cli.api import Api, NoAnswerError, curl
from cli.executions import Progress
from cli.run_folders import publish, run_folder
from cli.stack import Stack
from local.server import ROOT
from wildrydes.model.storage import NO_MODEL

# A ride to ask about, in the fields of the API; heat of 33 °C, as the workshop's own example has it.
SAMPLE_RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}
_MOST_LOG_LINES = 10


def conclude(stack: Stack, arn: str, progress: Progress, console: Console, *, as_json: bool = False) -> int:
    """Write and show what became of an execution. Returns the exit code: 1 where it did not succeed."""
    name = arn.rpartition(":")[2]
    folder = run_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    if progress.status != "SUCCEEDED":
        return _conclude_failure(stack, arn, progress, folder, console, as_json=as_json)
    output = json.loads(progress.output or "{}")
    if "rides" not in output:
        return _conclude_other(name, output, console, as_json=as_json)
    answer = sample_answer(stack, output)
    summary = run_summary.summarize(output, answer, {"arn": arn, "seconds": round(progress.seconds, 1)})
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        click.echo(text)
    else:
        console.print(display.summary(summary))
        console.print(f"\nThe figures are in {_short(folder / 'report.json')} and in build/report.json.")
    report.write(models.card(stack, output["execution"]), console, quiet=as_json)
    publish(folder)
    return 0


def _conclude_failure(
    stack: Stack, arn: str, progress: Progress, folder: Path, console: Console, *, as_json: bool
) -> int:
    failure = failures.failure(stack, arn, progress)
    log = folder / "failure.log"
    if failure.log:
        log.write_text("\n".join(failure.log) + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"execution": arn, "status": progress.status, "failure": failure.as_json()}, indent=2))
    else:
        console.print(display.failure_report(failure, _MOST_LOG_LINES, _short(log)))
    return 1


def _conclude_other(name: str, output: dict[str, Any], console: Console, *, as_json: bool) -> int:
    """An execution that is no retraining: a promotion."""
    if as_json:
        click.echo(json.dumps(output, indent=2))
    else:
        console.print(f"{name} has succeeded: {output.get('execution', 'its model')} is live.")
    return 0


def sample_answer(stack: Stack, output: dict[str, Any]) -> dict[str, Any] | None:
    """The API's answer to a sample ride, as far as the model looks at it; None where no model is live.

    Keys `request`, `response`, `answer` (its text) and `curl` (the command line that asks the same).
    """
    if output["live_model_path"] == NO_MODEL:
        return None
    features = output["features"] if output["promoted"] else list(SAMPLE_RIDE)
    ride = {name: SAMPLE_RIDE[name] for name in SAMPLE_RIDE if name in features}
    api = Api.of(stack)
    if api.key is None:
        return {"request": ride, "response": None, "answer": "The API takes signed requests alone.", "curl": curl(ride)}
    try:
        answer = api.ask(ride)
    except NoAnswerError as fault:
        return {"request": ride, "response": None, "answer": str(fault), "curl": curl(ride)}
    return {"request": ride, "response": json.loads(answer), "answer": answer.strip(), "curl": curl(ride)}


def _short(path: Path) -> str:
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()
