"""The input of an execution -> the parameters that its states use, each checked against names and ranges.

All fields of the input may be left out; none may be there twice:

    task                   what to predict (`wildrydes.tasks`), heavy_utilization by default
    target                 another name for the field `task`; of the two, one is enough
    features               a list of some of the task's features (default: all)
    algorithms             a list of what candidates are trained by (`training.candidates`); linear-learner by default
    hyperparameters        by name (`training.hyperparameters`), or by algorithm and name; 15 epochs by default
    tuning                 how hyperparameters are searched for (`training.tuning`); by default they are not
    years                  {"first": 2009, "last": this year}: of rides and weather, between 1750 and 2100
    chunk_bytes            how much of a raw file one child of the Map ingests: 1,024 to 67,108,864, default 8,388,608
    max_rejected_fraction  0 to 1, default 0.1
    max_station_miles      how far a ride may be from the nearest ground station: 1 to 12,500 miles, default 1,500
    max_without_weather_fraction  of the rides with a label, those without weather: 0 to 1, default 0.1
    min_training_rows      1 to 1,000,000,000, default 100
    min_improvement        by how much the task's measure has to be better than the champion's: 0 or more, default 0
    max_score_change       by how much answers to captured requests may change on average of a group of callers: 0 or
                           more; null (the default) for any
    promote                false judges the model and leaves the champion live; default true
    serving                lambda (the default): the task's function answers; endpoint: it asks a SageMaker endpoint
    reason                 what starts the execution (`wildrydes.starts`): person by default
    reason_detail          more of it, such as an alarm's name: a line of 256 characters at most; by default none
    force                  true lets a model go live over one of other features, or over a damaged one; default false

What passes goes into SQL, paths and names as it is, so nothing else may: the execution's name too is held to letters,
digits, _ and -. It has 74 of them at most: its promotion, and what puts that in order, have names that begin with it.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from wildrydes import starts
from wildrydes.algorithms import ENDPOINT, KNN, LAMBDA, SERVINGS
from wildrydes.errors import BadExecutionInput, BadJson
from wildrydes.strict_json import decode
from wildrydes.tasks import BINARY, DEFAULT_TASK, TASKS, Task
from wildrydes.training import candidates

FIRST_YEARS = (1750, 2100)
CHUNK_BYTES = (1 << 10, 64 << 20)
STATION_MILES = (1, 12_500)
"""Nothing on Earth is farther than 12,451 miles from anything else on it."""
LONGEST_TRAINING_JOB = 61 - candidates.LONGEST_SUFFIX

# Step Functions takes 80 characters. A promotion adds the number of the redrive to the name, what restores it another.
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,74}")
DEFAULT_CHUNK_BYTES = 8 << 20

_DEFAULTS: dict[str, Any] = {
    "task": DEFAULT_TASK,
    "target": DEFAULT_TASK,
    "features": None,
    **candidates.FIELDS,
    "years": {},
    "chunk_bytes": DEFAULT_CHUNK_BYTES,
    "max_rejected_fraction": 0.1,
    "max_station_miles": 1500,
    "max_without_weather_fraction": 0.1,
    "min_training_rows": 100,
    "min_improvement": 0,
    "max_score_change": None,
    "promote": True,
    "serving": LAMBDA,
    "force": False,
    **starts.FIELDS,
}
FIELDS = tuple(_DEFAULTS)
"""The fields of an execution's input."""


def read_input(text: str) -> Any:
    """The input of an execution from its text. Raises BadExecutionInput, also for a key that is there twice."""
    try:
        return decode(text)
    except BadJson as bad:
        raise BadExecutionInput(f"the input cannot be taken: {bad.detail}") from None


def check_parameters(execution: Any, execution_input: Any, this_year: int) -> dict[str, Any]:
    """The parameters of an execution, as a JSON object. Raises BadExecutionInput, naming the field."""
    name = _execution(execution)
    fields = _fields(execution_input, _DEFAULTS, "the input")
    value = _DEFAULTS | fields
    task = _task(fields)
    features = _features(fields.get("features", task.features), task)
    first, last = _years(value["years"], this_year)
    request = candidates.Request(task.kind, len(features), training_job(name))
    trained = candidates.check_candidates(request, value)
    serving = _one_of("serving", value["serving"], SERVINGS)
    _check_servable([each["algorithm"] for each in trained], serving)
    return {
        "execution": name,
        **_of_task(task),
        "features": features,
        "feature_columns": ", ".join(features).lower(),
        "feature_count": len(features),
        "candidates": trained,
        "champion_job": f"{request.training_job}-live",
        "first_year": first,
        "last_year": last,
        **_numbers(value),
        "promote": _boolean("promote", value["promote"]),
        "serving": serving,
        "force": _boolean("force", value["force"]),
        "started_by": {
            "reason": _one_of("reason", value["reason"], starts.REASONS),
            "detail": _line("reason_detail", value["reason_detail"], starts.LONGEST_DETAIL),
        },
    }


