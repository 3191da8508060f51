"""`apigateway:invoke`, which calls an API of this account by the host name that API Gateway gives it.

moto calls whatever host the state names. Here the API is called behind the embedded AWS's endpoint, signed as the state
machine's role where `AuthType` says so, and no other host is.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

import http.client
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_api_gateway import (
    SfnGatewayException,
    StateTaskServiceApiGateway,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.iam.roles import assume
from local.seams import replace, seam

_PRINCIPAL = "states.amazonaws.com"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
_SIGNED = ("IAM_ROLE", "RESOURCE_POLICY")
_SECONDS = 30


def install(endpoint: str) -> None:
    """Let tasks call APIs at `endpoint`."""
    headers_of = seam(StateTaskServiceApiGateway, "_headers_of")

    def evaluate(
        self: Any,  # noqa: ARG001 - as in moto's
        env: Any,
        resource_runtime_part: Any,  # noqa: ARG001 - as in moto's
        normalised_parameters: dict,
        state_credentials: Any,
    ) -> None:
        parameters: Any = normalised_parameters
        body = parameters.get("RequestBody")
        url, region = url_of(endpoint, parameters)
        content = None if body is None else to_json_str(body).encode()
        headers = sent_headers(headers_of(parameters), content)
        request = AWSRequest(parameters["Method"], url, headers=headers, data=content)
        if parameters.get("AuthType", "NO_AUTH") in _SIGNED:
            keys = assume(state_credentials.role_arn, _PRINCIPAL)
            credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
            SigV4Auth(credentials, "execute-api", region).add_auth(request)
        response: Any = URLLib3Session(timeout=_SECONDS).send(request.prepare())
        if not 200 <= response.status_code < 300:
            raise SfnGatewayException(parameters=parameters, response=response)
        env.stack.append(output_of(response))

    replace(StateTaskServiceApiGateway, "_eval_service_task", evaluate)


def url_of(endpoint: str, parameters: dict[str, Any]) -> tuple[str, str]:
    """Where the API answers here, and its region. Raises ValueError for a host that is no API of API Gateway's.

    >>> parameters = {"ApiEndpoint": "a1.execute-api.eu-west-1.amazonaws.com", "Stage": "v1", "Path": "/rides"}
    >>> url_of("http://127.0.0.1:4566", parameters | {"QueryParameters": {"page": ["2"]}})
    ('http://127.0.0.1:4566/_aws/execute-api/a1/v1/rides?page=2', 'eu-west-1')
    """
    match = _HOST.fullmatch(parameters["ApiEndpoint"].removeprefix("https://").rstrip("/"))
    if match is None:
        raise ValueError(f"{parameters['ApiEndpoint']!r} is no API of API Gateway's.")
    parts = [part for name in ("Stage", "Path") for part in str(parameters.get(name) or "").strip("/").split("/")]
    path = "/".join(quote(part, safe="%") for part in parts if part)
    query = urlencode(parameters.get("QueryParameters") or {}, doseq=True)
    return f"{endpoint}/_aws/execute-api/{match[1]}/{path}" + (f"?{query}" if query else ""), match[2]


def sent_headers(headers: dict[str, Any], content: bytes | None) -> dict[str, str]:
    """The headers of a request; a body is JSON, which moto says beside other headers alone.

    >>> sent_headers({"Accept": "application/json"}, b"{}")
    {'Accept': 'application/json', 'Content-Type': 'application/json'}
    """
    texts = {name: _text(value) for name, value in headers.items()}
    return texts if content is None else {**texts, "Content-Type": "application/json"}


def output_of(response: Any) -> dict[str, Any]:
    """The output of the task: headers, the body as JSON where it is some, and the status."""
    try:
        body = json.loads(response.text)
    except ValueError:
        body = response.text
    return {
        "Headers": {name: [value] for name, value in response.headers.items()},
        "ResponseBody": body,
        "StatusCode": response.status_code,
        # A status that HTTP gives no name, such as 299, has none.
        "StatusText": http.client.responses.get(response.status_code, ""),
    }


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
