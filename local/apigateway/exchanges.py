"""Requests to a REST API, and what API Gateway answers by itself.

MiniStack matches the path, checks key, throttle, quota and schema, and invokes the function. Here its answers are those
of API Gateway where they were not: one request id for the function, the answer and the access log; bodies that are too
large for API Gateway or for Lambda; a denied signature and a failed function in the API's gateway responses; and
schemas for the content types that have one.
"""

import json
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from local import EmbeddedAwsError
from local.apigateway import access_log, metrics
from local.lambda_ import grants
from local.seams import replace, seam

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
LARGEST_BODY = 10 * 1024 * 1024
# What Lambda says: "Request must be smaller than 6291556 bytes for the InvokeFunction operation".
LARGEST_EVENT = 6_291_556

Response = tuple[int, dict[str, Any], bytes]

CACHE_HIT = "cache hit"
"""Not a variable of `$context`: whether the cache had the answer, of a request for what is cached."""


@dataclass
class Exchange:
    """One request, and the variables of `$context` that are noted while it is served, by name."""

    id: str
    variables: dict[str, Any] = field(default_factory=dict)


class GatewayResponseError(EmbeddedAwsError):
    """API Gateway answers by itself, with a gateway response; `error` is MiniStack's description of it."""

    def __init__(self, error: Any) -> None:
        super().__init__(error.message)
        self.error = error


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def note(name: str, value: Any) -> None:
    """Keep a variable of the current request, where there is one."""
    exchange = _current.get()
    if exchange is not None:
        exchange.variables[name] = value


def install() -> None:
    """Answer as API Gateway does."""
    from ministack import app
    from ministack.services import apigateway_v1

    _observe(apigateway_v1)
    _serve(app, apigateway_v1)
    _refuse(apigateway_v1)
    _deny(app, apigateway_v1)
    _invoke(apigateway_v1)
    validate = seam(apigateway_v1, "_check_request_validation")
    replace(apigateway_v1, "_check_request_validation", _validate_types_with_models(validate))


def _serve(app: Any, apigateway_v1: Any) -> None:
    """Give every request one id, and log how it ended."""
    handle = seam(app, "_handle_execute_api_request")
    parse = seam(app, "_parse_execute_api_url")
    new_uuid = seam(apigateway_v1, "new_uuid")

    def current_id() -> str:
        exchange = _current.get()
        return exchange.id if exchange is not None else new_uuid()

    async def serve(
        host: str, path: str, method: str, headers: dict, body: bytes, *others: Any, **keywords: Any
    ) -> Any:
        parsed = parse(host, path)
        scope = apigateway_v1.find_api_scope(parsed[0]) if parsed else None
        if parsed is None or scope is None:
            return await handle(host, path, method, headers, body, *others, **keywords)
        api_id, stage_name, resource_path = parsed
        exchange = Exchange(new_uuid())
        token = _current.set(exchange)
        began = time.time()
        try:
            status, response_headers, content = await handle(host, path, method, headers, body, *others, **keywords)
        finally:
            _current.reset(token)
        response_headers["x-amzn-requestid"] = exchange.id
        stage = apigateway_v1.stages_for_api(api_id).get(stage_name)
        if stage is not None:
            request = access_log.Request(exchange.id, began, method, f"/{stage_name}{resource_path}", headers)
            line = access_log.variables(request, exchange.variables, status, len(content))
            access_log.write(api_id, stage, scope, line)
            with apigateway_v1.request_scope(*scope):
                name = apigateway_v1._rest_apis[api_id]["name"]
                milliseconds = 1000 * (time.time() - began)
                noted = exchange.variables.get
                metrics.count(name, stage_name, status, milliseconds, noted("integrationLatency"), noted(CACHE_HIT))
        return status, response_headers, content

    replace(apigateway_v1, "new_uuid", current_id)
    replace(app, "_handle_execute_api_request", serve)


def _refuse(apigateway_v1: Any) -> None:
    """Answer bodies over 10 MB, and whatever was refused on the way, through the API's gateway responses.

    What is too large gets API Gateway's own response: "Amazon API Gateway important notes" says that it cannot be
    customised.
    """
    execute = seam(apigateway_v1, "_execute_in_scope")
    error_of = seam(apigateway_v1, "_gw_error")
    response_of_type = seam(apigateway_v1, "_gateway_response_for_type")

    def customised_where_it_can_be(customised: dict, response_type: str) -> Any:
        return response_of_type({} if response_type == "REQUEST_TOO_LARGE" else customised, response_type)

    async def execute_within_limits(
        request: dict, api_id: str, stage_name: str, method: str, path: str, headers: dict, body: bytes, *others: Any
    ) -> Any:
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name)
        if stage is not None and len(body) > LARGEST_BODY:
            request["stage"] = stage
            return error_of("REQUEST_TOO_LARGE", f"HTTP content length exceeded {LARGEST_BODY} bytes.")
        try:
            return await execute(request, api_id, stage_name, method, path, headers, body, *others)
        except GatewayResponseError as refusal:
            return refusal.error

    replace(apigateway_v1, "_execute_in_scope", execute_within_limits)
    replace(apigateway_v1, "_gateway_response_for_type", customised_where_it_can_be)


