"""Delivery streams, in the place of MiniStack's, which write each record to an object of its own at once, as nobody.

Here records are collected until there are enough bytes or the first is old enough, by the server's clock. They are
written as one object, by the stream's role. What S3 does not take is tried again for a day.
MiniStack keeps the streams themselves: it creates, describes, updates, lists, tags and deletes them.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import firehose

from local.background.surviving import keeping, surviving
from local.firehose import metrics, requests
from local.firehose.buffers import Batch, Buffer
from local.firehose.destination import Destination
from local.firehose.errors import NoStreamError, SlowDownError
from local.firehose.processing import FAILED, UnprocessableRecordError, error_line
from local.iam.roles import LentRole, RoleClients, UnusableRoleError
from local.persistence.parts import Part

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_SLOW_DOWN = {"ErrorCode": SlowDownError.code, "ErrorMessage": "Slow down."}

Key = tuple[str, str, str]
"""Account, region and name of a stream."""


@dataclass
class _Waiting:
    """What a stream has taken and not delivered. `created` tells the stream from a later one of its name."""

    created: Any
    buffer: Buffer = field(default_factory=Buffer)
    batches: list[Batch] = field(default_factory=list)
    # Out of the buffer, and in no batch yet; with when the first of them came.
    taken: list[bytes] = field(default_factory=list)
    arrival: float = 0.0


class Streams:
    """Takes records and delivers them.

    `now` is the server's clock, in seconds since the epoch; `fails` says whether the next entry that is put shall fail.
    """

    def __init__(self, clients: RoleClients, now: Callable[[], float], fails: Callable[[], bool]) -> None:
        self._clients = clients
        self._now = now
        self._fails = fails
        self._waiting: dict[Key, _Waiting] = {}
        self._lock = threading.Lock()
        self._delivering = threading.RLock()
        self._wake = threading.Event()
        self._stopped = False

    @property
    def lock(self) -> threading.Lock:
        """Who holds it sees each record in one place."""
        return self._lock

    def part(self) -> Part:
        """What is kept: the records that were taken and not delivered. A batch may be written twice, as one object."""

        def put_back(state: dict[Key, _Waiting]) -> None:
            for waiting in state.values():
                waiting.buffer.put_back(waiting.taken, waiting.arrival)
                waiting.taken = []
            with self._lock:
                self._waiting.update(state)

        return Part("firehose-records", lambda: self._waiting, put_back)

    def start(self) -> None:
        """Deliver what is due, from now on until `stop`."""
        threading.Thread(target=self._loop, daemon=True, name="firehose").start()

    def stop(self) -> None:
        """Deliver no more."""
        self._stopped = True
        self._wake.set()

    def put_record(self, request: dict[str, Any]) -> dict[str, Any]:
        """PutRecord. Raises FirehoseError."""
        stream = self._stream_of(request)
        (outcome,) = self._put(stream, [requests.record_of(request.get("Record"))])
        if "ErrorCode" in outcome:
            raise SlowDownError(outcome["ErrorMessage"])
        return outcome | {"Encrypted": _is_encrypted(stream)}

    def put_records(self, request: dict[str, Any]) -> dict[str, Any]:
        """PutRecordBatch: an outcome for each record, in their order. Raises FirehoseError."""
        stream = self._stream_of(request)
        outcomes = self._put(stream, requests.records_of(request.get("Records")))
        failed = sum("ErrorCode" in outcome for outcome in outcomes)
        return {"FailedPutCount": failed, "Encrypted": _is_encrypted(stream), "RequestResponses": outcomes}

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within the block nobody else delivers: whoever moves the clock sees what that made due."""
        with self._delivering:
            yield

    def deliver_due(self) -> list[str]:
        """Write what is due now, and what S3 did not take before; the keys of the objects."""
        written = []
        with self._delivering:
            for key in list(self._waiting):
                with keeping(f"Firehose's {key[2]}", lambda: None):  # it still has what it has
                    written += self._deliver(key)
        return written

    def ages(self) -> dict[Key, float]:
        """How old in seconds the oldest record is that each stream holds, of those that hold any."""
        now, ages = self._now(), {}
        for key, waiting in list(self._waiting.items()):
            arrivals = [batch.arrival for batch in waiting.batches]
            if waiting.buffer.records:
                arrivals.append(waiting.buffer.arrival)
            if arrivals:
                ages[key] = now - min(arrivals)
        return ages

    def _stream_of(self, request: dict[str, Any]) -> dict[str, Any]:
        name = requests.check_name(request.get("DeliveryStreamName"))
        stream = _stream(get_account_id(), get_region(), name)
        if stream is None:
            raise NoStreamError(f"Firehose {name} under account {get_account_id()} not found.")
        return stream

    def _put(self, stream: dict[str, Any], records: list[bytes]) -> list[dict[str, str]]:
        key = (get_account_id(), get_region(), stream["name"])
        outcomes = [dict(_SLOW_DOWN) if self._fails() else {"RecordId": firehose._record_id()} for _ in records]
        destination = Destination.check(_config(stream))
        now = self._now()
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is None or waiting.created != stream["created_at"]:
                waiting = self._waiting[key] = _Waiting(stream["created_at"])
            for record, outcome in zip(records, outcomes, strict=True):
                if "RecordId" in outcome:
                    waiting.buffer.add(record, now)
            is_due = waiting.buffer.is_due(now, destination.size, destination.seconds)
        admitted = [record for record, outcome in zip(records, outcomes, strict=True) if "RecordId" in outcome]
        metrics.count_incoming(stream["name"], admitted, len(records) - len(admitted))
        if is_due:
            self._wake.set()
        return outcomes

    def _loop(self) -> None:
        while not self._stopped:
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()
            with surviving("Firehose"):
                self.deliver_due()

    def _deliver(self, key: Key) -> list[str]:
        stream, waiting = _stream(*key), self._waiting[key]
        if stream is None or stream["created_at"] != waiting.created:
            # A stream is deleted with what it holds.
            self._waiting.pop(key)
            return []
        now, destination = self._now(), Destination.check(_config(stream))
        with self._lock:
            is_due = waiting.buffer.is_due(now, destination.size, destination.seconds)
            arrival, records = waiting.buffer.arrival, waiting.buffer.take() if is_due else []
            waiting.taken, waiting.arrival = records, arrival
        with keeping(f"Firehose's {key[2]}", lambda: self._put_back(waiting, records, arrival)):
            # All of them or none: a list, since a fault may come between two.
            batches = list(_batches(destination, records, arrival, now, (key[2], stream["version"])))
            with self._lock:
                waiting.batches, waiting.taken = waiting.batches + batches, []
        tried = [batch for batch in waiting.batches if batch.retry_at <= now]
        written: list[Batch] = []
        for batch in tried:
            with keeping(f"Firehose's {key[2]}", lambda: None):  # it is as one that S3 did not take
                written += [batch] if self._write(key, destination, batch) else []
        lost = [batch for batch in tried if batch not in written and not batch.delay(now)]
        for batch in lost:
            log.error("%s: S3 did not take %s for a day: its records are lost", key[2], batch.key)
        waiting.batches = [batch for batch in waiting.batches if batch not in written and batch not in lost]
        return [batch.key for batch in written]

    def _put_back(self, waiting: _Waiting, records: list[bytes], arrival: float) -> None:
        with self._lock:
            waiting.buffer.put_back(records, arrival)
            waiting.taken = []

    def _write(self, key: Key, destination: Destination, batch: Batch) -> bool:
        """Write an object as the stream's role; whether S3 has it."""
        try:
            role = LentRole(destination.role_arn, f"arn:aws:firehose:{key[1]}:{key[0]}:deliverystream/{key[2]}")
            s3: Any = self._clients.client("s3", role, key[1])
            s3.put_object(
                Bucket=destination.bucket, Key=batch.key, Body=batch.body, ContentType="application/octet-stream"
            )
        except (ClientError, BotoCoreError, UnusableRoleError) as fault:
            log.error("%s could not deliver %s to %s: %s", key[2], batch.key, destination.bucket, fault)
            is_written = False
        else:
            is_written = True
        with request_scope(key[0], key[1]):
            age = self._now() - batch.arrival
            metrics.count_delivery(key[2], batch.records, batch.size, age, is_written=is_written)
        return is_written


def _batches(
    destination: Destination, records: list[bytes], arrival: float, now: float, name: tuple[str, int]
) -> Iterator[Batch]:
    """The objects that records make: what is delivered, and what could not be processed. `name` is with a version."""
    processed, failed = [], []
    for record in records:
        try:
            processed.append(destination.processing.apply(record))
        except UnprocessableRecordError as fault:
            failed.append(error_line(record, fault, arrival, now))
    if processed:
        size = sum(map(len, processed))
        yield Batch(destination.key(*name, arrival), destination.body(processed), arrival, now, len(processed), size)
    if failed:
        size, key = sum(map(len, failed)), destination.error_key(FAILED, *name, arrival)
        yield Batch(key, destination.body(failed), arrival, now, len(failed), size)


def _stream(account: str, region: str, name: str) -> dict[str, Any] | None:
    return firehose._streams.get_scoped(account, region, name)


def _is_encrypted(stream: dict[str, Any]) -> bool:
    return (stream["encryption"] or {}).get("Status") == "ENABLED"


def _config(stream: dict[str, Any]) -> dict[str, Any]:
    return stream["destinations"][0]["config"]
