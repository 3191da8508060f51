"""What came true of predictions -> the delivery stream, whose batches become the table `outcomes`.

    POST /outcomes      an outcome as a JSON object, or an array of up to 1,000 (`wildrydes.capture.outcome`)

    in   an API Gateway REST proxy event          aws.proxy
    out  202 {"accepted", "rejected": [{"position", "error": problem}], "request_id"}
         4xx problem+json, with the field, of a single one that cannot be used, or a body that cannot be read
         503 problem+json                          Firehose did not take them: to be sent again, which doubles nothing

Raises MissingSetting alone, whatever was requested.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from aws import firehose
from aws.proxy import Request, request_of, response
from aws.settings import OutcomeSettings, outcome_settings
from wildrydes.api import answers
from wildrydes.api.requests import read_body, rides_of
from wildrydes.capture import outcome
from wildrydes.errors import BadRequest, BadValue, MethodNotAllowed, RecordsNotDelivered
from wildrydes.metric_line import NAMESPACE

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)

ACCEPTED = 202
_RETRY_SECONDS = "5"


class Reply(NamedTuple):
    """An answer: its status, its members, and headers of its own."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers one request."""
    metrics.add_metric("OutcomeRequests", MetricUnit.Count, 1)
    settings = outcome_settings()
    request = request_of(event, context)
    reply = respond(request, settings)
    kind = answers.JSON if reply.status == ACCEPTED else answers.PROBLEM
    body = json.dumps(reply.body | {"request_id": request.id})
    return response(reply.status, kind, body, reply.headers, settings.cors_origin)


def respond(request: Request, settings: OutcomeSettings) -> Reply:
    """Takes the outcomes of a request. Every error of a caller, and every fault of Firehose, becomes an answer."""
    try:
        if request.method != "POST":
            raise MethodNotAllowed(f"/outcomes has no method {request.method[:20]}", "method", ["POST"])
        value = read_body(*request.body())
        if isinstance(value, list):
            return record_many(rides_of(value, "outcome"), settings)
        record([outcome.read(value)], settings)
        return Reply(ACCEPTED, {"accepted": 1, "rejected": []}, {})
    except BadRequest as error:
        metrics.add_metric("OutcomesRejected", MetricUnit.Count, int(isinstance(error, BadValue)))
        headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
        return Reply(answers.status_of(error), answers.problem(error), headers)
    except (RecordsNotDelivered, ClientError, BotoCoreError) as fault:
        metrics.add_metric("OutcomesNotRecorded", MetricUnit.Count, 1)
        logger.error("not recorded", extra={"cause": f"{type(fault).__name__}: {fault}"})
        detail = "the outcomes could not be recorded; send them again: one that is recorded twice counts once"
        return Reply(
            answers.UNAVAILABLE, answers.unavailable(detail) | {"field": "body"}, {"Retry-After": _RETRY_SECONDS}
        )


def record_many(records: list[Any], settings: OutcomeSettings) -> Reply:
    """Takes each outcome of an array, and names those that it cannot use. Raises as `record`."""
    usable, rejected = [], []
    for position, each in enumerate(records):
        try:
            usable.append(outcome.read(each))
        except BadValue as error:
            rejected.append({"position": position, "error": answers.problem(error)})
    metrics.add_metric("OutcomesRejected", MetricUnit.Count, len(rejected))
    record(usable, settings)
    return Reply(ACCEPTED, {"accepted": len(usable), "rejected": rejected}, {})


def record(outcomes: list[outcome.Outcome], settings: OutcomeSettings) -> None:
    """Puts outcomes into the delivery stream. Raises RecordsNotDelivered, and botocore's errors."""
    now = time.time()
    # Of none Firehose is not called.
    repeated = firehose.put(
        settings.stream, (outcome.line(each, now).encode() for each in outcome.last_of_each(outcomes))
    )
    metrics.add_metric("OutcomesRecorded", MetricUnit.Count, len(outcomes))
    logger.info("recorded", extra={"outcomes": len(outcomes), "put_again": repeated})
