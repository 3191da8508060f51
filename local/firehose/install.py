"""Puts the delivery of records, and the checks of what streams may be, in the place of MiniStack's."""

import json
import random
from collections.abc import Callable
from typing import Any

from ministack.core import router
from ministack.core.responses import error_response_json, json_response
from ministack.services import firehose

from local.firehose.destination import Destination
from local.firehose.errors import FirehoseError, PassRoleError, SlowDownError
from local.firehose.requests import check_name
from local.firehose.streams import Streams
from local.iam.roles import RoleClients, denies_pass_role
from local.seams import replace, seam

PRINCIPAL = "firehose.amazonaws.com"
_SEED = 20240709
_SOURCE = "DirectPut"
_S3 = ("ExtendedS3", "S3")

Response = tuple[int, dict[str, str], bytes]
Operation = Callable[[dict[str, Any]], Response]


def install(endpoint: str, now: Callable[[], float], failed_puts: float) -> Streams:
    """Install and start the streams. `now` is the server's clock; `failed_puts` the fraction of entries that fail.

    Which of them fail is random, by one seed. On AWS entries fail when a stream is throttled; here nothing else is.
    """
    for name in ("_streams", "_record_id", "_resolve_dest_type_and_config", "_resolve_dest_update_config"):
        seam(firehose, name)
    resolve = replace(firehose, "_resolve_dest_type_and_config", lambda request: _with_numbers(resolve(request)))
    chance = random.Random(_SEED)  # noqa: S311 - spreads failures, guards nothing
    streams = Streams(RoleClients(endpoint, PRINCIPAL), now, lambda: chance.random() < failed_puts)
    handlers = seam(firehose, "_HANDLERS")
    handlers["PutRecord"] = _respond(streams.put_record)
    handlers["PutRecordBatch"] = _respond(streams.put_records)
    # CloudFormation calls the function itself.
    create = _checked(seam(firehose, "_create_delivery_stream"), _check_creation)
    replace(firehose, "_create_delivery_stream", create)
    handlers["CreateDeliveryStream"] = create
    handlers["UpdateDestination"] = _checked(handlers["UpdateDestination"], _check_update)
    handle = seam(firehose, "_handle_request_sync")

    def handle_checked(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        denial = _pass_role_denial(headers, body, query)
        return _error(PassRoleError(denial)) if denial else handle(method, path, headers, body, query)

    replace(firehose, "_handle_request_sync", handle_checked)
    streams.start()
    return streams


def _with_numbers(destination: tuple[str | None, dict[str, Any] | None]) -> tuple[str | None, dict[str, Any] | None]:
    """The kind and configuration of a destination, whose numbers CloudFormation hands over as texts."""
    kind, config = destination
    if not config or not isinstance(config.get("BufferingHints"), dict):
        return kind, config
    hints = {name: int(value) for name, value in config["BufferingHints"].items()}
    return kind, {**config, "BufferingHints": hints}


def _respond(operation: Callable[[dict[str, Any]], dict[str, Any]]) -> Operation:
    def respond(request: dict[str, Any]) -> Response:
        try:
            return json_response(operation(request))
        except FirehoseError as fault:
            return _error(fault)

    return respond


def _checked(operation: Operation, check: Callable[[dict[str, Any]], None]) -> Operation:
    def respond(request: dict[str, Any]) -> Response:
        try:
            check(request)
        except FirehoseError as fault:
            return _error(fault)
        return operation(request)

    return respond


def _error(fault: FirehoseError) -> Response:
    return error_response_json(fault.code, str(fault), 503 if isinstance(fault, SlowDownError) else 400)


def _check_creation(request: dict[str, Any]) -> None:
    """A stream that is put into directly, with an S3 destination. Raises FirehoseError."""
    check_name(request.get("DeliveryStreamName"))
    source = request.get("DeliveryStreamType") or _SOURCE
    if source != _SOURCE:
        raise FirehoseError(f"DeliveryStreamType {source} is not supported here; {_SOURCE} is.")
    kind, config = firehose._resolve_dest_type_and_config(request)
    if kind not in _S3:
        raise FirehoseError(f"A destination of the kind {kind} is not supported here; ExtendedS3 is.")
    Destination.check(config)


def _check_update(request: dict[str, Any]) -> None:
    """The destination as it will be: what is there, with the members of the update. Raises FirehoseError."""
    kind, update = firehose._resolve_dest_update_config(request)
    stream = firehose._streams.get(request.get("DeliveryStreamName", ""))
    if stream is None or update is None:
        return
    if kind not in _S3:
        raise FirehoseError(f"A destination of the kind {kind} is not supported here; ExtendedS3 is.")
    Destination.check(stream["destinations"][0]["config"] | update)


def _pass_role_denial(headers: dict[str, str], body: bytes, query: dict[str, Any]) -> str | None:
    """Why the caller may not hand the role of a new destination to Firehose, or None."""
    if headers.get("x-amz-target", "").rpartition(".")[2] not in ("CreateDeliveryStream", "UpdateDestination"):
        return None
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    _, created = firehose._resolve_dest_type_and_config(request)
    _, updated = firehose._resolve_dest_update_config(request)
    role = (created or updated or {}).get("RoleARN")
    return denies_pass_role(router.extract_access_key_id(headers, query), role, PRINCIPAL) if role else None
