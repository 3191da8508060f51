"""Images of the algorithms that run here, by tag or by digest.

An image is what its algorithm is made of: the sources under `local/algorithms`, and the versions of Python and of what
they compute with. Its manifest lists them, and its digest is that of the manifest, as in any registry.

Registry accounts are those in the table of the SageMaker Python SDK 2.235.2 (`sagemaker/image_uri_config`). It ends
before XGBoost 3.0-5, for which those of 1.7-1 stand, the open-source container's. AWS lists them by region too:
https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
Manifest: https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from types import MappingProxyType

from local.sagemaker.errors import ApiError, UnsupportedError

_OWN_ALGORITHMS: Mapping[str, str] = MappingProxyType(
    {
        "us-east-1": "382416733822",
        "us-east-2": "404615174143",
        "us-west-2": "174872318107",
        "ap-southeast-1": "475088953585",
        "ap-northeast-1": "351501993468",
        "eu-central-1": "664544806723",
        "eu-west-1": "438346466558",
    }
)
_XGBOOST: Mapping[str, str] = MappingProxyType(
    {
        "us-east-1": "683313688378",
        "us-east-2": "257758044811",
        "us-west-2": "246618743249",
        "ap-southeast-1": "121021644041",
        "ap-northeast-1": "354813040037",
        "eu-central-1": "492215442770",
        "eu-west-1": "141502667606",
    }
)
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_ROOT = Path(__file__).resolve().parents[2]
_ALGORITHMS = _ROOT / "local" / "algorithms"
# The folders whose sources every image runs: what it takes in, and the server that asks a model.
_OF_ALL = ("inputs", "serving")
# `make setup` builds it from requirements/algorithms.txt.
_ENVIRONMENT = _ROOT / ".venvs" / "algorithms"
_IMAGE = re.compile(
    r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([a-z0-9._/-]+?)(?::([^:@]+)|@(sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class Image:
    """An algorithm's image: where it lies, by account of each region, and what it is made of here.

    `folders` are those of `local/algorithms` whose sources it runs besides what all do, its own first; `environment` is
    the folder of the virtual environment that it runs in.
    """

    algorithm: str
    repository: str
    tags: tuple[str, ...]
    registries: Mapping[str, str]
    folders: tuple[str, ...]
    libraries: tuple[str, ...]
    environment: Path

    @property
    def module(self) -> str:
        """The Python module that does what the image does."""
        return f"local.algorithms.{self.folders[0]}"

    @property
    def python(self) -> Path:
        """The interpreter that runs it."""
        return self.environment / "bin" / "python"

    def uri(self, region: str) -> str:
        """The image's URI in `region`, by its first tag."""
        return f"{self.registries[region]}.dkr.ecr.{region}.amazonaws.com/{self.repository}:{self.tags[0]}"

    def manifest(self, sources: Path = _ALGORITHMS) -> bytes:
        """What it is made of, as it is on disk now: the next job runs that."""
        content = json.dumps(self._versions).encode()
        files = [path for folder in (*self.folders, *_OF_ALL) for path in sorted((sources / folder).rglob("*.py"))]
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": {"mediaType": "application/json", "digest": _digest(content), "size": len(content)},
                "layers": [_layer(path, sources) for path in files],
            }
        ).encode()

    def digest(self) -> str:
        """Its digest, `sha256:…`."""
        return _digest(self.manifest())

    @cached_property
    def _versions(self) -> dict[str, str]:
        """The versions of Python, which all environments have alike, and of the libraries in its own."""
        folders = sorted(self.environment.glob("lib/python3*/site-packages"))
        versions = {each.name: each.version for each in distributions(path=[str(folder) for folder in folders])}
        return {"python": platform.python_version()} | {name: versions[name] for name in self.libraries}


LINEAR_LEARNER = Image(
    "linear-learner", "linear-learner", ("1", "latest"), _OWN_ALGORITHMS, ("linear_learner",), ("numpy",), _ENVIRONMENT
)
XGBOOST = Image(
    "xgboost",
    "sagemaker-xgboost",
    ("3.0-5",),
    _XGBOOST,
    ("xgboost",),
    ("xgboost-cpu", "numpy"),
    _ENVIRONMENT,
)
# Amazon's own algorithms share how they read channels and hyperparameters.
KNN = Image(
    "knn",
    "knn",
    ("1", "latest"),
    _OWN_ALGORITHMS,
    ("knn", "linear_learner"),
    ("faiss-cpu", "numpy"),
    _ENVIRONMENT,
)
IMAGES = (LINEAR_LEARNER, XGBOOST, KNN)


def find(image: str, region: str) -> Image:
    """The image of a URI. Raises ApiError for one that `region` does not have or that cannot run here."""
    match = _IMAGE.fullmatch(image)
    listed = next((each for each in IMAGES if match and each.repository == match[3]), None)
    if match is None or listed is None or (match[4] or listed.tags[0]) not in listed.tags:
        names = ", ".join(f"{each.repository}:{each.tags[0]}" for each in IMAGES)
        raise ApiError(f"Cannot find the image {image}: of SageMaker's algorithms the embedded AWS runs {names}.")
    if region not in listed.registries:
        regions = ", ".join(listed.registries)
        raise ApiError(f"The embedded AWS knows no {listed.repository} image for {region}; it does for {regions}.")
    if match.group(1, 2) != (listed.registries[region], region):
        raise ApiError(f"Cannot find the image {image} in {region}: the image there is {listed.uri(region)}.")
    if not listed.python.exists():
        raise UnsupportedError(f"{listed.environment}, in which {listed.algorithm} runs, is missing: run `make setup`.")
    if match[5] not in (None, listed.digest()):
        raise ApiError(f"Requested image {image} not found.")
    return listed


def in_registry(registry: str, repository: str, region: str) -> Image | None:
    """The image that a registry of `region` has under a repository's name."""
    return next(
        (each for each in IMAGES if (each.repository, each.registries.get(region)) == (repository, registry)), None
    )


def registries() -> frozenset[str]:
    """The accounts of all regions whose registries have images of algorithms."""
    return frozenset(account for image in IMAGES for account in image.registries.values())


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
