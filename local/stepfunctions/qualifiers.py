"""Which version and which alias executions were started by: described, and listed in one shape.

moto's lists are of state machines alone, and DescribeStateMachineForExecution has the machine as it is now. Sources:
DescribeExecution, ListExecutions and DescribeStateMachineForExecution in the API reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.pages import page
from local.stepfunctions.revisions import revision_of
from local.stepfunctions.versions import alias_of, machine_of


def install() -> None:
    """Let the calls that describe and list executions say it; those that count redrives are to be put around them."""
    describe = seam(StepFunctionResponse, "describe_execution")

    def describe_execution(response: Any) -> Any:
        answer = describe(response)
        answer.result.update(_qualifiers(_execution(response)))
        return answer

    replace(StepFunctionResponse, "describe_execution", describe_execution)
    replace(StepFunctionResponse, "list_executions", _list)
    replace(StepFunctionResponse, "describe_state_machine_for_execution", _describe_machine)


def _execution(response: Any) -> Any:
    return response.stepfunction_backend.describe_execution(response._get_param("executionArn") or "")


def _qualifiers(execution: Any) -> dict[str, str]:
    arns = {"stateMachineVersionArn": execution.version_arn, "stateMachineAliasArn": execution.alias_arn}
    return {name: arn for name, arn in arns.items() if arn}


def _list(response: Any) -> ActionResult:
    """The executions of a state machine, a version or an alias, the newest first."""
    backend, arn = response.stepfunction_backend, response._get_param("stateMachineArn")
    status = response._get_param("statusFilter")
    if alias_of(backend, arn) is None:
        backend.describe_state_machine(arn)
    executions = reversed(backend.describe_state_machine(machine_of(arn)).executions)
    listed = (each for each in executions if arn in (each.state_machine_arn, each.version_arn, each.alias_arn))
    listed = (each for each in listed if status in (None, each.status))
    shown, more = page(listed, lambda execution: execution.execution_arn, response, "executions", arn, status)
    return ActionResult({"executions": [_entry(each) for each in shown], **more})


def _entry(execution: Any) -> dict[str, Any]:
    ended = {"stopDate": execution.stop_date} if execution.stop_date else {}
    return {
        "executionArn": execution.execution_arn,
        "name": execution.name,
        "startDate": execution.start_date,
        "stateMachineArn": execution.state_machine_arn,
        "status": execution.status,
        **ended,
        **_qualifiers(execution),
    }


def _describe_machine(response: Any) -> ActionResult:
    """The state machine as it was when the execution was started; moto gives the present one."""
    execution = _execution(response)
    machine = execution.state_machine
    return ActionResult(
        {
            "stateMachineArn": execution.state_machine_arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "updateDate": machine.update_date,
            **revision_of(machine),
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
            "encryptionConfiguration": machine.encryptionConfiguration,
        }
    )
