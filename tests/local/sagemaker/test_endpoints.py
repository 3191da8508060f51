"""Endpoints over boto3, with containers as processes, by what AWS documents of them.

Named for the API reference of Amazon SageMaker and of its runtime, and for the developer guide's pages on hosting.
"""

import http.client
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from hosting_stage import IMAGE, ROLE, Stage
from local.account import entries
from local.algorithms.inputs import recordio
from machines import until

LOG = "/aws/sagemaker/Endpoints/rides"
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 50,
    "DestinationS3Uri": "s3://captures/live",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, write_artefact: Callable[..., bytes]) -> Iterator[Stage]:
    """An endpoint `rides` of two variants: `sum`, which adds its two features, has three quarters of the traffic."""
    prepared = Stage(tmp_path_factory.mktemp("hosting"))
    prepared.model("sum", write_artefact([1.0, 1.0], 0.0, 0.5, "LinearRegressionOutput"))
    prepared.model("even", write_artefact([0.0, 0.0], 0.0, 0.5))
    prepared.config("both", {"sum": 3, "even": 1}, DataCaptureConfig=CAPTURE)
    prepared.endpoint("rides", "both")
    yield prepared
    prepared.service.stop_all()


def refused(call: Callable[..., Any], *arguments: Any, **members: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    return dict(caught.value.response)


def test_describe_endpoint_shows_variants_images_and_capture(stage: Stage) -> None:
    described = stage.describe("rides")

    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "both")
    assert described["EndpointArn"] == "arn:aws:sagemaker:us-east-1:000000000000:endpoint/rides"
    variants = {each["VariantName"]: each for each in described["ProductionVariants"]}
    assert {name: each["CurrentWeight"] for name, each in variants.items()} == {"sum-variant": 3, "even-variant": 1}
    assert variants["sum-variant"]["DeployedImages"][0]["SpecifiedImage"] == IMAGE
    assert variants["sum-variant"]["CurrentInstanceCount"] == 1
    assert described["DataCaptureConfig"]["CurrentSamplingPercentage"] == 50


def test_traffic_is_divided_by_the_variants_weights(stage: Stage) -> None:
    invoked = Counter(stage.ask("rides", "1,2")["InvokedProductionVariant"] for _ in range(8))

    assert invoked == {"sum-variant": 6, "even-variant": 2}


def test_target_variant_overrides_the_weights(stage: Stage) -> None:
    answer = stage.ask("rides", "1,2", TargetVariant="even-variant")

    assert answer["InvokedProductionVariant"] == "even-variant"
    assert json.loads(answer["Body"].read()) == {"predictions": [{"score": 0.5, "predicted_label": 1}]}
    error = refused(stage.ask, "rides", "1,2", TargetVariant="other")["Error"]
    assert error["Code"] == "ValidationError"


ROWS = [[1.0, 2.0], [3.5, -1.0]]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", "1,2\n3.5,-1\n"),
        ("text/csv; charset=utf-8", "1,2\n3.5,-1"),
        ("application/json", json.dumps({"instances": [{"features": row} for row in ROWS]})),
        (
            "application/json",
            json.dumps({"instances": [{"data": {"features": {"values": row}}} for row in ROWS]}),
        ),
        (
            "application/json",
            json.dumps(
                {"instances": [{"features": {"keys": [1, 0], "shape": [2], "values": [b, a]}} for a, b in ROWS]}
            ),
        ),
        ("application/jsonlines", "".join(json.dumps({"features": row}) + "\n" for row in ROWS)),
    ],
)
def test_common_data_formats_for_inference(stage: Stage, content_type: str, body: str) -> None:
    answer = stage.ask("rides", body, content_type, TargetVariant="sum-variant")

    assert answer["ContentType"] == "application/json"
    assert json.loads(answer["Body"].read()) == {"predictions": [{"score": 3.0}, {"score": 2.5}]}


@pytest.mark.parametrize(
    ("accept", "content_type", "body"),
    [
        ("application/jsonlines", "application/jsonlines", b'{"score": 3.0}\n{"score": 2.5}\n'),
        ("text/csv", "text/csv; charset=utf-8", b"3.0\n2.5\n"),
        ("image/png, application/jsonlines", "application/jsonlines", b'{"score": 3.0}\n{"score": 2.5}\n'),
        ("*/*", "application/json", b'{"predictions": [{"score": 3.0}, {"score": 2.5}]}'),
    ],
)
def test_linear_learner_response_formats(stage: Stage, accept: str, content_type: str, body: bytes) -> None:
    answer = stage.ask("rides", "1,2\n3.5,-1", Accept=accept, TargetVariant="sum-variant")

    assert (answer["ContentType"], answer["Body"].read()) == (content_type, body)


