"""The end of an execution: in EventBridge's event, and in the answer of DescribeExecution."""

from typing import Any

import pytest

from wildrydes.announcements.end import End, arn_of, read_description
from wildrydes.errors import BadEndEvent

ARN = "arn:aws:states:eu-west-1:123456789012:execution:wild-rydes-dev-promote:run-1"


def event(arn: Any, status: str = "FAILED") -> dict[str, Any]:
    return {"detail": {"executionArn": arn, "status": status}}


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_the_execution_of_an_end_is_the_events(status: str) -> None:
    assert arn_of(event(ARN, status)) == ARN


@pytest.mark.parametrize(
    "bad",
    [
        event(ARN.rpartition(":")[0]),
        event(f"{ARN}:1"),
        event(ARN, "RUNNING"),
        event(None),
        {"detail": [ARN, "FAILED"]},
        [event(ARN)],
    ],
)
def test_what_is_no_end_is_refused_and_shown(bad: Any) -> None:
    with pytest.raises(BadEndEvent, match="the event is no end of an execution: ") as refused:
        arn_of(bad)
    assert str(bad)[:500] in str(refused.value)


def test_an_end_is_of_a_stack_a_workflow_and_a_region() -> None:
    ended = End(ARN, "FAILED")
    parts = (ended.stack, ended.workflow, ended.region, ended.name)
    assert parts == ("wild-rydes-dev", "promote", "eu-west-1", "run-1")


@pytest.mark.parametrize(
    ("workflow", "status", "output", "outcome"),
    [
        ("retrain", "SUCCEEDED", {"promoted": True}, "promoted"),
        ("retrain", "SUCCEEDED", {"promoted": False}, "kept"),
        ("retrain", "SUCCEEDED", {}, "kept"),
        ("retrain", "SUCCEEDED", None, "kept"),
        ("retrain", "SUCCEEDED", {"yielded_to": ARN, "promoted": True}, "yielded"),
        ("retrain", "FAILED", {"promoted": True}, "failed"),
        ("promote", "SUCCEEDED", {"promoted": True}, "succeeded"),
        ("monitor", "TIMED_OUT", None, "timed_out"),
    ],
)
def test_an_outcome_is_the_status_but_for_a_retraining_that_succeeded(
    workflow: str, status: str, output: dict[str, Any] | None, outcome: str
) -> None:
    assert End(ARN.replace("promote", workflow), status, output=output).outcome == outcome


def test_a_champion_is_a_key() -> None:
    assert End(ARN, "SUCCEEDED", output={"model_path": "models/a"}).champion == "models/a"
    assert End(ARN, "SUCCEEDED", output={"model_path": {"key": "models/a"}}).champion is None


@pytest.mark.parametrize(
    ("request_", "is_rollback"),
    [
        ({"reason": "rollback from models/b"}, True),
        ({"reason": "a rollback from models/b"}, False),
        ({"reason": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_rollback_says_so_at_the_start_of_its_reason(request_: dict[str, Any] | None, is_rollback: bool) -> None:
    assert End(ARN, "SUCCEEDED", request=request_).is_rollback is is_rollback


def test_a_description_is_read_whole() -> None:
    described = {
        "executionArn": ARN,
        "status": "FAILED",
        "error": "PromotionConflict",
        "cause": "somebody else",
        "input": '{"task": "magic_points"}',
        "output": '{"promoted": false}',
    }
    whole = End(ARN, "FAILED", "PromotionConflict", "somebody else", {"task": "magic_points"}, {"promoted": False})
    assert read_description(described) == whole


@pytest.mark.parametrize("text", [None, "", "[1]", '"text"', "{", "[" * 100_000])
def test_what_is_no_object_in_a_description_is_none(text: str | None) -> None:
    described = {"executionArn": ARN, "status": "ABORTED", "error": None, "input": text, "output": text}
    assert read_description(described) == End(ARN, "ABORTED")
