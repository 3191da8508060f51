"""What the commands do once an execution has ended: its files under build/runs/<execution>/, its summary, its report.

files.jsonl    what became of each ride file
rejected/      the rejected records
report.json    the figures of a retraining, and the API's answer
report.html    the report on its model, with pictures in report/
failure.json   why an execution failed
failure.log    the whole log of the state in which it failed, if what ran there wrote one
"""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import account, display, executions, failures, models, report, run_summary
from cli.api import SAMPLE_RIDE, Api, NoAnswerError, curl, path_of
from cli.executions import Progress
from cli.run_folders import publish, run_folder, short
from cli.stack import Stack
from wildrydes.model.storage import NO_MODEL, execution_of, task_of
from wildrydes.tasks import TASKS, features_of

_MOST_LOG_LINES = 10
YIELDED = 3
"""The exit code where another retraining of the task runs, to which this one has yielded."""


def conclude(stack: Stack, arn: str, progress: Progress, console: Console, *, as_json: bool = False) -> int:
    """Write and show what became of an execution. Returns the exit code: 1 where it did not succeed, or YIELDED."""
    name = arn.rpartition(":")[2]
    folder = run_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    # A promotion, what puts one in order, and the monitor may have the name of a retraining.
    ingestion = account.fetch(stack, name, folder) if executions.is_retraining(stack, arn) else None
    if ingestion and not as_json:
        console.print(display.account(ingestion, short(folder / "files.jsonl"), short(ingestion.copies.folder)))
    if progress.status != "SUCCEEDED":
        return _conclude_failure(stack, arn, progress, folder, console, ingestion, as_json=as_json)
    # That of a Map's child may be any JSON.
    output = json.loads(progress.output or "{}")
    if not isinstance(output, dict):
        return _conclude_other(name, output, console, as_json=as_json)
    if "yielded_to" in output:
        return _conclude_yielded(stack, name, output, console, as_json=as_json)
    if "rides" not in output:
        return _conclude_other(name, output, console, as_json=as_json)
    answer = sample_answer(stack, output)
    followed = {"arn": arn, "seconds": round(progress.seconds, 1)}
    summary = run_summary.summarize(output, answer, followed, ingestion, stack.client("sagemaker").meta.region_name)
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        click.echo(text)
    else:
        console.print(display.summary(summary))
        console.print(f"\nThe figures are in {short(folder / 'report.json')} and in build/report.json.")
    report.write(models.card(stack, output["execution"], output["task"]), console, quiet=as_json)
    publish(folder)
    return 0


def _conclude_failure(
    stack: Stack,
    arn: str,
    progress: Progress,
    folder: Path,
    console: Console,
    ingestion: account.Account | None,
    *,
    as_json: bool,
) -> int:
    failure = failures.failure(stack, arn, progress)
    log = folder / "failure.log"
    if failure.log:
        log.write_text("\n".join(failure.log) + "\n", encoding="utf-8")
    facts = failure.as_json() | {"log": short(log) if failure.log else None}
    counts = {"ingestion": ingestion.as_json()} if ingestion else {}
    text = json.dumps({"execution": arn, "status": progress.status, "failure": facts, **counts}, indent=2)
    (folder / "failure.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        click.echo(text)
    else:
        console.print(display.failure_report(failure, _MOST_LOG_LINES, short(log)))
    return 1


def _conclude_yielded(stack: Stack, name: str, output: dict[str, Any], console: Console, *, as_json: bool) -> int:
    """A retraining whose turn it was not."""
    if as_json:
        click.echo(json.dumps(output, indent=2))
        return YIELDED
    holder = output["yielded_to"].rpartition(":")[2]
    console.print(
        f"{name} yields to {holder}, which is retraining {output['task']}: nothing was ingested or trained.\n"
        f"{stack.command(f'watch {holder}')} follows that one. Start again once it has ended.",
        markup=False,
    )
    return YIELDED


def _conclude_other(name: str, output: Any, console: Console, *, as_json: bool) -> int:
    """An execution that is no retraining: a promotion, what puts one in order, or a Map's child."""
    if as_json:
        click.echo(json.dumps(output, indent=2))
    else:
        console.print(f"{name} has succeeded{_live(output)}.")
    return 0


def _live(output: Any) -> str:
    """What the output of such an execution says of the model that is live."""
    match output:
        case {"promoted": True, "model_path": path}:
            return f": the promotion's model is live, {path}"
        case {"promoted": False, "model_path": path}:
            return f": the promotion's model is not live; {'no model' if path == NO_MODEL else path} is"
        case {"execution": execution}:
            return f": {execution} is live"
    return ""


def sample_answer(stack: Stack, output: dict[str, Any]) -> dict[str, Any] | None:
    """The API's answer to a sample ride, as far as the champion looks at it; None where no model was live.

    Keys `request`, `response`, `answer` (its text) and `curl` (the command line that asks the same).
    """
    if output["live_model_path"] == NO_MODEL:
        return None
    api, ride, path = Api.of(stack), SAMPLE_RIDE, path_of(output["task"])
    try:
        ride = api.sample_ride() if path == "" else _sample(stack, output["live_model_path"])
        answer = api.ask(ride, path)
    except NoAnswerError as fault:
        return {"request": ride, "response": None, "answer": str(fault), "curl": curl(ride, path)}
    return {"request": ride, "response": json.loads(answer), "answer": answer.strip(), "curl": curl(ride, path)}


def _sample(stack: Stack, model_path: str) -> dict[str, float]:
    """A usual value of each feature that the champion looks at."""
    card = models.card(stack, execution_of(model_path), task_of(model_path))
    features = features_of(TASKS[card["target"]].source)
    return {name: features[name].example for name in card["features"]}
