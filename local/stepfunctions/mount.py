"""Serves moto's Step Functions API in MiniStack's app, and answers the calls that MiniStack's services make of it."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from moto.stepfunctions.responses import StepFunctionResponse

from local import account
from local.protocols.strict_json import NotJsonError, decode
from local.seams import replace, seam
from local.stepfunctions import activities
from local.stepfunctions.definitions import diagnostics
from local.stepfunctions.refusals import CallRefusedError
from local.stepfunctions.start_requests import checked

log = logging.getLogger(__name__)

Response = tuple[int, dict[str, str], bytes]

_JSON = "application/x-amz-json-1.0"
_STARTS = frozenset({"StartExecution", "StartSyncExecution"})


def install() -> None:
    """Put moto in the place of MiniStack's interpreter."""
    from ministack.core.responses import get_region
    from ministack.services import stepfunctions
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import create_backend_app

    seam(default_user_config, "get")("stepfunctions")["execute_state_machine"] = True
    serve = _server(create_backend_app("stepfunctions"))
    poll = activities.polls()

    async def handle_request(method: str, path: str, headers: dict, body: bytes, _: dict) -> Response:
        run = poll if headers.get("x-amz-target", "").endswith(f".{activities.ACTION}") else asyncio.to_thread
        return await run(serve, method, path, headers, body)

    def call(operation: str) -> Callable[[dict], Response]:
        return lambda parameters: serve(
            "POST", "/", _call_headers(operation, get_region()), json.dumps(parameters).encode()
        )

    replace(stepfunctions, "handle_request", handle_request)
    replace(stepfunctions, "_state_machines", StateMachines())
    for function, operation in (
        ("_start_execution", "StartExecution"),
        ("_update_state_machine", "UpdateStateMachine"),
        ("_tag_resource", "TagResource"),
        ("_untag_resource", "UntagResource"),
    ):
        replace(stepfunctions, function, call(operation))
    replace(stepfunctions, "_resolve_state_machine_arn", lambda arn: stepfunctions._state_machines.get(arn))


def _call_headers(operation: str, region: str) -> dict[str, str]:
    """Headers of a call from inside the server, which was authorised where it came in.

    moto reads the region off them, in this process; no server would take them.
    """
    scope = f"server/20000101/{region}/states/aws4_request"
    return {
        "host": "states",
        "x-amz-target": f"AWSStepFunctions.{operation}",
        "content-type": "application/x-amz-json-1.0",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
    }


def _server(app: Any) -> Callable[[str, str, dict, bytes], Response]:
    from ministack.core.responses import get_region

    def serve(method: str, path: str, headers: dict, body: bytes) -> Response:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            parameters = _parameters(body)
            if action in _STARTS:
                body = json.dumps(checked(parameters)).encode()
        except CallRefusedError as fault:
            return _answer(400, {"__type": fault.error_type, "message": fault.message})
        if action == "ValidateStateMachineDefinition":
            return _answer(200, diagnostics(str(parameters.get("definition", ""))))
        if not hasattr(StepFunctionResponse, xform_name(action)):
            return _answer(400, {"__type": "UnknownOperationException", "message": f"Unknown operation: {action}"})
        # moto reads the region off the host name.
        base_url = f"http://states.{get_region()}.amazonaws.com"
        forwarded_headers = {name: value for name, value in headers.items() if name not in ("host", "content-length")}
        answer = app.test_client().open(path, method=method, base_url=base_url, headers=forwarded_headers, data=body)
        content = answer.get_data()
        if answer.status_code >= 400:
            content = _error(content)
        return answer.status_code, {"Content-Type": _JSON}, content

    return serve


def _parameters(body: bytes) -> dict[str, Any]:
    """What a caller sends. Raises CallRefusedError where it is no JSON object."""
    try:
        parameters = decode(body or b"{}")
    except NotJsonError as fault:
        raise CallRefusedError("SerializationException", f"The body is no JSON: {fault}") from fault
    if not isinstance(parameters, dict):
        raise CallRefusedError("SerializationException", "The body is no JSON object.")
    return parameters


def _answer(status: int, content: dict) -> Response:
    return status, {"Content-Type": _JSON}, json.dumps(content).encode()


def _error(content: bytes) -> bytes:
    """What moto answers where it failed itself is text, which no client can read."""
    try:
        json.loads(content)
    except ValueError:
        log.error("Step Functions answered with what is no JSON: %s", content[:200])
        return json.dumps({"__type": "InternalError", "message": content.decode(errors="replace")[:2000]}).encode()
    return content


class StateMachines:
    """The mapping from ARN to state machine that CloudFormation and EventBridge read and write, held by moto."""

    def get(self, arn: str, default: dict | None = None) -> dict | None:
        machine = next((each for each in self._backend(arn).state_machines if each.arn == arn), None)
        return default if machine is None else _record(machine)

    def __getitem__(self, arn: str) -> dict:
        record = self.get(arn)
        if record is None:
            raise KeyError(arn)
        return record

    def __contains__(self, arn: str) -> bool:
        return self.get(arn) is not None

    def __setitem__(self, arn: str, record: dict) -> None:
        """Create the state machine of `record`. Raises ValueError with the fault of a definition that is no ASL."""
        from moto.core.exceptions import JsonRESTError

        try:
            self._backend(arn).create_state_machine(
                name=record["name"],
                definition=record["definition"],
                roleArn=record["roleArn"],
                loggingConfiguration=record.get("loggingConfiguration"),
                encryptionConfiguration=record.get("encryptionConfiguration"),
                sm_type=record.get("type"),
            )
        except JsonRESTError as refusal:
            raise ValueError(f"Step Functions refused state machine {record['name']}: {refusal.message}") from refusal

    def pop(self, arn: str, default: Any = None) -> Any:
        record = self.get(arn)
        if record is None:
            return default
        self._backend(arn).delete_state_machine(arn)
        return record

    @staticmethod
    def _backend(arn: str) -> Any:
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends

        return stepfunctions_parser_backends[account.ACCOUNT_ID][arn.split(":")[3]]


def _record(machine: Any) -> dict:
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.roleArn,
        "type": machine.type,
        "status": "ACTIVE",
        "revisionId": machine.revision_id if hasattr(machine, "revision_id") else None,
    }


def stop_executions() -> None:
    """Stop every running execution, so that its threads start nothing more."""
    from moto.stepfunctions.parser.api import ExecutionStatus
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    for backend in list(stepfunctions_parser_backends[account.ACCOUNT_ID].values()):
        for execution in backend._get_executions(ExecutionStatus.RUNNING):
            backend.stop_execution(execution.execution_arn)
