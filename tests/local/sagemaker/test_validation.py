"""What CreateTrainingJob refuses, with SageMaker's codes and messages; no job is started here."""

import asyncio
import json
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NoReturn

import pytest

from local.sagemaker import images
from local.sagemaker.arns import resource_of
from local.sagemaker.errors import ApiError
from local.sagemaker.runner import Runner
from local.sagemaker.service import SageMakerService

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"


def no_client(service: str, role_arn: str) -> NoReturn:
    raise PermissionError(f"The role {role_arn} does not exist.")


def request(**changes: Any) -> dict[str, Any]:
    """A CreateTrainingJob that is right in form, with `changes`; a change to None leaves the member out."""
    right = {
        "TrainingJobName": "rides-1",
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::123456789012:role/training",
        "HyperParameters": {"predictor_type": "binary_classifier"},
        "InputDataConfig": [channel("train")],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def channel(name: str, **changes: Any) -> dict[str, Any]:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bucket/{name}/"}}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": source} | changes


def call(operation: str, body: Any, service: SageMakerService | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer of an operation."""
    service = service or SageMakerService(Runner(no_client))
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = asyncio.run(service.handle_request("POST", "/", headers, content, {}))
    return status, json.loads(answer)


def refusal(operation: str, body: Any, service: SageMakerService | None = None) -> tuple[str, str]:
    status, answer = call(operation, body, service)
    assert status == 400
    return answer["__type"], answer["Message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"TrainingJobName": "rides_1"},
            "1 validation error detected: Value 'rides_1' at 'trainingJobName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        ({"TrainingJobName": "r" * 64}, "Member must have length less than or equal to 63"),
        ({"RoleArn": None}, "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        ({"OutputDataConfig": {}}, "Value null at 'outputDataConfig.s3OutputPath' failed"),
        ({"HyperParameters": {"epochs": 15}}, "Value 15 at 'hyperParameters.epochs' failed to satisfy constraint"),
        ({"InputDataConfig": [{"ChannelName": "train"}]}, "Value null at 'inputDataConfig.1.member.dataSource' failed"),
        ({"AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "Stream"}}, "[Pipe, File, FastFile]"),
        ({"Colour": "blue"}, "Value at 'colour' is not a member of CreateTrainingJobRequest"),
        ({"RoleArn": "training"}, "arn:aws[a-z\\-]*:iam::\\d{12}:role/"),
        ({"ResourceConfig": None}, "ResourceConfig is required"),
        ({"StoppingCondition": None}, "StoppingCondition is required"),
        (
            {"InputDataConfig": [channel("train", CompressionType="Gzip")]},
            "Invalid compression type for channel train: File mode only supports NONE, got Gzip instead",
        ),
        ({"InputDataConfig": [channel("train"), channel("train")]}, "Channel names must be unique: train, train"),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
                }
            },
            "You can't override the metric definitions for Amazon SageMaker algorithms.",
        ),
    ],
)
def test_a_request_that_sagemaker_refuses_is_refused(changes: dict[str, Any], message: str):
    code, said = refusal("CreateTrainingJob", request(**changes))

    assert code == "ValidationException"
    assert message in said


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"}}, "CheckpointConfig"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}},
            "ResourceConfig.InstanceCount 2",
        ),
        (
            {"OutputDataConfig": {"S3OutputPath": "s3://bucket/models", "CompressionType": "NONE"}},
            "OutputDataConfig.CompressionType NONE",
        ),
        ({"InputDataConfig": [channel("train", ShuffleConfig={"Seed": 1})]}, "ShuffleConfig"),
        ({"AlgorithmSpecification": {"AlgorithmName": "mine", "TrainingInputMode": "File"}}, "AlgorithmName"),
    ],
)
def test_what_is_not_built_is_refused_by_name(changes: dict[str, Any], named: str):
    code, said = refusal("CreateTrainingJob", request(**changes))

    assert code == "UnsupportedOperationException"
    assert named in said


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            "382416733822.dkr.ecr.us-east-1.amazonaws.com/xgboost:1",
            "runs linear-learner:1, sagemaker-xgboost:3.0-5, knn:1.",
        ),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "runs linear-learner:1, sagemaker-"),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5", "the image there is 683313688378.dkr"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1", "the image there is 382416733822.dkr.ecr."),
        ("174872318107.dkr.ecr.us-west-2.amazonaws.com/linear-learner:1", "Cannot find the image 174872318107"),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:2", "runs linear-learner:1, "),
    ],
)
def test_only_the_regions_own_images_are_run(image: str, message: str):
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}

    code, said = refusal("CreateTrainingJob", request(AlgorithmSpecification=algorithm))

    assert code == "ValidationException"
    assert message in said


@pytest.mark.parametrize(
    ("region", "account", "xgboost"),
    [
        ("us-east-1", "382416733822", "683313688378"),
        ("us-east-2", "404615174143", "257758044811"),
        ("us-west-2", "174872318107", "246618743249"),
        ("ap-southeast-1", "475088953585", "121021644041"),
        ("ap-northeast-1", "351501993468", "354813040037"),
        ("eu-central-1", "664544806723", "492215442770"),
        ("eu-west-1", "438346466558", "141502667606"),
    ],
)
def test_every_region_has_its_own_registries(region: str, account: str, xgboost: str):
    uris = [
        f"{account}.dkr.ecr.{region}.amazonaws.com/linear-learner:1",
        f"{xgboost}.dkr.ecr.{region}.amazonaws.com/sagemaker-xgboost:3.0-5",
        f"{account}.dkr.ecr.{region}.amazonaws.com/knn:1",
    ]

    assert [images.find(uri, region) for uri in uris] == list(images.IMAGES)
    assert [image.uri(region) for image in images.IMAGES] == uris


def test_registries_and_tags_are_those_that_sagemakers_sdk_has():
    sdk = distribution("sagemaker")
    for image in images.IMAGES:
        table = Path(str(sdk.locate_file(f"sagemaker/image_uri_config/{image.algorithm}.json")))
        versions = json.loads(table.read_text(encoding="utf-8"))
        versions = versions.get("training", versions)["versions"]
        # The SDK's table ends before XGBoost 3.0-5, whose registries are those of the versions before.
        latest = versions.get(image.tags[0], versions[max(versions)])
        assert latest["repository"] == image.repository
        assert {region: latest["registries"][region] for region in image.registries} == image.registries


def test_an_environment_that_was_not_built_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unbuilt = replace(images.KNN, environment=tmp_path / "algorithms")
    monkeypatch.setattr(images, "IMAGES", (unbuilt,))

    with pytest.raises(ApiError, match="algorithms, in which knn runs, is missing: run `make setup`"):
        images.find(unbuilt.uri("us-east-1"), "us-east-1")


def test_a_role_that_cannot_be_assumed_is_named():
    code, said = refusal("CreateTrainingJob", request())

    assert code == "ValidationException"
    assert said.startswith(
        "Could not assume role arn:aws:iam::123456789012:role/training. Please ensure that the role exists and allows "
        "principal 'sagemaker.amazonaws.com' to assume the role."
    )


def test_a_caller_that_may_not_pass_the_role_is_denied():
    service = SageMakerService(Runner(no_client), denies_pass_role=lambda key, role: f"{key} may not pass {role}")

    code, said = refusal("CreateTrainingJob", request(), service)

    assert code == "AccessDeniedException"
    assert said == " may not pass arn:aws:iam::123456789012:role/training"


@pytest.mark.parametrize("operation", ["DescribeTrainingJob", "StopTrainingJob"])
def test_an_unknown_job_is_a_validation_error_as_on_aws(operation: str):
    assert refusal(operation, {"TrainingJobName": "nobody"}) == ("ValidationException", "Requested resource not found.")


def test_operations_that_are_not_built_are_refused_by_name():
    code, said = refusal("CreateProcessingJob", {})

    assert code == "UnsupportedOperationException"
    assert said.startswith("SageMaker.CreateProcessingJob is not implemented here; these are: CreateTrainingJob, ")


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_object_is_refused(body: bytes):
    code, said = refusal("DescribeTrainingJob", body)

    assert code == "ValidationException"
    assert said.startswith("The request's body is no JSON")


@pytest.mark.parametrize(
    ("body", "arn"),
    [
        ({"TrainingJobName": "Rides-1"}, "arn:aws:sagemaker:eu-west-1:123456789012:training-job/rides-1"),
        ({"ResourceArn": "arn:of:something"}, "arn:of:something"),
        ({"NameContains": "rides"}, None),
    ],
)
def test_requests_are_authorised_on_the_jobs_arn(body: dict[str, Any], arn: str | None):
    assert resource_of(body, "eu-west-1", "123456789012") == arn


def test_a_folder_for_jobs_is_not_touched_by_a_refused_request(tmp_path: Path):
    service = SageMakerService(Runner(no_client, base=tmp_path))

    refusal("CreateTrainingJob", request(), service)

    assert list(tmp_path.iterdir()) == []
    assert call("ListTrainingJobs", {}, service) == (200, {"TrainingJobSummaries": []})
