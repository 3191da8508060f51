"""Invocations by services: those of mappings, and the asynchronous ones of S3, EventBridge and Invoke's `Event`.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import heapq
import itertools
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local.background.surviving import keeping, surviving
from local.lambda_.destinations import Destinations, Outcome
from local.persistence.parts import Part
from local.seams import replace, seam

log = logging.getLogger(__name__)

# AWS runs a thousand at once. A folder of files copied to a bucket would start a process each.
_AT_ONCE = 8

_RETRIES = 2
_LONGEST_AGE_SECONDS = 21_600


def execute(function: dict[str, Any], event: Any) -> dict[str, Any]:
    """Run a function by its record: `body`, and `error`, `throttle` where so."""
    return lambda_svc._execute_function(function, event)


@dataclass
class _Invocation:
    """An event on its way: how often it was tried, when it is given up, how long to pause after the next failure."""

    function: dict[str, Any]
    event: Any
    settings: dict[str, Any]
    give_up: float
    pause: float
    attempts: int = 0


class Invocations:
    """Runs so many events at once; one that fails is tried again twice, one that is throttled until it is too old.

    Events wait in a queue of their own, those that failed until their pause is over: ten thousand of them take no
    thread each.
    """

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._queue: list[tuple[float, int, _Invocation]] = []
        self._numbers = itertools.count()
        # By their ids: those that are tried just now.
        self._at_work: dict[int, _Invocation] = {}
        self._changed = threading.Condition()

    def install(self) -> None:
        """Take the place of MiniStack's, which starts all at once and gives up a throttled event as a failed one."""
        for name in ("_functions", "_LAMBDA_ASYNC_RETRY_BASE_SECONDS", "_LAMBDA_ASYNC_RETRY_MAX_SECONDS"):
            seam(lambda_svc, name)
        replace(lambda_svc, "invoke_async_with_retry", self.invoke)
        for number in range(_AT_ONCE):
            threading.Thread(target=self._work, daemon=True, name=f"async-{number}").start()

    def invoke(self, function: dict[str, Any], event: Any) -> None:
        """Invoke the function of this record with `event`, some time."""
        settings = _settings_in_scope(function["config"])
        age = int(settings.get("MaximumEventAgeInSeconds", _LONGEST_AGE_SECONDS))
        # AWS: one minute, then two.
        pause = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS
        self._put(_Invocation(function, event, settings, time.monotonic() + age, pause), time.monotonic())

    def _put(self, invocation: _Invocation, due: float) -> None:
        with self._changed:
            heapq.heappush(self._queue, (due, next(self._numbers), invocation))
            self._at_work.pop(id(invocation), None)
            self._changed.notify()

    def part(self) -> Part:
        """What is kept: the events that wait, and those that are tried, which are tried again."""
        waiting: list[dict[str, Any]] = []

        def take() -> list[dict[str, Any]]:
            now = time.monotonic()
            queued = {id(invocation): (due, invocation) for due, _, invocation in self._queue}
            tried = {number: (now, invocation) for number, invocation in self._at_work.items()}
            return [_to_keep(invocation, due - now, now) for due, invocation in (tried | queued).values()]

        def put_back(entries: list[dict[str, Any]]) -> None:
            waiting[:] = entries

        def go_on() -> None:
            for entry in waiting:
                with keeping("An event that was kept", lambda entry=entry: _log_lost(entry)):
                    self._put_again(entry)

        return Part("lambda-invocations", take, put_back, go_on)

    def _put_again(self, entry: dict[str, Any]) -> None:
        now = time.monotonic()
        with request_scope(*entry["scope"]):
            function, config, _ = lambda_svc._get_func_record_for_ref(entry["function"])
            if not function or not config:
                log.error("An event for %s is lost: there is no such function any more", entry["function"])
                return
            record = lambda_svc._execution_record_for_config(function, config)
        invocation = _Invocation(
            record, entry["event"], entry["settings"], now + entry["age"], entry["pause"], entry["attempts"]
        )
        self._put(invocation, now + entry["wait"])

    def _work(self) -> None:
        while True:
            with surviving("A thread of asynchronous invocations"):
                self._try_next()

    def _try_next(self) -> None:
        invocation = self._next()
        with keeping("An asynchronous invocation", lambda: self._put_back(invocation)):
            self._try_in_scope(invocation)
            self._at_work.pop(id(invocation), None)

    def _try_in_scope(self, invocation: _Invocation) -> None:
        with request_scope(*lambda_svc._account_region_from_function_config(invocation.function["config"])):
            self._try(invocation)

    def _put_back(self, invocation: _Invocation) -> None:
        """Let an event that met a fault of this server wait for another time, until it is too old."""
        if time.monotonic() + invocation.pause > invocation.give_up:
            self._at_work.pop(id(invocation), None)
            log.error(
                "An event for %s is lost: it met faults until it was too old",
                invocation.function["config"]["FunctionName"],
            )
            return
        self._put(invocation, time.monotonic() + invocation.pause)

    def _next(self) -> _Invocation:
        """The event that is due first, once it is due."""
        with self._changed:
            while not self._queue or self._queue[0][0] > time.monotonic():
                self._changed.wait(self._queue[0][0] - time.monotonic() if self._queue else None)
            invocation = self._queue[0][2]
            self._at_work[id(invocation)] = invocation
            heapq.heappop(self._queue)
            return invocation

    def _try(self, invocation: _Invocation) -> None:
        """Run the function once; then its event is done, or waits for the next time."""
        result = execute(invocation.function, invocation.event)
        invocation.attempts += not result.get("throttle")
        condition = _end_of(invocation, result)
        if condition is None:
            self._put(invocation, time.monotonic() + invocation.pause)
            invocation.pause = min(invocation.pause * 2, lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS)
            return
        outcome = Outcome(invocation.event, condition, invocation.attempts, result.get("body"))
        self._destinations.send(invocation.function["config"], invocation.settings, outcome)


