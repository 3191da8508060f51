"""Definitions that Step Functions refuses, by CreateStateMachine and by ValidateStateMachineDefinition."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.stepfunctions.definitions import check
from machines import Client, machine, role

PASS = {"Type": "Pass", "End": True}
CATCH = {"ErrorEquals": ["States.ALL"], "Next": "B"}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": True}


def definition(start: str = "A", **states: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


@pytest.mark.parametrize(
    ("wrong", "code", "location"),
    [
        (definition("B", A=PASS), "MISSING_TRANSITION_TARGET", "/StartAt"),
        (definition(A={"Type": "Pass", "Next": "B"}, C=PASS), "MISSING_TRANSITION_TARGET", "/States/A/Next"),
        (definition(A=PASS, B=PASS), "MISSING_TRANSITION_TARGET", "/States/B"),
        (definition(A=TASK | {"Catch": [CATCH]}), "MISSING_TRANSITION_TARGET", "/States/A/Catch[0]/Next"),
        (definition(A={"Type": "Pass", "Next": "A"}), "MISSING_END_STATE", "/States"),
        (definition(A={"Type": "Pass"}), "SCHEMA_VALIDATION_FAILED", "/States/A"),
        (definition(A=PASS | {"Next": "A"}), "SCHEMA_VALIDATION_FAILED", "/"),
        (
            definition(A=TASK | {"Catch": [CATCH, CATCH]}, B=PASS),
            "SCHEMA_VALIDATION_FAILED",
            "/States/A/Catch[0]/ErrorEquals",
        ),
        (
            definition(A=TASK | {"Retry": [{"ErrorEquals": ["States.ALL", "E"]}]}),
            "SCHEMA_VALIDATION_FAILED",
            "/",
        ),
        (
            definition(A={"Type": "Map", "Iterator": definition("X", Y=PASS), "End": True}),
            "MISSING_TRANSITION_TARGET",
            "/States/A/Iterator/StartAt",
        ),
        (
            definition(A={"Type": "Parallel", "Branches": [definition(A=PASS)], "End": True}),
            "DUPLICATE_STATE_NAME",
            "/States/A/Branches[0]/States/A",
        ),
        (
            definition(A=PASS | {"Parameters": {"ride": {"id.$": " $.id"}}}),
            "SCHEMA_VALIDATION_FAILED",
            "/States/A/Parameters/ride/id.$",
        ),
        (definition("A" * 81, **{"A" * 81: PASS}), "INVALID_STATE_NAME", f"/States/{'A' * 81}"),
        (definition(A={"Type": "Nonsense"}), "SCHEMA_VALIDATION_FAILED", "/"),
    ],
)
def test_fault_is_named_with_its_place(wrong: dict[str, Any], code: str, location: str) -> None:
    assert (code, location) in [(fault.code, fault.location) for fault in check(json.dumps(wrong))]


def test_what_is_right_has_no_fault() -> None:
    catching = TASK | {"Retry": [{"ErrorEquals": ["E"]}, {"ErrorEquals": ["States.ALL"]}], "Catch": [CATCH]}
    assert check(json.dumps(definition(A=catching, B={"Type": "Fail"}))) == []


def test_state_machine_of_such_a_definition_is_not_created(client: Client) -> None:
    executor = role(client, "states.amazonaws.com")
    with pytest.raises(ClientError) as refusal:
        machine(client, definition(A={"Type": "Pass", "Next": "B"}, C=PASS), executor)
    error = refusal.value.response["Error"]
    assert error["Code"] == "InvalidDefinition"
    assert error["Message"] == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, "
        'MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C\''
    )


def test_definition_is_validated_without_a_state_machine(client: Client) -> None:
    validate = client("stepfunctions").validate_state_machine_definition
    assert validate(definition=json.dumps(definition(A=PASS)))["result"] == "OK"
    answer = validate(definition="{")
    assert answer["result"] == "FAIL"
    assert [each["code"] for each in answer["diagnostics"]] == ["INVALID_JSON_DESCRIPTION"]
