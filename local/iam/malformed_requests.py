"""Refuses what AWS's services refuse of a request by the models of their APIs, before the service here sees it.

MiniStack takes names of any form and length, numbers out of their ranges, and members that are not there. Each request
is held against botocore's model of its operation here, at one place, once it was authorised. A body that is no JSON, or
goes deeper than it can be read, is refused too: none ends in a 500, which SDKs send again.

Left out are services whose models have no such constraints (SQS, API Gateway), that this project checks where it serves
them (SageMaker, Step Functions, CloudWatch), or that MiniStack checks by itself (DynamoDB, S3). What CloudFormation
creates is not looked at.
"""

import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from local.iam.protocols import REST, named_action, reads_form
from local.iam.unmodelled_names import fault_of
from local.protocols import constraints, operations, parameters
from local.protocols.constraints import Fault
from local.protocols.strict_json import NotJsonError
from local.seams import seam

log = logging.getLogger(__name__)

Response = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

CODES = {
    "athena": "InvalidRequestException",
    "budgets": "ValidationException",
    "cloudformation": "ValidationError",
    "ecr": "InvalidParameterException",
    "events": "ValidationException",
    "firehose": "ValidationException",
    "glue": "ValidationException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "lambda": "ValidationException",
    "logs": "InvalidParameterException",
    "scheduler": "ValidationException",
    "sns": "InvalidParameter",
    "ssm": "ValidationException",
    "sts": "ValidationError",
    "tagging": "InvalidParameterException",
}
"""By service the code of a request that is not as the model has it."""

_ELSEWHERE = {
    # Checked as templates are.
    "lambda": frozenset({"CreateAlias", "CreateFunction", "UpdateAlias", "UpdateFunctionConfiguration"}),
    "scheduler": frozenset({"CreateSchedule", "UpdateSchedule"}),
    # An entry that is none fails by itself.
    "events": frozenset({"PutEvents"}),
}
# S3's bodies are XML, or objects.
_REST_JSON = REST - {"s3"}
# Code of 50 MB is not read twice.
_LARGEST = 1024 * 1024
_NAMES_OF_IAM = constraints.form(r"[\w+=,.@-]+")
_PATTERN = re.compile(r"Member must satisfy regular expression pattern: (.*)", re.DOTALL)


class Refusal(NamedTuple):
    """Why a request is refused: the error's code and its message."""

    code: str
    message: str


def install() -> None:
    """Look at the requests of these services, and let none of any service end at what cannot be read."""
    from ministack import app

    handlers = seam(app, "SERVICE_HANDLERS")
    for service, handle in list(handlers.items()):
        handlers[service] = _checked(service, handle)


def _checked(service: str, handle: Handler) -> Handler:
    async def handle_checked(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Response:
        try:
            refused = refusal(service, method, path, headers, body, query)
            if refused is None:
                return await handle(method, path, headers, body, query)
        except RecursionError:
            log.exception("a request of %s goes too deep", service)
            refused = Refusal("SerializationException", "The request goes too deep to be read.")
        return _answer(service, refused, headers)

    return handle_checked


def refusal(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> Refusal | None:
    """What is wrong with a request by the model of its operation; None where nothing is."""
    try:
        call = _call(service, method, path, headers, body, query)
    except NotJsonError as fault:
        code = "InvalidRequestContentException" if service == "lambda" else "SerializationException"
        return Refusal(code, f"Could not parse request body into json: {fault}")
    except parameters.TooManyFieldsError as fault:
        return Refusal("MalformedInput", f"{fault}.")
    if call is None or service not in CODES or call[0].name in _ELSEWHERE.get(service, ()):
        return None
    model, members = call
    violations = constraints.faults(model, members)
    if misplaced := [fault.path for fault in violations if fault.constraint == constraints.OTHER_KIND]:
        return Refusal("SerializationException", f"The value at '{misplaced[0]}' is not of the member's type.")
    if violations:
        return Refusal(CODES[service], _WORDS.get(service, _sentence)(violations))
    unmodelled = fault_of(service, model.name, members)
    return Refusal(unmodelled.code or CODES[service], unmodelled.message) if unmodelled else None


def _call(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]] | None:
    """The operation that a request is for and its parameters; None where nothing is to be looked at."""
    if service in REST:
        route = operations.route(service, method, path, query) if service in _REST_JSON else None
        if route is None or route.operation.input_shape is None or len(body) > _LARGEST:
            return None
        labels = route.values(operations.plain(path))
        return route.operation, parameters.of_rest(route.operation.input_shape, labels, headers, query, body)
    action = named_action(service, method, path, headers, body, query)
    model = operations.operation(service, action) if action else None
    if model is None or model.input_shape is None:
        return None
    if reads_form(service, headers):
        form = parse_qs(body.decode(errors="replace"), keep_blank_values=True) if method == "POST" else {}
        return model, parameters.of_form(model.input_shape, {**query, **form}) if service in CODES else {}
    return model, parameters.of_json(body)


def _answer(service: str, refused: Refusal, headers: Mapping[str, str]) -> Response:
    """AWS's error in the protocol of the request."""
    from ministack.core import iam_actions

    _, answer_headers, body = iam_actions.access_denied_response(
        service, "", "", str(uuid.uuid4()), error_code=refused.code, message=refused.message, headers=dict(headers)
    )
    return 400, answer_headers, body


def _sentence(violations: list[Fault]) -> str:
    return constraints.sentence(violations) or ""


def _of_iam(violations: list[Fault]) -> str:
    named = next((fault for fault in violations if fault.constraint == _NAMES_OF_IAM), None)
    if named is None:
        return _sentence(violations)
    return (
        f"The specified value for {named.path} is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-"
    )


def _of_ecr(violations: list[Fault]) -> str:
    first = violations[0]
    pattern = _PATTERN.fullmatch(first.constraint)
    what = f"must satisfy regular expression '{pattern[1]}'" if pattern else first.constraint
    return f"Invalid parameter at '{first.path}' failed to satisfy constraint: '{what}'"


def _of_sns(violations: list[Fault]) -> str:
    return f"Invalid parameter: {violations[0].path} Reason: {violations[0].constraint}"


_WORDS: dict[str, Callable[[list[Fault]], str]] = {"ecr": _of_ecr, "iam": _of_iam, "sns": _of_sns}
"""Services that do not list all faults in the usual sentence."""
