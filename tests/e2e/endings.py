"""Executions that end badly."""

from contextlib import ExitStack
from typing import Any

from promotions import redefined
from stacks import Stack

MACHINES = {
    "retrain": "StateMachineArn",
    "promote": "PromoteStateMachineArn",
    "restore": "RestoreStateMachineArn",
    "monitor": "MonitorStateMachineArn",
}


def end_badly(stack: Stack) -> None:
    """Let executions of each workflow fail, and be stopped, then let others run out of time."""
    ends = ended(stack, ["{}", '{"seconds": 601}'], stops='{"seconds": 601}')
    assert ends == ["FAILED", "ABORTED"] * len(MACHINES)
    # By themselves: on a slow machine one that is to be stopped would run out of time first.
    assert ended(stack, ['{"seconds": 602}'], TimeoutSeconds=1) == ["TIMED_OUT"] * len(MACHINES)


def ended(stack: Stack, inputs: list[str], stops: str = "", **fields: Any) -> list[str]:
    """How executions of each workflow end that wait as their input says; those of the input `stops` are stopped."""
    client = stack.client("stepfunctions")
    wait = {"Slow": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}
    with ExitStack() as changes:
        for machine in MACHINES.values():
            changes.enter_context(redefined(stack, machine, StartAt="Slow", States=wait, **fields))
        started = [
            (text, client.start_execution(stateMachineArn=stack.outputs[machine], input=text)["executionArn"])
            for machine in MACHINES.values()
            for text in inputs
        ]
        for text, arn in started:
            if text == stops:
                client.stop_execution(executionArn=arn)
        return [stack.ended(arn)["status"] for _, arn in started]
