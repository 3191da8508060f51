"""The API's function: predicts what its TASK says, for rides or for samples. There is a function for each task.

    POST /tasks/<task>/predictions                  a ride or a sample as a JSON object, or an array of them
    GET /tasks/<task>/predictions?features=1,2,3    a row of numbers in the order of the champion's features
    GET /tasks/<task>/model                         the champion's card, and the units of its features

    POST /, /predictions, /model                    the same, of the default task
    GET /openapi.json                               openapi.json, made for the default task's champion
    GET /liveinference?features=1,2,3               the bare number, of LIVE_INFERENCE_TASK

    in   an API Gateway REST proxy event          aws.proxy
    out  200, as `wildrydes.api.answers` has it; a batch has an error in the place of each record that cannot be used
         4xx problem+json, with the field          `wildrydes.api.requests` has all checks of values
         503 problem+json                          no champion, or it cannot be loaded: the log names the object

Every import is time that a caller waits on a cold start: there is nothing here but the standard library, and of that
little (docs/decisions/0011).
"""

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from time import perf_counter, time
from types import MappingProxyType
from typing import Any, NamedTuple

from aws import signed_s3
from aws.proxy import Request, request_of, response
from aws.settings import PredictSettings, predict_settings
from predict import capturing, request_metrics
from predict.capturing import NO_ROWS, Rows
from wildrydes.algorithms import ENDPOINT, LAMBDA
from wildrydes.api import answers
from wildrydes.api.answers import JSON, PLAIN, PROBLEM, Prediction
from wildrydes.api.requests import features_of, read_body, reference_of, rides_of, row_of, vocabulary_of
from wildrydes.errors import (
    BadModel,
    BadRequest,
    BadValue,
    EndpointNotAsked,
    MethodNotAllowed,
    MissingObject,
    NoChampion,
    NoSuchPath,
    ObjectNotRead,
    WildRydesError,
)
from wildrydes.model.archive import MOST_PACKED
from wildrydes.model.champion import LARGEST_CARD, ChampionModel, checked_card, read_champion
from wildrydes.model.storage import NO_MODEL, card_of
from wildrydes.tasks import LIVE_INFERENCE_TASK, TASKS
from wildrydes.tasks import features_of as features_of_source

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
UNAVAILABLE = (NoChampion, BadModel, MissingObject, ObjectNotRead, EndpointNotAsked)

REPLACEMENT = "replacement"
"""The field of the event by which a promotion asks whether a model may replace another on an endpoint."""

Route = Callable[["Request", PredictSettings], "Outcome"]


class Outcome(NamedTuple):
    """An answer, and what is counted of it: the scores in it with the labels that a classifier's predict, the records
    that could not be used, and the rows.
    """

    status: int
    kind: str
    body: str
    scores: Sequence[float] = ()
    refused: int = 0
    headers: Mapping[str, str] = NO_HEADERS
    rows: Rows = NO_ROWS
    labels: Sequence[int] = ()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request. Raises MissingSetting alone, whatever was requested."""
    began = perf_counter()
    settings = predict_settings()
    request = request_of(event, context)
    outcome = respond(request, settings)
    milliseconds, now = (perf_counter() - began) * 1000, time()
    counted = request_metrics.lines(
        settings.service,
        settings.task,
        outcome.status,
        milliseconds,
        outcome.scores,
        outcome.labels,
        outcome.refused,
        request.id,
        now,
    )
    captured = capturing.lines(request, settings, now, outcome.rows, outcome.scores, outcome.refused)
    sys.stdout.write(f"{counted}{captured}")
    return response(outcome.status, outcome.kind, outcome.body, outcome.headers, settings.cors_origin)


def respond(request: Request, settings: PredictSettings) -> Outcome:
    """Answers a request. Here every error of a caller, and every fault of a model, becomes an answer."""
    try:
        if REPLACEMENT in request.event:
            return judge_replacement(request, settings)
        return route_of(request, settings.task)(request, settings)
    except BadRequest as error:
        body = answers.problem(error) | {"request_id": request.id}
        headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else NO_HEADERS
        refused = int(isinstance(error, BadValue))
        return Outcome(answers.status_of(error), PROBLEM, json.dumps(body), refused=refused, headers=headers)
    except UNAVAILABLE as error:
        log_fault(error, settings)
        body = answers.unavailable(public_detail(error, settings)) | {"request_id": request.id}
        return Outcome(answers.UNAVAILABLE, PROBLEM, json.dumps(body), headers={"Retry-After": "60"})


def route_of(request: Request, task: str) -> Route:
    """What answers the request's path and method. Raises NoSuchPath, MethodNotAllowed."""
    methods = routes(task).get(request.path)
    if methods is None:
        raise NoSuchPath("there is nothing at this path", "path", list(routes(task)))
    if request.method not in methods:
        raise MethodNotAllowed(f"{request.path} has no method {request.method[:20]}", "method", list(methods))
    return methods[request.method]


