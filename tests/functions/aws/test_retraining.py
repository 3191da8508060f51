"""What Step Functions' refusals say of an execution that somebody has named."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws import retraining
from aws.retraining import Retraining

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:stack-retrain"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:stack-retrain:a"


@pytest.fixture
def stub(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Step Functions' client, whose next call is refused as the test says."""
    client = boto3.client("stepfunctions")
    monkeypatch.setattr(retraining, "client", lambda _: client)
    with Stubber(client) as stubber:
        yield stubber


def is_running(execution: str) -> bool:
    return Retraining(MACHINE, "timers", "role", "function", "dead letters").is_running(execution)


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_what_is_no_execution_does_not_run(stub: Any, code: str) -> None:
    stub.add_client_error("describe_execution", code)
    assert not is_running(EXECUTION)


def test_of_an_execution_that_may_not_be_described_nothing_is_said(stub: Any) -> None:
    stub.add_client_error("describe_execution", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        is_running(EXECUTION)


@pytest.mark.parametrize("execution", ["nobody", EXECUTION.replace("stack", "other"), EXECUTION + "a" * 256])
def test_what_cannot_be_an_execution_of_the_machine_is_not_asked_for(stub: Any, execution: str) -> None:
    assert not is_running(execution)
    stub.assert_no_pending_responses()
