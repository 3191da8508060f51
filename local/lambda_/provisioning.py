"""Functions and aliases of a template, checked as those of callers: MiniStack's CloudFormation writes them itself."""

from collections.abc import Callable
from typing import Any

from local.lambda_ import aliases, concurrency, configurations, sources, updates
from local.seams import seam

_FUNCTION, _ALIAS = "AWS::Lambda::Function", "AWS::Lambda::Alias"

_CHECKED = ("Description", "Environment", "EphemeralStorage", "Handler", "MemorySize", "Role", "Runtime", "Timeout")


def install() -> None:
    """Let CloudFormation create and update what Lambda would."""
    from ministack.services.cloudformation import provisioners

    handlers = seam(provisioners, "_RESOURCE_HANDLERS")
    functions, versions = handlers[_FUNCTION], handlers[_ALIAS]
    functions.update(create=_creating(functions["create"]), update=_updating(functions["update"]))
    versions["create"] = _creating_alias(versions["create"])


def _creating(create: Callable[..., Any]) -> Callable[..., Any]:
    def create_checked(logical_id: str, properties: Any, stack_name: str) -> Any:
        _check(properties, properties.get("FunctionName") or logical_id)
        return _reserve(create(logical_id, properties, stack_name), properties)

    return create_checked


def _updating(update: Callable[..., Any]) -> Callable[..., Any]:
    def update_checked(physical_id: str, old: Any, new: Any, *others: Any) -> Any:
        _check(new, new.get("FunctionName") or physical_id)
        return _reserve(update(physical_id, old, new, *others), new)

    return update_checked


def _check(properties: Any, name: str) -> None:
    sources.check(properties.get("Code") or {})
    checked = {each: properties[each] for each in _CHECKED if properties.get(each) is not None}
    if "Variables" in checked.get("Environment", {}):
        variables = {each: str(value) for each, value in checked["Environment"]["Variables"].items()}
        checked["Environment"] = {"Variables": variables}
    configurations.check("UpdateFunctionConfiguration", {"FunctionName": name, **checked})
    number = properties.get("ReservedConcurrentExecutions")
    if number is not None:
        concurrency.check(name, int(number))


def _reserve(provisioned: Any, properties: Any) -> Any:
    from ministack.services import lambda_svc

    number = properties.get("ReservedConcurrentExecutions")
    function = lambda_svc._functions[provisioned[0]]
    function["concurrency"] = None if number is None else int(number)
    updates.settle(function["config"])
    return provisioned


def _creating_alias(create: Callable[..., Any]) -> Callable[..., Any]:
    def create_checked(logical_id: str, properties: Any, stack_name: str) -> Any:
        from ministack.services.cloudformation import provisioners

        function, name, _, _ = provisioners._lambda_function_for_cfn_ref(properties.get("FunctionName", ""))
        if function is not None:
            routing = provisioners._lambda_alias_routing_config(properties) or {}
            version = properties.get("FunctionVersion")
            aliases.check(name, function, {"FunctionVersion": version, "RoutingConfig": routing})
        return create(logical_id, properties, stack_name)

    return create_checked
