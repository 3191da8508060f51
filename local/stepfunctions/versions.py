"""Versions of state machines: published, listed, deleted, and started, by an alias too.

moto publishes versions with a machine's creation or update alone, and cannot start one. Sources: "State machine
versions" and "State machine aliases" in the developer guide; PublishStateMachineVersion, ListStateMachineVersions,
DeleteStateMachineVersion and StartExecution in the API reference.
"""

import copy
import random
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import StateMachineVersion, StepFunctionBackend
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local.protocols.digits import is_number
from local.seams import replace, seam
from local.stepfunctions import revisions
from local.stepfunctions.pages import page
from local.stepfunctions.refusals import CallRefusedError

# By which alias the execution is started that is being made.
_ALIAS: ContextVar[str | None] = ContextVar("alias", default=None)

# `arn:aws:states:<region>:<account>:stateMachine:<name>`, and a qualifier behind it.
_PARTS = 7
_OF_A_VERSION = ("definition", "roleArn", "encryptionConfiguration", "loggingConfiguration", "tracingConfiguration")


def install() -> None:
    """Serve the calls, and let executions start by versions and aliases."""
    responses: Any = StepFunctionResponse
    responses.publish_state_machine_version = _publish
    responses.list_state_machine_versions = _list
    responses.delete_state_machine_version = _delete
    for name in ("update_state_machine", "delete_state_machine"):
        replace(StepFunctionBackend, name, _unqualified(seam(StepFunctionBackend, name)))
    _install_starts()


def machine_of(arn: str) -> str:
    """The ARN of a state machine, without the version or alias that a caller named.

    >>> machine_of("arn:aws:states:us-east-1:1:stateMachine:retrain:3")
    'arn:aws:states:us-east-1:1:stateMachine:retrain'
    """
    return ":".join(arn.split(":")[:_PARTS])


def is_version(arn: str) -> bool:
    """Whether an ARN is that of a version, by its form."""
    machine, _, number = arn.rpartition(":")
    return machine_of(arn) == machine and is_number(number)


def _machine(response: Any) -> Any:
    arn = response._get_param("stateMachineArn") or ""
    _check_unqualified(arn)
    return response.stepfunction_backend.describe_state_machine(arn)


def _check_unqualified(arn: str) -> None:
    if machine_of(arn) != arn:
        raise CallRefusedError("ValidationException", f"{arn!r} is a version or an alias: the machine's ARN is needed.")


def _unqualified(call: Callable[..., Any]) -> Callable[..., Any]:
    def call_with_machine(self: Any, arn: str, *arguments: Any, **keywords: Any) -> Any:
        _check_unqualified(arn)
        return call(self, arn, *arguments, **keywords)

    return call_with_machine


def _publish(response: Any) -> ActionResult:
    machine = _machine(response)
    version = revisions.publish(machine, response._get_param("revisionId"), response._get_param("description"))
    return ActionResult({"creationDate": version.creation_date, "stateMachineVersionArn": version.arn})


def _list(response: Any) -> ActionResult:
    machine = _machine(response)
    newest_first = [machine.versions[number] for number in sorted(machine.versions, reverse=True)]
    shown, more = page(newest_first, lambda version: version.arn, response, "versions", machine.arn)
    entries = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in shown]
    return ActionResult({"stateMachineVersions": entries, **more})


def _delete(response: Any) -> EmptyResult:
    arn = response._get_param("stateMachineVersionArn") or ""
    if not is_version(arn):
        raise CallRefusedError("ValidationException", f"{arn!r} is no ARN of a version.")
    machine = response.stepfunction_backend.describe_state_machine(machine_of(arn))
    routes = [each for alias in machine.aliases.values() for each in alias.routing_configuration]
    if arn in {each["stateMachineVersionArn"] for each in routes}:
        raise CallRefusedError("ConflictException", f"An alias routes to the version {arn}: it cannot be deleted.")
    deleted = machine.versions.pop(int(arn.rpartition(":")[2]), None)
    if deleted is machine.latest_version:
        machine.latest_version = machine.versions[max(machine.versions)] if machine.versions else None
    return EmptyResult()


def _install_starts() -> None:
    """Start what a version has, by its ARN or by an alias'."""
    describe = seam(StepFunctionBackend, "describe_state_machine")
    start = seam(StepFunctionsParserBackend, "start_execution")
    make, details_of = seam(Execution, "__init__"), seam(Execution, "get_start_state_machine_details")

    def describe_state_machine(self: Any, arn: str) -> Any:
        machine = describe(self, arn)
        is_version = isinstance(machine, StateMachineVersion)
        return _qualified(machine, describe(self, machine_of(arn))) if is_version else machine

    def start_execution(self: Any, state_machine_arn: str, *arguments: Any, **keywords: Any) -> Any:
        alias = alias_of(self, state_machine_arn)
        token = _ALIAS.set(alias.arn if alias else None)
        try:
            return start(self, _routed(alias) if alias else state_machine_arn, *arguments, **keywords)
        finally:
            _ALIAS.reset(token)

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:  # noqa: N807 - replaces the class's own
        make(self, *arguments, **keywords)
        arn = self.state_machine.arn
        self.state_machine_arn, self.alias_arn = machine_of(arn), _ALIAS.get()
        self.version_arn = arn if machine_of(arn) != arn else None

    def start_details(self: Any) -> Any:
        details = details_of(self)
        details.arn = self.state_machine_arn
        return details

    replace(StepFunctionBackend, "describe_state_machine", describe_state_machine)
    replace(StepFunctionsParserBackend, "start_execution", start_execution)
    replace(Execution, "__init__", __init__)
    replace(Execution, "get_start_state_machine_details", start_details)


def _qualified(version: Any, machine: Any) -> Any:
    """A state machine with what the version has: its executions are the machine's."""
    qualified = copy.copy(machine)
    # Who writes to it must not write to the machine.
    qualified.versions, qualified.aliases = {}, {}
    for name in (*_OF_A_VERSION, "arn", "creation_date", "description", "revision_id"):
        setattr(qualified, name, getattr(version, name))
    return qualified


def route(backend: Any, arn: str) -> str:
    """The ARN of what is to be run where a caller names `arn`: of the version that an alias chooses, or itself."""
    alias = alias_of(backend, arn)
    return _routed(alias) if alias else arn


def alias_of(backend: Any, arn: str) -> Any:
    """The alias that an ARN names, or None where it names none."""
    machine, _, qualifier = arn.rpartition(":")
    if machine_of(arn) != machine or is_number(qualifier):
        return None
    return backend.describe_state_machine(machine).aliases.get(qualifier)


def _routed(alias: Any) -> str:
    """The ARN of the version that the next execution of an alias runs, by its weights."""
    routes = alias.routing_configuration
    weights = [each["weight"] for each in routes]
    return random.choices([each["stateMachineVersionArn"] for each in routes], weights)[0]  # noqa: S311 - no secret