def _deny(app: Any, apigateway_v1: Any) -> None:
    """Answer a caller whose policies allow no call through the API's gateway responses."""
    enforce = seam(app, "_enforce_execute_api")
    error_of = seam(apigateway_v1, "_gw_error")
    render = seam(apigateway_v1, "_gateway_error_response")

    def enforce_by_gateway_response(
        api_id: str, stage_name: str, method: str, path: str, headers: dict, query: dict, **keywords: Any
    ) -> Response | None:
        denied = enforce(api_id, stage_name, method, path, headers, query, **keywords)
        stage = apigateway_v1.stages_for_api(api_id).get(stage_name)
        exchange = _current.get()
        # Only gateway responses, such as that to a wrong signature, have the id of the request.
        if denied is None or stage is None or exchange is None or "x-amzn-requestid" in denied[1]:
            return denied
        request = {
            "api_id": api_id,
            "stage_name": stage_name,
            "stage": stage,
            "headers": headers,
            "query_params": query,
            "path_params": {},
            "resource_path": "",
            "request_id": exchange.id,
        }
        with apigateway_v1.request_scope(*apigateway_v1.find_api_scope(api_id)):
            return render(error_of("ACCESS_DENIED", json.loads(denied[2]).get("message")), request)

    replace(app, "_enforce_execute_api", enforce_by_gateway_response)


def _invoke(apigateway_v1: Any) -> None:
    """Invoke by the function's own policy, with no event that Lambda would not take; its failure is a fault of 5xx."""
    call = seam(apigateway_v1, "_call_lambda_raw")
    response_of = seam(apigateway_v1, "_lambda_proxy_response")
    error_of = seam(apigateway_v1, "_gw_error")

    async def call_within_limits(function: str, event: dict, **scope: Any) -> Any:
        if len(json.dumps(event, ensure_ascii=False).encode()) >= LARGEST_EVENT:
            raise GatewayResponseError(error_of("REQUEST_TOO_LARGE", "Request Too Long"))
        if not grants.function_admits(function, "apigateway.amazonaws.com", _source(event, **scope)):
            # "Execution failed due to configuration error: Invalid permissions on Lambda function"
            raise GatewayResponseError(error_of("API_CONFIGURATION_ERROR", "Internal server error"))
        began = time.time()
        try:
            return await call(function, event, **scope)
        finally:
            note("integrationLatency", round(1000 * (time.time() - began)))

    def proxy_response(result: dict[str, Any]) -> tuple[Any, Any]:
        response, fault = response_of(result)
        if fault:
            raise GatewayResponseError(error_of("DEFAULT_5XX", "Internal server error"))
        return response, fault

    replace(apigateway_v1, "_call_lambda_raw", call_within_limits)
    replace(apigateway_v1, "_lambda_proxy_response", proxy_response)


def _source(event: dict[str, Any], account_id: str, region: str) -> str:
    """The ARN of the method that an event comes from, by which a function's policy may allow it."""
    context = event["requestContext"]
    method = f"{context['apiId']}/{context['stage']}/{context['httpMethod']}{context['resourcePath']}"
    return f"arn:aws:execute-api:{region}:{account_id}:{method}"


def _observe(apigateway_v1: Any) -> None:
    """Note for the access log what MiniStack finds out, and take no key that was disabled."""
    check_key = seam(apigateway_v1, "_check_api_key")
    key_of = seam(apigateway_v1, "_resolve_api_key")
    caller_of = seam(apigateway_v1, "_iam_caller_identity")
    render = seam(apigateway_v1, "_gateway_error_response")

    def enabled_key(value: str) -> Any:
        key = key_of(value)
        # UpdateApiKey has left the text of its patch there.
        return None if key is not None and str(key["enabled"]).lower() == "false" else key

    def check_and_note_key(*arguments: Any) -> Any:
        error, key = check_key(*arguments)
        if key is not None:
            note("identity.apiKeyId", key["id"])
        return error, key

    def caller_and_note(*arguments: Any) -> Any:
        identity = caller_of(*arguments)
        note("identity.caller", (identity or {}).get("caller"))
        return identity

    def render_and_note(error: Any, request: dict) -> Response:
        note("error.responseType", error.response_type)
        return render(error, request)

    replace(apigateway_v1, "_resolve_api_key", enabled_key)
    replace(apigateway_v1, "_check_api_key", check_and_note_key)
    replace(apigateway_v1, "_iam_caller_identity", caller_and_note)
    replace(apigateway_v1, "_gateway_error_response", render_and_note)


def _validate_types_with_models(validate: Callable[..., Any]) -> Callable[..., Any]:
    """Validate no body of a content type that has no model; MiniStack takes the model of application/json for it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
    """

    def validate_types_with_models(method: dict, api_id: str, request: dict, headers: dict, *others: Any) -> Any:
        models = method.get("requestModels") or {}
        content_type = next(
            (value for name, value in headers.items() if name.lower() == "content-type"), "application/json"
        )
        media_type = content_type.split(";", 1)[0].strip()
        models = {"application/json": models[media_type]} if media_type in models else {}
        return validate({**method, "requestModels": models}, api_id, request, headers, *others)

    return validate_types_with_models