def predict_rides(request: Request, settings: PredictSettings) -> Outcome:
    """One ride or sample, or an array of them."""
    value, vocabulary = read_body(*request.body()), vocabulary_of(settings.task)
    champion = load_champion(settings)
    check_serving(request, champion)
    if isinstance(value, list):
        return predict_many(request, champion, rides_of(value, vocabulary.record))
    reference = reference_of(value)
    return predict_one(request, champion, features_of(value, champion.features, vocabulary), reference)


def predict_row(request: Request, settings: PredictSettings) -> Outcome:
    """A row of numbers in the query."""
    row = request.row()
    champion = load_champion(settings)
    return predict_one(request, champion, row_of(row, champion.features, vocabulary_of(settings.task)))


def predict_number(request: Request, settings: PredictSettings) -> Outcome:
    """The bare number for a row, whatever form was asked for: the workshop's page knows no other."""
    return predict_row(request._replace(headers=request.headers | {"accept": PLAIN}), settings)


def predict_one(
    request: Request, champion: ChampionModel, features: list[float], reference: str | None = None
) -> Outcome:
    """The prediction for one record's features, in the form that was asked for."""
    kind, score = answers.choose_type(request.accept), champion.model.score(features)
    champion = answering(champion)
    prediction = answers.predict(champion, score)
    rows = Rows(champion.execution, champion.features, (0,), (reference,), [features])
    body = answers.answer_one(champion, prediction, request.id, kind)
    return Outcome(200, kind, body, scores=[score], rows=rows, labels=labels_of([prediction]))


def predict_many(request: Request, champion: ChampionModel, rides: list[Any]) -> Outcome:
    """A prediction or an error for each record, in its place."""
    kind, rows, references, refused = answers.choose_type(request.accept), [], [], {}
    vocabulary = vocabulary_of(champion.target)
    for place, ride in enumerate(rides):
        try:
            reference = reference_of(ride)
            rows.append(features_of(ride, champion.features, vocabulary))
            references.append(reference)
        except BadValue as error:
            refused[place] = Prediction(None, None, error)
    scores = champion.model.scores(rows)
    champion = answering(champion)
    usable = [answers.predict(champion, score) for score in scores]
    successes = iter(usable)
    predictions = [refused[place] if place in refused else next(successes) for place in range(len(rides))]
    kind = JSON if kind == PLAIN else kind
    body = answers.answer_many(champion, predictions, request.id, kind)
    places = [place for place in range(len(rides)) if place not in refused] if refused else range(len(rides))
    lines = Rows(champion.execution, champion.features, places, references, rows)
    return Outcome(200, kind, body, scores=scores, refused=len(refused), rows=lines, labels=labels_of(usable))


def labels_of(predictions: Sequence[Prediction]) -> list[int]:
    """The labels that are predicted; a regression predicts none."""
    return [each.label for each in predictions if each.label is not None]


def serve_model(_request: Request, settings: PredictSettings) -> Outcome:
    """The champion's card."""
    champion, named = load_champion(settings), features_of_source(TASKS[settings.task].source)
    units = {name: named[name].unit for name in champion.features}
    return Outcome(200, JSON, json.dumps(champion.card | {"units": units}))


