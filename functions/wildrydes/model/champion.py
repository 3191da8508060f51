"""The champion, the model that answers: its artefact and its card, checked against each other.

This is all that predict needs of a card. `wildrydes.model.card` has the whole of it, as a class that takes longer to
define than all of predict's own modules take to import.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from wildrydes.errors import BadModel
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.model.storage import card_fields, execution_of


class ChampionModel(NamedTuple):
    """A model that can be served. `features` are in the order of its weights; `card` is the card as it is stored."""

    model: LinearModel
    execution: str
    target: str
    features: tuple[str, ...]
    card: dict[str, Any]


def read_champion(model_path: str, artefact: bytes, card: bytes) -> ChampionModel:
    """The model in the bytes of a model.tar.gz, as the bytes of its card.json describe it.

    Raises BadModel, also for a model that the gate did not let pass: no deployment, no parameter and no promotion by
    hand can make it answer.
    """
    fields = card_fields(card)
    if (fields.get("execution"), fields.get("model_path")) != (execution_of(model_path), model_path):
        raise BadModel(f"the card beside {model_path} is of {fields.get('model_path')!r}")
    verdict = fields.get("verdict")
    if not (isinstance(verdict, dict) and verdict.get("promote") is True):
        raise BadModel(f"{model_path} has not passed the gate; the verdict in its card is {verdict!r}")
    model, features = read_model(artefact), tuple(fields["features"])
    lineage = fields.get("lineage")
    expected = lineage.get("artefact_sha256") if isinstance(lineage, dict) else None
    if expected not in (None, digest := sha256(artefact).hexdigest()):
        raise BadModel(f"{model_path} has the digest {digest}, and had {expected} when it was evaluated")
    if model.kind != "binary_classifier" or len(features) != len(model.weights):
        raise BadModel(f"{model_path} is a {model.kind} of {len(model.weights)} features, its card of {len(features)}")
    return ChampionModel(model, fields["execution"], fields["target"], features, fields)
