"""Subscription filters to Firehose, which MiniStack stores and never serves.

    a function's lines ──forward──> what waits ──a thread, as the filter's role──> the delivery stream

Nobody waits for a delivery: neither the function nor who reads its log. Events that match go out in CloudWatch Logs'
form, gzipped, some of them together. Where the stream throttles they are put again, for a day by the server's clock.
Where the role may not put, or the stream is gone, they are lost. AWS then leaves the filter off for up to ten minutes;
here the next events are tried. What became of the events is counted by metrics of AWS/Logs:

    ForwardedLogEvents    put
    DeliveryThrottling    at each attempt that was throttled
    DeliveryErrors        lost

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import base64
import gzip
import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch

from local import EmbeddedAwsError
from local.background.surviving import keeping, surviving
from local.iam.roles import LentRole
from local.lambda_.grants import service_may
from local.logs.patterns import matcher
from local.persistence.parts import Part

log = logging.getLogger(__name__)

PRINCIPAL = "logs.amazonaws.com"
_STREAM_ARN = ":deliverystream/"
_ROUND_SECONDS = 0.5
_TEST_ATTEMPTS = 10
_LONGEST_RETRY_SECONDS = 24 * 3600.0
_MOST_RECORDS, _MOST_CHARACTERS = 500, 3_000_000
"""In one call: Firehose takes 500 records and 4 MB, and a parcel becomes smaller by gzip."""

_MOST_ROUNDS = 50
"""Of a flush: a stream that throttles everything shall not hold up who moves the clock."""

PutRecords = Callable[[dict[str, Any]], dict[str, Any]]
"""Firehose's PutRecordBatch."""


class UndeliverableError(EmbeddedAwsError):
    """A stream that takes nothing from a filter: its role may not put, or there is no such stream."""


@dataclass(frozen=True)
class Parcel:
    """Events of one log stream for one filter, which came at `arrival`."""

    group: str
    stream: str
    filter: dict[str, Any]
    events: list[dict[str, Any]]
    arrival: float

    def data(self, kind: str = "DATA_MESSAGE") -> bytes:
        """What is put for it."""
        payload = {
            "messageType": kind,
            "owner": get_account_id(),
            "logGroup": self.group,
            "logStream": self.stream,
            "subscriptionFilters": [self.filter["filterName"]],
            "logEvents": [{"id": uuid.uuid4().hex} | event for event in self.events],
        }
        return gzip.compress(json.dumps(payload).encode(), compresslevel=1)


