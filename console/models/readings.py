"""What a page shows of models, read from the registry and the cards."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cli import models
from cli.explain import cards, inputs
from cli.models import ModelLine, NoModelError
from cli.stack import Stack
from cli.status import champion_path
from console.answers import text_of
from wildrydes.model.storage import card_key, execution_of
from wildrydes.tasks import TASKS, Task, features_of

_LOWEST, _MEDIAN, _HIGHEST = 0, 50, 100
_SHOWN = (
    *("execution", "kind", "unit", "algorithm", "created", "rows", "features"),
    *("metrics", "verdict", "weights", "training"),
)


class NoTaskError(NoModelError):
    """There is no such task."""


def listed(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """Each task with its models: what was live, the newest first, and then what never was, with the reasons."""
    return [
        {
            "task": task.name,
            "kind": task.kind,
            "unit": task.unit,
            "lines": [_line(each) for each in reversed(_lines(stack, task))],
        }
        for task in TASKS.values()
    ]


def _lines(stack: Stack, task: Task) -> list[ModelLine]:
    return models.lines(models.promotions(stack, task.name), models.cards(stack, task.name), task.name)


def _line(line: ModelLine) -> dict[str, Any]:
    return asdict(line) | {"live": line.until == "now"}


def card(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """The numbers of the model that an execution trained for a task, `key` of its card, and what they are of.

    `units` and `meanings` are by feature, `answers` by label. Raises NoModelError where it has no card.
    """
    execution, task = text_of(query, "execution"), task_of(query)
    read, features = _card(stack, execution, task), features_of(task.source)
    return {name: read.get(name) for name in _SHOWN} | {
        "units": {name: each.unit for name, each in features.items()},
        "meanings": {name: each.meaning for name, each in features.items()},
        "answers": task.answers,
        "key": card_key(execution, task.name),
    }


def _card(stack: Stack, execution: str, task: Task) -> dict[str, Any]:
    read = models.card_if_readable(stack, execution, task.name)
    if read is None:
        raise NoModelError(f"There is no card of a model {execution!r} of {task.name} that may be read.")
    return read


def lineage(stack: Stack, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each input of a model, and the model itself, by digest: `status` says whether it is what it was (inputs.Finding).

    `objects` and `prefix` say how many objects an input is and where they are; None of what is no list of objects.
    Weather, rows and artefact are read in full. Raises UnexplainedError where no card names them.
    """
    read = cards.of_execution(text_of(query, "execution"), stack.name, stack.client, task_of(query).name)
    return [_finding(each, read.lineage.get(each.name)) for each in inputs.examine(read, stack.client)]


def _finding(finding: inputs.Finding, described: Any) -> dict[str, Any]:
    listing = described if isinstance(described, Mapping) else {}
    return asdict(finding) | {"objects": listing.get("objects"), "prefix": listing.get("prefix")}


def fields(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """What a champion may be asked: each feature with its unit, a usual value, and its range in the training set.

    `weight` is what a unit of it changes of the log odds or the number, and `mean` its mean; None where the model is no
    linear one, whose parts would not add up to its answer. `base` is what a linear one answers where each feature has
    its mean. Raises NoModelError where nothing is live, or where the card of what is live is gone or may not be read.
    """
    task = task_of(query)
    path = champion_path(stack, task)
    if path is None:
        raise NoModelError(models.no_model_yet(task.name, stack.options))
    champion = _card(stack, execution_of(path), task)
    weights = dict(zip(champion["features"], champion.get("weights") or (), strict=False))
    return {
        "execution": champion["execution"],
        "kind": champion["kind"],
        "unit": champion["unit"],
        "meaning": task.meaning,
        "answers": task.answers,
        "created": champion["created"],
        "base": _base(champion, weights),
        "features": [_field(task, name, champion, weights.get(name)) for name in champion["features"]],
    }


def _base(champion: Mapping[str, Any], weights: Mapping[str, float]) -> float | None:
    """The log odds or the number that a linear model answers to the mean of each feature; None of another model."""
    bias = champion.get("bias")
    if bias is None or set(weights) != set(champion["features"]):
        return None
    return bias + sum(weight * champion["training"][name]["mean"] for name, weight in weights.items())


def _field(task: Task, name: str, champion: Mapping[str, Any], weight: float | None) -> dict[str, Any]:
    feature = features_of(task.source)[name]
    profile = champion.get("feature_profiles", {}).get(name)
    # A card of before there were profiles has the mean and the deviation alone.
    spread = champion["training"][name]
    width = 3 * spread["deviation"]
    low, middle, high = (
        [profile["quantiles"][place] for place in (_LOWEST, _MEDIAN, _HIGHEST)]
        if profile
        else (max(feature.least, spread["mean"] - width), spread["mean"], spread["mean"] + width)
    )
    return {
        "name": name,
        "unit": feature.unit,
        "meaning": feature.meaning,
        "low": low,
        "usual": middle,
        "high": high,
        "mean": spread["mean"],
        "weight": weight,
    }


def task_of(query: Mapping[str, Any]) -> Task:
    """The task that a request names. Raises NoTaskError."""
    name = text_of(query, "task")
    if name not in TASKS:
        raise NoTaskError(f"There is no task {name!r}; there are: {', '.join(TASKS)}.")
    return TASKS[name]
