"""A state machine is created once: moto takes every further creation of its name for a repetition.

AWS takes one for that whose definition and type are the same, whatever its role and tags.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from typing import Any

from moto.stepfunctions.models import StepFunctionBackend

from local.seams import replace, seam
from local.stepfunctions.refusals import CallRefusedError


def install() -> None:
    """Refuse the creation of a machine by a name that another one has."""
    create = seam(StepFunctionBackend, "create_state_machine")

    def create_once(self: Any, name: str, definition: str, roleArn: str, **settings: Any) -> Any:  # noqa: N803 - moto's
        kind = settings.get("sm_type") or "STANDARD"
        for other in self.state_machines:
            if other.name == name and (other.definition, other.type) != (definition, kind):
                raise CallRefusedError("StateMachineAlreadyExists", f"State Machine Already Exists: '{other.arn}'")
        return create(self, name, definition, roleArn, **settings)

    replace(StepFunctionBackend, "create_state_machine", create_once)
