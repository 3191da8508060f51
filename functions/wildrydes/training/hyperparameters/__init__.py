"""The hyperparameters of each algorithm: which an execution may set, their defaults, and what follows from the task.

    >>> check_hyperparameters({"max_depth": 6, "eta": 0.3}, "xgboost", "regression")
    {'max_depth': '6', 'eta': '0.3'}
    >>> fixed_hyperparameters("xgboost", "regression", 12)
    {'objective': 'reg:squarederror'}
    >>> FOLLOWS_ROWS["knn"]
    'sample_size'

Each algorithm has a module with the names and ranges of its documentation, and with what they need of each other;
`rules` says what a range is, `together` what such a need is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wildrydes.algorithms import KNN, LINEAR_LEARNER, XGBOOST
from wildrydes.errors import BadExecutionInput
from wildrydes.tasks import BINARY
from wildrydes.training.hyperparameters import knn, linear_learner, xgboost
from wildrydes.training.hyperparameters.rules import Rule
from wildrydes.training.hyperparameters.together import Settings

FOLLOWS_ROWS: Mapping[str, str] = MappingProxyType({LINEAR_LEARNER: "mini_batch_size", KNN: "sample_size"})
"""The hyperparameter of an algorithm that the workflow fills in by the counted rows, where an input does not set it.

The linear learner refuses a batch larger than the training rows; k-NN takes no default for its sample, of which the
training rows are the most.
"""

# Of which an algorithm's training rows may not be fewer: a batch of the linear learner, k-NN's neighbours.
_NEEDS_ROWS: Mapping[str, str] = MappingProxyType({LINEAR_LEARNER: "mini_batch_size", KNN: "k"})
# Above all training sets, and of no more digits than any reader of JSON keeps.
_MOST_ROWS = 2**53


def allowed_hyperparameters(algorithm: str, kind: str) -> Mapping[str, Rule]:
    """What an execution may set, by name, for a task of `kind`."""
    by_kind = {LINEAR_LEARNER: linear_learner.ALLOWED, XGBOOST: xgboost.ALLOWED}
    return knn.ALLOWED if algorithm == KNN else by_kind[algorithm][kind]


def default_hyperparameters(algorithm: str, kind: str) -> dict[str, str]:
    """The hyperparameters of an input that sets none."""
    if algorithm == XGBOOST:
        return {**xgboost.DEFAULTS, "eval_metric": xgboost.default_metric(kind)}
    return dict(linear_learner.DEFAULTS if algorithm == LINEAR_LEARNER else knn.DEFAULTS)


def fixed_hyperparameters(algorithm: str, kind: str, features: int) -> dict[str, str]:
    """The hyperparameters that follow from the task and its number of features; an execution may not set them."""
    if algorithm == XGBOOST:
        return xgboost.follow_from_task(kind)
    if algorithm == KNN:
        return knn.follow_from_task(features)
    return linear_learner.follow_from_task(kind, features)


def check_hyperparameters(hyperparameters: Any, algorithm: str = LINEAR_LEARNER, kind: str = BINARY) -> dict[str, str]:
    """The hyperparameters as the strings that a training job takes. Raises BadExecutionInput."""
    field = field_of(algorithm)
    if not isinstance(hyperparameters, dict):
        raise BadExecutionInput(f"{field} must be an object of names and values")
    allowed = allowed_hyperparameters(algorithm, kind)
    return {name: _check(field, name, value, allowed) for name, value in hyperparameters.items()}


def check_together(settings: Settings, algorithm: str) -> None:
    """Refuse hyperparameters, set or searched for, that do not go with each other. Raises BadExecutionInput."""
    rules = {LINEAR_LEARNER: linear_learner.TOGETHER, XGBOOST: xgboost.TOGETHER, KNN: knn.TOGETHER}[algorithm]
    for rule in rules:
        if fault := rule.fault(settings):
            raise BadExecutionInput(fault)


def least_rows(settings: Settings, algorithm: str) -> int:
    """The training rows that every job of the settings needs at least."""
    setting = settings.get(_NEEDS_ROWS.get(algorithm, ""))
    return min(max(map(int, setting.values)), _MOST_ROWS) if setting else 1


def field_of(algorithm: str) -> str:
    """The field of an execution's input that has an algorithm's hyperparameters."""
    return "hyperparameters" if algorithm == LINEAR_LEARNER else f"hyperparameters.{algorithm}"


def _check(field: str, name: str, value: Any, allowed: Mapping[str, Rule]) -> str:
    rule = allowed.get(name)
    if rule is None:
        raise BadExecutionInput(f"{field}.{name[:80]} may not be set; these may: {', '.join(allowed)}")
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
    if isinstance(text, int | float):
        text = repr(text)
    if not isinstance(text, str) or not rule.allows(text):
        raise BadExecutionInput(f"{field}.{name} is {str(value)[:80]!r}; it must be {rule}")
    return text
