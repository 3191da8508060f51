"""Refuses functions whose runtime is not installed, by its name, as AWS refuses a runtime that it no longer has.

They are refused when they are created or updated, by callers and by templates, and never run by another interpreter.
"""

from collections.abc import Callable
from typing import Any

from local.lambda_.configurations import RefusedFunctionError
from local.lambda_.interpreters import Interpreters
from local.lambda_.updates import Response, refusal
from local.seams import replace, seam

_FUNCTION = "AWS::Lambda::Function"
_MANDATORY = "Runtime and Handler are mandatory parameters for functions created with deployment packages."


def install(interpreters: Interpreters) -> None:
    """Refuse functions of callers and of templates whose runtime is not installed."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import provisioners

    create, update = seam(lambda_svc, "_create_function"), seam(lambda_svc, "_update_config")

    def create_checked(data: dict[str, Any]) -> Response:
        lack = interpreters.lack(data)
        return refusal(RefusedFunctionError(lack)) if lack else create(data)

    def update_checked(name: str, data: dict[str, Any]) -> Response:
        lack = interpreters.lack(data)
        return refusal(RefusedFunctionError(lack)) if lack else update(name, data)

    replace(lambda_svc, "_create_function", create_checked)
    replace(lambda_svc, "_update_config", update_checked)
    functions = seam(provisioners, "_RESOURCE_HANDLERS")[_FUNCTION]
    functions.update(
        create=_checked(functions["create"], interpreters, 1), update=_checked(functions["update"], interpreters, 2)
    )


def _checked(provision: Callable[..., Any], interpreters: Interpreters, position: int) -> Callable[..., Any]:
    """A provisioner whose properties, among its arguments at `position`, are checked."""

    def provision_checked(*arguments: Any, **keywords: Any) -> Any:
        properties = arguments[position]
        if lack := interpreters.lack(properties):
            raise RefusedFunctionError(lack)
        if not properties.get("Runtime"):
            raise RefusedFunctionError(_MANDATORY)
        return provision(*arguments, **keywords)

    return provision_checked
