"""The poller of one event source mapping: it gathers messages into batches and calls the function with them.

One thread gathers at a time, so that batches fill up; while the function works on its batch, another gathers the next,
as many as the mapping may have at once. Whoever gathers sleeps until a message comes, its window ends, or the mapping
changes: a mapping without messages costs nothing.
"""

import logging
import threading
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local.background.surviving import surviving
from local.lambda_ import batches
from local.lambda_.invocations import execute
from local.lambda_.mapping import Mapping, Record
from local.sqs import actions
from local.sqs.messages import Message

log = logging.getLogger(__name__)

# How often it looks for the end of an obstacle that nothing announces: a missing grant, function or queue.
_OBSTACLE_SECONDS = 1.0
_WAIT_SECONDS = 3600.0
# How long it waits before it calls a function again that was throttled, at first and at most.
_THROTTLED_SECONDS = (1.0, 30.0)

Batch = list[Message]


class Poller:
    """Polls for the mapping in `record`, which the API changes in place, until it is stopped."""

    def __init__(self, record: Record, account_id: str, region: str) -> None:
        self._record = record
        self._scope = (account_id, region)
        self._gathering = threading.Lock()
        self._counting = threading.Lock()
        self._threads = 0
        self._processing = 0
        self._woken = threading.Event()
        self._stopped = False
        self._ending = threading.Event()
        self._poked = False

    def start(self) -> None:
        """Begin to poll."""
        with self._counting:
            self._threads += 1
        name = f"poller-{self._record.get('FunctionName')}"
        threading.Thread(target=self._work, daemon=True, name=name).start()

    def stop(self) -> None:
        """Take no further batch; those under way end by themselves."""
        self._stopped = True
        self._ending.set()
        self._woken.set()

    def wake(self) -> None:
        """Look at the mapping's settings again."""
        self._poked = True
        self._woken.set()

    def _work(self) -> None:
        with request_scope(*self._scope):
            while True:
                with surviving(f"The poller of {self._record.get('FunctionName')}"):
                    if self._leaves():
                        return
                    self._take_batch()

    def _take_batch(self) -> None:
        with self._gathering:
            gathered = self._gather()
        if gathered is not None:
            self._begin(gathered[0])
            try:
                self._process(*gathered)
            finally:
                with self._counting:
                    self._processing -= 1

    def _leaves(self) -> bool:
        """Count this thread out where another waits for messages already, or the mapping may not have as many."""
        with self._counting:
            waiting = self._threads - self._processing
            leaves = (
                self._stopped
                or waiting > 1
                or self._threads > max(1, self._concurrency_limit(Mapping.of(self._record)))
            )
            self._threads -= leaves
            return leaves

    def _begin(self, mapping: Mapping) -> None:
        """Count a batch in, and let another thread gather the next, if the mapping may have one more at once."""
        with self._counting:
            self._processing += 1
            another = self._threads == self._processing and self._threads < self._concurrency_limit(mapping)
        if another and not self._stopped:
            self.start()

    def _concurrency_limit(self, mapping: Mapping) -> int:
        function = mapping.function or {}
        reserved = lambda_svc._reserved_concurrency(function, function.get("config", {}))
        return mapping.concurrency if reserved is None else min(mapping.concurrency, reserved)

    def _gather(self) -> tuple[Mapping, Batch] | None:
        """The next batch and the settings it was gathered by; None once the poller is stopped."""
        while not self._stopped:
            self._woken.clear()
            self._poked = False
            mapping = Mapping.of(self._record)
            obstacle = self._obstacle(mapping)
            self._report(obstacle)
            if obstacle is not None or not mapping.enabled:
                self._woken.wait(_OBSTACLE_SECONDS if obstacle else _WAIT_SECONDS)
            elif self._has_message(mapping) and (batch := self._fill(mapping)):
                return mapping, batch
        return None

    def _has_message(self, mapping: Mapping) -> bool:
        """Whether the queue has a message to receive. Where not, sleep until it may have or the mapping changes."""
        queue: Any = mapping.queue
        with queue["messages"].watched(self._woken.set):
            seconds = queue["messages"].seconds_to_next()
            if seconds > 0:
                queue["messages"].count_received(0)
                self._woken.wait(min(seconds, _WAIT_SECONDS))
            return seconds <= 0

    def _obstacle(self, mapping: Mapping) -> str | None:
        if not mapping.enabled:
            return None
        if mapping.queue is None:
            return f"The queue {mapping.queue_arn} does not exist"
        if mapping.function is None:
            return f"The function {mapping.function_name} does not exist"
        if self._concurrency_limit(mapping) < 1:
            return "The function's reserved concurrency is 0"
        return mapping.missing_permission()

    def _report(self, obstacle: str | None) -> None:
        """Write into the mapping why it is not polled."""
        reason = obstacle or "USER_INITIATED"
        if obstacle:
            self._record["LastProcessingResult"] = f"PROBLEM: {obstacle}"
        if self._record.get("StateTransitionReason") != reason:
            self._record["StateTransitionReason"] = reason
            log.warning("mapping %s: %s", self._record["UUID"], obstacle or "polled again")

    def _fill(self, mapping: Mapping) -> Batch:
        """Messages until the batch is full, its window is over, or the mapping was changed. May be empty."""
        queue: Any = mapping.queue
        batch: Batch = []
        deadline = None
        room = _Room(batches.MOST_BYTES)
        with queue["messages"].watched(self._woken.set):
            while not self._stopped:
                self._woken.clear()
                batch += self._receive(mapping, queue, mapping.batch_size - len(batch), room)
                if batch and deadline is None:
                    deadline = time.monotonic() + mapping.window_seconds
                remaining = _WAIT_SECONDS if deadline is None else deadline - time.monotonic()
                changed = mapping.queue is not queue or (self._poked and Mapping.of(self._record) != mapping)
                if len(batch) >= mapping.batch_size or room.is_full or remaining <= 0 or changed:
                    break
                self._woken.wait(min(remaining, queue["messages"].seconds_to_next()))
        return batch

    def _receive(self, mapping: Mapping, queue: dict[str, Any], limit: int, room: "_Room") -> Batch:
        """Up to `limit` messages that pass the mapping's filters; those that do not are deleted, as on AWS."""
        actions.expire(queue)
        visibility = int(queue["attributes"].get("VisibilityTimeout", 30))
        received = queue["messages"].receive(limit, visibility, actions.redrive_of(queue), room.take)
        queue["messages"].count_received(len(received))
        if not mapping.patterns:
            return received
        matching = []
        for message in received:
            if batches.matches(batches.record_of(message, mapping.queue_arn), mapping.patterns):
                matching.append(message)
            else:
                queue["messages"].delete(message["receipt_handle"])
        if len(matching) < len(received):
            self._woken.set()  # there may be more
        return matching

    def _process(self, mapping: Mapping, batch: Batch) -> None:
        """Call the function; delete what it has done with. The rest is hidden until its visibility timeout ends."""
        function, queue = mapping.function, mapping.queue
        if function is None or queue is None or self._stopped:
            return
        event = {"Records": [batches.record_of(message, mapping.queue_arn) for message in batch]}
        result = self._execute(function, event, int(queue["attributes"].get("VisibilityTimeout", 30)))
        ids = {message["id"] for message in batch}
        if result.get("error"):
            failed = ids
            log.info("mapping %s: %s failed: %s", self._record["UUID"], mapping.function_name, result.get("body"))
        elif mapping.reports_item_failures:
            failed = batches.failed_ids(result.get("body"), ids)
        else:
            failed = set()
        for message in batch:
            if message["id"] not in failed:
                queue["messages"].delete(message["receipt_handle"])
        self._record["LastProcessingResult"] = "PROBLEM: Function call failed" if result.get("error") else "OK"

    def _execute(self, function: dict[str, Any], event: Any, visibility_seconds: float) -> dict[str, Any]:
        """Call the function; while it is throttled call it again, until its messages are visible again."""
        end = time.monotonic() + visibility_seconds
        pause, longest = _THROTTLED_SECONDS
        while True:
            result = execute(function, event)
            if not result.get("throttle") or time.monotonic() + pause > end or self._ending.wait(pause):
                return result
            pause = min(pause * 2, longest)


class _Room:
    """How many bytes an event still has room for."""

    def __init__(self, most: int) -> None:
        self._free_bytes = most
        self.is_full = False

    def take(self, message: Message) -> bool:
        """Take the message's bytes, if there is room for them."""
        needed = batches.bytes_of(message)
        self.is_full = self.is_full or needed > self._free_bytes
        if not self.is_full:
            self._free_bytes -= needed
        return not self.is_full
