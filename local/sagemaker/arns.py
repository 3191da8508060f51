"""ARNs of SageMaker's resources, and the action and resource by which a request is authorised.

Neither is read off what the request says beside: its query, or the payload of an invocation.
"""

import re
from collections.abc import Mapping
from typing import Any

_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
# What names the resource of a request, in the order in which to look: an endpoint's creation names a configuration too.
_KINDS = {
    "TrainingJobName": "training-job",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "TransformJobName": "transform-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
}


def arn(kind: str, name: str, region: str, account: str) -> str:
    """`arn:aws:sagemaker:<region>:<account>:<kind>/<name>`, the name in lower case as in SageMaker's own."""
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name.lower()}"


def invoked_endpoint(path: str) -> str | None:
    """The name of the endpoint that a request of the runtime API invokes, or None for another path."""
    match = _INVOCATION.fullmatch(path)
    return match[1] if match else None


def is_runtime(path: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is one of the runtime API: that has paths where the other has targets."""
    return "x-amz-target" not in headers and path != "/"


def action_of(path: str, headers: Mapping[str, str]) -> str:
    """The IAM action of a request, by what will be done: the query cannot name another."""
    if is_runtime(path, headers):
        return "InvokeEndpoint" if invoked_endpoint(path) else "Unknown"
    return headers.get("x-amz-target", "").rpartition(".")[2] or "Unknown"


def resource_of_path(path: str, headers: Mapping[str, str], region: str, account: str) -> str | None:
    """The endpoint that a request of the runtime API invokes, or None for other requests."""
    name = invoked_endpoint(path) if is_runtime(path, headers) else None
    return arn("endpoint", name, region, account) if name else None


def resource_of(body: dict[str, Any], region: str, account: str) -> str | None:
    """The ARN on which a request is authorised, or None for `*` (the lists)."""
    if isinstance(body.get("ResourceArn"), str):
        return body["ResourceArn"]
    for member, kind in _KINDS.items():
        if isinstance(body.get(member), str):
            return arn(kind, body[member], region, account)
    return None
