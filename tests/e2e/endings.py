"""Executions that end badly."""

from contextlib import ExitStack

from promotions import redefined
from stacks import Stack

MACHINES = {
    "retrain": "StateMachineArn",
    "promote": "PromoteStateMachineArn",
    "restore": "RestoreStateMachineArn",
    "monitor": "MonitorStateMachineArn",
}


def end_badly(stack: Stack) -> None:
    """Let executions of each workflow fail, run out of time, and be stopped, all at once."""
    client = stack.client("stepfunctions")
    wait = {"Slow": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}
    with ExitStack() as changes:
        for machine in MACHINES.values():
            changes.enter_context(redefined(stack, machine, StartAt="Slow", States=wait, TimeoutSeconds=2))
        started = [
            client.start_execution(stateMachineArn=stack.outputs[machine], input=text)["executionArn"]
            for machine in MACHINES.values()
            for text in ('{"seconds": 601}', '{"seconds": 602}', "{}")
        ]
        for arn in started[::3]:
            client.stop_execution(executionArn=arn)
        ends = [stack.ended(arn)["status"] for arn in started]
    assert ends == ["ABORTED", "TIMED_OUT", "FAILED"] * len(MACHINES)
