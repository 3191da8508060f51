"""The JSON Schema of a promotion's input, docs/promotion.schema.json: what the workflow's own checks let pass."""

import re
from typing import Any

from statemachines.promotion_request import MAX_BAKE_SECONDS
from statemachines.task_choice import NAMED
from wildrydes.tasks import DEFAULT_TASK, TASKS, Task


def build() -> dict[str, Any]:
    """The schema, for the tasks that there are."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The input of the promotion",
        "description": (
            "What <stack>-promote is started with. The workflow refuses any other input with BadPromotionRequest, "
            "before it reads or writes anything."
        ),
        "type": "object",
        "required": ["model_path", "execution", "golden"],
        "properties": _model() | _way(),
        "anyOf": [_of_task(task) for task in TASKS.values()],
        "if": {"required": ["serving"], "properties": {"serving": {"const": "endpoint"}}},
        "then": {"properties": {"golden": {"allOf": [_has_number("at_least"), _has_number("at_most")]}}},
    }


def _model() -> dict[str, Any]:
    """What is promoted."""
    return {
        "task": {"description": "The task whose champion it becomes", "enum": list(TASKS), "default": DEFAULT_TASK},
        "model_path": {
            "description": "The key of the artefact in the data bucket, below the task's prefix",
            "type": "string",
            "pattern": r"^models/[\s\S]*/model\.tar\.gz$",
        },
        "execution": {"description": "The execution that trained the model", "type": "string"},
        "golden": {
            "description": "A ride, and the probability (or a regression's value) that the evaluation had for it",
            "type": "object",
            "required": ["ride"],
            "properties": {"ride": {}},
            "anyOf": [_has_number("probability"), _has_number("value")],
        },
    }


def _way() -> dict[str, Any]:
    """How, why, and over what it is promoted."""
    return {
        "bake_seconds": {
            "description": "Seconds that a tenth of the requests get the new model; by default BakeSeconds",
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_BAKE_SECONDS,
        },
        "serving": {
            "description": "What answers: the function, or a SageMaker endpoint that it asks; this needs bounds",
            "enum": ["lambda", "endpoint"],
            "default": "lambda",
        },
        "reason": {"description": "Why, for the registry", "type": "string", "default": "none given"},
        "started_by": {
            "description": "Why the retraining was started that trained the model, for the registry",
            "type": "object",
            "required": ["reason", "detail"],
            "properties": {"reason": {"type": "string"}, "detail": {"type": "string"}},
            "default": {"reason": "person", "detail": ""},
        },
        "replaces": {
            "description": "The model_path that must be live; empty for any",
            "type": "string",
            "default": "",
        },
    }


def _has_number(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "number"}}}


def _of_task(task: Task) -> dict[str, Any]:
    """The task with the keys of its models: as `task_choice.has_model_of`."""
    if not task.is_default:
        pattern = rf"^{re.escape(task.models_prefix)}[\s\S]*/model\.tar\.gz$"
        return {
            "required": ["task"],
            "properties": {"task": {"const": task.name}, "model_path": {"pattern": pattern}},
        }
    others = "|".join(re.escape(each.models_prefix) for each in NAMED)
    return {"properties": {"task": {"const": task.name}, "model_path": {"not": {"pattern": f"^({others})"}}}}
