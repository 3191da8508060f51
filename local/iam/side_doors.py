"""Closes what MiniStack serves besides AWS's services: what this project does not need is not there.

MiniStack answers many requests before it routes or authorises any: health and configuration of its own, a reset, the
code of functions, messages of queues, sign-in pages, function URLs, load balancers, image and table registries. Three
of its functions stand for all of these; each is replaced by one that knows the deployed API alone.

The list of services is the project's own too: MiniStack has some that act on the machine (containers, databases,
listeners on ports) or authorise calls without a look at policies.
"""

from typing import Any

from local.seams import replace, seam

SERVICES = frozenset(
    {
        "apigateway",
        "athena",
        "budgets",
        "cloudformation",
        "dynamodb",
        "ecr",
        "events",
        "firehose",
        "glue",
        "iam",
        "kms",
        "lambda",
        "logs",
        "monitoring",
        "s3",
        "sagemaker",
        "scheduler",
        "sns",
        "sqs",
        "ssm",
        "states",
        "sts",
        "tagging",
    }
)


def close() -> None:
    """Serve AWS's services of this project and the deployed API, and nothing else."""
    from ministack import app
    from ministack.core import router

    replace(router, "_is_aws_service_name", _is_unknown)
    replace(app, "_handle_pre_body_request", _nothing)
    replace(app, "_handle_post_body_shortcuts", _nothing)
    replace(app, "_handle_special_data_plane_request", _deployed_api)
    for name in ("_handle_execute_api_request", "_with_data_plane_headers"):
        seam(app, name)
    handlers = seam(app, "SERVICE_HANDLERS")
    for service in set(handlers) - SERVICES:
        del handlers[service]


def _is_unknown(_: str) -> bool:
    """Whether a service that nothing serves is named by a signature: each is, and its request goes to no other service.

    MiniStack asks the models of all AWS services, which it loads for seconds while every other request waits.
    """
    return True


async def _nothing(*_: Any) -> None:
    return None


async def _deployed_api(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    request_id: str,
    raw_path: str | None = None,
    raw_query_string: str = "",
    **_: Any,
) -> Any:
    from ministack import app

    # Looked up at each call: `local.apigateway` replaces it too.
    host, raw = headers.get("host", ""), {"raw_path": raw_path, "raw_query_string": raw_query_string}
    response = await app._handle_execute_api_request(host, path, method, headers, body, query, **raw)
    return app._with_data_plane_headers(response, request_id, wildcard_cors=False)
