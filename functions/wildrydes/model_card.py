"""What is known of a trained model, kept beside its artefact as models/<execution>/card.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.labels import FEATURES, TARGETS


@dataclass(frozen=True)
class ModelCard:
    """`features` in the order of the model's weights; `metrics` on the test split; `created` in ISO 8601, UTC."""

    execution: str
    target: str
    features: tuple[str, ...]
    model_path: str
    threshold: float
    rows: int
    metrics: Mapping[str, Any]
    hyperparameters: Mapping[str, str]
    created: str

    def to_json(self) -> dict[str, Any]:
        """The card as a JSON object."""
        return asdict(self)


def read_card(data: bytes) -> ModelCard:
    """The card in the bytes of a card.json. Raises BadModel."""
    try:
        value = json.loads(data)
        card = ModelCard(**value | {"features": tuple(value["features"])})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadModel(f"the model card cannot be read: {type(error).__name__} {error}") from None
    if not card.features or not set(card.features) <= set(FEATURES) or card.target not in TARGETS:
        raise BadModel(f"the model card has the features {card.features} and the target {card.target!r}")
    return card


def execution_of(model_path: str) -> str:
    """The execution that wrote models/<execution>/…/model.tar.gz. Raises BadModel for another key."""
    parts = model_path.split("/")
    if len(parts) < 3 or parts[0] != "models" or not parts[1]:
        raise BadModel(f"{model_path!r} is no key of a model: it is to be models/<execution>/…/model.tar.gz")
    return parts[1]
