"""The options that are the fields of the workflow's input, checked by its own check before anything starts."""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from click.core import ParameterSource

from wildrydes import starts
from wildrydes.algorithms import ALGORITHMS, SERVINGS
from wildrydes.errors import BadExecutionInput, BadJson
from wildrydes.parameters import FIELDS, check_parameters
from wildrydes.rides.stations import MAX_STATION_MILES
from wildrydes.strict_json import decode
from wildrydes.tasks import DEFAULT_TASK, RIDES, SAMPLES, TASKS

Command = Callable[..., Any]


def _years(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    if not match:
        raise click.BadParameter(f"{text!r} is neither a year nor two with a hyphen, such as 2015-2019.")
    return {"first": int(match[1]), "last": int(match[2] or match[1])}


def _hyperparameters(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, Any] | None:
    pairs = [text.partition("=") for text in texts]
    if wrong := [text for text, (name, equals, value) in zip(texts, pairs, strict=True) if not (name and equals)]:
        raise click.BadParameter(f"{wrong[0]!r} is no NAME=VALUE, such as epochs=30.")
    hyperparameters: dict[str, Any] = {}
    for name, _, value in pairs:
        algorithm, dot, own = name.partition(".")
        if dot:
            hyperparameters.setdefault(algorithm, {})[own] = value
        else:
            hyperparameters[name] = value
    return hyperparameters or None


def _tuning(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
    try:
        return None if text is None else decode(text)
    except BadJson as bad:
        raise click.BadParameter(f"{text!r} is no JSON: {bad.detail}.") from None


def _names(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


# What the check of other fields needs, in the order in which one needs another.
_CONTEXT = ("serving", "task", "target", "features", "algorithms")
# What is right or wrong in company alone.
_SETTINGS = ("hyperparameters", "tuning")
# The options that name what a retraining learns from, by the source of a task.
_DATA = ((RIDES, ("rides", "weather", "weather_units")), (SAMPLES, ("samples",)))

_INPUT_OPTIONS = (
    click.option("--task", type=click.Choice(tuple(TASKS)), help=f"What to predict.  [default: {DEFAULT_TASK}]"),
    click.option("--target", type=click.Choice(tuple(TASKS)), help="Another name for --task."),
    click.option("--features", callback=_names, metavar="NAMES", help="Some of the task's features.  [default: all]"),
    click.option(
        "--algorithms",
        callback=_names,
        metavar="NAMES",
        help=f"Algorithms that train a candidate each: some of {', '.join(ALGORITHMS)}.  [default: {ALGORITHMS[0]}]",
    ),
    click.option(
        "--hyperparameter",
        "hyperparameters",
        multiple=True,
        callback=_hyperparameters,
        metavar="NAME=VALUE",
        help="Such as epochs=30, or xgboost.eta=0.3 where --algorithms names many. May be given many times.",
    ),
    click.option(
        "--serving",
        type=click.Choice(SERVINGS),
        help=f"What serves a model that goes live: endpoint costs by the hour.  [default: {SERVINGS[0]}]",
    ),
    click.option(
        "--tuning",
        callback=_tuning,
        metavar="JSON",
        help="Search for hyperparameters, such as '{\"jobs\": 20}'; {} takes every default.",
    ),
    click.option(
        "--years", callback=_years, metavar="FIRST-LAST", help="Years of rides and weather.  [default: from 2009 on]"
    ),
    click.option(
        "--chunk-bytes",
        type=int,
        help="Bytes of a ride file that one child execution ingests.  "
        "[default: 8388608; of run a fortieth of the files, from 200000 on]",
    ),
    click.option(
        "--max-rejected-fraction", type=float, help="Fail above this fraction of rejected rides.  [default: 0.1]"
    ),
    click.option(
        "--max-station-miles",
        type=float,
        help=f"Reject rides farther from every ground station.  [default: {MAX_STATION_MILES:g}]",
    ),
    click.option(
        "--max-without-weather-fraction",
        type=float,
        help="Fail above this fraction of rides with a label whose day has no weather.  [default: 0.1]",
    ),
    click.option("--min-training-rows", type=int, help="Fail with fewer rows to train on.  [default: 100]"),
    click.option("--min-improvement", type=float, help="How much lower the log loss or RMSE must be.  [default: 0]"),
    click.option(
        "--max-score-change",
        type=float,
        help="Most that answers to captured requests may change, as the mean of a group of callers.  [default: any]",
    ),
    click.option(
        "--promote/--no-promote", default=None, help="Promote a better model, or judge it only.  [default: promote]"
    ),
    click.option(
        "--force", is_flag=True, default=None, help="Replace a champion of other features or serving, or a damaged one."
    ),
    click.option(
        "--reason",
        type=click.Choice(starts.REASONS),
        help=f"Why it starts, for the card and the list of models.  [default: {starts.PERSON}]",
    ),
    click.option("--reason-detail", metavar="TEXT", help="More about the reason, in one line."),
)


def execution_input(command: Command) -> Command:
    """Let `command` take an option for each field of the workflow's input, and hand it the input, checked."""

    @functools.wraps(command)
    def with_input(**arguments: Any) -> Any:
        values = {name: arguments.pop(name) for name in FIELDS}
        fields = {name: value for name, value in values.items() if value is not None}
        checked = validate_input(fields)
        _refuse_data_of_another_source(checked)
        return command(**arguments, execution_input=checked)

    for option in reversed(_INPUT_OPTIONS):
        with_input = option(with_input)
    return with_input


def input_meanings() -> dict[str, str]:
    """By field of the workflow's input, what the help of its option says."""
    command = click.Command("retrain")
    for option in _INPUT_OPTIONS:
        option(command)
    return {str(each.name): each.help or "" for each in command.params if isinstance(each, click.Option)}


def _refuse_data_of_another_source(execution_input: Mapping[str, Any]) -> None:
    """Raises click.UsageError where an option of the command names data that the task does not learn from."""
    source, context = source_of(execution_input), click.get_current_context()
    options = [name for other, names in _DATA if other != source for name in names]
    for name in options:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = name.replace("_", "-")
            raise click.UsageError(
                f"--{option} has no effect on {task_of(execution_input)}, which learns from {source}: "
                f"give --{source} instead, or another --task."
            )


def task_of(execution_input: Mapping[str, Any]) -> str:
    """The name of the task of the workflow's input."""
    return execution_input.get("task") or execution_input.get("target") or DEFAULT_TASK


def source_of(execution_input: Mapping[str, Any]) -> str:
    """What that task learns from: RIDES or SAMPLES of `wildrydes.tasks`."""
    return TASKS[task_of(execution_input)].source


def validate_input(fields: dict[str, Any]) -> dict[str, Any]:
    """The workflow's input, as it is, once it has passed the workflow's own check. Raises click.BadParameter."""
    # One by one, so that it is clear which option is wrong. Of the others a check needs some alone, which come first.
    context: dict[str, Any] = {}
    for field in sorted(fields, key=lambda field: (*_CONTEXT, field).index(field)):
        value = fields[field]
        if field in _CONTEXT:
            context[field] = value
        settings = {name: fields[name] for name in _SETTINGS if name in fields} if field in _SETTINGS else {}
        try:
            check_parameters("checked-before-the-start", {**context, **settings, field: value}, datetime.now(UTC).year)
        except BadExecutionInput as fault:
            wrong = next((name for name in settings if str(fault).startswith(name)), field)
            option = wrong.removesuffix("s") if wrong == "hyperparameters" else wrong.replace("_", "-")
            raise click.BadParameter(f"{fault}.", param_hint=f"--{option}") from None
    return fields
