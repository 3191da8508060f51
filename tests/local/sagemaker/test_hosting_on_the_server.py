"""Hosting on the embedded AWS itself: signatures, policies and roles, routes, content types, metrics, state machines.

By the service authorization reference: InvokeEndpoint is allowed on an endpoint, and signed for `sagemaker`. By the
Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs": createTransformJob has `.sync`,
createModel, createEndpointConfig and createEndpoint have none.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID, EmbeddedAws
from machines import Client, allow, role, run, unique, until
from watching import window

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT_ID}:endpoint"


@pytest.fixture(scope="module")
def name(client: Client, write_artefact: Callable[..., bytes]) -> str:
    """The name of a bucket, and of an endpoint that a state machine has made, whose model adds two features."""
    name = unique("hosted")
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    artefact = write_artefact([1.0, 1.0], 0.0, 0.5, "LinearRegressionOutput")
    s3.put_object(Bucket=name, Key="model.tar.gz", Body=artefact)
    s3.put_object(Bucket=name, Key="rows/part.csv", Body=b"1,2\n3,4\n")
    objects = f"arn:aws:s3:::{name}"
    models = role(
        client,
        "sagemaker.amazonaws.com",
        allow("s3:GetObject", "s3:PutObject", resource=f"{objects}/*"),
        allow("s3:ListBucket", resource=objects),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    )
    states = role(client, "states.amazonaws.com", allow("sagemaker:*"), allow("iam:PassRole", resource=models))
    described = run(client, hosting(name, models), states)
    assert described["status"] == "SUCCEEDED", described.get("cause")
    until(lambda: client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"], "InService".__eq__)
    return name


def hosting(name: str, models: str) -> dict[str, Any]:
    """States that make model, configuration, endpoint, and a batch transform."""
    variant = {
        "VariantName": "all",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1,
    }
    calls = {
        "createModel": {
            "ModelName": name,
            "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": f"s3://{name}/model.tar.gz"},
            "ExecutionRoleArn": models,
        },
        "createEndpointConfig": {"EndpointConfigName": name, "ProductionVariants": [variant]},
        "createEndpoint": {"EndpointName": name, "EndpointConfigName": name},
        "createTransformJob.sync": {
            "TransformJobName": name,
            "ModelName": name,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{name}/rows/"}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": f"s3://{name}/out", "Accept": "application/jsonlines"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
    names = [*calls, "end"]
    return {
        call: {
            "Type": "Task",
            "Resource": f"arn:aws:states:::sagemaker:{call}",
            "Parameters": parameters,
            "ResultPath": None,
            "Next": following,
        }
        for (call, parameters), following in zip(calls.items(), names[1:], strict=True)
    } | {"end": {"Type": "Succeed"}}


def test_a_transform_job_was_awaited(client: Client, name: str) -> None:
    body = client("s3").get_object(Bucket=name, Key="out/part.csv.out")["Body"].read()

    assert body == b'{"score": 3.0}\n{"score": 7.0}\n'


def test_an_invocation_passes_by_its_path_and_brings_the_containers_content_type(client: Client, name: str) -> None:
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=b"1,2")

    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("application/json", "all")
    assert json.loads(answer["Body"].read()) == {"predictions": [{"score": 3.0}]}


def test_each_invocation_is_a_point_of_the_variants_metrics(server: EmbeddedAws, client: Client, name: str) -> None:
    runtime = client("sagemaker-runtime")
    with pytest.raises(ClientError):
        runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=b"one,two")
    runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=b"1,2")

    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "all"}]

    def total(metric: str) -> float:
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            **window(server),
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert total("Invocations") >= 2
    assert total("Invocation4XXErrors") == 1
    assert total("Invocation5XXErrors") == 0
    assert total("ModelLatency") > 0


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (lambda name: allow("sagemaker:InvokeEndpoint", resource=f"{ARN}/{name}"), True),
        (lambda name: allow("sagemaker:InvokeEndpoint", resource=f"{ARN}/other"), False),
        (lambda name: allow("sagemaker:DescribeEndpoint", resource=f"{ARN}/{name}"), False),
    ],
)
def test_a_role_needs_invoke_endpoint_on_the_endpoint(
    client: Client, name: str, statement: Callable[[str], dict[str, Any]], allowed: bool
) -> None:
    states = role(client, "states.amazonaws.com", statement(name))
    asking = {
        "ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint",
            "Parameters": {
                "EndpointName": name,
                "ContentType": "application/json",
                # What a payload says of resources is no business of policies.
                "Body": {"instances": [{"features": [1, 2]}], "ResourceArn": f"{ARN}/other"},
            },
            "End": True,
        }
    }

    described = run(client, asking, states)

    if allowed:
        assert described["status"] == "SUCCEEDED", described.get("cause")
        output = json.loads(described["output"])
        assert json.loads(output["Body"]) == {"predictions": [{"score": 3.0}]}
        assert output["InvokedProductionVariant"] == "all"
    else:
        assert "is not authorized to perform: sagemaker:InvokeEndpoint" in described["cause"]
