"""Revisions of state machines: each update makes one, and each is published once.

moto has none. AWS gives a state machine no revision at its creation: callers name that one INITIAL. Sources:
UpdateStateMachine, DescribeStateMachine and PublishStateMachineVersion in the API reference.
"""

import threading
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.models import StateMachine, StateMachineInstance
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.refusals import CallRefusedError

_INITIAL = "INITIAL"
_WRITING = (
    "update_state_machine",
    "publish_state_machine_version",
    "delete_state_machine_version",
    "create_state_machine_alias",
    "update_state_machine_alias",
    "delete_state_machine_alias",
)


def install(lock: threading.RLock) -> None:
    """Number revisions, and let the calls that write versions and aliases hold `lock`."""
    instance: Any = StateMachineInstance
    instance.revision_id = None
    update, publish_anew = seam(StateMachine, "update"), seam(StateMachine, "publish")

    def make_revision(self: Any, **fields: Any) -> None:
        update(self, **fields)
        self.revision_id = str(uuid.uuid4())

    def publish_once(self: Any, description: str | None) -> None:
        if self.latest_version is None or self.latest_version.revision_id != self.revision_id:
            publish_anew(self, description)
            self.versions[self.latest_version_number].revision_id = self.revision_id

    replace(StateMachine, "update", make_revision)
    replace(StateMachine, "publish", publish_once)
    for name in ("describe_state_machine", "update_state_machine"):
        replace(StepFunctionResponse, name, _with_revision(seam(StepFunctionResponse, name)))
    for name in _WRITING:
        replace(StepFunctionResponse, name, _lock_call(seam(StepFunctionResponse, name), lock))


def publish(machine: Any, revision: str | None, description: str | None) -> Any:
    """The version of a machine's present revision, published if it was not. Raises CallRefusedError.

    `revision` is what the caller takes for the present one, or None.
    """
    if revision is not None and revision != (machine.revision_id or _INITIAL):
        raise CallRefusedError("ConflictException", f"{revision!r} is not the present revision of {machine.arn}.")
    machine.publish(description)
    return machine.latest_version


def revision_of(machine: Any) -> dict[str, str]:
    """The field of an answer that has the revision, if the machine was updated since its creation."""
    return {"revisionId": machine.revision_id} if machine.revision_id else {}


def _with_revision(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call_and_complete(response: Any) -> Any:
        answer = call(response)
        machine = response.stepfunction_backend.describe_state_machine(response._get_param("stateMachineArn"))
        return ActionResult(answer.result | revision_of(machine))

    return call_and_complete


def _lock_call(call: Callable[[Any], Any], lock: threading.RLock) -> Callable[[Any], Any]:
    def call_under_lock(response: Any) -> Any:
        with lock:
            return call(response)

    return call_under_lock
