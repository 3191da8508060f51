"""Creates and updates endpoints, each in a thread of its own; an update is blue/green.

The green fleet is started beside the blue one. Then traffic goes over in steps, and after each step the fleet bakes:
should an alarm go off, all traffic goes back, and the endpoint is in service as it was before. Waiting is by the
server's clock, which `/_local/clock` moves on.

Source: "Blue/Green Deployments" and "Auto-Rollback Configuration and Monitoring" of the developer guide.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import EmbeddedAwsError
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import ApiError, UnsupportedError
from local.sagemaker.fleet import Capacities, Definition, Fleet, FleetError, Host

_LOGGER = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
_LARGEST_CANARY_PERCENT = 50
_ALARM_KINDS = ("MetricAlarms", "CompositeAlarms")
_LINEAR_PERCENT = range(10, 51)
_UNREADABLE = "The alarms of AutoRollbackConfiguration cannot be read"
# How often in a row the alarms may be out of reach before an update is taken back, at a look each tenth of a second.
_MOST_LOST = 50


class RollbackError(EmbeddedAwsError):
    """The update is to be rolled back; the message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Step:
    """A share of the traffic (0 to 1) that the green fleet gets, and for how many seconds it then bakes."""

    share: float
    bake_seconds: float


@dataclass(frozen=True)
class Policy:
    """How traffic goes over to the green fleet, and which alarms take it back."""

    steps: tuple[Step, ...] = (Step(1.0, 0.0),)
    termination_seconds: float = 0.0
    longest_seconds: float = float("inf")
    alarms: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Mapping[str, Any], instances: int) -> "Policy":
        """The policy of a DeploymentConfig for a fleet of so many instances. Raises ApiError."""
        if config.get("RollingUpdatePolicy"):
            raise UnsupportedError("RollingUpdatePolicy is not implemented by the embedded AWS.")
        alarms = (config.get("AutoRollbackConfiguration") or {}).get("Alarms") or []
        policy = config.get("BlueGreenUpdatePolicy") or {}
        return cls(
            _steps(policy.get("TrafficRoutingConfiguration") or {"Type": "ALL_AT_ONCE"}, instances),
            policy.get("TerminationWaitInSeconds", 0),
            policy.get("MaximumExecutionTimeoutInSeconds", float("inf")),
            tuple(alarm["AlarmName"] for alarm in alarms),
        )


def _steps(routing: Mapping[str, Any], instances: int) -> tuple[Step, ...]:
    seconds = routing.get("WaitIntervalInSeconds", 0)
    kind = routing["Type"]
    if kind == "ALL_AT_ONCE":
        return (Step(1.0, seconds),)
    member = "CanarySize" if kind == "CANARY" else "LinearStepSize"
    if not routing.get(member):
        raise ApiError(f"{member} is required for traffic routing of type {kind}.")
    percent = _percent(routing[member], instances)
    if kind == "CANARY":
        if percent > _LARGEST_CANARY_PERCENT:
            raise ApiError(f"CanarySize must be at most {_LARGEST_CANARY_PERCENT} percent of the capacity.")
        return (Step(percent / 100, seconds), Step(1.0, seconds))
    if round(percent) not in _LINEAR_PERCENT:
        raise ApiError("LinearStepSize must be between 10 and 50 percent of the capacity.")
    shares = [share for number in range(1, 11) if (share := number * percent / 100) < 1]
    return tuple(Step(share, seconds) for share in (*shares, 1.0))


def _percent(size: Mapping[str, Any], instances: int) -> float:
    value = size["Value"]
    return value if size["Type"] == "CAPACITY_PERCENT" else 100 * value / instances