class Subscriptions:
    """Serves filters whose destination is a delivery stream. `now` is the server's clock in seconds since the epoch."""

    def __init__(self, put_records: PutRecords, now: Callable[[], float]) -> None:
        self._put_records = put_records
        self._now = now
        self._waiting: list[Parcel] = []
        # Those that are delivered just now.
        self._at_work: list[Parcel] = []
        self._lock = threading.Lock()
        self._delivering = threading.RLock()
        self._stopped = threading.Event()

    @property
    def lock(self) -> threading.Lock:
        """Who holds it sees each parcel in one place."""
        return self._lock

    def part(self) -> Part:
        """What is kept: the parcels that wait, and those that were being delivered, which are delivered again."""

        def put_back(parcels: list[Parcel]) -> None:
            with self._lock:
                self._waiting[:0] = parcels

        return Part("logs-subscriptions", lambda: [*self._at_work, *self._waiting], put_back)

    def start(self) -> None:
        """Deliver from now on, until `stop`."""
        threading.Thread(target=self._loop, daemon=True, name="subscriptions").start()

    def stop(self) -> None:
        """Deliver no more."""
        self._stopped.set()

    def forward(self, group: str, stream: str, filters: Iterable[dict[str, Any]], events: list[dict[str, Any]]) -> None:
        """Take events that a log stream got, for those filters of its group that are for Firehose."""
        parcels = [Parcel(group, stream, each, events, self._now()) for each in filters if _is_for_firehose(each)]
        with self._lock:
            self._waiting += parcels

    def test(self, group: str, settings: dict[str, Any]) -> None:
        """Put the message by which AWS tests the destination of a filter. Raises UndeliverableError."""
        event = {
            "timestamp": int(self._now() * 1000),
            "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose.",
        }
        parcel = Parcel(group, "", settings, [event], self._now())
        for _ in range(_TEST_ATTEMPTS):
            if not self._put([parcel], kind="CONTROL_MESSAGE"):
                return
        raise UndeliverableError(f"{settings['destinationArn']} throttles")

    def flush(self) -> None:
        """Deliver what waits, for whoever moves the clock on."""
        for _ in range(_MOST_ROUNDS):
            self.deliver()
            if not self._waiting:
                return

    def deliver(self) -> None:
        """Try what waits once."""
        with self._delivering:
            with self._lock:
                waiting, self._waiting = self._waiting, []
                self._at_work = list(waiting)
            by_filter: dict[tuple[str, str], list[Parcel]] = {}
            for parcel in waiting:
                by_filter.setdefault((parcel.group, parcel.filter["filterName"]), []).append(parcel)
            for parcels in by_filter.values():
                self._deliver(parcels)
            self._at_work = []

    def _deliver(self, parcels: list[Parcel]) -> None:
        """Try the parcels of one filter once; those that meet a fault of this server wait again."""
        matching: list[Parcel] = []
        with keeping(f"A subscription of {parcels[0].group}", lambda: self._wait_again(parcels)):
            matching = [parcel for parcel in map(_matching, parcels) if parcel.events]
        for batch in _batches(matching):
            with keeping(f"A delivery of {parcels[0].group}", partial(self._wait_again, batch)):
                self._try(batch)

    def _loop(self) -> None:
        while not self._stopped.wait(_ROUND_SECONDS):
            with surviving("CloudWatch Logs' subscriptions"):
                self.deliver()

    def _try(self, parcels: list[Parcel]) -> None:
        """Put the parcels of one filter; those that are throttled wait again."""
        try:
            throttled = self._put(parcels)
        except UndeliverableError as fault:
            log.error("%s: %d log events are lost: %s", parcels[0].group, _size(parcels), fault)
            _count("DeliveryErrors", parcels)
            return
        _count("ForwardedLogEvents", [each for each in parcels if each not in throttled])
        _count("DeliveryThrottling", throttled)
        self._wait_again(throttled)

    def _wait_again(self, parcels: list[Parcel]) -> None:
        """Let parcels of one filter wait for another time; those that have waited for a day are lost."""
        late = [each for each in parcels if self._now() - each.arrival >= _LONGEST_RETRY_SECONDS]
        with self._lock:
            self._waiting += [each for each in parcels if each not in late]
        _count("DeliveryErrors", late)

    def _put(self, parcels: list[Parcel], kind: str = "DATA_MESSAGE") -> list[Parcel]:
        """Put parcels of one filter; which of them are throttled. Raises UndeliverableError."""
        settings = parcels[0].filter
        arn = settings["destinationArn"]
        role = LentRole(settings.get("roleArn") or "", _source_of(parcels[0], arn))
        if not service_may(role, PRINCIPAL, "firehose:PutRecord", arn):
            raise UndeliverableError(f"the role {role or 'that is missing'} may not put records into {arn}")
        records = [{"Data": base64.b64encode(parcel.data(kind)).decode()} for parcel in parcels]
        try:
            answer = self._put_records({"DeliveryStreamName": arn.rpartition("/")[2], "Records": records})
        except EmbeddedAwsError as fault:
            raise UndeliverableError(str(fault)) from None
        outcomes = zip(parcels, answer["RequestResponses"], strict=True)
        return [parcel for parcel, outcome in outcomes if "ErrorCode" in outcome]


def _source_of(parcel: Parcel, stream_arn: str) -> str:
    """The log group for which the role is taken: it is in the stream's region and account."""
    _, partition, _, region, account_id, *_ = stream_arn.split(":")
    return f"arn:{partition}:logs:{region}:{account_id}:log-group:{parcel.group}:*"


def _is_for_firehose(settings: dict[str, Any]) -> bool:
    return _STREAM_ARN in settings.get("destinationArn", "")


def _matching(parcel: Parcel) -> Parcel:
    """The parcel with those events alone that the filter's pattern takes."""
    matches = matcher(parcel.filter.get("filterPattern") or "")
    events = [
        {"timestamp": each["timestamp"], "message": each["message"]}
        for each in parcel.events
        if matches(each["message"])
    ]
    return Parcel(parcel.group, parcel.stream, parcel.filter, events, parcel.arrival)


def _batches(parcels: list[Parcel]) -> Iterator[list[Parcel]]:
    """The parcels of one filter by calls."""
    batch, size = [], 0
    for parcel in parcels:
        characters = sum(len(event["message"]) for event in parcel.events)
        if batch and (len(batch) == _MOST_RECORDS or size + characters > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(parcel)
        size += characters
    if batch:
        yield batch


def _size(parcels: Iterable[Parcel]) -> int:
    return sum(len(parcel.events) for parcel in parcels)


def _count(metric: str, parcels: list[Parcel]) -> None:
    """Add the events of parcels of one filter to a metric."""
    if parcels:
        dimensions = {
            "LogGroupName": parcels[0].group,
            "DestinationType": "Firehose",
            "FilterName": parcels[0].filter["filterName"],
        }
        cloudwatch.record_metric("AWS/Logs", metric, _size(parcels), "None", dimensions)
