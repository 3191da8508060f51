"""Mounts a service of ours in MiniStack's app, and names the resources by which its calls are authorised."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.seams import replace, seam

# (path, headers) -> the action without its namespace.
ActionOf = Callable[[str, Mapping[str, str]], str]
# (path, headers, region, account) -> the ARN, or None where the body names it.
ResourceOfPath = Callable[[str, Mapping[str, str], str, str], str | None]
ResourceOf = Callable[[dict[str, Any], str, str], str | None]


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
    from ministack.core import iam_actions

    original = seam(iam_actions, "extract_resource_arn")

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict,
        body: bytes,
        query_params: dict,
        region: str,
        account_id: str,
    ) -> str:
        arn = resource_of[service](json_object(body), region, account_id) if service in resource_of else None
        return arn or original(service, method, path, headers, body, query_params, region, account_id)

    replace(iam_actions, "extract_resource_arn", extract_resource_arn)


def authorise_requests_of(service: str, action_of: ActionOf, resource_of_path: ResourceOfPath) -> None:
    """Let `service`, which has a REST API beside its JSON one, say by which action and ARN a request is authorised.

    MiniStack knows no action for the paths of such an API, and lets whoever has keys pass.
    """
    from ministack.core import iam_actions

    actions, resources = seam(iam_actions, "extract_iam_action"), seam(iam_actions, "extract_resource_arn")

    def extract_iam_action(
        named: str, method: str, path: str, headers: dict, body: bytes, query_params: dict
    ) -> str | None:
        if named != service:
            return actions(named, method, path, headers, body, query_params)
        return f"{service}:{action_of(path, headers)}"

    def extract_resource_arn(
        named: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, region: str, account_id: str
    ) -> str:
        arn = resource_of_path(path, headers, region, account_id) if named == service else None
        return arn or resources(named, method, path, headers, body, query_params, region, account_id)

    replace(iam_actions, "extract_iam_action", extract_iam_action)
    replace(iam_actions, "extract_resource_arn", extract_resource_arn)


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty one where it holds none."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
