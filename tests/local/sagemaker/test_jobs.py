"""Training jobs from creation to end, over boto3: data from S3, a process of their own, logs, model, statuses.

S3 and CloudWatch Logs are a MiniStack server's. SageMaker's own requests go through botocore, and are handed to the
service without a socket.
"""

import gzip
import io
import itertools
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict

from local import account
from local.sagemaker import images, transfer, validation
from local.sagemaker.runner import Runner
from local.sagemaker.service import SageMakerService
from machines import until
from training_stage import IMAGE, ROLE, Stage, ministack, sagemaker_client

# In place of the algorithm: says that it is there, and goes on for a minute. The second one does not heed SIGTERM.
SLOW = "import time; print('under way', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLOW}"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MiniStack server."""
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


def rows(count: int, seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    features = generator.normal(10, 3, (count, 2))
    labels = (features[:, 0] > 10).astype(int)
    return "".join(f"{label},{a:.6f},{b:.6f}\n" for label, (a, b) in zip(labels, features, strict=True)).encode()


def stage(endpoint: str, folder: Path, **settings: Any) -> Stage:
    prepared = Stage(endpoint, folder, **settings)
    # Two files in a folder of folders, a key that AWS consoles make, and keys with odd characters.
    prepared.put("set/train/", b"")
    prepared.put("set/train/a/part 1+é.csv", rows(200, 1))
    prepared.put("set/train/part-2.csv", rows(200, 2))
    prepared.put("set/test/part.csv", rows(100, 3))
    return prepared


def endless(script: str) -> Any:
    return lambda _module, _folder: (sys.executable, "-u", "-c", script)


@pytest.fixture(scope="module")
def completed(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, dict[str, Any]]:
    prepared = stage(endpoint, tmp_path_factory.mktemp("completed"))
    prepared.create("first", Tags=[{"Key": "project", "Value": "rides"}], HyperParameters=_settings(epochs="3"))
    return prepared, prepared.ended("first")


def _settings(**changes: str) -> dict[str, str]:
    return {"predictor_type": "binary_classifier", "mini_batch_size": "40", "epochs": "3"} | changes


def test_a_job_goes_through_its_statuses(completed: tuple[Stage, dict[str, Any]]):
    job = completed[1]

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed"), job.get("FailureReason")
    transitions = job["SecondaryStatusTransitions"]
    assert [each["Status"] for each in transitions] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(before["EndTime"] == after["StartTime"] for before, after in itertools.pairwise(transitions))
    assert job["CreationTime"] <= job["TrainingStartTime"] < job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1
    assert job["TrainingJobArn"] == "arn:aws:sagemaker:us-east-1:000000000000:training-job/first"


def test_the_request_is_described(completed: tuple[Stage, dict[str, Any]]):
    prepared, job = completed

    assert job["HyperParameters"] == _settings()
    assert job["AlgorithmSpecification"]["TrainingImage"] == IMAGE
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 120}
    assert job["OutputDataConfig"]["S3OutputPath"] == f"s3://{prepared.bucket}/models"
    assert (job["EnableNetworkIsolation"], job["RoleArn"]) == (False, ROLE)


def test_the_model_is_where_the_output_path_says(completed: tuple[Stage, dict[str, Any]]):
    prepared, job = completed

    assert job["ModelArtifacts"] == {
        "S3ModelArtifacts": f"s3://{prepared.bucket}/models/first/output/model.tar.gz",
    }
    body = prepared.s3.get_object(Bucket=prepared.bucket, Key="models/first/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["model_algo-1"]


def test_the_log_is_in_cloudwatch(completed: tuple[Stage, dict[str, Any]]):
    lines = completed[0].log("first")

    assert any("#progress_metric: host=algo-1, completed 100.0 % of epochs" in line for line in lines)
    assert any("Merging with provided configuration" in line for line in lines)


def test_final_metrics_are_read_off_the_log(completed: tuple[Stage, dict[str, Any]]):
    prepared, job = completed
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}

    said = [line for line in prepared.log("first") if "#quality_metric: host=algo-1, test precision" in line]
    assert final["test:precision"] == pytest.approx(float(said[0].rpartition("=")[2]))
    assert final["test:binary_classification_accuracy"] > 0.9
    assert final["train:progress"] == 100
    assert "validation:precision" not in final


# Hyperparameters, channels, the artefact's one file, and metrics that the description must have, by algorithm.
ALGORITHMS: dict[str, tuple[dict[str, str], tuple[str, str], str, set[str]]] = {
    "linear-learner": (
        {"predictor_type": "regressor", "mini_batch_size": "40", "epochs": "3", "feature_dim": "2"},
        ("train", "test"),
        "model_algo-1",
        {"train:mse", "test:mse", "test:absolute_loss", "train:objective_loss", "train:objective_loss:final"},
    ),
    "xgboost": (
        {"num_round": "4", "objective": "binary:logistic", "eval_metric": "logloss"},
        ("train", "validation"),
        "xgboost-model",
        {"train:logloss", "validation:logloss"},
    ),
    "knn": (
        {"k": "5", "sample_size": "400", "feature_dim": "2", "predictor_type": "regressor"},
        ("train", "test"),
        "model_algo-1",
        {"test:mse", "train:progress", "train:throughput"},
    ),
}


def create_of(prepared: Stage, image: images.Image) -> str:
    """A job of an algorithm, on the data that the stage has; its name."""
    hyperparameters, names, _, _ = ALGORITHMS[image.algorithm]
    places = {"train": "set/train/", "validation": "set/test/", "test": "set/test/"}
    name = f"of-{image.algorithm}"
    prepared.create(
        name,
        AlgorithmSpecification={
            "TrainingImage": f"{image.uri('us-east-1').rpartition(':')[0]}@{image.digest()}",
            "TrainingInputMode": "Pipe",
        },
        HyperParameters=hyperparameters,
        InputDataConfig=[prepared.channel(each, places[each]) for each in names],
    )
    return name


def test_a_job_of_each_algorithm_leaves_its_artefact_and_its_metrics(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path)
    names = {image.algorithm: create_of(prepared, image) for image in images.IMAGES}

    for algorithm, name in names.items():
        _, _, artefact, metrics = ALGORITHMS[algorithm]
        job = prepared.ended(name)
        assert job["TrainingJobStatus"] == "Completed", (algorithm, job.get("FailureReason"))
        body = prepared.s3.get_object(Bucket=prepared.bucket, Key=f"models/{name}/output/model.tar.gz")["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            assert archive.getnames() == [artefact]
        final = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
        definitions = {each["Name"] for each in job["AlgorithmSpecification"]["MetricDefinitions"]}
        assert metrics <= final.keys() <= definitions, algorithm
        assert all(0 <= final[metric] < 1 for metric in metrics if metric.endswith((":mse", ":logloss")))

    # As CloudWatch shows a tab.
    assert any(line.startswith("[3]#011train-logloss:") for line in prepared.log(names["xgboost"]))


def test_a_failure_of_the_framework_is_the_algorithms_and_not_the_clients(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path)
    prepared.create(
        "overfed",
        AlgorithmSpecification={"TrainingImage": images.XGBOOST.uri("us-east-1"), "TrainingInputMode": "File"},
        HyperParameters={"num_round": "4", "eta": "2"},
    )

    job = prepared.ended("overfed")
    assert (job["TrainingJobStatus"], job["FailureReason"]) == (
        "Failed",
        "AlgorithmError: framework error: \nsagemaker_algorithm_toolkit.exceptions.UserError: "
        "Hyperparameter eta: 2.0 is not in [0, 1], exit code: 1",
    )


def test_s3_and_logs_are_reached_as_the_jobs_role(completed: tuple[Stage, dict[str, Any]]):
    assert completed[0].clients.roles == {("s3", ROLE), ("logs", ROLE)}


def test_the_jobs_folder_is_gone(completed: tuple[Stage, dict[str, Any]]):
    prepared = completed[0]

    until(lambda: not list(prepared.folder.iterdir()), bool, 30)


def test_a_name_cannot_be_used_twice(completed: tuple[Stage, dict[str, Any]]):
    with pytest.raises(ClientError) as refusal:
        completed[0].create("first")

    error = refusal.value.response["Error"]
    assert error["Code"] == "ResourceInUse"
    assert error["Message"].startswith("Training job names must be unique within an AWS account and region")


def test_a_job_that_has_ended_cannot_be_stopped(completed: tuple[Stage, dict[str, Any]]):
    with pytest.raises(ClientError, match="rejected because the training job is in status Completed"):
        completed[0].sagemaker.stop_training_job(TrainingJobName="first")


def test_tags_are_kept(completed: tuple[Stage, dict[str, Any]]):
    sagemaker, arn = completed[0].sagemaker, completed[1]["TrainingJobArn"]

    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "unicorns"}])

    tags = {tag["Key"]: tag["Value"] for tag in account.entries(sagemaker, "list_tags", "Tags", ResourceArn=arn)}
    assert tags == {"project": "rides", "owner": "unicorns"}
    with pytest.raises(ClientError, match="Requested resource not found"):
        account.entries(sagemaker, "list_tags", "Tags", ResourceArn=f"{arn}-2")


def test_equal_jobs_make_equal_models_and_are_listed(completed: tuple[Stage, dict[str, Any]]):
    prepared = completed[0]
    prepared.create("again")
    assert prepared.ended("again")["TrainingJobStatus"] == "Completed"

    etags = {
        prepared.s3.head_object(Bucket=prepared.bucket, Key=f"models/{name}/output/model.tar.gz")["ETag"]
        for name in ("first", "again")
    }
    assert len(etags) == 1
    pages = [
        page["TrainingJobSummaries"]
        for page in prepared.sagemaker.get_paginator("list_training_jobs").paginate(
            SortBy="Name", SortOrder="Descending", StatusEquals="Completed", PaginationConfig={"PageSize": 1}
        )
    ]
    assert [[job["TrainingJobName"] for job in page] for page in pages] == [["first"], ["again"]]
    named = account.entries(prepared.sagemaker, "list_training_jobs", "TrainingJobSummaries", NameContains="aga")
    assert [job["TrainingJobName"] for job in named] == ["again"]


def test_jobs_survive_a_restart_and_those_under_way_have_failed(completed: tuple[Stage, dict[str, Any]]):
    prepared = completed[0]
    state = prepared.service.get_state()
    unfinished = {**state["_jobs"]["first"], "TrainingJobName": "cut", "TrainingJobStatus": "InProgress"}
    state["_jobs"]["cut"] = unfinished
    restarted = SageMakerService(Runner(prepared.clients))

    restarted.load_persisted_state(state)

    client = sagemaker_client(restarted)
    assert client.describe_training_job(TrainingJobName="first")["TrainingJobStatus"] == "Completed"
    cut = client.describe_training_job(TrainingJobName="cut")
    assert cut["TrainingJobStatus"] == "Failed"
    assert cut["FailureReason"].startswith("InternalServerError: ")
    assert isinstance(state["_jobs"], AccountRegionScopedDict)


def test_a_channel_of_many_pages_is_fetched_whole(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transfer, "_PAGE", 2)
    prepared = Stage(endpoint, tmp_path)
    for number in range(5):
        prepared.put(f"many/part-{number}.csv", f"{number}".encode())
    [channel] = validation.channels(
        {
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "InputDataConfig": [prepared.channel("train", "many/part-")],
        }
    )

    transfer.download(prepared.s3, channel, tmp_path / "train")

    assert [path.read_text() for path in sorted((tmp_path / "train").iterdir())] == ["0", "1", "2", "3", "4"]


def test_pipe_mode_takes_gzip(endpoint: str, tmp_path: Path):
    prepared = Stage(endpoint, tmp_path)
    prepared.put("packed/part.csv.gz", gzip.compress(rows(300, 4)))

    prepared.create(
        "packed", InputDataConfig=[prepared.channel("train", "packed/", CompressionType="Gzip", InputMode="Pipe")]
    )

    assert prepared.ended("packed")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize("damage", [lambda packed: packed[:-20], lambda packed: b"1,2\n" + packed])
def test_gzip_that_pipe_mode_cannot_unpack_fails_the_job(
    endpoint: str, tmp_path: Path, damage: Callable[[bytes], bytes]
):
    prepared = Stage(endpoint, tmp_path)
    prepared.put("packed/part.csv.gz", damage(gzip.compress(rows(300, 4))))

    prepared.create(
        "damaged", InputDataConfig=[prepared.channel("train", "packed/", CompressionType="Gzip", InputMode="Pipe")]
    )

    assert prepared.ended("damaged")["FailureReason"].startswith("ClientError: Data download failed:channel train: ")


def test_a_failure_of_the_algorithm_is_the_jobs_reason(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path)

    prepared.create("too-large", HyperParameters=_settings(mini_batch_size="1000"))
    job = prepared.ended("too-large")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"] == (
        "ClientError: mini_batch_size 1000 is larger than the 400 rows of the train channel: "
        "an integer from 1 to 400 is allowed, exit code: 2"
    )
    assert "ModelArtifacts" not in job
    assert any("mini_batch_size 1000 is larger" in line for line in prepared.log("too-large"))


def test_a_process_that_dies_without_a_word_is_an_algorithm_error(endpoint: str, tmp_path: Path):
    script = f"import os; os.kill(os.getpid(), {signal.SIGKILL.value})"
    prepared = stage(endpoint, tmp_path, command=endless(script))

    prepared.create("dies")

    assert prepared.ended("dies")["FailureReason"] == "AlgorithmError: , exit code: 137"


@pytest.mark.parametrize("prefix", ["nothing/here", "set/tran"])
def test_a_channel_without_objects_is_refused(endpoint: str, tmp_path: Path, prefix: str):
    prepared = stage(endpoint, tmp_path)

    with pytest.raises(ClientError) as refusal:
        prepared.create("empty", InputDataConfig=[prepared.channel("train", prefix)])

    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(f'No S3 objects found under S3 URL "s3://{prepared.bucket}/{prefix}" given')
    assert account.entries(prepared.sagemaker, "list_training_jobs", "TrainingJobSummaries") == []


def test_a_bucket_that_is_not_there_is_told_as_s3_tells_it(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://nobodys-bucket/x"}}

    with pytest.raises(ClientError, match="Error message from S3: The specified bucket does not exist"):
        prepared.create("lost", InputDataConfig=[{"ChannelName": "train", "DataSource": source}])


def test_an_upload_that_fails_fails_the_job(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path)

    prepared.create("homeless", OutputDataConfig={"S3OutputPath": "s3://nobodys-bucket/models"})
    job = prepared.ended("homeless")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:NoSuchBucket (404): ")


def test_a_stopped_job_ends_as_stopped_and_its_process_with_it(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path, command=endless(SLOW))
    prepared.create("slow")
    until(lambda: prepared.has_logged("slow", "under way"), bool, 30)
    assert len(_children()) == 1

    prepared.sagemaker.stop_training_job(TrainingJobName="slow")
    job = prepared.ended("slow")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    statuses = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Stopping", "Stopped"]
    assert "FailureReason" not in job
    assert _children() == []


def test_a_process_that_does_not_heed_is_killed_after_the_grace(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path, command=endless(STUBBORN), grace_seconds=0.3)
    prepared.create("stubborn")
    until(lambda: prepared.has_logged("stubborn", "under way"), bool, 30)

    prepared.sagemaker.stop_training_job(TrainingJobName="stubborn")

    assert prepared.ended("stubborn")["TrainingJobStatus"] == "Stopped"
    assert _children() == []


def test_a_job_that_takes_too_long_is_stopped(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path, command=endless(SLOW))

    prepared.create("long", StoppingCondition={"MaxRuntimeInSeconds": 1})
    job = prepared.ended("long")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["TrainingTimeInSeconds"] >= 1


def test_what_was_saved_before_the_end_is_uploaded(endpoint: str, tmp_path: Path):
    script = f"import pathlib; pathlib.Path('model/partial').write_text('half a model'); {SLOW}"
    prepared = stage(endpoint, tmp_path, command=endless(script))
    prepared.create("partial")
    until(lambda: prepared.has_logged("partial", "under way"), bool, 30)

    prepared.sagemaker.stop_training_job(TrainingJobName="partial")
    job = prepared.ended("partial")

    assert job["TrainingJobStatus"] == "Stopped"
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{prepared.bucket}/")
    body = prepared.s3.get_object(Bucket=prepared.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["partial"]


def test_stop_all_leaves_no_process(endpoint: str, tmp_path: Path):
    prepared = stage(endpoint, tmp_path, command=endless(STUBBORN))
    for name in ("one", "two"):
        prepared.create(name)
    for name in ("one", "two"):
        until(lambda name=name: prepared.has_logged(name, "under way"), bool, 30)
    assert len(_children()) == 2

    prepared.service.stop_all(grace_seconds=0.2)

    assert _children() == []
    assert {prepared.describe(name)["TrainingJobStatus"] for name in ("one", "two")} == {"Stopped"}
    assert list(tmp_path.iterdir()) == []


def test_the_process_knows_its_job_and_no_credentials(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for the container")
    monkeypatch.setenv("SSH_AUTH_SOCK", "not for the container")
    script = "import os; print(*sorted(f'{k}={v}' for k, v in os.environ.items()), sep='\\n')"
    prepared = stage(endpoint, tmp_path, command=endless(script))

    hostile = {"PATH": "/hostile", "PYTHONPATH": "/hostile", "PYTHONSTARTUP": "/hostile", "LD_PRELOAD": "/hostile"}
    prepared.create("curious", Environment={"COLOUR": "blue"} | hostile)
    prepared.ended("curious")

    variables = dict(line.split("=", 1) for line in prepared.log("curious"))
    assert variables["TRAINING_JOB_NAME"] == "curious"
    assert variables["COLOUR"] == "blue"
    assert not any(name.startswith("AWS_") and name != "AWS_REGION" for name in variables)
    assert not {"not for the container", "/hostile"} & set(variables.values())
    assert Path(variables["HOME"]).is_relative_to(tmp_path)


def _children() -> list[psutil.Process]:
    """Processes of jobs under way: those of this process's children that run a script given by `-c`."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "-c" in child.cmdline()
    ]
