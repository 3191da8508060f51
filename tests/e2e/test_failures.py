"""What bad input gets: the execution fails, says why, and nothing is trained."""

import json
from typing import Any

import pytest

from stacks import SAMPLE_RIDES, MakeStack, Stack


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """A stack in which executions fail before anything is ingested."""
    return make_stack()


@pytest.mark.parametrize(
    ("execution_input", "field"),
    [
        ({"target": "speed"}, "target"),
        ({"features": ["distance", "'); DROP TABLE rides; --"]}, "features"),
        ({"years": {"first": 1700, "last": 2019}}, "years"),
        ({"chunk_bytes": "many"}, "chunk_bytes"),
        ({"hyperparameters": {"learning_rate": "-1"}}, "learning_rate"),
        ({"no_such_field": 1}, "no_such_field"),
    ],
)
def test_wrong_input_fails_at_once_and_names_the_field(
    stack: Stack, execution_input: dict[str, Any], field: str
) -> None:
    error, cause = stack.fail(**execution_input)
    assert error == "BadExecutionInput"
    assert field in json.loads(cause)["errorMessage"]
    assert stack.keys("manifests/") == {}


def test_input_that_is_no_object_is_refused_by_name(stack: Stack) -> None:
    machine = stack.outputs["StateMachineArn"]
    started = stack.client("stepfunctions").start_execution(stateMachineArn=machine, input='["target"]')
    assert stack.ended(started["executionArn"])["error"] == "BadExecutionInput"


def test_failure_is_published_before_the_execution_fails(stack: Stack) -> None:
    queue = stack.client("sqs").create_queue(QueueName=f"{stack.name}-heard")["QueueUrl"]
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    topic = stack.outputs["FailureTopicArn"]
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": attributes["QueueArn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    stack.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    stack.fail(target="speed")
    (message,) = stack.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert "BadExecutionInput" in json.loads(message["Body"])["Message"]


def test_too_many_rejected_rides_fail_before_anything_is_trained(make_stack: MakeStack) -> None:
    stack = make_stack()
    good = SAMPLE_RIDES[0].read_text(encoding="utf-8")
    rides = json.loads(good)[:50] + [{"Distance": "far"}] * 10
    stack.put("raw/with spaces + ünïcode.json", json.dumps(rides))
    stack.put("raw/truncated.json", good[: len(good) // 2])
    stack.put("raw/empty.json", b"")
    error, cause = stack.fail()
    assert error == "TooManyRejectedRides"
    assert "truncated_file" in cause
    assert stack.keys("training-sets/") == {}
    truncated = next(each for each in stack.rejected() if each["source"]["key"] == "raw/truncated.json")
    assert truncated["position"]["byte"] > 0
    # The same files are refused again, with the same numbers, and nothing of them is ever trained on.
    again = json.loads(stack.fail()[1])
    assert (again["errorType"], again["errorMessage"]) == (error, json.loads(cause)["errorMessage"])
    assert stack.keys("processed/") == stack.keys("ingested/") == {}
    # A higher bound lets the same rides through, though fifty are too few to train on.
    error, cause = stack.fail(max_rejected_fraction=1)
    assert error == "UnusableTrainingSet"
    assert "100 rows" in cause


def test_weather_that_holds_none_of_the_days_is_unusable(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.upload(SAMPLE_RIDES[:1])
    error, cause = stack.fail(years={"first": 1990, "last": 1991})
    assert error == "UnusableTrainingSet"
    assert "have no weather" in cause


def test_one_class_alone_is_unusable(make_stack: MakeStack) -> None:
    stack = make_stack()
    rides = [
        ride | {"MagicPoints": 0}
        for ride in json.loads(SAMPLE_RIDES[0].read_text(encoding="utf-8"))
        if "MagicPoints" in ride
    ]
    stack.put("raw/lame.json", json.dumps(rides))
    error, cause = stack.fail()
    assert error == "UnusableTrainingSet"
    assert "0 of them positive" in cause


def test_training_job_that_fails_fails_the_state_with_its_reason(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.upload(SAMPLE_RIDES[:1])
    error, cause = stack.fail(hyperparameters={"mini_batch_size": 100_000})
    assert error == "States.TaskFailed"
    assert "mini_batch_size" in json.loads(cause)["FailureReason"]
    # Nothing went live.
    assert stack.ask({"distance": 1})[0] == 503


def test_query_that_fails_fails_the_state_with_the_engines_message(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.upload(SAMPLE_RIDES[:1])
    stack.client("glue").delete_table(DatabaseName=stack.outputs["GlueDatabaseName"], Name="ghcn")
    error, cause = stack.fail()
    assert error == "States.TaskFailed"
    assert "ghcn" in json.loads(cause)["Status"]["StateChangeReason"]


def test_missing_grant_fails_here_as_on_aws(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.upload(SAMPLE_RIDES[:1])
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="TrainingRole"
    )
    name = role["StackResourceDetail"]["PhysicalResourceId"]
    stack.client("iam").delete_role_policy(RoleName=name, PolicyName="Train")
    error, cause = stack.fail()
    assert error.startswith(("SageMaker.", "States."))
    assert "s3" in cause.lower()