def test_a_recordio_answer_has_a_record_a_row_with_the_score_as_label(stage: Stage) -> None:
    accept = "application/x-recordio-protobuf"
    answer = stage.ask("rides", "1,2\n3.5,-1", Accept=accept, TargetVariant="sum-variant")

    labels = [dict(recordio._fields(frame))[2] for frame in recordio._frames(answer["Body"].read())]
    assert [dict(recordio._fields(label))[1] for label in labels] == [b"score", b"score"]
    assert [recordio._tensor(label)[0].tolist() for label in labels] == [[3.0], [2.5]]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "words"),
    [
        ("text/csv", "1,2,3", 400, "rows of 2 features are expected"),
        ("text/csv", "1,two", 400, "unable to evaluate payload provided"),
        ("text/csv", "1,", 400, "a value is not finite"),
        ("application/json", "{", 400, "unable to evaluate payload provided"),
        ("application/json", "[" * 100_000, 400, "unable to evaluate payload provided"),
        ("application/jsonlines", '{"features": {"keys": [9], "shape": [2], "values": [1]}}', 400, "feature 9"),
        ("text/libsvm", "0:1", 415, "Content-type text/libsvm not supported"),
        ("application/x-recordio-protobuf", "no records", 400, "unable to evaluate payload provided"),
    ],
)
def test_model_error_has_the_containers_status_its_message_and_the_log(
    stage: Stage, content_type: str, body: str, status: int, words: str
) -> None:
    response = refused(stage.ask, "rides", body, content_type, TargetVariant="sum-variant")

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["Error"]["Code"] == "ModelError"
    assert response["Error"]["Message"].startswith(f'Received client error ({status}) from primary with message "')
    assert f"logEventViewer:group={LOG} in account 000000000000" in response["Error"]["Message"]
    assert response["OriginalStatusCode"] == status
    assert words in response["OriginalMessage"]
    assert response["LogStreamArn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{LOG}"


def test_an_accept_type_that_no_container_has_is_a_model_error(stage: Stage) -> None:
    response = refused(stage.ask, "rides", "1,2", Accept="image/png")

    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", 406)


def test_a_payload_may_have_6291456_bytes(stage: Stage) -> None:
    row = b"1,2\n"
    largest = row * (6_291_456 // len(row))
    assert len(largest) == 6_291_456

    error = refused(stage.ask, "rides", largest + b"\n")

    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("413", 413)
    assert error["Error"]["Message"] == "HTTP content length exceeded 6291456 bytes."


def test_who_invokes_no_endpoint_learns_its_name(stage: Stage) -> None:
    error = refused(stage.ask, "missing", "1,2")["Error"]

    assert error["Code"] == "ValidationError"
    assert error["Message"] == "Endpoint missing of account 000000000000 not found."


def test_a_captured_file_has_a_json_line_for_each_request_of_the_sample(
    stage: Stage, write_artefact: Callable[..., bytes]
) -> None:
    stage.config("captured", {"sum": 1}, DataCaptureConfig=CAPTURE)
    stage.endpoint("captured", "captured")
    for number in range(8):
        stage.ask("captured", f"{number},0", InferenceId=f"id-{number}", CustomAttributes="from=test")
    stage.sagemaker.delete_endpoint(EndpointName="captured")
    until(lambda: stage.objects.keys("captures/live/captured/sum-variant/"), bool, 30)
    until(lambda: refused_describe(stage, "captured"), bool, 30)

    keys = stage.objects.keys("captures/live/captured/")
    records = [json.loads(line) for key in keys for line in stage.objects.content[key].decode().splitlines()]
    assert all(key.endswith(".jsonl") and len(key.split("/")) == 9 for key in keys)
    assert [record["captureData"]["endpointInput"]["data"] for record in records] == ["1,0", "3,0", "5,0", "7,0"]
    first = records[0]
    assert first["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,0",
        "encoding": "CSV",
    }
    output = first["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"]) == ("OUTPUT", "JSON")
    assert json.loads(output["data"]) == {"predictions": [{"score": 1.0}]}
    assert (first["eventVersion"], first["eventMetadata"]["inferenceId"]) == ("0", "id-1")
    assert first["eventMetadata"]["customAttributes"] == ["from=test"]


def refused_describe(stage: Stage, name: str) -> bool:
    try:
        stage.describe(name)
    except ClientError as error:
        assert error.response["Error"]["Message"].startswith("Could not find endpoint")
        return True
    return False


def test_a_container_that_crashes_is_started_again_and_the_log_says_so(stage: Stage) -> None:
    stage.config("crashing", {"sum": 1})
    stage.endpoint("crashing", "crashing")
    server = stage.server("crashing", "sum-variant")
    assert server.process_id is not None

    os.kill(server.process_id, signal.SIGKILL)

    until(lambda: server.restarts == 1 and server.is_healthy, bool, 60)
    assert stage.score("crashing", "1,2") == 3.0
    again, group = "The container ended with exit code 137: it is started again.", "/aws/sagemaker/Endpoints/crashing"
    until(lambda: stage.objects.lines.get(group, []), lambda lines: again in lines)


def test_while_no_container_is_there_the_service_is_unavailable(stage: Stage) -> None:
    stage.config("down", {"sum": 1})
    stage.endpoint("down", "down")
    server = stage.server("down", "sum-variant")

    server.stop()

    response = refused(stage.ask, "down", "1,2")
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceUnavailable", 503)
    assert stage.describe("down")["ProductionVariants"][0]["CurrentInstanceCount"] == 0


def test_a_deleted_endpoint_leaves_no_process(stage: Stage) -> None:
    stage.config("brief", {"sum": 1})
    stage.endpoint("brief", "brief")
    process_id = stage.server("brief", "sum-variant").process_id

    stage.sagemaker.delete_endpoint(EndpointName="brief")

    until(lambda: refused_describe(stage, "brief"), bool, 30)
    assert process_id is not None
    assert not psutil.pid_exists(process_id)


def test_update_endpoint_weights_and_capacities_moves_traffic(stage: Stage) -> None:
    stage.config("weighed", {"sum": 1, "even": 1})
    stage.endpoint("weighed", "weighed")

    stage.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="weighed",
        DesiredWeightsAndCapacities=[
            {"VariantName": "even-variant", "DesiredWeight": 0},
            {"VariantName": "sum-variant", "DesiredInstanceCount": 2},
        ],
    )

    variants = {each["VariantName"]: each for each in stage.settled("weighed")["ProductionVariants"]}
    assert (variants["even-variant"]["CurrentWeight"], variants["sum-variant"]["DesiredInstanceCount"]) == (0, 2)
    assert {stage.ask("weighed", "1,2")["InvokedProductionVariant"] for _ in range(4)} == {"sum-variant"}


