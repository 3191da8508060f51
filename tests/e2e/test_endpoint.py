"""A model that an endpoint serves: promoted, replaced, put back and taken down by the workflow of all others."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha1
from typing import Any

import pytest
from botocore.exceptions import ClientError

from endpoint_models import FEATURES, request, train
from local.account import EmbeddedAws
from machines import until
from promotions import Model, promote, redefined, start, store
from stacks import MakeStack, Stack
from wildrydes.evaluation.golden import golden_request

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def key(server: EmbeddedAws) -> str:
    """The ARN of a key of the user's."""
    return server.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack, key: str) -> Stack:
    return make_stack(KmsKeyArn=key)


@pytest.fixture(scope="module")
def make_model(stack: Stack) -> Callable[..., Model]:
    """Trains a model on rows whose label is 1 beyond a distance, and puts its card where an execution would."""
    return partial(train, stack)


def endpoint(stack: Stack) -> dict[str, Any] | None:
    """What DescribeEndpoint says, or None where there is no endpoint."""
    try:
        return stack.client("sagemaker").describe_endpoint(EndpointName=f"{stack.name}-heavy-utilization")
    except ClientError as error:
        assert "Could not find endpoint" in error.response["Error"]["Message"]
        return None


def definitions(stack: Stack) -> tuple[list[str], list[str]]:
    """The names of the models and the configurations that there are, which other tests have none of."""
    sagemaker = stack.client("sagemaker")
    models = sagemaker.get_paginator("list_models").paginate().build_full_result()["Models"]
    configs = sagemaker.get_paginator("list_endpoint_configs").paginate().build_full_result()["EndpointConfigs"]
    return [each["ModelName"] for each in models], [each["EndpointConfigName"] for each in configs]


def definition_of(promotion: dict[str, Any]) -> str:
    """The name of a promotion's model and configuration."""
    digest = sha1(promotion["executionArn"].encode(), usedforsecurity=False)
    return f"promotion-{digest.hexdigest()}"


def variables(stack: Stack) -> dict[str, str]:
    """Of the function, which are not those that `live` has."""
    function = stack.outputs["PredictFunctionName"]
    return stack.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]


@contextmanager
def unchanged_definitions(stack: Stack) -> Iterator[None]:
    """Endpoint, models, configurations and the function's variables are after the block what they were before it."""

    def seen() -> tuple[Any, ...]:
        described = endpoint(stack) or {}
        return {**described, "ResponseMetadata": None}, definitions(stack), variables(stack)

    before = seen()
    yield
    assert seen() == before


def run(stack: Stack, wanted: dict[str, Any], name: str = "") -> dict[str, Any]:
    described = stack.ended(start(stack, wanted, name))
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return described


def test_an_endpoint_is_made_updated_put_back_and_taken_down(
    stack: Stack, key: str, make_model: Callable[..., Model]
) -> None:
    first, second, third = make_model(20), make_model(30), make_model(25, "lambda")

    # Made: the function asks it, and the answer names the model that gave it.
    created = run(stack, request(first), f"{uuid.uuid4()}_{uuid.uuid4()}")
    described = endpoint(stack)
    assert described is not None
    name = definition_of(created)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", name)
    assert [each["VariantName"] for each in described["ProductionVariants"]] == [first.execution]
    assert stack.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)["KmsKeyId"] == key
    status, answer = stack.ask(first.ride)
    assert (status, answer["model"]) == (200, first.execution)
    assert answer["probability"] == pytest.approx(first.probability, rel=1e-4)

    # What answers otherwise than it was evaluated is put back, and nothing of it stays.
    wrong = golden_request(second.ride, "probability", second.probability / 2)
    failed = stack.ended(start(stack, request(second, golden=wrong)))
    assert (failed["status"], failed["error"]) == ("FAILED", "SmokeTestFailed"), failed
    restored = endpoint(stack)
    assert restored is not None
    assert (restored["EndpointStatus"], restored["EndpointConfigName"]) == ("InService", name)
    assert stack.ask(first.ride)[1]["model"] == first.execution
    assert definitions(stack) == ([name], [name])

    # So is what was left by a promotion that was stopped: `restore` does it.
    with redefined(
        stack, "PromoteStateMachineArn", States={"Publish version": {"Type": "Wait", "Seconds": 900, "End": True}}
    ):
        stopped = start(stack, request(second))
        until(lambda: (endpoint(stack) or {}).get("EndpointConfigName"), lambda config: config != name, 120)
        until(lambda: (endpoint(stack) or {})["EndpointStatus"], lambda status: status == "InService", 120)
        stack.client("stepfunctions").stop_execution(executionArn=stopped)
    until(lambda: variables(stack)["PROMOTION"], lambda holder: holder == "none", 120)
    assert stack.ask(first.ride)[1]["model"] == first.execution
    restored = endpoint(stack)
    assert restored is not None
    assert (restored["EndpointStatus"], restored["EndpointConfigName"]) == ("InService", name)
    assert definitions(stack) == ([name], [name])

    # The version that is live would ask a model of other features for these: it is refused before anything is changed.
    swapped = store(stack, stack.read(first.path), 0.5, FEATURES[::-1], first.ride, serving="endpoint")
    with unchanged_definitions(stack):
        refused = stack.ended(start(stack, request(swapped)))
    assert (refused["status"], refused["error"]) == ("FAILED", "OtherFeatures"), refused
    assert "Retrain with serving: lambda and force: true, which deletes the endpoint" in refused["cause"]

    # Updated: the former model and configuration are gone.
    updated = run(stack, request(second))
    name = definition_of(updated)
    assert stack.ask(first.ride)[1]["model"] == second.execution
    assert definitions(stack) == ([name], [name])
    entry = json.loads(stack.read(max(stack.keys("models/registry/"))))
    assert (entry["execution"], entry["serving"]) == (second.execution, "endpoint")

    # Back to the function: nothing is left that costs.
    promote(stack, third)
    assert stack.ask(third.ride)[1]["model"] == third.execution
    assert endpoint(stack) is None
    assert definitions(stack) == ([], [])
