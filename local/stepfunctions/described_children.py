"""DescribeExecution and DescribeStateMachineForExecution of a Map Run's children; moto knows no such executions.

Source: DescribeExecution (`mapRunArn`, `redriveStatus`) and DescribeStateMachineForExecution in the API reference.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.children import Child, Children


def install(children: Children) -> None:
    """Describe the children that Map Runs have started. To be called when all else is around these calls."""
    for name, describe_child in (
        ("describe_execution", _description),
        ("describe_state_machine_for_execution", _machine_of),
    ):
        replace(StepFunctionResponse, name, _with_children(seam(StepFunctionResponse, name), children, describe_child))


def _with_children(
    call: Callable[[Any], Any], children: Children, describe_child: Callable[[Any, Child, str], ActionResult]
) -> Callable[[Any], Any]:
    def describe(response: Any) -> Any:
        arn = response._get_param("executionArn") or ""
        child = children.named(arn)
        return call(response) if child is None else describe_child(response, child, children.map_run_of(child))

    return describe


def _description(_: Any, child: Child, map_run: str) -> ActionResult:
    described: dict[str, Any] = child.entry(map_run) | child.reasons
    events: list[Any] = child.events.get_event_history()
    entered = [each["stateEnteredEventDetails"] for each in events if "stateEnteredEventDetails" in each]
    exited = [each["stateExitedEventDetails"] for each in events if "stateExitedEventDetails" in each]
    if entered:
        described |= {"input": entered[0]["input"], "inputDetails": {"included": True}}
    if exited and child.status == "SUCCEEDED":
        described |= {"output": exited[-1]["output"], "outputDetails": {"included": True}}
    if child.status in ("RUNNING", "SUCCEEDED"):
        reason = f"Execution is {child.status} and cannot be redriven"
        return ActionResult(described | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason})
    return ActionResult(described | {"redriveStatus": "REDRIVABLE_BY_MAP_RUN"})


def _machine_of(response: Any, _: Child, map_run: str) -> ActionResult:
    """The state machine of the execution that started the Map Run, as that was started with it."""
    backend = response.stepfunction_backend
    machine = next(
        each.state_machine
        for each in backend._get_executions()
        if each.exec_worker.env.map_run_record_pool_manager.get(map_run) is not None
    )
    return ActionResult(
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "updateDate": machine.update_date,
            "mapRunArn": map_run,
            "label": map_run.split("/")[1].split(":")[0],
        }
    )
