"""A model as it is stored: where its artefact and its card are in the bucket, and what a card says that is served."""

import json
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.tasks import DEFAULT_TASK, TASKS

NO_MODEL = "none"
"""Stands for the key of the champion's artefact before the first promotion."""


def models_prefix(task: str = DEFAULT_TASK) -> str:
    """Where a task's models and its registry are, ending in a slash."""
    return TASKS[task].models_prefix


def card_key(execution: str, task: str = DEFAULT_TASK) -> str:
    """The card of the model that an execution trained for a task."""
    return f"{models_prefix(task)}{execution}/card.json"


def card_of(model_path: str) -> str:
    """The card beside an artefact, by the artefact's key. Raises BadModel for a key that is none."""
    task, execution = _parts(model_path)
    return card_key(execution, task)


def variant_of(model_path: str) -> str:
    """The production variant that serves an artefact of this key: it has the name of the training job.

    >>> variant_of("models/run-1/run-1-xgboost-2/output/model.tar.gz")
    'run-1-xgboost-2'
    """
    return model_path.split("/")[-3]


def variant_key(variant: str, task: str = DEFAULT_TASK) -> str:
    """Where the promotion to an endpoint writes down whose model a production variant is."""
    return f"{models_prefix(task)}variants/{variant}.json"


def model_path_of_variant(data: bytes) -> str:
    """The artefact's key in the bytes of such an object. Raises BadModel."""
    try:
        model_path = json.loads(data)["model_path"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadModel(f"the variant's model is not written down: {type(error).__name__} {error}") from None
    if not isinstance(model_path, str):
        raise BadModel(f"the variant's model is {model_path!r:.100}")
    return model_path


def comparisons_prefix(champion: str, task: str = DEFAULT_TASK) -> str:
    """The comparisons of candidates with the model that the execution `champion` trained: an object each."""
    return f"{models_prefix(task)}{champion}/comparisons/"


def execution_of(model_path: str) -> str:
    """The execution that wrote models/[<task>/]<execution>/…/model.tar.gz. Raises BadModel for another key."""
    return _parts(model_path)[1]


def task_of(model_path: str) -> str:
    """The task of such a key: the default one where it names none. Raises BadModel for another key.

    >>> task_of("models/magic_points/run-1/run-1/output/model.tar.gz"), task_of("models/run-1/output/model.tar.gz")
    ('magic_points', 'heavy_utilization')
    """
    return _parts(model_path)[0]


def _parts(model_path: str) -> tuple[str, str]:
    """The task and the execution of an artefact's key."""
    models, *parts = model_path.split("/")
    # No execution is called as a task: parameters.py sees to it.
    task = parts.pop(0) if parts and parts[0] in TASKS and parts[0] != DEFAULT_TASK else DEFAULT_TASK
    if models != "models" or len(parts) < 2 or not parts[0]:
        raise BadModel(f"{model_path!r} is no key of a model: it must be models/[<task>/]<execution>/…/model.tar.gz")
    return task, parts[0]


def card_fields(data: bytes) -> dict[str, Any]:
    """The fields in the bytes of a card.json; its target is a task, its features are that task's. Raises BadModel."""
    try:
        fields = json.loads(data)
        features, target = fields["features"], fields["target"]
        valid = len(set(features)) == len(features) > 0
        valid = valid and target in TASKS and set(features) <= set(TASKS[target].features)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadModel(f"the model card cannot be read: {type(error).__name__} {error}") from None
    if not valid:
        raise BadModel(f"the model card has the features {features!r} and the target {target!r}")
    return fields
