"""The record of an endpoint: its status, the fleet that answers, and during an update the one that is to.

Creating -> InService | Failed; InService -> Updating -> InService, by way of RollingBack where the update fails;
Deleting. An update that was rolled back leaves its FailureReason with the endpoint in service.
"""

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.fleet import Fleet, Variant
from local.sagemaker.traffic import Traffic

# In these statuses the last fleet answers; at other times there is none.
_ANSWERING = frozenset({"InService", "Updating", "RollingBack", "SystemUpdating"})
# In these nothing else may be begun.
_IN_PROGRESS = frozenset({"Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"})
_LONGEST_REASON = 1024
_BLUE, _GREEN = "blue", "green"


@dataclass
class Endpoint:
    """An endpoint. Safe to be asked by requests while a deployment moves it on. Times are seconds since the epoch."""

    name: str
    arn: str
    region: str
    config_name: str
    clock: Callable[[], float]
    status: str = "Creating"
    failure_reason: str = ""
    blue: Fleet | None = None
    green: Fleet | None = None
    last_deployment: Mapping[str, Any] | None = None
    created: float = field(init=False)
    modified: float = field(init=False)
    _stage: dict[str, Any] = field(default_factory=dict)
    _shares: Traffic = field(default_factory=lambda: Traffic({_BLUE: 1.0}))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.created = self.modified = self.clock()

    @property
    def is_in_progress(self) -> bool:
        return self.status in _IN_PROGRESS

    def move(self, status: str, reason: str = "") -> None:
        """Go over to a status; `reason` is the FailureReason from then on."""
        with self._lock:
            self.status, self.failure_reason = status, reason[:_LONGEST_REASON]
            self.modified = self.clock()

    def begin(self, status: str) -> bool:
        """Go over to `status` unless something is in progress; return whether it was not."""
        with self._lock:
            if self.is_in_progress:
                return False
            self.move(status)
            return True

    def stage(self, status: str, message: str) -> None:
        """Say in which stage the green fleet is: Creating, ActivatingTraffic, Baking or Deleting."""
        with self._lock:
            started = self._stage.get("StartTime", self.clock())
            self._stage = {"Status": status, "StatusMessage": message, "StartTime": started}

    def divide(self, green_share: float) -> None:
        """Send this share of the requests, 0 to 1, to the green fleet."""
        with self._lock:
            self._shares = Traffic({_BLUE: 1 - green_share, _GREEN: green_share})

    def settle(self, fleet: Fleet) -> None:
        """Let `fleet` alone answer from now on."""
        with self._lock:
            self.blue, self.green, self._stage = fleet, None, {}
            self.config_name = fleet.config_name
            self._shares = Traffic({_BLUE: 1.0})

    def choose(self, target: str | None) -> Variant | None:
        """The variant that answers the next request, `target` where it is named; None where there is none."""
        with self._lock:
            if self.status not in _ANSWERING:
                return None
            first = self._shares.choose()
            fleets = {_BLUE: self.blue, _GREEN: self.green}
            sharing = sorted((name for name, share in self._shares.weights.items() if share), key=first.__ne__)
        for fleet in (fleets[name] for name in sharing):
            if fleet is not None:
                variant = fleet.variants.get(target or fleet.traffic.choose() or "")
                if variant is not None or not target:
                    return variant
        return None

    def describe(self) -> dict[str, Any]:
        """DescribeEndpoint's answer."""
        with self._lock:
            answer = self.summary() | {"EndpointConfigName": self.config_name}
            if self.blue is not None:
                answer["ProductionVariants"] = [variant.describe() for variant in self.blue.variants.values()]
                answer |= _capture(self.blue)
            if self.failure_reason:
                answer["FailureReason"] = self.failure_reason
            if self.last_deployment:
                answer["LastDeploymentConfig"] = copy.deepcopy(dict(self.last_deployment))
            if self.green is not None and self._stage:
                answer["PendingDeploymentSummary"] = self._pending(self.green)
            return answer

    def summary(self) -> dict[str, Any]:
        """A member of ListEndpoints' Endpoints."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }

    def _pending(self, green: Fleet) -> dict[str, Any]:
        variants = [{**variant.describe(), "VariantStatus": [self._stage]} for variant in green.variants.values()]
        return {
            "EndpointConfigName": green.config_name,
            "ProductionVariants": variants,
            "StartTime": self._stage["StartTime"],
        }


def _capture(fleet: Fleet) -> dict[str, Any]:
    """DataCaptureConfig of the description."""
    config = fleet.definition.config.get("DataCaptureConfig")
    if config is None:
        return {}
    summary = {
        "EnableCapture": bool(config.get("EnableCapture")),
        "CaptureStatus": "Started" if config.get("EnableCapture") else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
    return {"DataCaptureConfig": summary}
