"""Serves moto's Step Functions API in MiniStack's app, and answers the calls that MiniStack's services make of it."""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

from local import account
from local.seams import replace, seam
from local.stepfunctions.definitions import diagnostics

log = logging.getLogger(__name__)

Response = tuple[int, dict[str, str], bytes]

# StartExecution, as AWS's API reference restricts it.
_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


def install() -> None:
    """Put moto in the place of MiniStack's interpreter."""
    from ministack.core.responses import get_region
    from ministack.services import stepfunctions
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import create_backend_app

    seam(default_user_config, "get")("stepfunctions")["execute_state_machine"] = True
    serve = _server(create_backend_app("stepfunctions"))

    async def handle_request(method: str, path: str, headers: dict, body: bytes, _: dict) -> Response:
        return await asyncio.to_thread(serve, method, path, headers, body)

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
        if headers.get("x-amz-target", "").endswith(".StartExecution"):
            request = _with_name(body)
            if isinstance(request, tuple):
                return request
            body = request
        if headers.get("x-amz-target", "").endswith(".ValidateStateMachineDefinition"):
            return _answer(200, diagnostics(json.loads(body or b"{}").get("definition", "")))
        # moto reads the region off the host name.
        base_url = f"http://states.{get_region()}.amazonaws.com"
        forwarded_headers = {name: value for name, value in headers.items() if name not in ("host", "content-length")}
        answer = app.test_client().open(path, method=method, base_url=base_url, headers=forwarded_headers, data=body)
        content = answer.get_data()
        if answer.status_code >= 400:
            content = _with_error_code(content)
        return answer.status_code, {"Content-Type": "application/x-amz-json-1.0"}, content

    return serve


def _with_name(body: bytes) -> bytes | Response:
    """The request with a name, or its refusal. AWS gives a UUID to an execution without one; moto calls it `None`."""
    parameters = json.loads(body or b"{}")
    name = parameters.get("name")
    if name is None:
        parameters["name"] = str(uuid.uuid4())
        return json.dumps(parameters).encode()
    if isinstance(name, str) and _EXECUTION_NAME.fullmatch(name):
        return body
    return _refusal("InvalidName", f"Invalid Name: '{name}'")


def _refusal(code: str, message: str) -> Response:
    return _answer(400, {"__type": code, "message": message})


def _answer(status: int, content: dict) -> Response:
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(content).encode()


def _with_error_code(content: bytes) -> bytes:
    """moto answers a definition it cannot parse with an empty code, which no client can catch."""
    try:
        error = json.loads(content)
    except ValueError:
        log.error("Step Functions answered with what is no JSON: %s", content[:200])
        return json.dumps({"__type": "InternalError", "message": content.decode(errors="replace")[:2000]}).encode()
    if not error.get("__type"):
        error["__type"] = "InvalidDefinition"
        error.setdefault("message", error.pop("Message", ""))
    return json.dumps(error).encode()


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
