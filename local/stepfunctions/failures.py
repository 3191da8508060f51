"""Errors by the names that AWS gives them, in histories and to Retry and Catch.

Sources: "Handling errors in Step Functions workflows" in the developer guide, whose table of error names says which of
them `States.ALL` does not catch, and the Amazon States Language. moto names a denied function after the service's code,
what goes wrong while a Map's items are read `States.Runtime`, and errors of intrinsic functions and of ResultPath after
Python's classes.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.path.result_path import ResultPath
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringIntrinsicFunction
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.item_reader_decl import ItemReader
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.callback.callback import HeartbeatTimeoutError
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.names import error_names

# "States.ALL doesn't catch" them: the table of error names.
_NOT_CAUGHT_BY_ALL = ("States.Runtime", "States.DataLimitExceeded")
# What Python raises where a function or a reader meets what it cannot use.
_UNUSABLE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def install() -> None:
    """Put the names in place."""
    _install_wildcard()
    _install_functions()
    _install_heartbeats()
    _install_timeouts_of_tables()
    _install_evaluations()
    replace(StepFunctionResponse, "send_task_failure", _send_task_failure)


def failure(
    env: Any,
    kind: StatesErrorNameType,
    cause: str,
    event: HistoryEventType = HistoryEventType.ExecutionFailed,
    member: str = "executionFailedEventDetails",
) -> FailureEventException:
    """The failure of the present state by one of Step Functions' own errors, to be raised."""
    details: Any = {member: {"error": kind.to_name(), "cause": cause}}
    name = StatesErrorName(typ=kind)
    return FailureEventException(FailureEvent(env, name, event_type=event, event_details=EventDetails(**details)))


def _install_wildcard() -> None:
    """`States.ALL` catches all but two."""
    evaluate = seam(ErrorEqualsDecl, "_eval_body")

    def eval_body(self: Any, env: Any) -> None:
        error = env.stack[-1].error_name
        evaluate(self, env)
        if error in _NOT_CAUGHT_BY_ALL and error not in {each.error_name for each in self.error_names}:
            env.stack[-1] = False

    replace(ErrorEqualsDecl, "_eval_body", eval_body)


def lambda_error(refusal: ClientError) -> tuple[str, str]:
    """Error and cause where Lambda refuses a call.

    AWS's SDK has a class for each error in Lambda's API, and `AWSLambdaException` for all others: a denial for one.
    """
    error: dict[str, Any] = refusal.response["Error"]
    metadata = refusal.response["ResponseMetadata"]
    name = error["Code"] if error["Code"] in error_names("lambda") else "AWSLambdaException"
    cause = (
        f"{error['Message']} (Service: AWSLambda; Status Code: {metadata['HTTPStatusCode']}; "
        f"Error Code: {error['Code']}; Request ID: {metadata['RequestId']}; Proxy: null)"
    )
    return f"Lambda.{name}", cause


def _install_functions() -> None:
    """Name what Lambda refuses, for both ways in which a state invokes a function."""
    failed = seam(StateTaskLambda, "_from_error")

    def from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return failed(self, env, ex)
        error, cause = lambda_error(ex)
        details: Any = {"lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
        return FailureEvent(
            env, ErrorName(error), HistoryEventType.LambdaFunctionFailed, event_details=EventDetails(**details)
        )

    replace(StateTaskServiceLambda, "_error_cause_from_client_error", staticmethod(lambda_error))
    replace(StateTaskLambda, "_from_error", from_error)


class HeartbeatTimeout(StatesErrorName):
    """A task that sent no heartbeat: it fails by `States.Timeout`, and `States.HeartbeatTimeout` catches it too."""

    def __init__(self) -> None:
        super().__init__(typ=StatesErrorNameType.StatesTimeout)

    def __eq__(self, other: object) -> bool:
        names = (StatesErrorNameType.StatesTimeout.to_name(), StatesErrorNameType.StatesHeartbeatTimeout.to_name())
        return isinstance(other, ErrorName) and other.error_name in names

    __hash__ = None  # type: ignore[assignment] - as of the class that it extends


def _install_heartbeats() -> None:
    failed = seam(StateTaskService, "_from_error")

    def from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
        event = failed(self, env=env, ex=ex)
        if not isinstance(ex, HeartbeatTimeoutError):
            return event
        return FailureEvent(env, HeartbeatTimeout(), event.event_type, event_details=event.event_details)

    replace(StateTaskService, "_from_error", from_error)


def _install_timeouts_of_tables() -> None:
    """A task of DynamoDB that runs out of time fails by States.Timeout too, and not by an error of DynamoDB's."""
    failed = seam(StateTaskServiceDynamoDB, "_from_error")

    def from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, TimeoutError | FailureEventException):
            return StateTaskService._from_error(self, env=env, ex=ex)
        return failed(self, env=env, ex=ex)

    replace(StateTaskServiceDynamoDB, "_from_error", from_error)


def _install_evaluations() -> None:
    """Name the errors of intrinsic functions, of ResultPath and of a Map's reader."""
    kinds = StatesErrorNameType
    function = seam(StringIntrinsicFunction, "_eval_body")
    path = seam(ResultPath, "_eval_body")
    reader = seam(ItemReader, "_eval_body")

    def evaluate_function(self: Any, env: Any) -> None:
        try:
            function(self, env)
        except NoSuchJsonPathError:
            raise
        except _UNUSABLE as fault:
            cause = f"The function '{self.intrinsic_function_derivation}' had the following error: {fault}"
            raise failure(env, kinds.StatesIntrinsicFailure, cause) from fault

    def evaluate_path(self: Any, env: Any) -> None:
        try:
            path(self, env)
        except _UNUSABLE as fault:
            cause = f"Unable to apply ResultPath '{self.result_path_src}' to the input: {fault}"
            raise failure(env, kinds.StatesResultPathMatchFailure, cause) from fault

    replace(StringIntrinsicFunction, "_eval_body", evaluate_function)
    replace(ResultPath, "_eval_body", evaluate_path)
    replace(ItemReader, "_eval_body", _reading(reader))


def _reading(read: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def evaluate_reader(self: Any, env: Any) -> None:
        try:
            read(self, env)
        except NoSuchJsonPathError:
            raise
        except (ClientError, BotoCoreError, *_UNUSABLE) as fault:
            kind = StatesErrorNameType.StatesItemReaderFailed
            event, member = HistoryEventType.MapRunFailed, "mapRunFailedEventDetails"
            raise failure(env, kind, str(fault), event, member) from fault

    return evaluate_reader


def _send_task_failure(response: Any) -> Any:
    """moto drops the cause."""
    from moto.core.responses import EmptyResult

    error, cause = response._get_param("error"), response._get_param("cause")
    response.stepfunction_backend.send_task_failure(response._get_param("taskToken"), error=error, cause=cause)
    return EmptyResult()
