"""An alarm that is over -> a notice.

An alarm tells the topic itself when it goes off. It has no OKActions, which tell of each new alarm too: within minutes
of a deployment it comes from INSUFFICIENT_DATA to OK. EventBridge's event has the state before.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from typing import Any

from wildrydes.announcements.notice import Notice
from wildrydes.errors import BadEndEvent

SOURCE = "aws.cloudwatch"


def is_of_alarm(event: Any) -> bool:
    """Whether an event is one of an alarm."""
    return isinstance(event, dict) and event.get("source") == SOURCE


def over_notice(event: dict[str, Any]) -> Notice:
    """The notice of an alarm's change from ALARM to OK. Raises BadEndEvent for any other event."""
    try:
        detail = event["detail"]
        name, state, before = detail["alarmName"], detail["state"], detail["previousState"]["value"]
        value, reason = state["value"], state["reason"]
        meaning = detail["configuration"].get("description", "")
    except (KeyError, TypeError, AttributeError) as fault:
        raise BadEndEvent(f"the event is no change of an alarm: {fault!r}") from None
    if (before, value) != ("ALARM", "OK"):
        raise BadEndEvent(f"the alarm {name} came from {before} to {value}, which is no end of it")
    return Notice(f'OK: "{name}"', f"The alarm {name} is over.\n\n{reason}\n\nIt had said: {meaning}\n")
