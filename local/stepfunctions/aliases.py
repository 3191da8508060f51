"""Aliases of state machines, checked when they are made and when they are changed.

moto takes routes to versions that there are not, and replaces an alias of the same name. Sources:
CreateStateMachineAlias and UpdateStateMachineAlias in the API reference.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from moto.stepfunctions.models import StepFunctionBackend

from local.seams import replace, seam
from local.stepfunctions.refusals import CallRefusedError
from local.stepfunctions.versions import is_version, machine_of

_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")
_MOST_ROUTES = 2
_ALL = 100


def install() -> None:
    """Refuse aliases that AWS refuses."""
    create = seam(StepFunctionBackend, "create_state_machine_alias")
    update = _of_alias_arn(seam(StepFunctionBackend, "update_state_machine_alias"))
    for name in ("describe_state_machine_alias", "delete_state_machine_alias"):
        replace(StepFunctionBackend, name, _of_alias_arn(seam(StepFunctionBackend, name)))

    def create_alias(self: Any, name: str, routing_configuration: Any, description: str | None) -> Any:
        if not _NAME.fullmatch(name):
            raise CallRefusedError("ValidationException", f"{name!r} is no name of an alias.")
        machine = self.describe_state_machine(_check_routes(self, routing_configuration))
        alias = machine.aliases.get(name)
        if alias is None:
            return create(self, name, routing_configuration, description)
        if (alias.routing_configuration, alias.description) != (routing_configuration, description):
            raise CallRefusedError("ConflictException", f"There is another alias {name!r} of {machine.arn}.")
        return alias

    def update_alias(self: Any, arn: str, description: str | None, routing_configuration: Any) -> Any:
        if routing_configuration is not None and _check_routes(self, routing_configuration) != machine_of(arn):
            raise CallRefusedError("ValidationException", f"The versions of {arn} must be its state machine's.")
        return update(self, arn=arn, description=description, routing_configuration=routing_configuration)

    replace(StepFunctionBackend, "create_state_machine_alias", create_alias)
    replace(StepFunctionBackend, "update_state_machine_alias", update_alias)


def _check_routes(backend: Any, routes: Sequence[dict[str, Any]]) -> str:
    """The ARN of the machine whose versions an alias routes to. Raises CallRefusedError, or moto's for one missing."""
    arns = [each["stateMachineVersionArn"] for each in routes]
    for arn in arns:
        if not is_version(arn):
            raise CallRefusedError("ValidationException", f"{arn!r} is no ARN of a version.")
        backend.describe_state_machine(arn)
    machines = {machine_of(arn) for arn in arns}
    if not 0 < len(set(arns)) == len(arns) <= _MOST_ROUTES or len(machines) > 1:
        raise CallRefusedError("ValidationException", "An alias routes to one or two versions of one state machine.")
    weights = [each["weight"] for each in routes]
    if not all(0 <= weight <= _ALL for weight in weights) or sum(weights) != _ALL:
        raise CallRefusedError("ValidationException", f"The weights of an alias are 0 to {_ALL}, and {_ALL} in all.")
    return machines.pop()


def _of_alias_arn(call: Callable[..., Any]) -> Callable[..., Any]:
    def call_with_alias(self: Any, arn: str, **keywords: Any) -> Any:
        if machine_of(arn) == arn:
            raise CallRefusedError("InvalidArn", f"Invalid Arn: '{arn}' is no ARN of an alias.")
        return call(self, arn, **keywords)

    return call_with_alias
