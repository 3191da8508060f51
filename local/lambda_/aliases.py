"""Versions and aliases of functions, where MiniStack's Lambda differs from AWS's.

versions     an alias to a version that there is not is refused
weights      an alias with AdditionalVersionWeights sends its share of the invocations to each version
publishing   PublishVersion minds RevisionId and CodeSha256, and waits for no update
processes    a version that no alias names any more gives up its idle processes, one of which MiniStack keeps
"""

import json
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.lambda_ import updates
from local.lambda_.configurations import RefusedFunctionError
from local.protocols import constraints
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

_MISMATCH = "CodeSha256 ({expected}) is different from current CodeSHA256 in $LATEST ({current}). Please try again."


def install() -> None:
    """Put all of it in place."""
    # Any other generator is as good; that of the server's process may be seeded by whoever it runs.
    draw = random.SystemRandom().random
    _install_checks()
    _install_weights(draw)
    _install_publishing()
    _install_retiring()


def check(name: str, function: dict[str, Any], alias: Mapping[str, Any]) -> None:
    """Raise RefusedFunctionError for an alias of the function to a version that it has not, or that it cannot have."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    version = alias.get("FunctionVersion")
    for each in filter(None, (version, *weights)):
        if each != "$LATEST" and each not in function["versions"]:
            arn = function["config"]["FunctionArn"].partition(f":function:{name}")[0]
            raise RefusedFunctionError(
                f"Function not found: {arn}:function:{name}:{each}", "ResourceNotFoundException", 404
            )
    if weights and "$LATEST" in (version, *weights):
        raise RefusedFunctionError("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise RefusedFunctionError("Invalid function version in the RoutingConfig: it is the alias' own.")


def _install_checks() -> None:
    from ministack.services import lambda_svc

    create, update = seam(lambda_svc, "_create_alias"), seam(lambda_svc, "_update_alias")

    def create_alias(name: str, data: dict[str, Any]) -> Response:
        parameters = {"FunctionName": name, **data}
        return _refusal("CreateAlias", name, parameters, data) or create(name, data)

    def update_alias(name: str, alias_name: str, data: dict[str, Any]) -> Response:
        stored = (lambda_svc._functions.get(name) or {}).get("aliases", {}).get(alias_name) or {}
        parameters = {"FunctionName": name, "Name": alias_name, **data}
        return _refusal("UpdateAlias", name, parameters, stored | data) or update(name, alias_name, data)

    def _refusal(operation: str, name: str, parameters: dict[str, Any], alias: dict[str, Any]) -> Response | None:
        function = lambda_svc._functions.get(name)
        try:
            if malformed := constraints.refusal("lambda", operation, parameters):
                raise RefusedFunctionError(malformed, "ValidationException")
            if function is not None:
                check(name, function, alias)
        except RefusedFunctionError as fault:
            return updates.refusal(fault)
        return None

    replace(lambda_svc, "_create_alias", create_alias)
    replace(lambda_svc, "_update_alias", update_alias)


def choose_version(alias: dict[str, Any], draw: Callable[[], float]) -> str:
    """The version that one invocation of `alias` goes to; `draw` gives a number in [0, 1)."""
    number = draw()
    for version, weight in (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}).items():
        if number < weight:
            return version
        number -= weight
    return alias.get("FunctionVersion", "$LATEST")


def _install_weights(draw: Callable[[], float]) -> None:
    from ministack.services import lambda_svc

    by_reference = seam(lambda_svc, "_get_func_record_for_ref")
    invoke = seam(lambda_svc, "_invoke")

    def record_for_reference(reference: str) -> tuple[dict | None, dict | None, str]:
        """What API Gateway, EventBridge, queues and topics invoke."""
        record, config, name = by_reference(reference)
        _, _, qualifier = reference.partition(f":{name}:") if reference.startswith("arn:") else reference.partition(":")
        alias = _aliases(name).get(qualifier)
        if record is None or alias is None:
            return record, config, name
        chosen, config = lambda_svc._get_func_record_for_qualifier(name, choose_version(alias, draw))
        # The ARN by which it is invoked is the alias'.
        return chosen, dict(config or {}) | {"FunctionArn": alias["AliasArn"]}, name

    async def invoke_weighted(
        name: str, event: Any, headers: dict, path_qualifier: str | None = None, query_params: dict | None = None
    ) -> Any:
        qualifier = path_qualifier or lambda_svc._qp_first(query_params or {}, "Qualifier")
        alias = _aliases(name).get(qualifier)
        if alias is None or not alias.get("RoutingConfig"):
            return await invoke(name, event, headers, path_qualifier, query_params)
        return await invoke(name, event, headers, choose_version(alias, draw), {})

    def _aliases(name: str) -> dict[str, Any]:
        return (lambda_svc._functions.get(name) or {}).get("aliases", {})

    replace(lambda_svc, "_get_func_record_for_ref", record_for_reference)
    replace(lambda_svc, "_invoke", invoke_weighted)


def _install_publishing() -> None:
    from ministack.services import lambda_svc

    publish = seam(lambda_svc, "_publish_version")
    check_revision = seam(lambda_svc, "_check_revision")
    # One at a time with the updates of the function.
    serialized = seam(lambda_svc, "_serialized_revision_update")()

    @serialized
    def publish_version(name: str, data: dict[str, Any]) -> Response:
        config = (lambda_svc._functions.get(name) or {}).get("config", {})
        expected, current = data.get("CodeSha256"), config.get("CodeSha256")
        if expected and expected != current:
            message = {"Type": "User", "message": _MISMATCH.format(expected=expected, current=current)}
            headers = {"Content-Type": "application/json", "x-amzn-errortype": "InvalidParameterValueException"}
            return 400, headers, json.dumps(message | {"__type": "InvalidParameterValueException"}).encode()
        stale = check_revision(config, data) if config and data.get("RevisionId") else None
        try:
            updates.check_settled(config)
        except RefusedFunctionError as fault:
            return stale or updates.refusal(fault)
        return stale or publish(name, data)

    replace(lambda_svc, "_publish_version", publish_version)


def _install_retiring() -> None:
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    update = seam(lambda_svc, "_update_alias")
    pools = seam(lambda_runtime, "_workers")
    lock = seam(lambda_runtime, "_lock")
    kill = seam(lambda_runtime, "kill_workers")

    def update_alias(name: str, alias_name: str, data: dict[str, Any]) -> Response:
        response = update(name, alias_name, data)
        if response[0] < 400:
            aliases = lambda_svc._functions[name]["aliases"].values()
            retired = _idle(pools, lock, name, {version for alias in aliases for version in versions_of(alias)})
            # To wait until they have ended takes longer than a caller should.
            threading.Thread(target=kill, args=(retired,), daemon=True).start()
        return response

    replace(lambda_svc, "_update_alias", update_alias)


def versions_of(alias: dict[str, Any]) -> set[str]:
    """The versions that an alias sends invocations to."""
    return {alias["FunctionVersion"], *(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})}


def _idle(pools: dict[str, list], lock: Any, function: str, versions: set[str]) -> list[Any]:
    """Take the idle processes of all versions but `versions` out of their pools."""
    idle = []
    with lock:
        for key, workers in pools.items():
            _, _, name, qualifier = key.split(":")
            if name == function and qualifier.isdigit() and qualifier not in versions:
                idle += [worker for worker in workers if not worker.in_use]
                pools[key] = [worker for worker in workers if worker.in_use]
    return idle