def _execution(name: Any) -> str:
    if not isinstance(name, str) or not _EXECUTION.fullmatch(name):
        raise BadExecutionInput(
            f"the execution's name is {_excerpt(name)}; it must be 1 to 74 letters, digits, _ and -"
        )
    if name in TASKS:
        raise BadExecutionInput(f"the execution's name is {name}, which is a task's: its models would be mixed up")
    return name


def _of_task(task: Task) -> dict[str, Any]:
    """The parameters that follow from the task alone."""
    return {
        "task": task.name,
        "target": task.name,
        "kind": task.kind,
        "label": task.label,
        "label_type": "integer" if task.kind == BINARY else "decimal(28, 9)",
        "source": task.source,
        "models_prefix": task.models_prefix,
    }


def _numbers(value: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that are numbers within a range."""
    return {
        "chunk_bytes": _whole("chunk_bytes", value["chunk_bytes"], *CHUNK_BYTES),
        "max_rejected_fraction": _fraction("max_rejected_fraction", value["max_rejected_fraction"]),
        "max_station_miles": _number("max_station_miles", value["max_station_miles"], *STATION_MILES),
        "max_without_weather_fraction": _fraction(
            "max_without_weather_fraction", value["max_without_weather_fraction"]
        ),
        "min_training_rows": _whole("min_training_rows", value["min_training_rows"], 1, 1_000_000_000),
        "min_improvement": _not_negative("min_improvement", value["min_improvement"]),
        "max_score_change": _bound("max_score_change", value["max_score_change"]),
    }


def training_job(execution: str) -> str:
    """A name for the execution's training job: SageMaker allows 63 letters, digits and hyphens, none at the ends.

    Two of them are for the jobs that are started in the place of one that was killed: `-2` and `-3`; others for the
    algorithm's name, or for the transform job of the champion.
    An execution's name that fits is taken as it is; another gets eight digits of its digest, to stay the only one.
    """
    plain = re.sub(r"[_-]+", "-", execution).strip("-")
    if plain == execution and len(plain) <= LONGEST_TRAINING_JOB:
        return plain
    digest = sha256(execution.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_TRAINING_JOB - 9].rstrip('-') or 'retrain'}-{digest}"


def _check_servable(algorithms: Sequence[str], serving: str) -> None:
    """Refuse an execution none of whose models could be served by what it asks for."""
    if serving == LAMBDA and set(algorithms) == {KNN}:
        raise BadExecutionInput(
            f"algorithms is {[KNN]} and serving is {LAMBDA}; only an endpoint serves models of {KNN}: set serving to "
            f"{ENDPOINT}, or name another algorithm beside it"
        )


def _fields(value: Any, allowed: Mapping[str, Any], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadExecutionInput(f"{what} is {_excerpt(value)}; it must be an object of {', '.join(allowed)}")
    for field in value:
        if field not in allowed:
            raise BadExecutionInput(f"{what} has the field {_excerpt(field)}; it may have {', '.join(allowed)}")
    return value


def _task(fields: Mapping[str, Any]) -> Task:
    """The task that the input names, by either of the two fields."""
    names = {field: _one_of(field, fields[field], tuple(TASKS)) for field in ("task", "target") if field in fields}
    if len(set(names.values())) > 1:
        raise BadExecutionInput(
            f"task is {names['task']} and target is {names['target']}; they are two names of one field: leave one out"
        )
    return TASKS[next(iter(names.values()), DEFAULT_TASK)]


def _features(names: Any, task: Task) -> list[str]:
    """The features asked for, in the task's order. Their case does not matter."""
    spelled = {feature.lower(): feature for feature in task.features}
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        raise BadExecutionInput(
            f"features is {_excerpt(names)}; it must be a list of some of {', '.join(task.features)}"
        )
    selection = {spelled.get(name.lower()) if isinstance(name, str) else None for name in names}
    if None in selection or len(selection) != len(names):
        raise BadExecutionInput(
            f"features is {_excerpt(names)}; it must hold some of {', '.join(task.features)}, each at most once"
        )
    return [feature for feature in task.features if feature in selection]


def _years(bounds: Any, this_year: int) -> tuple[int, int]:
    years = {"first": 2009, "last": this_year} | _fields(bounds, {"first": 0, "last": 0}, "years")
    first, last = (_whole(f"years.{end}", years[end], *FIRST_YEARS) for end in ("first", "last"))
    if first > last:
        raise BadExecutionInput(f"years.first is {first}; it must be no later than years.last, {last}")
    return first, last


def _one_of(field: str, value: Any, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be one of {', '.join(allowed)}")
    return value


def _line(field: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be a line of up to {longest} characters")
    return value


def _whole(field: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be an integer from {least} to {most}")
    return value


def _fraction(field: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be a number from 0 to 1")
    return float(value)


def _number(field: str, value: Any, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be a number from {least} to {most}")
    return float(value)


def _not_negative(field: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= sys.float_info.max:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be a number from 0 on")
    return float(value)


def _bound(field: str, value: Any) -> float | None:
    return None if value is None else _not_negative(field, value)


def _boolean(field: str, value: Any) -> bool:
    if type(value) is not bool:
        raise BadExecutionInput(f"{field} is {_excerpt(value)}; it must be true or false")
    return value


def _excerpt(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
