"""What is known of a trained model, kept beside its artefact as models/<execution>/card.json.

execution, target, features, model_path, threshold      what predict needs of it
metrics, live, differences, verdict                     how it was judged, beside which live model, and the verdict
training, training_set, hyperparameters, golden         what it was trained on and with; a test ride and its answer
lineage                                                 what it was made from, by digest
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.labels import FEATURES, TARGETS

NO_MODEL = "none"
"""Stands for the key of the live model's artefact before the first promotion."""


@dataclass(frozen=True)
class ModelCard:
    """`features` in the order of the model's weights; `metrics` on the test split; `created` in ISO 8601, UTC.

    `training` has each feature's mean and deviation in the train split; `live` the model that was live then and its
    metrics, None if there was none; `differences` each metric less the live model's, with its 95% interval.
    """

    execution: str
    target: str
    features: tuple[str, ...]
    model_path: str
    threshold: float
    rows: int
    metrics: Mapping[str, Any]
    hyperparameters: Mapping[str, str]
    created: str
    region: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    training_set: Mapping[str, int] = field(default_factory=dict)
    constant_log_loss: float | None = None
    live: Mapping[str, Any] | None = None
    differences: Mapping[str, Any] = field(default_factory=dict)
    verdict: Mapping[str, Any] = field(default_factory=dict)
    golden: Mapping[str, Any] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The card as a JSON object."""
        return asdict(self)


def read_card(data: bytes) -> ModelCard:
    """The card in the bytes of a card.json; fields that this code does not know are passed over. Raises BadModel."""
    try:
        value = json.loads(data)
        known: dict[str, Any] = {each.name: value[each.name] for each in fields(ModelCard) if each.name in value}
        known["features"] = tuple(value["features"])
        card = ModelCard(**known)
        served = bool(card.features) and set(card.features) <= set(FEATURES) and card.target in TARGETS
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadModel(f"the model card cannot be read: {type(error).__name__} {error}") from None
    if not served:
        raise BadModel(f"the model card has the features {card.features} and the target {card.target!r}")
    return card


def execution_of(model_path: str) -> str:
    """The execution that wrote models/<execution>/…/model.tar.gz. Raises BadModel for another key."""
    parts = model_path.split("/")
    if len(parts) < 3 or parts[0] != "models" or not parts[1]:
        raise BadModel(f"{model_path!r} is no key of a model: it is to be models/<execution>/…/model.tar.gz")
    return parts[1]
