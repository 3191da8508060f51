"""What an execution trains: a candidate an algorithm, with its job's name, its hyperparameters, and how it is tuned.

    >>> from wildrydes.tasks import BINARY
    >>> request = Request(kind=BINARY, features=6, training_job="run-1")
    >>> check_candidates(request, {"hyperparameters": {"epochs": 3}})[0]["hyperparameters"]
    {'epochs': '3', 'predictor_type': 'binary_classifier', 'feature_dim': '6'}

`follows_rows` names the hyperparameter that the workflow sets by the counted rows: one that is neither given nor tuned.
`least_rows` is how many rows the hyperparameters need to train on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from wildrydes.algorithms import ALGORITHMS, JOB_SUFFIXES, LINEAR_LEARNER
from wildrydes.errors import BadExecutionInput
from wildrydes.training.hyperparameters import (
    FOLLOWS_ROWS,
    check_hyperparameters,
    check_together,
    default_hyperparameters,
    field_of,
    fixed_hyperparameters,
    least_rows,
)
from wildrydes.training.hyperparameters.together import Setting
from wildrydes.training.searches import search_of
from wildrydes.training.tuning import Tuning, check_tuning, configure, search_values

FIELDS: Mapping[str, Any] = MappingProxyType(
    {"algorithms": (LINEAR_LEARNER,), "hyperparameters": MappingProxyType({}), "tuning": None}
)
"""The fields of an input that are about candidates, with their defaults."""
LONGEST_SUFFIX = max(map(len, JOB_SUFFIXES.values()))
LONGEST_TUNING_JOB = 30
"""Characters of a tuning job's name. SageMaker allows 32, and the workflow adds "-2" or "-3" where the name is taken.

Its training jobs' names begin with it.
"""


@dataclass(frozen=True)
class Request:
    """What an execution's candidates are to be: of which kind, of how many features, and the name of the first job."""

    kind: str
    features: int
    training_job: str


def check_candidates(request: Request, execution_input: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The candidates of an input, in the order that it names them. Raises BadExecutionInput, naming the field."""
    values = {name: execution_input.get(name, default) for name, default in FIELDS.items()}
    algorithms = _algorithms(values["algorithms"])
    hyperparameters = _by_algorithm(values["hyperparameters"], algorithms)
    tuning = check_tuning(values["tuning"], algorithms)
    return [_candidate(request, name, hyperparameters.get(name, {}), tuning) for name in algorithms]


def tuning_job(training_job: str) -> str:
    """A name for a tuning job: a training job's that fits; of another the start, with eight digits of its digest."""
    if len(training_job) <= LONGEST_TUNING_JOB:
        return training_job
    digest = sha256(training_job.encode()).hexdigest()[:8]
    return f"{training_job[: LONGEST_TUNING_JOB - 9].rstrip('-')}-{digest}"


def _candidate(request: Request, name: str, own: Mapping[str, Any], tuning: Tuning | None) -> dict[str, Any]:
    def check(hyperparameters: dict[str, Any]) -> dict[str, str]:
        return check_hyperparameters(hyperparameters, name, request.kind)

    hyperparameters = check(dict(own))
    config = configure(tuning, name, search_of(name, request.kind), check) if tuning else None
    searched = search_values(config) if config else {}
    if both := sorted(set(searched) & set(hyperparameters)):
        raise BadExecutionInput(f"the hyperparameter {both[0]} of {name} is given and tuned; it must be one of both")
    default = default_hyperparameters(name, request.kind)
    fixed = fixed_hyperparameters(name, request.kind, request.features)
    settings = {
        **_settings("the default of ", field_of(name), default | fixed),
        **_settings("", field_of(name), hyperparameters),
        **{each: Setting(f"tuning.ranges.{name}.{each}", values) for each, values in searched.items()},
    }
    check_together(settings, name)
    job, follows = f"{request.training_job}{JOB_SUFFIXES[name]}", FOLLOWS_ROWS.get(name, "")
    return {
        "algorithm": name,
        "training_job": job,
        "hyperparameters": {each: value for each, value in default.items() if each not in searched}
        | hyperparameters
        | fixed,
        "follows_rows": "" if follows in searched or follows in hyperparameters else follows,
        "least_rows": least_rows(settings, name),
        **({"tuning": {"job": tuning_job(job), "config": config}} if config else {}),
    }


def _settings(prefix: str, field: str, hyperparameters: Mapping[str, str]) -> dict[str, Setting]:
    return {name: Setting(f"{prefix}{field}.{name}", (value,)) for name, value in hyperparameters.items()}


def _algorithms(value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else []
    algorithms = tuple(name for name in names if isinstance(name, str) and name in ALGORITHMS)
    if not names or len(algorithms) < len(names) or len(set(algorithms)) < len(algorithms):
        raise BadExecutionInput(
            f"algorithms is {str(value)[:80]!r}; it must be a list of some of {', '.join(ALGORITHMS)}, "
            "each at most once"
        )
    return algorithms


def _by_algorithm(value: Any, algorithms: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """The hyperparameters of each algorithm. Names without one are the only algorithm's, else the linear learner's."""
    if not isinstance(value, Mapping):
        raise BadExecutionInput("hyperparameters must be an object of names and values")
    plain = [str(name) for name in value if name not in ALGORITHMS]
    if plain and len(plain) < len(value):
        raise BadExecutionInput(
            f"hyperparameters has algorithms and the name {plain[0][:80]!r}; it must have the one or the other"
        )
    if plain and len(algorithms) > 1 and LINEAR_LEARNER not in algorithms:
        raise BadExecutionInput(
            f"hyperparameters has the name {plain[0][:80]!r} without an algorithm, and algorithms has "
            f"{', '.join(algorithms)}; say whose it is, such as {{{algorithms[0]!r}: {{{plain[0][:80]!r}: …}}}}"
        )
    owner = algorithms[0] if len(algorithms) == 1 else LINEAR_LEARNER
    named: dict[str, Any] = {owner: value} if plain else dict(value)
    for name, each in named.items():
        if name not in algorithms:
            raise BadExecutionInput(f"hyperparameters are given for {name}, which is none of algorithms")
        if not isinstance(each, Mapping):
            raise BadExecutionInput(f"hyperparameters.{name} must be an object of names and values")
    return named
