"""Mounts a service of ours in MiniStack's app, and names the resources by which its calls are authorised."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from local.seams import replace, seam

# (path, headers) -> the action without its namespace.
ActionOf = Callable[[str, Mapping[str, str]], str]
# (path, headers, region, account) -> the ARN, or None where the body names it.
ResourceOfPath = Callable[[str, Mapping[str, str], str, str], str | None]
# (method, path, body, query, region, account) -> the ARN, or None where MiniStack's own answer shall stand.
ResourceOfCall = Callable[[str, str, dict[str, Any], Mapping[str, Any], str, str], str | None]
ResourceOf = Callable[[dict[str, Any], str, str], str | None]


class _Request(NamedTuple):
    """A request as MiniStack hands it to who names its ARN: `service` is the IAM namespace."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Any]
    region: str
    account: str


def mount(service: str, module: Any, target_prefix: str) -> None:
    """Serve JSON-protocol requests whose `X-Amz-Target` starts with `target_prefix` by `module.handle_request`.

    `service` is the signing name and the IAM namespace too: without the namespace MiniStack would authorise every
    call of the service without a look at policies.
    """
    from ministack import app
    from ministack.core import iam_actions, router

    seam(app, "SERVICE_REGISTRY")[service] = {"module": service}
    seam(app, "SERVICE_HANDLERS")[service] = module.handle_request
    seam(app, "_loaded_modules")[service] = module
    seam(app, "_state_map")[service] = service
    seam(router, "SERVICE_PATTERNS")[service] = {"target_prefixes": [target_prefix], "host_patterns": []}
    seam(iam_actions, "SERVICE_TO_IAM_NAMESPACE")[service] = service


def authorise_by(resource_of: dict[str, ResourceOf]) -> None:
    """Let each service in `resource_of` name the ARN its call is authorised on, from the request's JSON body.

    The functions get (body, region, account) and return None where MiniStack's own answer shall stand; that is `*`
    for what it does not know, which no policy with a resource allows.
    """

    def named(request: _Request) -> str | None:
        if request.service not in resource_of:
            return None
        return resource_of[request.service](json_object(request.body), request.region, request.account)

    _name_resources(named)


def authorise_requests_of(service: str, action_of: ActionOf, resource_of_path: ResourceOfPath) -> None:
    """Let `service`, which has a REST API beside its JSON one, say by which action and ARN a request is authorised.

    MiniStack knows no action for the paths of such an API, and lets whoever has keys pass.
    """
    from ministack.core import iam_actions

    actions = seam(iam_actions, "extract_iam_action")

    def extract_iam_action(
        named: str, method: str, path: str, headers: dict, body: bytes, query_params: dict
    ) -> str | None:
        if named != service:
            return actions(named, method, path, headers, body, query_params)
        return f"{service}:{action_of(path, headers)}"

    def named_by_path(request: _Request) -> str | None:
        if request.service != service:
            return None
        return resource_of_path(request.path, request.headers, request.region, request.account)

    replace(iam_actions, "extract_iam_action", extract_iam_action)
    _name_resources(named_by_path)


def authorise_calls_of(service: str, resource_of_call: ResourceOfCall) -> None:
    """Let `service`, whose API is REST alone, name the ARN a call is authorised on in the place of MiniStack's."""

    def named(request: _Request) -> str | None:
        if request.service != service:
            return None
        body = json_object(request.body)
        return resource_of_call(request.method, request.path, body, request.query, request.region, request.account)

    _name_resources(named)


def _name_resources(resource_of_request: Callable[[_Request], str | None]) -> None:
    """Let `resource_of_request` name the ARN that a request is authorised on; None leaves it to who did so before."""
    from ministack.core import iam_actions

    original = seam(iam_actions, "extract_resource_arn")

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict, body: bytes, query: dict, region: str, account_id: str
    ) -> str:
        request = _Request(service, method, path, headers, body, query, region, account_id)
        return resource_of_request(request) or original(service, method, path, headers, body, query, region, account_id)

    replace(iam_actions, "extract_resource_arn", extract_resource_arn)


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty one where it holds none."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
