"""The messages of one standard queue.

A message is MiniStack's dict, since SNS, S3, EventBridge and SQS's own SendMessage make them: `id`, `body`, `sent_at`,
`visible_at` (seconds since the epoch), `receive_count`, `message_attributes`, `sys` and so on. Those that can be
received wait in a deque, those in flight or delayed in a heap by the time at which they appear; so sending, receiving
and deleting cost the same whether the queue holds ten messages or a million.
"""

import base64
import binascii
import heapq
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

_FOREVER = float("inf")


@dataclass(frozen=True)
class Redrive:
    """Where a message goes that was received `max_receive_count` times and is visible again."""

    max_receive_count: int
    source_arn: str
    dead_letters: Any = field(repr=False)

    def move(self, message: Message) -> None:
        """Put `message` into the dead-letter queue, as it is, but for where it came from."""
        sys = {**message["sys"], "DeadLetterQueueSourceArn": self.source_arn}
        self.dead_letters.take_over({**message, "sys": sys, "receipt_handle": None, "visible_at": time.time()})


class Messages:
    """Messages that many threads may send, receive and delete at once.

    `complete` fills in what a producer left out of a message. `clock` gives seconds since the epoch. `count` takes the
    name of a metric and how many more there are. `operations` grows with whatever is done.
    """

    def __init__(
        self,
        arn: str,
        complete: Callable[[Message], None],
        clock: Callable[[], float] = time.time,
        count: Callable[[str, int], None] = lambda _name, _number: None,
    ) -> None:
        self.arn = arn
        self.count = count
        self.operations = 0
        self._complete = complete
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, Message] = {}
        self._ready: deque[Message] = deque()
        self._hidden: list[tuple[float, int, Message]] = []
        self._hides = 0
        # On their way to the dead-letter queue: for a moment they are in neither.
        self._dead: dict[str, Message] = {}
        self._watchers: tuple[Callable[[], None], ...] = ()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Message]:
        with self._lock:
            return iter([dict(message) for message in self._by_id.values()])

    def __getitem__(self, place: int) -> Message:
        """The message at `place` in the order of their coming: MiniStack looks at the last one it has put there."""
        with self._lock:
            return list(self._by_id.values())[place] if place != -1 else next(reversed(self._by_id.values()))

    def append(self, message: Message) -> None:
        """Add a message that was sent, and wake whoever waits for one."""
        self.take_over(message)
        self.count("NumberOfMessagesSent", 1)

    def take_over(self, message: Message) -> None:
        """Add a message from another queue, which does not count as sent."""
        self._complete(message)
        with self._lock:
            self.operations += 1
            self._by_id[message["id"]] = message
            if message["visible_at"] > self._clock():
                self._hide(message)
            else:
                self._ready.append(message)
        self.wake()

    def to_keep(self) -> tuple[list[Message], int]:
        """All messages in the order of their coming, and how much was done here. It takes no lock."""
        return list((self._dead | self._by_id).values()), self.operations

    def put_back(self, messages: list[Message], operations: int) -> None:
        """Have messages that were kept: those in flight are visible when they would have been."""
        now = self._clock()
        with self._lock:
            self.operations = operations
            for message in messages:
                self._by_id[message["id"]] = message
                if message["visible_at"] > now:
                    self._hide(message)
                else:
                    self._ready.append(message)

    def clear(self) -> None:
        """Forget all messages."""
        with self._lock:
            self._by_id.clear()
            self._ready.clear()
            self._hidden.clear()

    def receive(
        self,
        limit: int,
        visibility_seconds: float,
        redrive: Redrive | None = None,
        fits: Callable[[Message], bool] = lambda _: True,
    ) -> list[Message]:
        """Copies of up to `limit` messages, hidden from now on for `visibility_seconds`.

        Those whose receives are used up go to the dead-letter queue instead. It ends at a message that does not fit.
        """
        dead: list[Message] = []
        received: list[Message] = []
        with self._lock:
            self.operations += 1
            now = self._clock()
            self._show(now)
            while self._ready and len(received) < limit:
                message = self._ready[0]
                if self._by_id.get(message["id"]) is not message:
                    self._ready.popleft()
                elif redrive and message["receive_count"] >= redrive.max_receive_count:
                    self._ready.popleft()
                    self._dead[message["id"]] = message
                    dead.append(self._by_id.pop(message["id"]))
                elif fits(message):
                    self._ready.popleft()
                    received.append(self._take(message, now, visibility_seconds))
                else:
                    break
        for message in dead:
            redrive.move(message)  # pyright: ignore[reportOptionalMemberAccess] - dead ones are redriven ones
            self._dead.pop(message["id"], None)
        return received

    def _take(self, message: Message, now: float, visibility_seconds: float) -> Message:
        message["receive_count"] += 1
        message["first_receive_at"] = message["first_receive_at"] or now
        message["receipt_handle"] = _handle(self.arn, message)
        message["visible_at"] = now + visibility_seconds
        self._hide(message)
        return dict(message)

    def delete(self, handle: str) -> bool:
        """Delete the message received by `handle`, if it has not been received again since, as AWS has it.

        False where this queue gave no such handle.
        """
        message_id = self._message_id(handle)
        if message_id is None:
            return False
        with self._lock:
            self.operations += 1
            message = self._by_id.get(message_id)
            if message and message["receipt_handle"] == handle:
                del self._by_id[message_id]
        self.count("NumberOfMessagesDeleted", 1)
        return True

    def change_visibility(self, handle: str, seconds: float) -> bool | None:
        """Hide the message received by `handle` for `seconds` from now on.

        None where this queue gave no such handle, False where the message is not in flight any more.
        """
        message_id = self._message_id(handle)
        if message_id is None:
            return None
        with self._lock:
            now = self._clock()
            message = self._by_id.get(message_id)
            if not message or message["receipt_handle"] != handle or message["visible_at"] <= now:
                return False
            message["visible_at"] = now + seconds
            self._hide(message)
        self.wake()
        return True

    def remove_sent_before(self, moment: float) -> None:
        """Forget messages whose retention is over: those enqueued before `moment`, in seconds since the epoch."""
        with self._lock:
            while self._by_id:
                oldest = next(iter(self._by_id.values()))
                if oldest.get("enqueued_at", oldest["sent_at"]) > moment:
                    return
                del self._by_id[oldest["id"]]

    def counts(self) -> tuple[int, int, int]:
        """How many messages are visible, in flight, delayed."""
        with self._lock:
            now = self._clock()
            self._show(now)
            hidden = [message for message in self._by_id.values() if message["visible_at"] > now]
            delayed = sum(1 for message in hidden if message["receive_count"] == 0)
            return len(self._by_id) - len(hidden), len(hidden) - delayed, delayed

    @property
    def is_polled(self) -> bool:
        """Whether somebody waits for a message."""
        return bool(self._watchers)

    def oldest_sent_at(self) -> float | None:
        """When the oldest message was sent, in seconds since the epoch; None where there is none."""
        with self._lock:
            oldest = next(iter(self._by_id.values()), None)
        return None if oldest is None else oldest["sent_at"]

    def count_received(self, number: int) -> None:
        """Count a call that received so many messages, or none."""
        if number:
            self.count("NumberOfMessagesReceived", number)
        else:
            self.count("NumberOfEmptyReceives", 1)

    def seconds_to_next(self) -> float:
        """How long until a message can be received, if no other comes: infinity where there is none."""
        with self._lock:
            now = self._clock()
            self._show(now)
            if self._ready:
                return 0.0
            return self._hidden[0][0] - now if self._hidden else _FOREVER

    @contextmanager
    def watched(self, callback: Callable[[], None]) -> Iterator[None]:
        """Within the block, call `callback` whenever a message may have become available. It must not block."""
        with self._lock:
            self._watchers += (callback,)
        try:
            yield
        finally:
            with self._lock:
                self._watchers = tuple(watcher for watcher in self._watchers if watcher is not callback)

    def wake(self) -> None:
        """Call all watchers."""
        for watcher in self._watchers:
            watcher()

    def _hide(self, message: Message) -> None:
        self._hides += 1
        heapq.heappush(self._hidden, (message["visible_at"], self._hides, message))

    def _show(self, now: float) -> None:
        """Make those visible whose time has come; entries of messages that were deleted or hidden anew are dropped."""
        while self._hidden:
            visible_at, _, message = self._hidden[0]
            current = self._by_id.get(message["id"]) is message and message["visible_at"] == visible_at
            if current and visible_at > now:
                return
            heapq.heappop(self._hidden)
            if current:
                self._ready.append(message)

    def _message_id(self, handle: str) -> str | None:
        try:
            arn, message_id, _ = json.loads(base64.b64decode(handle, validate=True))
        except (ValueError, TypeError, binascii.Error):
            return None
        return message_id if arn == self.arn else None


def _handle(arn: str, message: Message) -> str:
    return base64.b64encode(json.dumps([arn, message["id"], message["receive_count"]]).encode()).decode()
