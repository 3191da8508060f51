"""InvokeEndpoint: POST /endpoints/<name>/invocations of the runtime API, whose protocol is REST and JSON.

What the container answers with 2xx is passed on; whatever else is a ModelError that names the log. The limit of a
payload is that of the API's model, 6,291,456 bytes; a larger one is refused before the container sees it.

Source: InvokeEndpoint in the API reference of Amazon SageMaker Runtime.
"""

import contextvars
import json
import logging
import threading
import time
import uuid
from asyncio import get_running_loop
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from botocore.client import BaseClient
from ministack.core.responses import get_account_id, get_region

from local.sagemaker import endpoint_metrics
from local.sagemaker.arns import invoked_endpoint
from local.sagemaker.data_capture import DataCapture, Exchange
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.fleet import LOG_GROUP, Variant
from local.sagemaker.model_server import ContainerResponse

_LOGGER = logging.getLogger(__name__)
LARGEST_PAYLOAD = 6_291_456
_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_INFERENCE_ID = "x-amzn-sagemaker-inference-id"
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_VARIANT = "x-Amzn-Invoked-Production-Variant"
_PASSED_ON = frozenset({"content-type", "accept", _ATTRIBUTES, _INFERENCE_ID})
# Headers that ask for what nothing here has.
_UNSUPPORTED = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-session-id",
    "x-amzn-sagemaker-enable-explanations",
)
# Invocations wait for containers up to a minute, and must not hold up what else the server does.
_THREADS = 64

Response = tuple[int, dict[str, str], bytes]


@dataclass
class Runtime:
    """Answers invocations. `endpoint` is looked up by name; captures write to S3 as the endpoint's role."""

    endpoint: Callable[[str], Endpoint | None]
    clients: Callable[[str, str], BaseClient]
    _captures: dict[str, DataCapture] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="invocation")
    )

    async def handle_request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Answer one request of the runtime API: (status, headers, body)."""
        name = invoked_endpoint(path)
        if method != "POST" or name is None:
            return _error(404, "UnknownOperationException", "The embedded AWS implements InvokeEndpoint alone.")
        if len(body) > LARGEST_PAYLOAD:
            # The code of such an answer is its status: the body has none.
            return _json(413, {"message": f"HTTP content length exceeded {LARGEST_PAYLOAD} bytes."})
        for header in _UNSUPPORTED:
            if header in headers:
                return _error(400, "ValidationError", f"{header} is not implemented by the embedded AWS.")
        context = contextvars.copy_context()
        return await get_running_loop().run_in_executor(
            self._pool, lambda: context.run(self._invoke, name, dict(headers), body)
        )

    def _invoke(self, name: str, headers: dict[str, str], body: bytes) -> Response:
        began = time.perf_counter()
        endpoint, target = self.endpoint(name), headers.get(_TARGET_VARIANT)
        variant = endpoint.choose(target) if endpoint else None
        if endpoint is None or (variant is None and not target):
            return _error(400, "ValidationError", f"Endpoint {name} of account {get_account_id()} not found.")
        if variant is None:
            return _error(400, "ValidationError", f"Variant {target} not found in endpoint {name}.")
        try:
            answer = variant.server.invoke(body, _container_headers(headers))
        except TimeoutError:
            answer = ContainerResponse(0, "", _TIMED_OUT)
        except OSError:
            # Its process is being started again: no instance is healthy.
            self._record(name, variant, 503, 0.0, began)
            return _error(503, "ServiceUnavailable", f"Variant {variant.name} of endpoint {name} is not available.")
        seconds = time.perf_counter() - began
        status = answer.status or HTTPStatus.GATEWAY_TIMEOUT
        if 200 <= answer.status < 300 and len(answer.body) > LARGEST_PAYLOAD:
            answer = ContainerResponse(500, "", b"The response has more than 6291456 bytes.")
            status = answer.status
        self._record(name, variant, status, seconds, began)
        if not 200 <= answer.status < 300:
            return _model_error(name, answer)
        self._capture(endpoint, variant, headers, body, answer)
        return _answer(variant, answer)

    def _record(self, name: str, variant: Variant, status: int, seconds: float, began: float) -> None:
        endpoint_metrics.record(name, variant.name, status, seconds, time.perf_counter() - began)

    def _capture(
        self, endpoint: Endpoint, variant: Variant, headers: dict[str, str], body: bytes, answer: ContainerResponse
    ) -> None:
        fleet = endpoint.blue
        config = fleet.definition.config.get("DataCaptureConfig") if fleet else None
        if fleet is None or not config or not config.get("EnableCapture"):
            return
        capture = self._capture_of(endpoint, config, fleet.definition.role)
        if capture is None:
            return
        capture.take(
            Exchange(
                variant.name,
                headers.get("content-type", ""),
                body,
                answer.content_type,
                answer.body,
                headers.get(_INFERENCE_ID, ""),
                headers.get(_ATTRIBUTES, ""),
                time.time(),
            )
        )

    def _capture_of(self, endpoint: Endpoint, config: Mapping[str, Any], role: str) -> DataCapture | None:
        with self._lock:
            capture = self._captures.get(endpoint.arn)
            if capture is not None and capture.config == config:
                return capture
            if capture is not None:
                capture.stop()
            try:
                s3 = self.clients("s3", role)
            except PermissionError as error:
                _LOGGER.warning("Endpoint %s: nothing can be captured: %s", endpoint.name, error)
                return None
            capture = self._captures[endpoint.arn] = DataCapture(s3, endpoint.name, config)
            return capture

    def forget(self, endpoint: Endpoint) -> None:
        """An endpoint was deleted: write what of it is captured, and end."""
        with self._lock:
            capture = self._captures.pop(endpoint.arn, None)
        if capture is not None:
            capture.stop()

    def stop(self) -> None:
        """End the threads of captures and invocations: for the server's stop."""
        for capture in self._captures.values():
            capture.stop()
        self._captures.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)


_TIMED_OUT = (
    b"Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    b"each container in Amazon CloudWatch, resolve the issue, and try again."
)


def _container_headers(headers: dict[str, str]) -> dict[str, str]:
    """SageMaker strips all headers but those that the API knows."""
    return {name: value for name, value in headers.items() if name in _PASSED_ON}


def _answer(variant: Variant, answer: ContainerResponse) -> Response:
    # By this spelling MiniStack takes it for the container's, and leaves it as it is.
    headers = {"content-type": answer.content_type, _VARIANT: variant.name, "x-amzn-RequestId": str(uuid.uuid4())}
    if answer.custom_attributes:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = answer.custom_attributes
    return 200, headers, answer.body


def _model_error(name: str, answer: ContainerResponse) -> Response:
    """ModelError in SageMaker's words, with the log to look into."""
    region, account = get_region(), get_account_id()
    side = "client" if 400 <= answer.status < 500 else "server"
    message = answer.body.decode("utf-8", "replace")
    group = f"{LOG_GROUP}/{name}"
    text = (
        f'Received {side} error ({answer.status}) from primary with message "{message}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group} "
        f"in account {account} for more information."
    )
    return _error(
        424,
        "ModelError",
        text,
        OriginalStatusCode=answer.status,
        OriginalMessage=message,
        LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
    )


def _error(status: int, code: str, message: str, **members: Any) -> Response:
    status_code, headers, body = _json(status, {"__type": code, "Message": message, **members})
    return status_code, {**headers, "x-amzn-ErrorType": code}, body


def _json(status: int, content: dict[str, Any]) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
