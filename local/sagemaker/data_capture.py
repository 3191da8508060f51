"""Captures what an endpoint is asked and answers: JSON lines in S3, as Model Monitor reads them.

    s3://<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/<minutes>-<seconds>-<milliseconds>-<uuid>.jsonl

Every file has some of the requests of a variant; AWS writes within minutes, here within a second. Content types that
the configuration does not name are encoded in BASE64.

Source: "Data capture" of the developer guide, with the record's example.
"""

import base64
import datetime as dt
import json
import logging
import queue
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from local.background.surviving import keeping
from local.sagemaker.validation import Location

_LOGGER = logging.getLogger(__name__)
_FLUSH_SECONDS = 0.5
# Lines of a file, at most.
_LARGEST_FILE = 1000
# Where a configuration names no content types of its own.
_CSV_TYPES, _JSON_TYPES = ("text/csv",), ("application/json",)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer: content types and bodies. `time` is in seconds since the epoch."""

    variant: str
    content_type: str
    body: bytes
    answer_type: str
    answer: bytes
    inference_id: str
    custom_attributes: str
    time: float


@dataclass
class DataCapture:
    """Writes the exchanges of one endpoint that its DataCaptureConfig samples, in a thread of its own."""

    s3: BaseClient
    endpoint: str
    config: Mapping[str, Any]
    _pending: "queue.SimpleQueue[Exchange | None]" = field(default_factory=queue.SimpleQueue)
    _due: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"capture of {self.endpoint}", daemon=True)
        self._thread.start()

    def take(self, exchange: Exchange) -> None:
        """Capture an exchange if it is in the sample: of every hundred, InitialSamplingPercentage."""
        with self._lock:
            self._due += self.config["InitialSamplingPercentage"]
            if self._due < 100:
                return
            self._due -= 100
        self._pending.put(exchange)

    def stop(self) -> None:
        """Write what is pending, and end."""
        self._pending.put(None)
        self._thread.join(_FLUSH_SECONDS * 10)

    def _run(self) -> None:
        batch: list[Exchange] = []
        while True:
            try:
                exchange = self._pending.get(timeout=_FLUSH_SECONDS)
            except queue.Empty:
                batch = self._flush(batch)
                continue
            if exchange is None:
                self._flush(batch)
                return
            batch.append(exchange)
            if len(batch) >= _LARGEST_FILE:
                batch = self._flush(batch)

    def _flush(self, batch: list[Exchange]) -> list[Exchange]:
        """Write a file a variant; return the next batch, which has what met a fault of this server."""
        left: list[Exchange] = []
        for variant in {exchange.variant for exchange in batch}:
            own = [exchange for exchange in batch if exchange.variant == variant]
            with keeping(f"The capture of {self.endpoint}", partial(left.extend, own)):
                try:
                    self._write(variant, own)
                except (ClientError, BotoCoreError) as error:
                    _LOGGER.warning("Endpoint %s: %d requests cannot be captured: %s", self.endpoint, len(own), error)
        return left

    def _write(self, variant: str, exchanges: list[Exchange]) -> None:
        place = Location.of(self.config["DestinationS3Uri"])
        when = dt.datetime.fromtimestamp(exchanges[0].time, dt.UTC)
        folder = f"{self.endpoint}/{variant}/{when:%Y/%m/%d/%H}"
        name = f"{when:%M-%S}-{when.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        key = f"{place.prefix.rstrip('/')}/{folder}/{name}".lstrip("/")
        encryption = {}
        if self.config.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.config["KmsKeyId"]}
        body = "".join(json.dumps(_record(exchange, self.config)) + "\n" for exchange in exchanges)
        self.s3.put_object(  # pyright: ignore[reportAttributeAccessIssue]
            Bucket=place.bucket, Key=key, Body=body.encode(), **encryption
        )


def _record(exchange: Exchange, config: Mapping[str, Any]) -> dict[str, Any]:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    types = config.get("CaptureContentTypeHeader") or {}
    data = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _side("INPUT", exchange.content_type, exchange.body, types)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _side("OUTPUT", exchange.answer_type, exchange.answer, types)
    metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    when = dt.datetime.fromtimestamp(exchange.time, dt.UTC)
    metadata["inferenceTime"] = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(mode: str, content_type: str, body: bytes, types: Mapping[str, Any]) -> dict[str, str]:
    encoding = _encoding(content_type, types)
    data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def _encoding(content_type: str, types: Mapping[str, Any]) -> str:
    name = content_type.split(";")[0].strip().lower()
    if name in (types.get("CsvContentTypes") or _CSV_TYPES):
        return "CSV"
    return "JSON" if name in (types.get("JsonContentTypes") or _JSON_TYPES) else "BASE64"