@dataclass
class Deployment:
    """One creation or update of `endpoint`, towards `definition`. `is_ending` is set when the server stops."""

    endpoint: Endpoint
    definition: Definition
    host: Host
    clock: Callable[[], float]
    is_ending: threading.Event
    weights: Capacities = field(default_factory=dict)
    _lost: int = 0

    def prepare(self) -> Fleet:
        """Give a new endpoint the fleet that is to be started.

        There the server's stop looks for containers, and what is kept of the endpoint is read from it. Nothing is sent
        to an endpoint that is being created.
        """
        self.endpoint.green = Fleet(self.definition, self.weights)
        return self.endpoint.green

    def create(self, fleet: Fleet, reason: str = "") -> None:
        """Take a prepared endpoint to InService or Failed. `reason` is the FailureReason of what went before."""
        try:
            fleet.start(self.host)
        except Exception as error:  # noqa: BLE001 - whatever it is: the endpoint would be Creating for ever
            _report(self.endpoint.name, error)
            # In this order: what is kept of an endpoint that is being created is what it is to be made from.
            self.endpoint.move("Failed", str(error))
            self.endpoint.green = None
            return
        self.endpoint.settle(fleet)
        self._end("InService", reason)

    def update(self, policy: Policy, config: Mapping[str, Any]) -> None:
        """Take an endpoint over to the definition, or back. `config` is the DeploymentConfig that was asked for."""
        blue, green = self.endpoint.blue, Fleet(self.definition, self.weights)
        self.endpoint.last_deployment = config or None
        deadline = self.clock() + policy.longest_seconds
        try:
            self.endpoint.green = green
            self.endpoint.stage("Creating", "The green fleet is being started.")
            green.start(self.host)
            self._shift(policy, deadline)
        except Exception as error:  # noqa: BLE001 - whatever it is: the endpoint would be Updating for ever
            _report(self.endpoint.name, error)
            self._roll_back(blue, green, str(error))
            return
        self.endpoint.settle(green)
        if blue is not None:
            blue.stop()
        self._end("InService")

    def _shift(self, policy: Policy, deadline: float) -> None:
        # Each wait begins where the one before it was due, however late that was seen.
        due = self.clock()
        for step in policy.steps:
            percent = round(100 * step.share)
            self.endpoint.stage("ActivatingTraffic", f"{percent} percent of the traffic go to the green fleet.")
            self.endpoint.divide(step.share)
            self.endpoint.stage("Baking", f"{percent} percent of the traffic go to the green fleet.")
            due += step.bake_seconds
            self._bake(due, policy, deadline)
        self._bake(due + policy.termination_seconds, policy, deadline)

    def _bake(self, due: float, policy: Policy, deadline: float) -> None:
        """Wait until `due`. Raises RollbackError for an alarm, for the end of the time, and where the server stops."""
        while True:
            if alarms := self._alarms_in_alarm(policy.alarms):
                raise RollbackError(
                    f"One or more configured alarms went into the ALARM state: {', '.join(alarms)}. "
                    "The deployment was rolled back."
                )
            now = self.clock()
            if now > deadline:
                raise RollbackError("The deployment took longer than MaximumExecutionTimeoutInSeconds.")
            if now >= due:
                return
            if self.is_ending.wait(_POLL_SECONDS):
                raise RollbackError("The embedded AWS stops.")

    def _alarms_in_alarm(self, names: tuple[str, ...]) -> list[str]:
        if not names:
            return []
        try:
            client: Any = self.host.clients("cloudwatch", self.definition.role)
            answer = client.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        except (ClientError, PermissionError) as error:
            raise RollbackError(f"{_UNREADABLE}: {error}") from error
        except BotoCoreError as error:
            # A connection that was lost says nothing of an alarm: the next look asks again.
            self._lost += 1
            if self._lost > _MOST_LOST:
                raise RollbackError(f"{_UNREADABLE}: {error}") from error
            return []
        self._lost = 0
        states = {alarm["AlarmName"]: alarm["StateValue"] for kind in _ALARM_KINDS for alarm in answer.get(kind, [])}
        if missing := [name for name in names if name not in states]:
            raise RollbackError(f"There is no alarm {', '.join(missing)}.")
        return [name for name in names if states[name] == "ALARM"]

    def _roll_back(self, blue: Fleet | None, green: Fleet, reason: str) -> None:
        self.endpoint.divide(0.0)
        self.endpoint.move("RollingBack")
        green.stop()
        if blue is not None:
            self.endpoint.settle(blue)
        self._end("InService", reason)

    def _end(self, status: str, reason: str = "") -> None:
        self.endpoint.move(status, reason)
        _LOGGER.info("Endpoint %s: %s %s", self.endpoint.name, status, reason)


def _report(endpoint: str, error: Exception) -> None:
    """Log what no deployment is to meet, with where it came from."""
    if not isinstance(error, FleetError | RollbackError):
        _LOGGER.error("Endpoint %s: a fault of the embedded AWS", endpoint, exc_info=error)
