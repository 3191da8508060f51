"""Invocations by services: those of mappings, and the asynchronous ones of S3, EventBridge and Invoke's `Event`.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import threading
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local.lambda_.destinations import Destinations, Outcome
from local.seams import replace, seam

# AWS runs a thousand at once. A folder of files copied to a bucket would start a process each.
_AT_ONCE = 8

_RETRIES = 2
_LONGEST_AGE_SECONDS = 21_600


def execute(function: dict[str, Any], event: Any) -> dict[str, Any]:
    """Run a function by its record, with the metrics that Invoke writes; `body`, and `error`, `throttle` where so."""
    began = time.monotonic()
    result = lambda_svc._execute_function(function, event)
    if not result.get("throttle"):  # which is counted already
        milliseconds = (time.monotonic() - began) * 1000
        name = function["config"]["FunctionName"]
        lambda_svc._emit_lambda_metrics(name, milliseconds, error=bool(result.get("error")), throttle=False)
    return result


class Invocations:
    """Runs so many events at once; one that fails is tried again twice, one that is throttled until it is too old."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._running = threading.Semaphore(_AT_ONCE)

    def install(self) -> None:
        """Take the place of MiniStack's, which starts all at once and gives up a throttled event as a failed one."""
        for name in ("_functions", "_LAMBDA_ASYNC_RETRY_BASE_SECONDS", "_LAMBDA_ASYNC_RETRY_MAX_SECONDS"):
            seam(lambda_svc, name)
        replace(lambda_svc, "invoke_async_with_retry", self.invoke)
        emit = seam(lambda_svc, "_emit_lambda_metrics")

        def emit_of_runs(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
            """Pass over events that were but accepted, at no duration: their attempts are counted."""
            if duration_ms or throttle:
                emit(function_name, duration_ms, error, throttle)

        replace(lambda_svc, "_emit_lambda_metrics", emit_of_runs)

    def invoke(self, function: dict[str, Any], event: Any) -> None:
        """Invoke the function of this record with `event`, some time."""
        name = f"async-{function['config']['FunctionName']}"
        threading.Thread(target=self._run, args=(function, event), daemon=True, name=name).start()

    def _run(self, function: dict[str, Any], event: Any) -> None:
        config = function["config"]
        with request_scope(*lambda_svc._account_region_from_function_config(config)):
            settings = _settings(config)
            self._destinations.send(config, settings, self._try(function, event, settings))

    def _try(self, function: dict[str, Any], event: Any, settings: dict[str, Any]) -> Outcome:
        """Run the function until it succeeds, its attempts are used up or the event is too old."""
        most = 1 + int(settings.get("MaximumRetryAttempts", _RETRIES))
        give_up = time.monotonic() + int(settings.get("MaximumEventAgeInSeconds", _LONGEST_AGE_SECONDS))
        pause = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS  # AWS: one minute, then two
        attempts = 0
        while True:
            with self._running:
                result = execute(function, event)
            attempts += not result.get("throttle")
            answer = result.get("body")
            if not result.get("error"):
                return Outcome(event, "Success", attempts, answer)
            if attempts == most:
                return Outcome(event, "RetriesExhausted", attempts, answer)
            if time.monotonic() + pause > give_up:
                return Outcome(event, "EventAgeExceeded", attempts, answer)
            time.sleep(pause)
            pause = min(pause * 2, lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS)


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """The event settings of a function's version; those without a qualifier are those of `$LATEST`."""
    of_versions = (lambda_svc._functions.get(config["FunctionName"]) or {}).get("event_invoke_configs") or {}
    version = config.get("Version", "$LATEST")
    unqualified = of_versions.get("", {}) if version == "$LATEST" else {}
    return of_versions.get(version) or unqualified
