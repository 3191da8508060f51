"""Functions while they are created and updated, and what is refused meanwhile.

A function that was just created is active at once, so that nobody has to wait. An update takes the half second of
MiniStack's: another update, or a version that is published, is refused until it has ended. The function has another
RevisionId then than in the update's response, as on AWS.
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

import json
import threading
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local.lambda_ import configurations
from local.lambda_.configurations import RefusedFunctionError
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

# CloudFormation calls the same functions of MiniStack's, and waits for an update on AWS.
_OF_CALLER: ContextVar[bool] = ContextVar("of_caller", default=False)


def install() -> None:
    """Check configurations, and refuse what comes during an update."""
    from ministack.services import lambda_svc

    _note_callers(lambda_svc)
    create = seam(lambda_svc, "_create_function")

    def create_checked(data: dict[str, Any]) -> Response:
        try:
            configurations.check("CreateFunction", data)
        except RefusedFunctionError as fault:
            return refusal(fault)
        response = create(data)
        if response[0] < 400:
            settle(lambda_svc._functions[data["FunctionName"]]["config"])
        return response

    replace(lambda_svc, "_create_function", create_checked)
    replace(lambda_svc, "_schedule_state_transition", _settle_later)
    serialized = seam(lambda_svc, "_serialized_revision_update")()
    for name, operation in (("_update_code", None), ("_update_config", "UpdateFunctionConfiguration")):
        replace(lambda_svc, name, serialized(_updating(seam(lambda_svc, name), operation)))


def _note_callers(lambda_svc: Any) -> None:
    handle = seam(lambda_svc, "handle_request")

    async def handle_of_caller(*request: Any) -> Any:
        token = _OF_CALLER.set(True)
        try:
            return await handle(*request)
        finally:
            _OF_CALLER.reset(token)

    replace(lambda_svc, "handle_request", handle_of_caller)


def _updating(update: Callable[..., Response], operation: str | None) -> Callable[[str, dict[str, Any]], Response]:
    def update_checked(name: str, data: dict[str, Any]) -> Response:
        from ministack.services import lambda_svc

        config = (lambda_svc._functions.get(name) or {}).get("config")
        if config is None:
            return update(name, data)
        try:
            if operation is not None:
                configurations.check(operation, {"FunctionName": name, **data})
            if stale := lambda_svc._check_revision(config, data):
                return stale
            check_settled(config)
        except RefusedFunctionError as fault:
            return refusal(fault)
        return _active(update(name, data), config)

    return update_checked


def check_settled(config: dict[str, Any]) -> None:
    """Raise RefusedFunctionError while the function of this configuration is updated. CloudFormation has waited."""
    if _OF_CALLER.get() and config.get("LastUpdateStatus") == "InProgress":
        message = "The operation cannot be performed at this time. An update is in progress for resource: "
        raise RefusedFunctionError(message + config["FunctionArn"], "ResourceConflictException", 409)


def _settle_later(name: str, delay: float) -> None:
    """Let the update of a function end in so many seconds."""
    from ministack.core import responses
    from ministack.services import lambda_svc

    account_id, region = responses.get_account_id(), responses.get_region()

    def end() -> None:
        function = lambda_svc._functions.get_scoped(account_id, region, name) or {}
        if function.get("config", {}).get("LastUpdateStatus") == "InProgress":
            function["config"]["RevisionId"] = str(uuid.uuid4())
            settle(function["config"])

    timer = threading.Timer(delay, end)
    timer.daemon = True
    timer.start()


def settle(config: dict[str, Any]) -> None:
    """Let the function of this configuration be active, and its last update have succeeded."""
    config.update(State="Active", LastUpdateStatus="Successful")
    for name in ("State", "LastUpdateStatus"):
        config.update({f"{name}Reason": "", f"{name}ReasonCode": ""})


def _active(response: Response, config: dict[str, Any]) -> Response:
    """An update's response: the function stays active meanwhile, which MiniStack calls pending."""
    if response[0] >= 400:
        return response
    active = {"State": "Active", "StateReason": "", "StateReasonCode": ""}
    config.update(active)
    if not _OF_CALLER.get():
        settle(config)
    return response[0], response[1], json.dumps(json.loads(response[2]) | active).encode()


def refusal(fault: RefusedFunctionError) -> Response:
    """Lambda's answer that says why."""
    from ministack.services import lambda_svc

    return lambda_svc.error_response_json(fault.code, str(fault), fault.status, {"Type": "User"})