def _log_lost(entry: dict[str, Any]) -> None:
    log.error("An event for %s is lost", entry["function"])


def _to_keep(invocation: _Invocation, wait: float, now: float) -> dict[str, Any]:
    """An event on its way, with the time that is left in the place of moments of this process."""
    config = invocation.function["config"]
    version = config.get("Version", "$LATEST")
    arn = config["FunctionArn"]
    qualified = arn if version == "$LATEST" or arn.endswith(f":{version}") else f"{arn}:{version}"
    return {
        "scope": lambda_svc._account_region_from_function_config(config),
        "function": qualified,
        "event": invocation.event,
        "settings": invocation.settings,
        "age": invocation.give_up - now,
        "pause": invocation.pause,
        "attempts": invocation.attempts,
        "wait": max(0.0, wait),
    }


def _end_of(invocation: _Invocation, result: dict[str, Any]) -> str | None:
    """How an event has ended with the result of an attempt; None where it is to be tried again."""
    if not result.get("error"):
        return "Success"
    if invocation.attempts >= 1 + int(invocation.settings.get("MaximumRetryAttempts", _RETRIES)):
        return "RetriesExhausted"
    return "EventAgeExceeded" if time.monotonic() + invocation.pause > invocation.give_up else None


def _settings_in_scope(config: dict[str, Any]) -> dict[str, Any]:
    with request_scope(*lambda_svc._account_region_from_function_config(config)):
        return _settings(config)


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """The event settings of a function's version; those without a qualifier are those of `$LATEST`."""
    of_versions = (lambda_svc._functions.get(config["FunctionName"]) or {}).get("event_invoke_configs") or {}
    version = config.get("Version", "$LATEST")
    unqualified = of_versions.get("", {}) if version == "$LATEST" else {}
    return of_versions.get(version) or unqualified
