"""Times in the Context object, in Choice and in Wait, as the developer guide writes them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stepfunctions.times import parse
from machines import Client, role, run

PASS = {"Type": "Pass", "End": True}


@pytest.fixture(scope="module")
def nobody(client: Client) -> str:
    return role(client, "states.amazonaws.com")


def test_context_object_has_times_in_milliseconds_with_z(client: Client, nobody: str) -> None:
    selected = {"context.$": "$$", "entered.$": "$$.State.EnteredTime"}
    output = json.loads(run(client, {"A": PASS | {"Parameters": selected}}, nobody, {"rides": 1})["output"])
    context = output["context"]
    assert context["Execution"]["Input"] == {"rides": 1}
    for text in (output["entered"], context["State"]["EnteredTime"], context["Execution"]["StartTime"]):
        assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) == parse(text)
        assert len(text) == len("2026-01-02T03:04:05.678Z")


def test_item_of_a_map_has_its_index_and_value_in_the_context_object(client: Client, nobody: str) -> None:
    item = {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "started.$": "$$.Execution.StartTime"}
    processor = {"StartAt": "A", "States": {"A": PASS}}
    states = {"Each": {"Type": "Map", "ItemSelector": item, "ItemProcessor": processor, "End": True}}
    output = json.loads(run(client, states, nobody, ["a", "b"])["output"])
    assert [(each["index"], each["value"]) for each in output] == [(0, "a"), (1, "b")]
    assert parse(output[0]["started"]) is not None


def test_choice_and_wait_read_fractions_and_offsets(client: Client, nobody: str) -> None:
    rules: list[dict[str, Any]] = [
        {"Variable": "$.at", "IsTimestamp": True},
        {"Variable": "$.at", "TimestampEquals": "2016-03-14T01:59:00.250Z"},
        {"Variable": "$.at", "TimestampLessThanPath": "$.later"},
    ]
    states = {
        "Which?": {"Type": "Choice", "Choices": [{"And": rules, "Next": "Wait"}]},
        "Wait": {"Type": "Wait", "TimestampPath": "$.at", "End": True},
    }
    times = {"at": "2016-03-14T02:59:00.25+01:00", "later": "2016-03-14T01:59:00.251Z"}
    assert run(client, states, nobody, times)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "text", ["2016-03-14", "2016-03-14T01:59:00", "2016-13-14T01:59:00Z", "2016-03-14t01:59:00z", 5]
)
def test_what_rfc_3339_does_not_allow_is_no_timestamp(text: Any) -> None:
    assert parse(text) is None
