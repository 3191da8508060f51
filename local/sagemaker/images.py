"""Images of the algorithms that run here, by tag or by digest.

An image is what its algorithm is made of: the sources under `local/algorithms`, and the versions of Python and of what
they compute with. Its manifest lists them, and its digest is that of the manifest, as in any registry.

Registry accounts: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
Manifest: https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import json
import platform
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from local.sagemaker.errors import ApiError

REGISTRIES = {
    "us-east-1": "382416733822",
    "us-east-2": "404615174143",
    "us-west-2": "174872318107",
    "ap-southeast-1": "475088953585",
    "ap-northeast-1": "351501993468",
    "eu-central-1": "664544806723",
    "eu-west-1": "438346466558",
}
REPOSITORY = "linear-learner"
TAGS = ("1", "latest")
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_MODULE = "local.algorithms.linear_learner"
_SOURCES = Path(__file__).resolve().parents[1] / "algorithms" / "linear_learner"
_LIBRARIES = ("mxnet", "numpy")
_IMAGE = re.compile(
    rf"(\d{{12}})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/{REPOSITORY}"
    rf"(?::({'|'.join(TAGS)})|@(sha256:[0-9a-f]{{64}}))?"
)


def manifest(sources: Path = _SOURCES) -> bytes:
    """What the linear learner is made of, as it is on disk now: the next job runs that."""
    config = {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
    content = json.dumps(config).encode()
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": "application/json", "digest": _digest(content), "size": len(content)},
            "layers": [_layer(path, sources) for path in sorted(sources.rglob("*.py"))],
        }
    ).encode()


def digest() -> str:
    """The digest of the linear learner's image, `sha256:…`."""
    return _digest(manifest())


def algorithm_module(image: str, region: str) -> str:
    """The Python module that does what `image` does. Raises ApiError for an image that `region` cannot run here."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise ApiError(
            f"Cannot find the image {image}: of SageMaker's algorithms the embedded AWS runs linear-learner:1 alone."
        )
    account = REGISTRIES.get(region)
    if account is None:
        regions = ", ".join(REGISTRIES)
        raise ApiError(f"The embedded AWS knows no linear-learner image for {region}; it does for {regions}.")
    if match.group(1, 2) != (account, region):
        raise ApiError(
            f"Cannot find the image {image} in {region}: the image there is "
            f"{account}.dkr.ecr.{region}.amazonaws.com/linear-learner:1."
        )
    if match[4] not in (None, digest()):
        raise ApiError(f"Requested image {image} not found.")
    return _MODULE


def _layer(path: Path, sources: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {
        "mediaType": "text/x-python",
        "digest": _digest(content),
        "size": len(content),
        "annotations": {"org.opencontainers.image.title": path.relative_to(sources).as_posix()},
    }


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"
