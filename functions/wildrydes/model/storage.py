"""A model as it is stored: where its artefact and its card are in the bucket, and what a card says that is served."""

import json
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.labels import FEATURES, TARGETS

NO_MODEL = "none"
"""Stands for the key of the champion's artefact before the first promotion."""


def card_key(execution: str) -> str:
    """The card of the model that an execution trained."""
    return f"models/{execution}/card.json"


def comparisons_prefix(champion: str) -> str:
    """The comparisons of candidates with the model that the execution `champion` trained: an object each."""
    return f"models/{champion}/comparisons/"


def execution_of(model_path: str) -> str:
    """The execution that wrote models/<execution>/…/model.tar.gz. Raises BadModel for another key."""
    parts = model_path.split("/")
    if len(parts) < 3 or parts[0] != "models" or not parts[1]:
        raise BadModel(f"{model_path!r} is no key of a model: it must be models/<execution>/…/model.tar.gz")
    return parts[1]


def card_fields(data: bytes) -> dict[str, Any]:
    """The fields in the bytes of a card.json, its features and its target being ones there are. Raises BadModel."""
    try:
        fields = json.loads(data)
        features, target = fields["features"], fields["target"]
        valid = len(set(features)) == len(features) > 0 and set(features) <= set(FEATURES) and target in TARGETS
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadModel(f"the model card cannot be read: {type(error).__name__} {error}") from None
    if not valid:
        raise BadModel(f"the model card has the features {features!r} and the target {target!r}")
    return fields
