"""Asks this project's own API for predictions, signed or by its key, whichever the stack is deployed with.

url      AWS's, or <AWS_ENDPOINT_URL>/_aws/execute-api/<id>/<stage>/ where that names another endpoint
key      API Gateway says the value of the key whose id is in the environment, once a process; no file has it
signed   each request, by the function's role: what a stack without keys asks for, and others pass over
tries    three: a lost connection, 429, 500, 502 and 504 may pass; 503 says that there is no champion
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from aws import clients
from aws.api_settings import ApiSettings
from wildrydes.errors import ApiNotReached, ApiRefused

_PAUSES = (0.0, 0.2, 1.0)
_SECONDS = 5
_PASSING = (429, 500, 502, 504)


def ask(settings: ApiSettings, task: str, rows: list[Any], pause: Callable[[float], None] = time.sleep) -> Any:
    """The answer to an array of rows of a task: its `predictions`, and the `model` that made them.

    Raises ApiRefused where the API does not answer 200, or has an error in the place of a row; ApiNotReached where
    three tries have found nobody.
    """
    url, fault = f"{settings.url}tasks/{task}/predictions", ""
    for seconds in _PAUSES:
        if seconds:
            pause(seconds)
        try:
            return _usable(json.loads(_request(settings, url, json.dumps(rows).encode())), url)
        except urllib.error.HTTPError as refusal:
            fault = _detail(refusal)
            if refusal.code not in _PASSING:
                raise ApiRefused(fault) from None
        except (OSError, http.client.HTTPException, ValueError) as lost:
            fault = f"{type(lost).__name__}: {lost}"
    raise ApiNotReached(f"{url} did not answer, at last for {fault}")


def ask_once(settings: ApiSettings, task: str, row: Any) -> bytes:
    """The body of the answer to one row of a task. Raises OSError or HTTPException, whatever was refused or lost."""
    return _request(settings, f"{settings.url}tasks/{task}/predictions", json.dumps(row).encode())


def tell(settings: ApiSettings, truths: list[Any]) -> None:
    """Tells what came true of answers. Raises OSError or HTTPException, whatever was refused or lost."""
    _request(settings, f"{settings.url}outcomes", json.dumps(truths).encode())


def champion_of(settings: ApiSettings, task: str) -> Any:
    """The card of a task's champion. Raises ApiRefused where the API does not say it, and OSError where it is lost."""
    try:
        return json.loads(_request(settings, f"{settings.url}tasks/{task}/model", None))
    except urllib.error.HTTPError as refusal:
        raise ApiRefused(_detail(refusal)) from None


def _request(settings: ApiSettings, url: str, body: bytes | None) -> bytes:
    """The answer to a GET, or to a POST of `body`."""
    request = AWSRequest("POST" if body else "GET", url, data=body)
    if body:
        request.headers["Content-Type"] = "application/json"
    if settings.key_id:
        request.headers["x-api-key"] = _key(settings.key_id)
    session = clients.session()
    region = session.get_config_variable("region")
    SigV4Auth(session.get_credentials(), "execute-api", region).add_auth(request)
    signed = urllib.request.Request(url, data=body, headers=dict(request.headers.items()))  # noqa: S310 - our own URL
    with urllib.request.urlopen(signed, timeout=_SECONDS) as answer:  # noqa: S310
        return answer.read()


@cache
def _key(key_id: str) -> str:
    """The value of the API's key."""
    return clients.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]


def _usable(answer: Any, url: str) -> Any:
    for place, each in enumerate(answer["predictions"]):
        if "error" in each:
            raise ApiRefused(f"{url} does not take row {place}: {each['error'].get('detail')}")
    return answer


def _detail(refusal: urllib.error.HTTPError) -> str:
    """What a refusal says: the detail of its problem (RFC 9457), or its body."""
    body = refusal.read().decode(errors="replace")
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        detail = body[:200]
    return f"{refusal.url} answered {refusal.code}: {detail}"
