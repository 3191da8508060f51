"""What a promotion asks before it updates an endpoint: whether the model may take the place of the champion there.

    in   {"model_path", "replaces": the champion's key}, the field `replacement` of an event
    out  {"possible", "features": the model's, "champion_features": the champion's; none where its card cannot be read}

Until `live` moves, the version before asks the endpoint that the new model answers on already. That is the same
question only if both have the same features. Only a promotion sends such an event: API Gateway's have no such field.
"""

from typing import Any

from aws import signed_s3
from aws.settings import PredictSettings
from wildrydes.algorithms import ENDPOINT, LAMBDA
from wildrydes.errors import BadModel, MissingObject
from wildrydes.model.champion import LARGEST_CARD, checked_card
from wildrydes.model.storage import NO_MODEL, card_of


def judge_replacement(question: dict[str, Any], settings: PredictSettings) -> dict[str, Any]:
    """The answer to it. Raises BadModel, MissingObject and ObjectNotRead for a model that no endpoint may serve."""
    replaced = question["replaces"]
    with signed_s3.Reader(settings.bucket) as reader:

        def card(model_path: str) -> dict[str, Any]:
            return checked_card(model_path, reader.read(card_of(model_path), LARGEST_CARD), settings.task)

        model = card(question["model_path"])
        if (serving := model.get("serving", LAMBDA)) != ENDPOINT:
            raise BadModel(f"the card of {model['execution']} says that serving is {serving}, the promotion {ENDPOINT}")
        try:
            champion = card(replaced) if replaced != NO_MODEL else {}
        except (BadModel, MissingObject):
            # Then its version answers nothing but 503, or by its own variant alone.
            champion = {}
    features = champion.get("features", []) if champion.get("serving") == ENDPOINT else []
    return {
        "possible": features in ([], model["features"]),
        "features": ", ".join(model["features"]),
        "champion_features": ", ".join(features),
    }
