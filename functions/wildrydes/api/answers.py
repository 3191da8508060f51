"""Predictions -> the answer to a caller, in the form that it asked for.

application/json    one ride: {"probability", "label", "threshold", "target", "model", "request_id"}
                    an array: {"predictions": [{"probability", "label"} | {"error": problem}, …], "threshold", …}
text/csv            probability,label,error and a line a ride
text/plain          the bare probability of one ride

A regression's answer has {"value", "unit"} in the place of {"probability", "label", "threshold"}, its CSV value,error.

problem+json        what is wrong, as RFC 9457 has it: {"type", "title", "status", "detail", "field", …}
"""

import json
from typing import Any, NamedTuple

from wildrydes import errors
from wildrydes.model.artefact import CLASSIFIER
from wildrydes.model.champion import ChampionModel
from wildrydes.tasks import TASKS

JSON, CSV, PLAIN, PROBLEM = "application/json", "text/csv", "text/plain", "application/problem+json"

_STATUS = {
    errors.UnreadableRequest: (400, "Bad Request"),
    errors.NoSuchPath: (404, "Not Found"),
    errors.MethodNotAllowed: (405, "Method Not Allowed"),
    errors.BodyTooLarge: (413, "Content Too Large"),
    errors.UnsupportedType: (415, "Unsupported Media Type"),
    errors.BadValue: (422, "Unprocessable Content"),
}
UNAVAILABLE = 503


class Prediction(NamedTuple):
    """What the model predicts for one record, or why it predicts nothing; a regression has no label."""

    score: float | None
    label: int | None
    error: errors.BadValue | None = None


def choose_type(accept: str) -> str:
    """The media type to answer in, JSON, CSV or PLAIN, by an Accept header; JSON where it leaves the choice."""
    accept = accept.lower()
    if "text/" not in accept:
        return JSON
    qualities = {}
    for part in accept.split(","):
        name, _, parameters = part.partition(";")
        qualities[name.strip()] = _quality(parameters)
    by_wildcard = max(qualities.get("*/*", 0.0), qualities.get("application/*", 0.0))
    # Of two that are as welcome, the one that was named goes before one that a wildcard includes.
    choices = [(qualities[kind], True, kind) for kind in (JSON, CSV, PLAIN) if kind in qualities]
    choices += [(by_wildcard, False, JSON), (qualities.get("text/*", 0.0), False, PLAIN)]
    quality, _, kind = max(choices, key=lambda each: each[:2])
    return kind if quality > 0 else JSON


def predict(champion: ChampionModel, score: float) -> Prediction:
    """What a score of this model predicts."""
    model = champion.model
    return Prediction(score, int(score >= model.threshold) if model.kind == CLASSIFIER else None)


def answer_one(champion: ChampionModel, prediction: Prediction, request_id: str, kind: str) -> str:
    """The answer to one record, in the media type `kind`."""
    if kind == PLAIN:
        return repr(prediction.score)
    if kind == CSV:
        return _csv(champion, [prediction])
    return json.dumps(_fields(prediction) | _common(champion, request_id))


def answer_many(champion: ChampionModel, predictions: list[Prediction], request_id: str, kind: str) -> str:
    """The answer to an array of records, each in its place; `kind` is JSON or CSV."""
    if kind == CSV:
        return _csv(champion, predictions)
    entries = [{"error": problem(each.error)} if each.error else _fields(each) for each in predictions]
    return json.dumps({"predictions": entries} | _common(champion, request_id))


def status_of(error: errors.BadRequest) -> int:
    """The status of the answer to a request that has this fault."""
    return _STATUS[type(error)][0]


def problem(error: errors.BadRequest) -> dict[str, Any]:
    """What is wrong with a request or with one ride of it."""
    status, title = _STATUS[type(error)]
    fields = {"type": "about:blank", "title": title, "status": status, "detail": str(error), "field": error.field}
    return fields if error.allowed is None else fields | {"allowed": error.allowed}


def unavailable(detail: str) -> dict[str, Any]:
    """The problem while no model can answer."""
    title = "Service Unavailable"
    return {"type": "about:blank", "title": title, "status": UNAVAILABLE, "detail": detail, "field": "model"}


def _fields(prediction: Prediction) -> dict[str, Any]:
    if prediction.label is None:
        return {"value": prediction.score}
    return {"probability": prediction.score, "label": prediction.label}


def _common(champion: ChampionModel, request_id: str) -> dict[str, Any]:
    classifies = champion.model.kind == CLASSIFIER
    own = {"threshold": champion.model.threshold} if classifies else {"unit": TASKS[champion.target].unit}
    return own | {
        "target": champion.target,
        "model": champion.execution,
        "request_id": request_id,
    }


def _csv(champion: ChampionModel, predictions: list[Prediction]) -> str:
    columns = ("probability", "label", "error") if champion.model.kind == CLASSIFIER else ("value", "error")
    lines = [
        "," * (len(columns) - 1) + _quoted(str(error))
        if error
        else ",".join([repr(score), *([] if label is None else [str(label)]), ""])
        for score, label, error in predictions
    ]
    return "\r\n".join([",".join(columns), *lines, ""])


def _quoted(text: str) -> str:
    """A field of RFC 4180. A surrogate without its half, which JSON can smuggle in, has no UTF-8."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return '"' + whole.replace('"', '""') + '"'


def _quality(parameters: str) -> float:
    """The q of a media range, 1 where it has none that can be read."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