def serve_document(request: Request, settings: PredictSettings) -> Outcome:
    """The API's document, for the champion if there is one."""
    # What this route needs alone is not loaded for the others.
    from pathlib import Path

    from wildrydes.api.document import build_document

    try:
        features = load_champion(settings).features
    except UNAVAILABLE as error:
        log_fault(error, settings)
        features = None
    source = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
    return Outcome(200, JSON, json.dumps(build_document(source, features, request.url())))


@cache
def routes(task: str) -> Mapping[str, Mapping[str, Route]]:
    """What answers each path and method of a task. A promotion's golden request comes without a path, as POST /."""
    predictions: dict[str, Route] = {"GET": predict_row, "POST": predict_rides}
    paths: dict[str, dict[str, Route]] = {
        "/": {"POST": predict_rides},
        f"/tasks/{task}/predictions": predictions,
        f"/tasks/{task}/model": {"GET": serve_model},
    }
    if TASKS[task].is_default:
        paths |= {
            "/predictions": predictions,
            "/model": {"GET": serve_model},
            "/openapi.json": {"GET": serve_document},
        }
    return paths | ({"/liveinference": {"GET": predict_number}} if task == LIVE_INFERENCE_TASK else {})


@cache
def load_champion(settings: PredictSettings) -> ChampionModel:
    """The champion, read and checked once a process. Raises NoChampion, BadModel, MissingObject, ObjectNotRead."""
    if settings.model_path == NO_MODEL:
        raise NoChampion("no model has been promoted yet; a successful run of the retrain workflow promotes one")
    path, card = settings.model_path, card_of(settings.model_path)
    with signed_s3.Reader(settings.bucket) as reader:
        card_json = reader.read(card, LARGEST_CARD)
        fields = checked_card(path, card_json, settings.task)
        if fields.get("serving") != ENDPOINT:
            return read_champion(path, reader.read(path, MOST_PACKED), card_json, settings.task)
    # Functions that read their model themselves need nothing of this.
    from predict.endpoint_model import endpoint_model

    model = endpoint_model(settings, fields)
    return ChampionModel(model, fields["execution"], fields["target"], tuple(fields["features"]), fields)


def judge_replacement(request: Request, settings: PredictSettings) -> Outcome:
    """Whether the endpoint may be updated to a model: `predict.replacement` says how that is asked."""
    # Requests for predictions need nothing of this.
    from predict import replacement

    return Outcome(200, JSON, json.dumps(replacement.judge_replacement(request.event[REPLACEMENT], settings)))


def check_serving(request: Request, champion: ChampionModel) -> None:
    """A promotion's golden request says what is to serve the model. Raises BadModel where its card says otherwise."""
    serving = champion.card.get("serving", LAMBDA)
    if (expected := request.event.get("serving", serving)) != serving:
        raise BadModel(f"the card of {champion.execution} says that serving is {serving}, the promotion {expected}")


def answering(champion: ChampionModel) -> ChampionModel:
    """The champion by the name of the model that has just answered: while an endpoint is updated, of the one before."""
    return champion._replace(execution=getattr(champion.model, "execution", champion.execution))


def public_detail(error: WildRydesError, settings: PredictSettings) -> str:
    """Why no model answers, without what callers have no use for."""
    if isinstance(error, NoChampion):
        return str(error)
    if isinstance(error, EndpointNotAsked):
        return "the champion's endpoint does not answer"
    execution = settings.model_path.removeprefix(TASKS[settings.task].models_prefix).partition("/")[0]
    return f"the champion, the model of the execution {execution}, cannot be loaded"


def log_fault(error: WildRydesError, settings: PredictSettings) -> None:
    """Logs what is wrong with the champion, if there is one, and with which object."""
    if isinstance(error, NoChampion):
        return
    # Lambda's runtime has logging already; a process that logs nothing need not have it.
    import logging

    logging.getLogger(__name__).error("%s: %s: %s", settings.model_path, type(error).__name__, error)


# What predict/__init__.py turned off.
gc.enable()
