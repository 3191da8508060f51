"""The API's function: a ride -> how likely it is that the unicorn will be heavily used, or ask for service.

    in   an API Gateway REST proxy event; its body is a JSON object with the model's features, in any case
    out  200 {"probability", "label", "threshold", "target", "model"}
         400 {"message", "field"}   the body, or one field of it, cannot be used
         503 {"message"}            no model has been promoted yet, or the one that was cannot be read

Nothing is imported here but the standard library and boto3: every import is time that a caller waits on a cold start.
"""

import json
import logging
from base64 import b64decode
from functools import cache
from typing import Any

from aws import s3, settings
from wildrydes.artefact_archive import MOST_PACKED
from wildrydes.bucket import card_key
from wildrydes.errors import BadModel, BadRequest, MissingObject, NoLiveModel, WildRydesError
from wildrydes.linear_model import LinearModel, read_model
from wildrydes.model_card import ModelCard, execution_of, read_card
from wildrydes.requests import requested_features

logger = logging.getLogger(__name__)

NOT_PROMOTED = "none"
STATUS = {BadRequest: 400, NoLiveModel: 503, BadModel: 503, MissingObject: 503}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers one request."""
    try:
        model, card = live_model(settings.predict_settings())
        features = requested_features(body_of(event), card.features)
        probability = model.score(features)
    except tuple(STATUS) as error:
        return refusal(error)
    answer = {
        "probability": probability,
        "label": int(probability >= model.threshold),
        "threshold": model.threshold,
        "target": card.target,
        "model": card.execution,
    }
    return response(200, answer)


@cache
def live_model(told: settings.PredictSettings) -> tuple[LinearModel, ModelCard]:
    """The live model and its card, read once a process. Raises NoLiveModel, BadModel."""
    if told.model_path == NOT_PROMOTED:
        raise NoLiveModel("no model has been promoted yet; a successful run of the retrain workflow promotes one")
    model = read_model(s3.read(told.bucket, told.model_path, MOST_PACKED + 1))
    card = read_card(s3.read(told.bucket, card_key(execution_of(told.model_path))))
    if model.kind != "binary_classifier" or len(card.features) != len(model.weights):
        raise BadModel(f"{told.model_path} is a {model.kind} of {len(model.weights)} features, its card of another")
    return model, card


def body_of(event: dict[str, Any]) -> str | bytes | None:
    """The request's body, decoded if API Gateway passed it as base64. Raises BadRequest."""
    body = event.get("body")
    if not event.get("isBase64Encoded") or body is None:
        return body
    try:
        return b64decode(body, validate=True)
    except ValueError:
        raise BadRequest("the body is no base64") from None


def refusal(error: WildRydesError) -> dict[str, Any]:
    """The answer to a request that cannot be served. What is wrong with a model is for the log, not for callers."""
    status = STATUS[type(error)]
    if isinstance(error, BadRequest):
        return response(status, {"message": str(error), "field": error.field})
    logger.error("%s: %s", type(error).__name__, error)
    message = str(error) if isinstance(error, NoLiveModel) else "the live model cannot be read"
    return response(status, {"message": message})


def response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """A proxy response with a JSON body."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
