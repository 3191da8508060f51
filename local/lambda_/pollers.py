"""Keeps a poller for each mapping from a queue, in the place of MiniStack's own thread; streams stay that thread's."""

import threading
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local import EmbeddedAwsError
from local.lambda_.mapping import Record, fault_in, is_from_queue
from local.lambda_.poller import Poller
from local.seams import replace, seam

_TYPE = "AWS::Lambda::EventSourceMapping"
_NUMBERS = ("BatchSize", "MaximumBatchingWindowInSeconds")

Key = tuple[str, str, str]


class InvalidMappingError(EmbeddedAwsError):
    """AWS would not create this mapping."""


class Pollers:
    """The pollers, by their mappings' keys in MiniStack: account, region, UUID."""

    def __init__(self) -> None:
        self._pollers: dict[Key, Poller] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Follow what Lambda's API and CloudFormation do to mappings."""
        start_streams = seam(lambda_svc, "_ensure_poller")
        release = seam(lambda_svc, "_release_esm_poll_state")

        def ensure_poller() -> None:
            self.follow()
            if any(not is_from_queue(record) for record in lambda_svc._esms._data.values()):
                start_streams()

        def release_poll_state(mapping_id: str) -> None:
            release(mapping_id)
            self.follow()

        replace(lambda_svc, "_ensure_poller", ensure_poller)
        replace(lambda_svc, "_release_esm_poll_state", release_poll_state)
        replace(lambda_svc, "_poll_sqs", lambda: False)
        replace(lambda_svc, "_create_esm", self._create(seam(lambda_svc, "_create_esm")))
        replace(lambda_svc, "_update_esm", self._update(seam(lambda_svc, "_update_esm")))
        handlers = seam(provisioners, "_RESOURCE_HANDLERS")[_TYPE]
        handlers["create"] = self._create_resource(handlers["create"])
        handlers["update"] = self._update_resource(handlers["update"])

    def follow(self) -> None:
        """Start a poller for each mapping that has none, stop those whose mapping is gone, and wake the others."""
        with self._lock:
            records: dict[Key, Record] = {k: r for k, r in lambda_svc._esms._data.items() if is_from_queue(r)}
            for key in self._pollers.keys() - records.keys():
                self._pollers.pop(key).stop()
            for poller in self._pollers.values():
                poller.wake()
            for key in records.keys() - self._pollers.keys():
                self._pollers[key] = Poller(records[key], key[0], key[1])
                self._pollers[key].start()

    def stop(self) -> None:
        """Stop all pollers."""
        with self._lock:
            for poller in self._pollers.values():
                poller.stop()

    def _create(self, create: Callable[[dict], Any]) -> Callable[[dict], Any]:
        def create_checked(data: dict[str, Any]) -> Any:
            if not is_from_queue(data):
                return create(data)
            name, qualifier, error = lambda_svc._resolve_existing_esm_function(data.get("FunctionName", ""))
            if error:
                return error
            record = {**data, "FunctionName": name, "Qualifier": qualifier}
            return _refusal(record) or _conflict(record) or create(data)

        return create_checked

    def _update(self, update: Callable[[str, dict], Any]) -> Callable[[str, dict], Any]:
        def update_checked(mapping_id: str, data: dict[str, Any]) -> Any:
            record = lambda_svc._esms.get(mapping_id)
            if not record or not is_from_queue(record):
                return update(mapping_id, data)
            changes = {name: value for name, value in data.items() if name != "FunctionName"}
            answer = _refusal(record | changes) or update(mapping_id, data)
            self.follow()
            return answer

        return update_checked

    def _create_resource(self, create: Callable) -> Callable:
        def create_checked(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
            properties |= _with_types(properties)
            if not is_from_queue(properties):
                return create(logical_id, properties, stack_name)
            _, name, _, qualifier = provisioners._lambda_function_for_cfn_ref(properties.get("FunctionName", ""))
            if fault := fault_in({**properties, "FunctionName": name, "Qualifier": qualifier}):
                raise InvalidMappingError(fault)
            mapping_id, attributes = create(logical_id, properties, stack_name)
            record = lambda_svc._esms[mapping_id]
            record["State"] = "Enabled" if record["Enabled"] else "Disabled"
            return mapping_id, attributes

        return create_checked

    def _update_resource(self, update: Callable) -> Callable:
        def update_checked(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
            new |= _with_types(new)
            record = lambda_svc._esms.get(physical_id)
            if record and is_from_queue(record):
                changes = {name: value for name, value in new.items() if name != "FunctionName"}
                if fault := fault_in(record | changes):
                    raise InvalidMappingError(fault)
            answer = update(physical_id, old, new, stack_name)
            self.follow()
            return answer

        return update_checked


def _with_types(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties CloudFormation leaves as texts where a template's parameter gave them."""
    typed: dict[str, Any] = {name: int(properties[name]) for name in _NUMBERS if name in properties}
    if "Enabled" in properties:
        typed["Enabled"] = str(properties["Enabled"]).lower() != "false"
    return typed


def _refusal(record: Record) -> Any:
    fault = fault_in(record)
    return lambda_svc._invalid_parameter_value(fault) if fault else None


def _conflict(record: Record) -> Any:
    for existing in lambda_svc._esms.values():
        if all(existing.get(name) == record.get(name) for name in ("EventSourceArn", "FunctionName", "Qualifier")):
            message = (
                f'The event source arn (" {record["EventSourceArn"]} ") and function (" {record["FunctionName"]} ") '
                f"provided mapping already exists. Please update or delete the existing mapping with UUID "
                f"{existing['UUID']}"
            )
            return lambda_svc.error_response_json("ResourceConflictException", message, 409)
    return None
