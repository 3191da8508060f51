"""Mounts a service of ours in MiniStack's app, and names the resources by which its calls are authorised."""

import json
from collections.abc import Callable
from typing import Any

from local.seams import replace, seam

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
        arn = resource_of[service](_json_object(body), region, account_id) if service in resource_of else None
        return arn or original(service, method, path, headers, body, query_params, region, account_id)

    replace(iam_actions, "extract_resource_arn", extract_resource_arn)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
