"""Workflows that are changed for a test: they begin elsewhere, or try again without long pauses."""

import json
from typing import Any

from stacks import Stack

_MACHINES = ("StateMachineArn", "PromoteStateMachineArn", "RestoreStateMachineArn")


def shorten_pauses(stack: Stack, most_attempts: int = 5) -> Stack:
    """Let each retry of the stack's workflows come within a second; the stack.

    They try `most_attempts` times at most: more attempts, and long pauses, are for AWS's throttles to pass.
    """
    states = stack.client("stepfunctions")
    for machine in _MACHINES:
        arn = stack.outputs[machine]
        definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
        states.update_state_machine(
            stateMachineArn=arn, definition=json.dumps(without_pauses(definition, most_attempts))
        )
    return stack


def without_pauses(part: Any, most_attempts: int) -> Any:
    """A part of a definition whose retriers keep their errors, try so often at most, and wait for a second at most."""
    if isinstance(part, list):
        return [without_pauses(each, most_attempts) for each in part]
    if not isinstance(part, dict):
        return part
    if "ErrorEquals" in part and "MaxAttempts" in part:
        attempts = min(part["MaxAttempts"], most_attempts)
        return {"ErrorEquals": part["ErrorEquals"], "MaxAttempts": attempts, "IntervalSeconds": 1, "BackoffRate": 1}
    return {name: without_pauses(value, most_attempts) for name, value in part.items()}


def reached(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition without the states that nothing leads to, which Step Functions refuses."""
    states, waiting = {}, [definition["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in states:
            state = states[name] = definition["States"][name]
            rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
            waiting += [rule[field] for rule in rules for field in ("Next", "Default") if field in rule]
    return definition | {"States": states}
