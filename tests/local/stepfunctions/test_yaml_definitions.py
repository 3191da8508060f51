"""Definitions in YAML: "AWS::StepFunctions::StateMachine", DefinitionS3Location."""

import json

import pytest

from local.stepfunctions.yaml_definitions import as_json

LEVELS = range(1, 12)
BOMB = "a0: &a0 [ride]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in LEVELS)
MERGES = "a0: &a0 {ride: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in LEVELS)


def test_aliases_and_merges_are_what_they_stand_for() -> None:
    text = "Base: &base {Type: Pass}\nStates:\n  A: *base\n  B: {<<: *base, End: true}\n"
    states = json.loads(as_json(text))["States"]
    assert states == {"A": {"Type": "Pass"}, "B": {"Type": "Pass", "End": True}}


NO_JSON = {
    "bytes": "a: !!binary cmlkZQ==",
    "set": "a: !!set {ride}",
    "list as key": "? [a, b]\n: 1",
    "nan": "a: .nan",
    "inf": "a: .inf",
    "itself": "&a [*a]",
    "no int": "a: !!int ride",
    "aliases": BOMB,
    "merges": MERGES,
    "deep": "[" * 100_000,
    "deep and whole": "[" * 20_000 + "]" * 20_000,
    "deep in blocks": "- " * 100_000 + "ride",
    "large": "- ride\n" * 200_000,
}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=list(NO_JSON))
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    """The service then says that it is no definition."""
    assert as_json(text) is text
