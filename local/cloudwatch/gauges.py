"""What measures a value of now needs: the server's clock, and who takes the value.

A counter adds up, and passes through `cloudwatch.record_metric` when something happens. A gauge, such as the age of a
queue's oldest message, is measured when somebody looks.
"""

from collections.abc import Callable
from typing import Protocol

SetGauge = Callable[[tuple[str, str], str, str, float, str, dict[str, str]], None]
"""Takes account and region, the namespace, the name, the value of now, its unit, and the dimensions."""


class Clock(Protocol):
    """The server's clock, which may have been moved on."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def moment_of(self, machine_seconds: float) -> float:
        """What this clock showed when the machine's showed `machine_seconds`."""
        ...
