"""Calls of intrinsic functions, as "Intrinsics for JSONPath states" in the developer guide has them."""

import json
from typing import Any

import pytest

from local.stepfunctions.intrinsics import parse
from local.stepfunctions.language import quoted
from machines import Client, role, run

RIDE = {"unicorn": {"na,me)": "Shadowfax"}, "ride-id": 7, "größe": 1.5, "legs": [{"km": 3}, {"km": 8}], "two words": 2}
CALLS = [
    ("States.Format('{}', $['unicorn']['na,me)'])", "Shadowfax"),
    ("States.Format('{} {}', $.ride-id, $.größe)", "7 1.5"),
    ("States.Format( '{}' , $.two words )", "2"),
    ("States.Array($.legs[0].km, $.legs[-1:], $.legs[?(@.km > 5)].km)", [3, [{"km": 8}], [8]]),
    ("States.Array(null, true, -1, 1.5, 1e3, 'a', States.Array())", [None, True, -1, 1.5, 1000.0, "a", []]),
    ("States.Format('{}', null)", "null"),
    ("States.ArrayGetItem(States.StringSplit('a,b', ','), States.MathAdd(0, 1))", "b"),
    ("States.ArrayLength($['legs'])", 2),
    ("States.Format('{}', $$['State'].Name)", "A"),
    (r"States.Format('it\'s \{{}\}', $.ride-id)", "it's {7}"),
]


def test_calls_that_aws_accepts_give_what_it_gives(client: Client) -> None:
    template = {f"{number}.$": call for number, (call, _) in enumerate(CALLS)}
    states = {"A": {"Type": "Pass", "Parameters": template, "End": True}}
    output = json.loads(run(client, states, role(client, "states.amazonaws.com"), RIDE)["output"])
    assert [output[str(number)] for number in range(len(CALLS))] == [value for _, value in CALLS]


def test_paths_may_have_any_names(client: Client) -> None:
    fields: dict[str, Any] = {"Parameters": {"id.$": "$.ride-id"}, "ResultPath": "$.the-ride.größe", "End": True}
    output = json.loads(
        run(client, {"A": {"Type": "Pass"} | fields}, role(client, "states.amazonaws.com"), RIDE)["output"]
    )
    assert output["the-ride"] == {"größe": {"id": 7}}


@pytest.mark.parametrize(
    "call",
    [
        "States.Format('it''s {}', 1)",
        "States.Format('{}', 1",
        "States.Format('{}', 1) more",
        "States.Format('{}' 1)",
        "States.Nothing()",
        "States.Array(nothing)",
        "Format('{}')",
    ],
)
def test_call_that_is_none_is_refused_with_its_place(call: str) -> None:
    with pytest.raises(ValueError, match="at character"):
        parse(call)


def test_state_machine_with_such_a_call_is_refused(client: Client) -> None:
    state = {"Type": "Pass", "Parameters": {"id.$": "States.Format('it''s {}', 1)"}, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    answer = client("stepfunctions").validate_state_machine_definition(definition=definition)
    assert [each["code"] for each in answer["diagnostics"]] == ["SCHEMA_VALIDATION_FAILED"]
    assert "needs a comma or a closing parenthesis at character 18" in answer["diagnostics"][0]["message"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", "$"),
        ("$.a.b[0]['c-d'].e", "$.a.b[0]['c-d'].e"),
        ("$..a[*].*", "$..a[*].*"),
        ("$.a-b..c-d", "$.'a-b'..'c-d'"),
        ("$.a[?(@.b-c == 'x.y-z')].d-e", "$.a[?(@.b-c == 'x.y-z')].'d-e'"),
    ],
)
def test_names_that_are_no_identifiers_stand_in_quotes(path: str, expected: str) -> None:
    assert quoted(path) == expected
