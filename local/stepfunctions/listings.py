"""Lists by pages: an execution's events and Map Runs, and the executions of a machine or of a Map Run.

moto gives a history as a whole and forwards, whatever is asked for, and so the Map Runs; ListExecutions without either
ARN ends in an internal error. Here they are as the API reference has GetExecutionHistory, ListExecutions and
ListMapRuns.
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.children import Children
from local.stepfunctions.pages import page, page_size
from local.stepfunctions.refusals import CallRefusedError

_DATA = ("input", "inputDetails", "output", "outputDetails")


def install(children: Children) -> None:
    """Answer the lists. `children` are the executions that Map Runs have started."""
    list_executions = seam(StepFunctionResponse, "list_executions")
    list_map_runs = seam(StepFunctionResponse, "list_map_runs")
    replace(StepFunctionResponse, "get_execution_history", _history(children))
    replace(StepFunctionResponse, "list_executions", _executions(children, list_executions))
    replace(StepFunctionResponse, "list_map_runs", _map_runs(list_map_runs))
    for name in ("list_state_machines", "list_state_machine_aliases", "list_activities"):
        replace(StepFunctionResponse, name, _checked(seam(StepFunctionResponse, name)))


def _history(children: Children) -> Callable[[Any], ActionResult]:
    def get_execution_history(response: Any) -> ActionResult:
        arn = response._get_param("executionArn") or ""
        events = _events_of(arn, children, response.stepfunction_backend)
        backwards = response._get_bool_param("reverseOrder", False)
        with_data = response._get_bool_param("includeExecutionData", True)
        ordered = events[::-1] if backwards else events[:]
        shown, more = page(ordered, _id_of, response, "history", arn, backwards, with_data)
        return ActionResult({"events": [_event(each, with_data=with_data) for each in shown], **more})

    return get_execution_history


def _events_of(arn: str, children: Children, backend: Any) -> list[Any]:
    child = children.named(arn)
    manager = child.events if child else backend.describe_execution(arn).exec_worker.env.event_manager
    return manager._history_event_list


def _id_of(event: Any) -> str:
    return str(event["id"])


def _event(event: Any, *, with_data: bool) -> dict[str, Any]:
    """A copy of an event, or what is left of it without inputs and outputs."""
    if with_data:
        return copy.deepcopy(event)
    return {name: _without_data(value) if isinstance(value, dict) else value for name, value in event.items()}


def _without_data(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name not in _DATA}


def _executions(children: Children, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def list_executions(response: Any) -> Any:
        machine, map_run = response._get_param("stateMachineArn"), response._get_param("mapRunArn")
        if bool(machine) == bool(map_run):
            raise CallRefusedError(
                "ValidationException", "Either stateMachineArn or mapRunArn must be given, and not both."
            )
        page_size(response)
        if machine:
            return call(response)
        # Says whether there is such a Map Run.
        response.stepfunction_backend.describe_map_run(map_run)
        status, redrives = response._get_param("statusFilter"), response._get_param("redriveFilter")
        redriven = {"REDRIVEN": (True,), "NOT_REDRIVEN": (False,)}.get(redrives, (True, False))
        # The newest first, as AWS has them.
        listed = [
            each
            for each in reversed(children.of(map_run))
            if status in (None, each.status) and (each.redrives > 0) in redriven
        ]
        shown, more = page(listed, lambda child: child.arn, response, "executions", map_run, status, redrives)
        return ActionResult({"executions": [each.entry(map_run) for each in shown], **more})

    return list_executions


def _map_runs(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def list_map_runs(response: Any) -> Any:
        runs = call(response).result["mapRuns"]
        arn = response._get_param("executionArn")
        shown, more = page(runs, lambda run: run["mapRunArn"], response, "map runs", arn)
        return ActionResult({"mapRuns": shown, **more})

    return list_map_runs


def _checked(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def list_page(response: Any) -> Any:
        page_size(response)
        return call(response)

    return list_page
