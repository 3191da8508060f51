"""SageMaker's own registries in ECR, where whoever may pull can get an image's manifest and digest.

MiniStack's ECR knows the account's own repositories, and takes every `registryId` for the account's. Requests to
SageMaker's accounts are answered here; all that these allow others is to pull.
"""

import json
from typing import Any

from local.sagemaker import images
from local.seams import replace

Response = tuple[int, dict[str, str], bytes]


def resource_of(body: dict[str, Any], region: str, account: str) -> str | None:
    """The repository that a call is authorised on, in the registry that it names."""
    name = body.get("repositoryName")
    return f"arn:aws:ecr:{region}:{body.get('registryId', account)}:repository/{name}" if name else None


def install() -> None:
    """Answer for SageMaker's registries; MiniStack answers for all others."""
    from ministack.core.responses import get_region
    from ministack.services import ecr

    accounts = images.registries()

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        request = json.loads(body) if body.startswith(b"{") else {}
        if request.get("registryId") not in accounts:
            return await original(method, path, headers, body, query_params)
        return answer(headers.get("x-amz-target", "").rpartition(".")[2], request, get_region())

    original = replace(ecr, "handle_request", handle_request)


def answer(action: str, request: dict[str, Any], region: str) -> Response:
    """SageMaker's registry in `region` to `action`: BatchGetImage of an algorithm, and nothing else."""
    registry, name = request["registryId"], request.get("repositoryName")
    if action != "BatchGetImage":
        return _refusal(
            "AccessDeniedException", f"The registry {registry} does not allow ecr:{action}: it can be read."
        )
    image = images.in_registry(registry, str(name), region)
    if image is None:
        return _refusal(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
        )
    image_ids = request.get("imageIds", [])
    manifest, digest = image.manifest().decode(), image.digest()
    matches = [
        image_id
        for image_id in image_ids
        if image_id.get("imageDigest", digest) == digest and image_id.get("imageTag", image.tags[0]) in image.tags
    ]
    return _json(
        200,
        {
            "images": [
                {
                    "registryId": registry,
                    "repositoryName": name,
                    "imageId": image_id | {"imageDigest": digest},
                    "imageManifest": manifest,
                    "imageManifestMediaType": images.MANIFEST_TYPE,
                }
                for image_id in matches
            ],
            "failures": [
                {"imageId": image_id, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
                for image_id in image_ids
                if image_id not in matches
            ],
        },
    )


def _refusal(code: str, message: str) -> Response:
    return _json(400, {"__type": code, "message": message})


def _json(status: int, content: dict[str, Any]) -> Response:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()
