"""On what a call is authorised that names no resource by itself: a Map Run, or the token of a task.

The state machine that waits for a token is the resource of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, and
for the task of an activity the activity, as denials of AWS show: "is not authorized to perform: states:SendTaskFailure
on resource: arn:aws:states:…:stateMachine:…".
"""

from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends


def resource_of(body: dict[str, Any], region: str, account: str) -> str | None:
    """The ARN of what a call is authorised on; None where it names a resource by itself, or none."""
    token = body.get("taskToken")
    if not isinstance(token, str):
        return body.get("mapRunArn")
    backend: Any = stepfunctions_parser_backends[account][region]
    for machine in backend.state_machines:
        for execution in machine.executions:
            if task := _waiting(execution, token):
                return getattr(task, "activity_arn", machine.arn)
    return None


def _waiting(execution: Any, token: str) -> Any:
    """The task of an execution that waits for a token; None where none does."""
    worker = getattr(execution, "exec_worker", None)
    return worker.env.callback_pool_manager._pool.get(token) if worker is not None and worker.env is not None else None
