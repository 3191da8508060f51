"""Members of answers are looked up by a faster way than moto's: what it picks must be the same."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.model import ListShape, Shape, StructureShape
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model

from local.stepfunctions.serializing import by_possible_keys

MODEL: Any = get_service_model("stepfunctions")
PICKER = XFormedAttributePicker()
moto_value = ResponseSerializer.get_value


def members(shape: Any) -> Iterator[tuple[str, Shape]]:
    """The members of a structure and of those in it, each tied to its structure as moto's serializer does."""
    if isinstance(shape, ListShape):
        yield from members(shape.member)
    structure: Any = shape if isinstance(shape, StructureShape) else None
    for key, member in structure.members.items() if structure else ():
        member.parent = shape
        yield key, member
        yield from members(member)


def serializer(operation: str, picker: Any = PICKER) -> Any:
    return SimpleNamespace(
        _value_picker=picker,
        operation_model=MODEL.operation_model(operation),
        path=[operation],
        get_value=moto_value,
    )


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_dicts_give_what_moto_picks_under_each_name_that_it_tries(operation: str) -> None:
    of, pick = serializer(operation), by_possible_keys(moto_value)
    for key, shape in members(MODEL.operation_model(operation).output_shape):
        names = list(PICKER.get_possible_keys(AttributePickerContext({}, key, shape)))
        assert key in names
        everything = {name: f"value of {name}" for name in reversed(names)}
        for value in ({}, {key: None, "other": 1}, everything, *({name: 0} for name in names)):
            assert pick(of, value, key, shape) == moto_value(of, value, key, shape), (key, value)


def test_other_objects_and_transformed_members_are_left_to_moto() -> None:
    operation = "DescribeStateMachine"
    output = MODEL.operation_model(operation).output_shape
    shape = dict(members(output))["stateMachineArn"]
    pick = by_possible_keys(moto_value)

    class Machine(dict):
        state_machine_arn = "an attribute"

    value = Machine({"stateMachineArn": "a key"})
    assert pick(serializer(operation), value, "stateMachineArn", shape) == "a key"
    plain = SimpleNamespace(state_machine_arn="an attribute")
    assert pick(serializer(operation), plain, "stateMachineArn", shape) == "an attribute"
    upper = XFormedAttributePicker(response_transformers={"stateMachineArn": str.upper})
    assert pick(serializer(operation, upper), {"stateMachineArn": "a"}, "stateMachineArn", shape) == "A"
