"""Versions and aliases of state machines: published, listed, deleted, and started by.

moto publishes versions with a machine's creation or update alone, and cannot start one. Sources: "State machine
versions" and "State machine aliases" in the developer guide; PublishStateMachineVersion, ListStateMachineVersions,
DeleteStateMachineVersion and StartExecution in the API reference.
"""

import copy
import random
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import StateMachineVersion, StepFunctionBackend
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.pages import page
from local.stepfunctions.refusals import CallRefusedError

_ALIAS_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")
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
    _install_starts()
    _install_descriptions()
    _install_aliases()


def machine_of(arn: str) -> str:
    """The ARN of a state machine, without the version or alias that a caller named.

    >>> machine_of("arn:aws:states:us-east-1:1:stateMachine:retrain:3")
    'arn:aws:states:us-east-1:1:stateMachine:retrain'
    """
    return ":".join(arn.split(":")[:_PARTS])


def _machine(response: Any) -> Any:
    return response.stepfunction_backend.describe_state_machine(response._get_param("stateMachineArn") or "")


def _publish(response: Any) -> ActionResult:
    machine = _machine(response)
    latest = machine.latest_version
    if latest is None or any(getattr(latest, name) != getattr(machine, name) for name in _OF_A_VERSION):
        machine.publish(response._get_param("description"))
        latest = machine.latest_version
    # "Idempotent": the same revision is published once.
    return ActionResult({"creationDate": latest.creation_date, "stateMachineVersionArn": latest.arn})


def _list(response: Any) -> ActionResult:
    machine = _machine(response)
    newest_first = [machine.versions[number] for number in sorted(machine.versions, reverse=True)]
    shown, more = page(newest_first, lambda version: version.arn, response, "versions", machine.arn)
    entries = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in shown]
    return ActionResult({"stateMachineVersions": entries, **more})


def _delete(response: Any) -> EmptyResult:
    arn = response._get_param("stateMachineVersionArn") or ""
    qualifier = arn.rpartition(":")[2]
    if machine_of(arn) == arn or not qualifier.isdecimal():
        raise CallRefusedError("ValidationException", f"{arn!r} is no ARN of a version.")
    machine = response.stepfunction_backend.describe_state_machine(machine_of(arn))
    routes = [each for alias in machine.aliases.values() for each in alias.routing_configuration]
    if arn in {each["stateMachineVersionArn"] for each in routes}:
        raise CallRefusedError("ConflictException", f"An alias routes to the version {arn}: it cannot be deleted.")
    deleted = machine.versions.pop(int(qualifier), None)
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
        alias = _alias(self, state_machine_arn)
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
    for name in (*_OF_A_VERSION, "arn", "creation_date", "description"):
        setattr(qualified, name, getattr(version, name))
    return qualified


def route(backend: Any, arn: str) -> str:
    """The ARN of what is to be run where a caller names `arn`: of the version that an alias chooses, or itself."""
    alias = _alias(backend, arn)
    return _routed(alias) if alias else arn


def _alias(backend: Any, arn: str) -> Any:
    """The alias that an ARN names, or None where it names none."""
    machine, _, qualifier = arn.rpartition(":")
    if machine_of(arn) != machine or qualifier.isdecimal():
        return None
    return backend.describe_state_machine(machine).aliases.get(qualifier)


def _routed(alias: Any) -> str:
    """The ARN of the version that the next execution of an alias runs, by its weights."""
    routes = alias.routing_configuration
    weights = [each["weight"] for each in routes]
    return random.choices([each["stateMachineVersionArn"] for each in routes], weights)[0]  # noqa: S311 - no secret


def _install_descriptions() -> None:
    """Say which version and alias an execution runs, with what definition, and list those of a version or an alias."""
    describe, list_executions = (seam(StepFunctionResponse, name) for name in ("describe_execution", "list_executions"))

    def describe_execution(response: Any) -> Any:
        answer = describe(response)
        answer.result.update(_qualifiers(_execution(response)))
        return answer

    def list_qualified(response: Any) -> Any:
        arn = response._get_param("stateMachineArn")
        if arn and machine_of(arn) != arn:
            return _executions_of(response, arn)
        answer = list_executions(response)
        for entry in answer.result["executions"]:
            if "mapRunArn" not in entry:
                entry |= _qualifiers(response.stepfunction_backend.describe_execution(entry["executionArn"]))
        return answer

    replace(StepFunctionResponse, "describe_execution", describe_execution)
    replace(StepFunctionResponse, "list_executions", list_qualified)
    replace(StepFunctionResponse, "describe_state_machine_for_execution", _describe_machine)


def _execution(response: Any) -> Any:
    return response.stepfunction_backend.describe_execution(response._get_param("executionArn") or "")


def _qualifiers(execution: Any) -> dict[str, str]:
    arns = {"stateMachineVersionArn": execution.version_arn, "stateMachineAliasArn": execution.alias_arn}
    return {name: arn for name, arn in arns.items() if arn}


def _executions_of(response: Any, arn: str) -> ActionResult:
    """The executions of a version or an alias, the newest first."""
    backend, status = response.stepfunction_backend, response._get_param("statusFilter")
    if _alias(backend, arn) is None:
        backend.describe_state_machine(arn)
    executions = reversed(backend.describe_state_machine(machine_of(arn)).executions)
    listed = [each for each in executions if arn in (each.version_arn, each.alias_arn)]
    listed = [each for each in listed if status in (None, each.status)]
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
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
            "encryptionConfiguration": machine.encryptionConfiguration,
        }
    )


def _install_aliases() -> None:
    """Refuse aliases that AWS refuses; moto splits whatever it is given, and replaces an alias of the same name."""
    create = seam(StepFunctionBackend, "create_state_machine_alias")
    for name in ("describe_state_machine_alias", "delete_state_machine_alias"):
        replace(StepFunctionBackend, name, _of_alias_arn(seam(StepFunctionBackend, name)))

    def create_alias(self: Any, name: str, routing_configuration: Any, description: str | None) -> Any:
        if not _ALIAS_NAME.fullmatch(name):
            raise CallRefusedError("ValidationException", f"{name!r} is no name of an alias.")
        for each in routing_configuration:
            self.describe_state_machine(each["stateMachineVersionArn"])
        machine = self.describe_state_machine(machine_of(routing_configuration[0]["stateMachineVersionArn"]))
        alias = machine.aliases.get(name)
        if alias is None:
            return create(self, name, routing_configuration, description)
        if (alias.routing_configuration, alias.description) != (routing_configuration, description):
            raise CallRefusedError("ConflictException", f"There is another alias {name!r} of {machine.arn}.")
        return alias

    replace(StepFunctionBackend, "create_state_machine_alias", create_alias)


def _of_alias_arn(call: Callable[..., Any]) -> Callable[..., Any]:
    def call_with_alias(self: Any, arn: str) -> Any:
        if machine_of(arn) == arn:
            raise CallRefusedError("InvalidArn", f"Invalid Arn: '{arn}' is no ARN of an alias.")
        return call(self, arn)

    return call_with_alias
