"""Batch transform over boto3, by CreateTransformJob in the API reference and the guide's "Use Batch Transform"."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hosting_stage import Stage
from local.sagemaker.transform_records import RecordError, column_filter, payloads
from machines import until


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, write_artefact: Callable[..., bytes]) -> Iterator[Stage]:
    """A model that adds two features, and two gzip files of rows whose first column is a label."""
    prepared = Stage(tmp_path_factory.mktemp("transforms"))
    prepared.model("sum", write_artefact([1.0, 1.0], 0.0, 0.5, "LinearRegressionOutput"))
    prepared.objects.content["sets/test/part-1.gz"] = gzip.compress(b"9,1,2\n9,3,4\n")
    prepared.objects.content["sets/test/more/part-2.gz"] = gzip.compress(b"9,5,6\n")
    prepared.objects.content["sets/wrong/part.gz"] = gzip.compress(b"9,1\n")
    yield prepared
    prepared.service.stop_all()


def create(stage: Stage, name: str, source: str = "s3://sets/test/", **changes: Any) -> None:
    request = {
        "TransformJobName": name,
        "ModelName": "sum",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://sets/out/{name}",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DataProcessing": {"InputFilter": "$[1:]"},
    }
    stage.sagemaker.create_transform_job(**(request | changes))


def ended(stage: Stage, name: str) -> dict[str, Any]:
    def describe() -> dict[str, Any]:
        return stage.sagemaker.describe_transform_job(TransformJobName=name)

    until(lambda: describe()["TransformJobStatus"] in ("Completed", "Failed", "Stopped"), bool, 60)
    return describe()


def test_each_object_gives_one_of_its_name_with_an_answer_a_line(stage: Stage) -> None:
    create(stage, "scores")

    job = ended(stage, "scores")

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert stage.objects.keys("sets/out/scores/") == [
        "sets/out/scores/more/part-2.gz.out",
        "sets/out/scores/part-1.gz.out",
    ]
    lines = stage.objects.content["sets/out/scores/part-1.gz.out"].decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"score": 3.0}, {"score": 7.0}]


def test_a_record_that_the_container_refuses_fails_the_job(stage: Stage) -> None:
    create(stage, "wrong", "s3://sets/wrong/")

    job = ended(stage, "wrong")

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: See job logs for more information: 400")


def test_a_taken_name_missing_data_and_unknown_jobs_are_refused(stage: Stage) -> None:
    create(stage, "taken")
    with pytest.raises(ClientError, match="already exists"):
        create(stage, "taken")
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL s3://sets/none/"):
        create(stage, "empty", "s3://sets/none/")
    with pytest.raises(ClientError, match="Requested resource not found"):
        stage.sagemaker.describe_transform_job(TransformJobName="none")
    ended(stage, "taken")
    with pytest.raises(ClientError, match="the transform job is in status Completed"):
        stage.sagemaker.stop_transform_job(TransformJobName="taken")


def test_a_stopped_job_ends_as_stopped(stage: Stage) -> None:
    create(stage, "stopped")
    stage.sagemaker.stop_transform_job(TransformJobName="stopped")

    assert ended(stage, "stopped")["TransformJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("path", "columns"), [("$", b"1,2,3"), ("$[1:]", b"2,3"), ("$[:2]", b"1,2"), ("$[0]", b"1"), ("$[-1]", b"3")]
)
def test_an_input_filter_picks_columns(path: str, columns: bytes) -> None:
    assert column_filter(path)(b"1,2,3") == columns


@pytest.mark.parametrize("path", ["$.features", "$[]", "$[0,2]", ""])
def test_another_json_path_is_not_supported(path: str) -> None:
    with pytest.raises(ValueError, match="JSONPath"):
        column_filter(path)


def test_records_share_payloads_as_far_as_they_may() -> None:
    content = b"aa\nbb\n\ncc\n"
    settings: dict[str, Any] = {"keep": bytes, "most_bytes": 6}

    assert list(payloads(content, by_line=True, many=True, **settings)) == [b"aa\nbb\n", b"cc\n"]
    assert list(payloads(content, by_line=True, many=False, **settings)) == [b"aa\n", b"bb\n", b"cc\n"]
    with pytest.raises(RecordError, match="a record of 10 bytes"):
        list(payloads(content, by_line=False, many=True, **settings))
