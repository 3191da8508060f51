"""Counts the calls of standard queues, and measures what waits in them.

Source: "Available CloudWatch metrics for Amazon SQS", SQS Developer Guide: namespace AWS/SQS, dimension QueueName.
A queue is measured while it is active: something polls it, or was done with it within six hours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from ministack.services import cloudwatch, sqs

from local.cloudwatch.gauges import Clock, SetGauge
from local.sqs.messages import Messages

NAMESPACE = "AWS/SQS"
_ACTIVE_SECONDS = 6 * 3600.0
_MINUTE = 60
# A queue of more messages is measured once a minute, as AWS does; to look at others each second costs nothing.
_MANY = 1000


def counter(arn: str) -> Callable[[str, int], None]:
    """What counts the calls of a queue: a function of the metric's name and the number."""
    dimensions = {"QueueName": arn.rpartition(":")[2]}

    def count(name: str, number: int) -> None:
        cloudwatch.record_metric(NAMESPACE, name, number, "Count", dimensions)

    return count


@dataclass
class Gauges:
    """Measures all standard queues; `set_gauge` takes a value of now."""

    clock: Clock
    set_gauge: SetGauge
    # By the queue's ARN: how much had been done with it, and when that was seen first; the minute it was measured in.
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    _minutes: dict[str, int] = field(default_factory=dict)
    # The clock's tick, points of watched metrics and requests measure at the same time.
    _lock: Lock = field(default_factory=Lock)

    def measure(self) -> None:
        """Measure every active queue."""
        with self._lock:
            self._measure_all()

    def _measure_all(self) -> None:
        now = self.clock.now()
        arns = set()
        for queue in list(sqs._queues._data.values()):
            if queue["is_fifo"]:
                continue
            messages: Messages = queue["messages"]
            arns.add(messages.arn)
            if self._is_active(messages, now) and self._is_due(messages, now):
                self._measure(messages, now)
        for arn in self._seen.keys() - arns:
            del self._seen[arn]
            self._minutes.pop(arn, None)

    def _is_active(self, messages: Messages, now: float) -> bool:
        operations, since = self._seen.get(messages.arn, (-1, now))
        if messages.operations != operations or messages.is_polled:
            since = now
        self._seen[messages.arn] = messages.operations, since
        return now - since < _ACTIVE_SECONDS

    def _is_due(self, messages: Messages, now: float) -> bool:
        minute = int(now) // _MINUTE
        is_due = len(messages) < _MANY or self._minutes.get(messages.arn) != minute
        self._minutes[messages.arn] = minute
        return is_due

    def _measure(self, messages: Messages, now: float) -> None:
        _, _, _, region, account, name = messages.arn.split(":")
        visible, in_flight, delayed = messages.counts()
        sent = messages.oldest_sent_at()
        age = 0.0 if sent is None else max(0.0, now - self.clock.moment_of(sent))
        values: dict[str, tuple[float, str]] = {
            "ApproximateNumberOfMessagesVisible": (visible, "Count"),
            "ApproximateNumberOfMessagesNotVisible": (in_flight, "Count"),
            "ApproximateNumberOfMessagesDelayed": (delayed, "Count"),
            "ApproximateAgeOfOldestMessage": (int(age), "Seconds"),
        }
        for metric, (value, unit) in values.items():
            self.set_gauge((account, region), NAMESPACE, metric, value, unit, {"QueueName": name})
