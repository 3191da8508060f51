"""Executions that a workflow starts: `states:startExecution`, with `.sync` and `.sync:2`.

moto never converts the names' case, looks every five seconds whether the execution has ended, and lets it run on when
the task that waits for it is stopped. Shapes follow the developer guide, "Start a new execution from a workflow".
"""

import json
import time
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.seams import replace, seam
from local.stepfunctions.names import in_service_case, in_states_case, operation
from local.stepfunctions.polling import pauses


def install() -> None:
    """Let the interpreter build our task for `states` resources."""
    for name in ("_normalise_parameters", "_normalise_response", "_eval_integration_pattern", "_eval_service_task"):
        seam(StateTaskServiceSfn, name)
    original = seam(state_task_factory, "state_task_service_for")

    def state_task_service_for(service_name: str) -> Any:
        return NestedExecution() if service_name == "states" else original(service_name)

    replace(state_task_factory, "state_task_service_for", state_task_service_for)


class NestedExecution(StateTaskServiceSfn):
    """A task that starts an execution, and with `.sync` or `.sync:2` ends as it does."""

    def _normalise_parameters(
        self, parameters: dict, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        super()._normalise_parameters(parameters, boto_service_name, service_action_name)
        model = self._operation_model(service_action_name)
        converted = in_service_case(parameters, model.input_shape)
        parameters.clear()
        parameters.update(converted)

    def _normalise_response(
        self, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        super()._normalise_response(response, boto_service_name, service_action_name)
        converted = in_states_case(response, self._operation_model(service_action_name).output_shape)
        response.clear()
        response.update(converted)

    def _operation_model(self, action: str | None) -> Any:
        model = operation("stepfunctions", self._get_boto_service_action(action))
        if model is None:
            raise ValueError(f"Step Functions has no {action}")
        return model

    def _eval_integration_pattern(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        if self.resource.condition == ResourceCondition.WaitForTaskToken:
            super()._eval_integration_pattern(env, resource_runtime_part, normalised_parameters, state_credentials)
            return
        execution = {"executionArn": env.stack.pop()["ExecutionArn"]}
        client = boto_client.boto_client_for(
            region=resource_runtime_part.region, service="stepfunctions", state_credentials=state_credentials
        )
        pause = pauses()
        while env.is_running():
            described = client.describe_execution(**execution)
            if described["status"] != "RUNNING":
                env.stack.append(self._outcome(env, described))
                return
            time.sleep(next(pause))
        # The state timed out or the outer execution was stopped: Step Functions stops the inner one with it.
        client.stop_execution(**execution)

    def _outcome(self, env: Any, described: dict[str, Any]) -> dict[str, Any]:
        """What the task gives; raises the task's failure where the execution did not succeed."""
        if self.resource.condition == ResourceCondition.Sync2:
            # The newer pattern hands on JSON, the older the text of it.
            for name in ("input", "output"):
                if name in described:
                    described[name] = json.loads(described[name])
        answer = in_states_case(described, self._operation_model("describe_execution").output_shape)
        if answer["Status"] == "SUCCEEDED":
            return answer
        kind = StatesErrorNameType.StatesTaskFailed
        details: Any = {
            "taskFailedEventDetails": TaskFailedEventDetails(
                resource=self._get_sfn_resource(),
                resourceType=self._get_sfn_resource_type(),
                error=kind.to_name(),
                cause=to_json_str(answer),
            )
        }
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(typ=kind),
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(**details),
            )
        )
