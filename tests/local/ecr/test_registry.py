"""SageMaker's registries: the digests of the algorithms' images, by which a job can be started."""

import ast
import json
import platform
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ecr import registry as image_registry
from local.sagemaker import images
from local.sagemaker.errors import ApiError
from machines import Client, allow, role, run

REGISTRY = images.LINEAR_LEARNER.registries["us-east-1"]
REPOSITORY = f"{REGISTRY}.dkr.ecr.us-east-1.amazonaws.com/linear-learner"
SOURCES = Path(images.__file__).parents[1] / "algorithms"


def image(client: Client, **identifier: str) -> dict[str, Any]:
    """BatchGetImage of the linear learner by tag or digest."""
    return client("ecr").batch_get_image(
        registryId=REGISTRY, repositoryName="linear-learner", imageIds=[identifier or {"imageTag": "1"}]
    )


def test_the_digest_is_that_of_a_manifest_of_what_the_algorithm_is_made_of(client: Client) -> None:
    (entry,) = image(client)["images"]
    assert entry["imageId"] == {"imageTag": "1", "imageDigest": images.LINEAR_LEARNER.digest()}
    assert images.LINEAR_LEARNER.digest() == f"sha256:{sha256(entry['imageManifest'].encode()).hexdigest()}"
    layers = {
        layer["annotations"]["org.opencontainers.image.title"]: layer["digest"]
        for layer in json.loads(entry["imageManifest"])["layers"]
    }
    assert layers == {
        f"{folder}/{path.name}": f"sha256:{sha256(path.read_bytes()).hexdigest()}"
        for folder in ("linear_learner", "inputs", "serving")
        for path in (SOURCES / folder).glob("*.py")
    }
    assert "linear_learner/training.py" in layers