def test_refusals_are_worded_as_sagemaker_words_them(stage: Stage) -> None:
    sagemaker = stage.sagemaker
    arn = "arn:aws:sagemaker:us-east-1:000000000000:"
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/none/model.tar.gz"}
    calls = {
        f'Could not find endpoint "{arn}endpoint/none".': lambda: stage.describe("none"),
        f'Could not find model "{arn}model/none".': lambda: sagemaker.describe_model(ModelName="none"),
        f'Could not find endpoint configuration "{arn}endpoint-config/none".': lambda: sagemaker.create_endpoint(
            EndpointName="new", EndpointConfigName="none"
        ),
        f'Cannot create already existing endpoint "{arn}endpoint/rides".': lambda: sagemaker.create_endpoint(
            EndpointName="rides", EndpointConfigName="both"
        ),
        f'Cannot create already existing endpoint configuration "{arn}endpoint-config/both".': lambda: stage.config(
            "both", {"sum": 1}
        ),
        "Could not find model data at s3://models/none/model.tar.gz.": lambda: sagemaker.create_model(
            ModelName="new", PrimaryContainer=container, ExecutionRoleArn=ROLE
        ),
    }
    for message, call in calls.items():
        error = refused(call)["Error"]
        assert (error["Code"], error["Message"]) == ("ValidationException", message)


def test_models_and_configurations_are_listed_newest_first_and_deleted(stage: Stage) -> None:
    stage.config("listed-1", {"sum": 1})
    stage.config("listed-2", {"sum": 1})
    listed = entries(stage.sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains="listed")
    assert [each["EndpointConfigName"] for each in listed] == ["listed-2", "listed-1"]

    stage.sagemaker.delete_endpoint_config(EndpointConfigName="listed-1")

    assert len(entries(stage.sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains="listed")) == 1
    models = entries(stage.sagemaker, "list_models", "Models")
    assert {each["ModelName"] for each in models} >= {"sum", "even"}


def test_containers_act_as_the_models_role_and_their_log_is_the_endpoints(stage: Stage) -> None:
    assert {role for _, role in stage.objects.roles} == {ROLE}
    # A line gets to the log some moments after it was written.
    loaded = "Loaded a model of 2 features"
    until(lambda: stage.objects.lines.get(LOG, []), lambda lines: any(loaded in line for line in lines))


def test_a_container_answers_only_who_has_its_token(stage: Stage) -> None:
    running = stage.server("rides", "sum-variant")._running
    assert running is not None
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    connection.request("POST", "/invocations", b"1,2", {"Content-Type": "text/csv"})
    response = connection.getresponse()
    assert (response.status, response.read()) == (403, b"The token is missing or wrong.")
    connection.close()
