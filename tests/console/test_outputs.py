"""A console that is open while its stack is deployed anew shows the stack as it is then."""

import json
from typing import Any

import pytest

from cli.stack import Account, NoStackError, Stack
from console.outputs import forget, with_fresh_outputs
from local.account import EmbeddedAws
from machines import unique


def template(name: str) -> str:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
    output = {"Value": {"Ref": "Topic"}}
    return json.dumps({"Resources": {"Topic": topic}, "Outputs": {"StateMachineArn": output}})


def test_outputs_are_those_of_a_later_deployment_after_a_minute(server: EmbeddedAws) -> None:
    account, name = Account.on_embedded_aws(server), unique("outputs")
    before, after = f"{name}-before", f"{name}-after"
    cloudformation: Any = account.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template(before))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    seconds = [0.0]
    stack = with_fresh_outputs(account, Stack.describe(account, name), lambda: seconds[0])
    cloudformation.update_stack(StackName=name, TemplateBody=template(after))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    seconds[0] = 59.0
    assert stack.machine("retrain").endswith(f":{before}")
    seconds[0] = 60.0
    assert stack.machine("retrain").endswith(f":{after}")
    assert list(stack.outputs) == ["StateMachineArn"]
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert stack.machine("retrain").endswith(f":{after}")
    forget(stack.outputs)
    with pytest.raises(NoStackError, match="There is no stack"):
        stack.machine("retrain")
