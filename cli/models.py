"""`wildrydes models`, and the models of a stack: the champions, when each was live, and how each model was judged.

A promotion writes one object, `<prefix>registry/<time>-<execution>.json`; their keys, in order, are a task's history.
Each trained model has a card, `<prefix><execution>/card.json`, with its numbers and the verdict on it. The prefix is
the task's: `models/` of the default task, `models/<task>/` of another.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import click
from botocore.exceptions import ClientError
from rich.console import Console

from cli import options, verdicts
from cli.errors import CommandError
from cli.stack import Stack, command
from local import account
from wildrydes.algorithms import LAMBDA, LINEAR_LEARNER
from wildrydes.model.storage import card_key, models_prefix
from wildrydes.tasks import DEFAULT_TASK, TASKS

# What follows the prefix. An execution may be called `registry`, and have its card there.
_ENTRY = re.compile(r"registry/\d{4}-\d{2}-\d{2}T[^/]+\.json")
_MOST_NAMED = 10
# A client of boto3 has ten connections.
_MOST_READ_AT_ONCE = 8
_CARD = re.compile(r"[^/]+/card\.json")
# What a line says of a model, by the metrics of its card.
_NUMBERS = {"log_loss": "log loss", "auc": "AUC", "accuracy": "accuracy", "rmse": "RMSE", "mae": "MAE", "r2": "R²"}


@dataclass(frozen=True)
class Entry:
    """A promotion: `time` in ISO 8601, the function's version, and the key of the model that was live before.

    `golden` is the request that the model was tested with, and its answer; `serving` is lambda or endpoint;
    `started_by` why the retraining was started, or who promoted by hand: `reason` and `detail`.
    """

    time: str
    execution: str
    model_path: str
    version: str
    previous_model_path: str
    golden: dict[str, Any]
    reason: str
    serving: str = "lambda"
    started_by: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelLine:
    """One line of the list: a time that a model was live, or a model that never was.

    The numbers are those of its card: of a classification the first three, of a regression the others. `algorithm`
    trained it; `serving` is what it was served by, or was to be: lambda or endpoint. `started_by` is empty for what is
    from before it was recorded. `faults` are what the gate held against a model that was never live, a clause each;
    empty where its card has a sentence alone, as `why`.
    """

    task: str
    execution: str
    since: str
    until: str
    version: str
    log_loss: float | None
    auc: float | None
    accuracy: float | None
    rmse: float | None
    mae: float | None
    r2: float | None
    why: str
    faults: list[str]
    started_by: dict[str, str]
    algorithm: str
    serving: str


class NoModelError(CommandError):
    """There is no such model; the message says which there are."""


class NoEarlierModelError(NoModelError):
    """There is no model to go back to; the message says which there are."""


def promotions(stack: Stack, task: str = DEFAULT_TASK) -> list[Entry]:
    """Every promotion of a task, the oldest first."""
    return [
        Entry(
            time=each["time"],
            execution=each["execution"],
            model_path=each["model_path"],
            version=each["version"],
            previous_model_path=each["previous"]["model_path"],
            golden=each["golden"],
            reason=each["reason"],
            # An entry from before there were endpoints has none.
            serving=each.get("serving", "lambda"),
            started_by=each.get("started_by", {}),
        )
        for each in _objects(stack, models_prefix(task), "registry/", _ENTRY)
    ]


def cards(stack: Stack, task: str = DEFAULT_TASK) -> dict[str, dict[str, Any]]:
    """The card of each model of a task, by execution."""
    return {card["execution"]: card for card in _objects(stack, models_prefix(task), "", _CARD)}


def card(stack: Stack, execution: str, task: str = DEFAULT_TASK) -> dict[str, Any]:
    """The card of the model that `execution` trained for a task."""
    s3: Any = stack.client("s3")
    return json.load(s3.get_object(Bucket=stack.bucket, Key=card_key(execution, task))["Body"])


def card_if_readable(stack: Stack, execution: str, task: str = DEFAULT_TASK) -> dict[str, Any] | None:
    """The same; None where it is gone or may not be read."""
    try:
        return card(stack, execution, task)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            return None
        raise


def algorithm_of(model_card: Mapping[str, Any]) -> str:
    """What trained a model; a card from before there were others does not say it."""
    return str(model_card.get("algorithm", LINEAR_LEARNER))


def serving_of(model_card: Mapping[str, Any]) -> str:
    """What a model was judged for to be served by; a card from before there were endpoints does not say it."""
    return str(model_card.get("serving", LAMBDA))


def _objects(stack: Stack, prefix: str, below: str, wanted: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    """The objects under `prefix` whose key beyond it is wanted; it begins with `below`. Some are read at a time."""
    s3: Any = stack.client("s3")
    bucket = stack.bucket
    listed = account.entries(s3, "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix + below)
    keys = [each["Key"] for each in listed if wanted.fullmatch(each["Key"].removeprefix(prefix))]

    def read(key: str) -> dict[str, Any]:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])

    with ThreadPoolExecutor(_MOST_READ_AT_ONCE) as readers:
        yield from readers.map(read, keys)


def earlier(history: list[Entry], execution: str | None) -> Entry:
    """The promotion to repeat: of `execution`, or by default of the model that was live before the one that is.

    Raises NoEarlierModelError.
    """
    if not history:
        raise NoEarlierModelError("No model has been live yet.")
    now = history[-1]
    if execution is None:
        matches = [each for each in history if each.model_path == now.previous_model_path]
        missing = f"There was no model before {now.execution}."
    else:
        matches = [each for each in history if each.execution == execution]
        names = ", ".join(dict.fromkeys(each.execution for each in history))
        missing = f"The model of {execution!r} was never live; these were: {names}."
    if not matches:
        raise NoEarlierModelError(missing)
    if matches[-1].model_path == now.model_path:
        raise NoEarlierModelError(f"{now.execution} is live already, since {now.time}.")
    return matches[-1]


def choose(
    history: list[Entry],
    model_cards: dict[str, dict[str, Any]],
    execution: str | None,
    task: str = DEFAULT_TASK,
    options: str = "",
) -> str:
    """The execution whose model of a task is meant: by default the champion's, or the newest while there is none.

    Raises NoModelError where it has no card.
    """
    newest_first = sorted(model_cards, key=lambda name: str(model_cards[name].get("created", "")), reverse=True)
    if execution is None and not newest_first:
        raise NoModelError(no_model_yet(task, options))
    wanted = execution or (history[-1].execution if history else newest_first[0])
    if wanted not in model_cards:
        there = ", ".join(newest_first[:_MOST_NAMED]) or "none yet"
        raise NoModelError(f"There is no card of a model {wanted!r} of {task}; there are: {there}.")
    return wanted


def no_model_yet(task: str | None, options: str = "") -> str:
    """What is said where no model of a task was trained yet, or None of any task; `options` lead to the stack."""
    if task is None:
        return f"There is no model yet: {command('retrain', options)} trains one."
    return f"There is no model of {task} yet: `wildrydes retrain --task {task}{options}` trains one."


def lines(history: list[Entry], model_cards: dict[str, dict[str, Any]], task: str = DEFAULT_TASK) -> list[ModelLine]:
    """What was live of a task, the oldest first, and then what never was, with the reasons."""
    ends = [each.time for each in history[1:]] + ["now"]
    live = [
        replace(
            _line(task, each.execution, model_cards, why=each.reason, started_by=each.started_by),
            since=each.time,
            until=until,
            version=each.version,
            serving=each.serving,
        )
        for each, until in zip(history, ends, strict=False)
    ]
    were_live = {each.execution for each in history}
    others = sorted(
        (card for name, card in model_cards.items() if name not in were_live), key=lambda card: card["created"]
    )
    return live + [
        replace(
            _line(task, card["execution"], model_cards, why=_why_not(card), started_by=card.get("started_by", {})),
            faults=verdicts.faults(card.get("verdict") or {}),
        )
        for card in others
    ]


def _why_not(card: dict[str, Any]) -> str:
    verdict = card.get("verdict") or {}
    reason = str(verdict.get("reason", "its card holds no verdict"))
    return f"its promotion failed or was not started; {reason}" if verdict.get("promote") else reason


def _line(
    task: str, execution: str, model_cards: dict[str, dict[str, Any]], *, why: str, started_by: dict[str, str]
) -> ModelLine:
    """Of a model that was never live."""
    of_model = model_cards.get(execution, {})
    metrics = of_model.get("metrics", {})
    return ModelLine(
        task=task,
        execution=execution,
        since="never",
        until="",
        version="",
        why=why,
        faults=[],
        started_by=started_by,
        algorithm=algorithm_of(of_model),
        serving=serving_of(of_model),
        **{name: metrics.get(name) for name in _NUMBERS},
    )


@click.command("models", epilog=options.EXIT_CODES, short_help="List the champions, and the other models.")
@options.any_task
@options.as_json
@options.on_stack
def models_command(stack: Stack, task: str | None, *, as_json: bool) -> int:
    """List the champions, when each was live and with which numbers, and why other models were not promoted.

    \b
    Example:
      wildrydes models --task service_requested
      wildrydes models --json | jq '.[] | select(.until == "now")'
    """
    names = [task] if task else list(TASKS)
    listed = [line for name in names for line in lines(promotions(stack, name), cards(stack, name), name)]
    if as_json:
        click.echo(json.dumps([asdict(line) for line in listed], indent=2))
    elif listed:
        show(listed, options.console())
    else:
        options.console().print(no_model_yet(task, stack.options), markup=False)
    return 0


def show(listed: list[ModelLine], console: Console) -> None:
    """Print the list as a person reads it."""
    for line in listed:
        console.print(describe(line), style="bold" if line.until == "now" else None, markup=False)


def describe(line: ModelLine) -> str:
    """A line as a person reads it, with the reason below it; times in UTC, to the second."""
    since, until = (each[:19].replace("T", " ") for each in (line.since, line.until))
    when = f"live from {since} to {until}, version {line.version}" if until else "never live"
    numbers = {text: getattr(line, name) for name, text in _NUMBERS.items()}
    scores = ", ".join(f"{name} {number:.4f}" for name, number in numbers.items() if number is not None)
    # The default task is meant where none is named.
    of_task = "" if line.task == DEFAULT_TASK else f"{line.task}  "
    started_by = ": ".join(filter(None, line.started_by.values()))
    started = f"\n    started by {started_by}" if started_by else ""
    made_and_served = f"{line.algorithm} on {line.serving}"
    return f"{line.execution}  {of_task}{made_and_served}  {when}  {scores}\n    {line.why}{started}"
