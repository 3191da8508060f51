"""Several algorithms in one execution: each is a candidate, one that fails loses, and the best comes to the gate."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import sample_files
from local import account
from promotions import ask_function
from stacks import DIVERGING, ROOT, SAMPLE_RIDES, MakeStack, Stack

pytestmark = pytest.mark.proof

SAMPLES = 1500
FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def key(server: account.EmbeddedAws) -> str:
    """The ARN of a key of the user's."""
    return server.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack, key: str) -> Stack:
    made = make_stack(KmsKeyArn=key)
    made.upload([FEW])
    return made


@pytest.fixture(scope="module")
def samples(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some samples in a file, which are in the bucket too."""
    lines = gzip.decompress((ROOT / "data" / "samples" / "samples.csv.gz").read_bytes()).splitlines(keepends=True)
    file = tmp_path_factory.mktemp("samples") / "some.csv"
    file.write_bytes(b"".join(lines[:SAMPLES]))
    sample_files.upload(stack.command_stack, sample_files.check(file))
    return file


def card_of(stack: Stack, output: dict[str, Any]) -> dict[str, Any]:
    return json.loads(stack.read(output["metrics"]["card"]))


def test_best_of_the_algorithms_is_the_candidate_and_one_that_fails_loses(stack: Stack, key: str) -> None:
    algorithms = ["linear-learner", "xgboost"]
    output = stack.retrain(
        promote=False,
        algorithms=algorithms,
        hyperparameters={"linear-learner": DIVERGING, "xgboost": {"num_round": 5}},
    )
    card = card_of(stack, output)
    name = output["execution"]
    assert card["algorithm"] == "xgboost"
    assert card["model_path"] == f"models/{name}/{name}-xgboost/output/model.tar.gz"
    candidates = {each["algorithm"]: each for each in card["candidates"]}
    assert list(candidates) == algorithms
    assert "Training diverged" in candidates["linear-learner"]["error"]
    assert candidates["xgboost"]["value"] == pytest.approx(output["metrics"]["log_loss"])
    training = card["lineage"]["training"]
    assert "/sagemaker-xgboost@sha256:" in training["image"]
    assert [channel["ChannelName"] for channel in training["channels"]] == ["train", "validation"]
    assert training["resources"]["VolumeKmsKeyId"] == key


def test_searched_xgboost_is_the_best_of_its_training_jobs(stack: Stack, key: str) -> None:
    ranges = {"xgboost": {"max_depth": [2, 4], "num_round": [3]}}
    output = stack.retrain(
        promote=False, algorithms=["xgboost"], tuning={"strategy": "Grid", "parallel": 2, "ranges": ranges}
    )
    (search,) = output["tuning"]
    assert search["strategy"] == "Grid"
    assert search["jobs"]["Completed"] == 2
    assert search["objective"]["MetricName"] == "validation:logloss"
    training = card_of(stack, output)["lineage"]["training"]
    assert training["job"] == search["best"]
    assert training["hyperparameters"]["max_depth"] == search["chosen"]["max_depth"]
    # The tuning job hands the stack's key on to its training jobs.
    job = stack.client("sagemaker").describe_training_job(TrainingJobName=search["best"])
    assert (job["ResourceConfig"]["VolumeKmsKeyId"], job["OutputDataConfig"]["KmsKeyId"]) == (key, key)


@pytest.fixture
def served_knn(stack: Stack, samples: Path) -> Iterator[dict[str, Any]]:
    """The output of a retraining whose best is k-NN, which an endpoint serves during the test."""
    slow = {"xgboost": {"num_round": 1, "eta": 0.01}}
    output = stack.retrain(
        task="pick_duration", serving="endpoint", algorithms=["xgboost", "knn"], hyperparameters=slow
    )
    yield output
    sagemaker = stack.client("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName=f"{stack.name}-pick-duration")["EndpointConfigName"]
    sagemaker.delete_endpoint(EndpointName=f"{stack.name}-pick-duration")
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=name)


def take_names(stack: Stack, first: str, second: str) -> None:
    """Leave what the execution `second` makes for its champion as if its calls had been answered, and answers lost."""
    sagemaker = stack.client("sagemaker")
    job = sagemaker.describe_transform_job(TransformJobName=f"{first}-knn")
    training = sagemaker.describe_training_job(TrainingJobName=f"{first}-knn")
    container = {
        "Image": training["AlgorithmSpecification"]["TrainingImage"],
        "ModelDataUrl": training["ModelArtifacts"]["S3ModelArtifacts"],
    }
    sagemaker.create_model(
        ModelName=f"{second}-live",
        PrimaryContainer=container,
        ExecutionRoleArn=training["RoleArn"],
        Tags=[{"Key": "wildrydes:stack", "Value": stack.name}],
    )
    sagemaker.create_transform_job(
        TransformJobName=f"{second}-live",
        ModelName=f"{second}-live",
        **{name: job[name] for name in ("TransformInput", "TransformOutput", "DataProcessing", "TransformResources")},
    )


def test_knn_is_judged_by_its_container_as_a_candidate_and_as_the_champion(
    stack: Stack, served_knn: dict[str, Any]
) -> None:
    """It is the best, and an endpoint serves it; then others meet it, of which the function could serve no k-NN."""
    name, knn = served_knn["execution"], card_of(stack, served_knn)
    prefix = f"models/pick_duration/{name}/"
    assert (knn["algorithm"], knn["model_path"]) == ("knn", f"{prefix}{name}-knn/output/model.tar.gz")
    # In another order the predictions would be no better than a constant.
    assert knn["metrics"]["rmse"] < 0.8 * knn["constant"]
    split = f"training-sets/{name}/split=test/"
    names = {key.removeprefix(split) for key in stack.keys(split)}
    assert set(stack.keys(f"{prefix}predictions/")) == {f"{prefix}predictions/{name}-knn/{each}.out" for each in names}

    assert served_knn["promoted"], served_knn["verdict"]
    golden = served_knn["metrics"]["golden"]
    status, answer = ask_function(stack, "pick_duration", golden["ride"])
    assert (status, answer["model"]) == (200, name)
    assert golden["at_least"] <= answer["value"] <= golden["at_most"]

    again = f"{name[:30]}-again"
    take_names(stack, name, again)
    algorithms = ["linear-learner", "xgboost", "knn"]
    second = stack.retrain(name=again, task="pick_duration", promote=False, algorithms=algorithms)
    card = card_of(stack, second)
    assert all(each["value"] > 0 for each in card["candidates"])
    assert [each["error"] for each in card["candidates"]] == [
        None,
        None,
        "only an endpoint serves it (serving: endpoint)",
    ]
    assert card["algorithm"] in ("linear-learner", "xgboost")
    assert second["live_model_path"] == knn["model_path"]
    # Champion and candidate learned by the same rows, and predict the same of them.
    assert card["live"]["metrics"]["rmse"] == pytest.approx(card["candidates"][2]["value"])
    assert card["live"]["metrics"]["rmse"] == pytest.approx(knn["metrics"]["rmse"])
    assert card["differences"]
    taken, other = f"{again}-live", f"{again}-live-2"
    jobs = account.entries(
        stack.client("sagemaker"), "list_transform_jobs", "TransformJobSummaries", NameContains=taken
    )
    assert {each["TransformJobName"] for each in jobs} == {taken, other}
    # What a transform job asks is defined for it alone.
    models = account.entries(stack.client("sagemaker"), "list_models", "Models")
    assert not [each["ModelName"] for each in models if each["ModelName"].endswith(("-knn", "-live"))]