def test_a_change_of_the_sources_makes_another_image_of_each_algorithm_that_runs_them(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert [image.manifest(copy) for image in images.IMAGES] == [image.manifest() for image in images.IMAGES]
    changed = {}
    for folder in ("linear_learner/channels.py", "xgboost/document.py", "inputs/recordio.py", "serving/server.py"):
        source = (copy / folder).read_text(encoding="utf-8")
        (copy / folder).write_text(f"{source}SEED = 1\n", encoding="utf-8")
        changed[folder] = [image.algorithm for image in images.IMAGES if image.manifest(copy) != image.manifest()]
        (copy / folder).write_text(source, encoding="utf-8")
    assert changed == {
        "linear_learner/channels.py": ["linear-learner", "knn"],
        "xgboost/document.py": ["xgboost"],
        "inputs/recordio.py": ["linear-learner", "xgboost", "knn"],
        "serving/server.py": ["linear-learner", "xgboost", "knn"],
    }


@pytest.mark.parametrize("algorithm", images.IMAGES, ids=lambda each: each.algorithm)
def test_an_image_holds_every_source_that_it_runs(algorithm: images.Image) -> None:
    """Of `local.algorithms`; which model a server loads it finds by the algorithm's name, in the image's own folder."""
    layers = json.loads(algorithm.manifest())["layers"]
    titles = {layer["annotations"]["org.opencontainers.image.title"] for layer in layers}
    trees = [ast.parse((SOURCES / title).read_text(encoding="utf-8")) for title in titles]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    modules = {name.name for node in imports if isinstance(node, ast.Import) for name in node.names}
    for node in imports:
        if isinstance(node, ast.ImportFrom):
            # What is imported from a package may be a module of it.
            modules |= {node.module or "", *(f"{node.module}.{name.name}" for name in node.names)}
    files = {SOURCES.parents[1] / f"{module.replace('.', '/')}.py" for module in modules}
    ran = {path.relative_to(SOURCES).as_posix() for path in files if path.is_relative_to(SOURCES) and path.exists()}
    assert len(ran) > 5
    assert ran - titles == set()


@pytest.mark.parametrize("algorithm", images.IMAGES, ids=lambda each: each.algorithm)
def test_each_algorithm_is_in_its_registry_with_the_versions_that_it_computes_with(
    client: Client, algorithm: images.Image
) -> None:
    (entry,) = client("ecr").batch_get_image(
        registryId=algorithm.registries["us-east-1"],
        repositoryName=algorithm.repository,
        imageIds=[{"imageTag": algorithm.tags[0]}],
    )["images"]
    assert entry["imageId"]["imageDigest"] == algorithm.digest()
    lock = (SOURCES.parents[1] / "requirements" / "algorithms.txt").read_text(encoding="utf-8")
    versions = {name: re.search(rf"^{name}==(\S+)", lock, re.MULTILINE) for name in algorithm.libraries}
    config = json.dumps(
        {"python": platform.python_version()} | {name: match[1] for name, match in versions.items() if match}
    )
    assert json.loads(entry["imageManifest"])["config"]["digest"] == f"sha256:{sha256(config.encode()).hexdigest()}"


def test_an_image_is_found_by_its_digest_and_not_by_another(client: Client) -> None:
    assert len(image(client, imageDigest=images.LINEAR_LEARNER.digest())["images"]) == 1
    for unknown in ({"imageDigest": f"sha256:{'0' * 64}"}, {"imageTag": "2"}):
        answer = image(client, **unknown)
        assert answer["images"] == []
        assert [(each["imageId"], each["failureCode"]) for each in answer["failures"]] == [(unknown, "ImageNotFound")]


def test_a_job_runs_an_image_by_tag_or_digest_and_refuses_an_unknown_digest() -> None:
    for reference in (":1", f"@{images.LINEAR_LEARNER.digest()}"):
        assert images.find(f"{REPOSITORY}{reference}", "us-east-1") is images.LINEAR_LEARNER
    unknown = f"{REPOSITORY}@sha256:{'0' * 64}"
    with pytest.raises(ApiError, match=f"Requested image {unknown} not found"):
        images.find(unknown, "us-east-1")


def test_others_may_pull_and_do_nothing_else(client: Client) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("ecr").list_images(registryId=REGISTRY, repositoryName="linear-learner")
    for registry, name in (
        (REGISTRY, "sagemaker-xgboost"),
        (images.LINEAR_LEARNER.registries["us-west-2"], "linear-learner"),
    ):
        with pytest.raises(ClientError, match=f"'{name}' does not exist in the registry with id '{registry}'"):
            client("ecr").batch_get_image(registryId=registry, repositoryName=name, imageIds=[{"imageTag": "1"}])


def test_the_accounts_own_registry_is_still_there(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="mine")
    put = ecr.put_image(repositoryName="mine", imageTag="1", imageManifest='{"schemaVersion": 2}')
    (entry,) = ecr.batch_get_image(repositoryName="mine", imageIds=[{"imageTag": "1"}])["images"]
    assert entry["imageId"]["imageDigest"] == put["image"]["imageId"]["imageDigest"]


RESOLVE: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ecr:batchGetImage",
    "Parameters": {"RegistryId": REGISTRY, "RepositoryName": "linear-learner", "ImageIds": [{"ImageTag": "1"}]},
    "End": True,
}


def test_a_state_machine_is_authorised_on_the_repository_of_that_registry(client: Client) -> None:
    states = {"Resolve": RESOLVE | {"ResultSelector": {"digest.$": "$.Images[0].ImageId.ImageDigest"}}}
    arn = f"arn:aws:ecr:us-east-1:{REGISTRY}:repository/linear-learner"
    allowed = role(client, "states.amazonaws.com", allow("ecr:BatchGetImage", resource=arn))
    assert json.loads(run(client, states, allowed)["output"]) == {"digest": images.LINEAR_LEARNER.digest()}
    own = arn.replace(REGISTRY, "123456789012")
    denied = run(client, states, role(client, "states.amazonaws.com", allow("ecr:BatchGetImage", resource=own)))
    # An error that ECR's API does not list by name arrives as the SDK's general one for the service.
    assert (denied["status"], denied["error"]) == ("FAILED", "Ecr.EcrException")
    assert f"is not authorized to perform: ecr:BatchGetImage on resource: {arn} because" in denied["cause"]


def test_a_call_without_a_repository_is_authorised_on_everything() -> None:
    assert image_registry.resource_of({}, "us-east-1", "123456789012") is None
