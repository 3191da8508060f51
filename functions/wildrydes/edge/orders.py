"""What edge_compute is to do: of which task, how often and how long.

>>> order = read_order({"task": "magic_points"})
>>> order.task.name, order.rate, order.seconds, order.requests
('magic_points', 5.0, 50.0, 250)
"""

from typing import Any, NamedTuple

from wildrydes.errors import BadRide, BadValue
from wildrydes.measures import measure
from wildrydes.tasks import TASKS, Task

RATES, SECONDS = (0.1, 50.0), (1.0, 240.0)
_DEFAULTS = {"rate": 5.0, "seconds": 50.0}


class Order(NamedTuple):
    """So many requests a second, for so many seconds."""

    task: Task
    rate: float
    seconds: float

    @property
    def requests(self) -> int:
        """How many requests that are."""
        return round(self.rate * self.seconds)


def read_order(value: Any) -> Order:
    """The order in an event: `task`, and `rate` and `seconds` if they are there. Raises BadValue."""
    if type(value) is not dict or value.get("task") not in TASKS:
        raise BadValue(f"the event names no task: one of {', '.join(TASKS)}", "task", list(TASKS))
    if unknown := sorted(value.keys() - {"task", *_DEFAULTS}):
        raise BadValue(f"the event has {unknown[0][:100]!r}, which is none of task, rate, seconds", unknown[0][:100])
    fields = _DEFAULTS | value
    return Order(
        TASKS[value["task"]], _within("rate", fields["rate"], *RATES), _within("seconds", fields["seconds"], *SECONDS)
    )


def _within(name: str, value: Any, least: float, most: float) -> float:
    try:
        number = measure(name, value)
    except BadRide as bad:
        raise BadValue(bad.detail, name) from None
    if not least <= number <= most:
        raise BadValue(
            f"{name} is {number:g}, not from {least:g} to {most:g}", name, {"minimum": least, "maximum": most}
        )
    return number
