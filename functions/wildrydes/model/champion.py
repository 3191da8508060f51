"""The champion, the model that answers: its artefact and its card, checked against each other.

This is all that predict needs of a card. `wildrydes.model.card` has the whole of it, as a class that takes longer to
define than all of predict's own modules take to import.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from wildrydes.algorithms import LINEAR_LEARNER
from wildrydes.errors import BadModel
from wildrydes.model.artefact import CLASSIFIER, REGRESSOR, Model, read_model
from wildrydes.model.storage import card_fields, execution_of, task_of
from wildrydes.tasks import BINARY, DEFAULT_TASK, TASKS

LARGEST_CARD = 4 << 20
"""Bytes of a card that are read."""


class ChampionModel(NamedTuple):
    """A model that can be served. `features` are in its order; `card` is the card as it is stored."""

    model: Model
    execution: str
    target: str
    features: tuple[str, ...]
    card: dict[str, Any]


def read_champion(model_path: str, artefact: bytes, card: bytes, task: str = DEFAULT_TASK) -> ChampionModel:
    """The model of a task in the bytes of a model.tar.gz, as the bytes of its card.json describe it.

    Raises BadModel, also for a model of another task, and for one that the gate did not let pass: no deployment, no
    parameter and no promotion by hand can make it answer.
    """
    fields = checked_card(model_path, card, task)
    model, features = read_model(artefact, fields.get("algorithm", LINEAR_LEARNER)), tuple(fields["features"])
    lineage = fields.get("lineage")
    expected = lineage.get("artefact_sha256") if isinstance(lineage, dict) else None
    if expected not in (None, digest := sha256(artefact).hexdigest()):
        raise BadModel(f"{model_path} has the digest {digest}, and had {expected} when it was evaluated")
    kind = kind_of(task)
    if (model.kind, model.feature_count) != (kind, len(features)):
        expected = f"a {kind} of {len(features)}"
        raise BadModel(f"{model_path} is a {model.kind} of {model.feature_count} features, its card of {expected}")
    return ChampionModel(model, fields["execution"], fields["target"], features, fields)


def kind_of(task: str) -> str:
    """The kind of the task's models: CLASSIFIER or REGRESSOR."""
    return CLASSIFIER if TASKS[task].kind == BINARY else REGRESSOR


def checked_card(model_path: str, card: bytes, task: str) -> dict[str, Any]:
    """The fields of the card beside an artefact that the gate let pass and that is of the task. Raises BadModel."""
    fields = card_fields(card)
    if (fields.get("execution"), fields.get("model_path")) != (execution_of(model_path), model_path):
        raise BadModel(f"the card beside {model_path} is of {fields.get('model_path')!r}")
    verdict = fields.get("verdict")
    if not (isinstance(verdict, dict) and verdict.get("promote") is True):
        raise BadModel(f"{model_path} has not passed the gate; the verdict in its card is {verdict!r}")
    _check_task(model_path, fields, task)
    return fields


def _check_task(model_path: str, fields: dict[str, Any], task: str) -> None:
    """Raises BadModel for a model of another task. A card from before there were tasks has its target alone."""
    for name in (task_of(model_path), fields["target"], fields.get("task", task)):
        if name != task:
            raise BadModel(f"{model_path} is a model of {name!r:.100}, not of {task}")
    if (kind := fields.get("kind", BINARY)) != TASKS[task].kind:
        raise BadModel(f"the card beside {model_path} is of the kind {kind!r:.100}, and {task} is a {TASKS[task].kind}")
