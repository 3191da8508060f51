"""What starts a retraining: the reasons, the events that bring one, and when a request is due."""

from typing import Any

PERSON, SCHEDULE, NEW_RIDES, DRIFT, QUALITY = "person", "schedule", "new_rides", "drift", "quality"
REASONS = (PERSON, SCHEDULE, NEW_RIDES, DRIFT, QUALITY)
WAITING = (NEW_RIDES, DRIFT, QUALITY)
"""The reasons that nobody stands behind: they wait for the cool-down, and for a retraining that runs."""

LONGEST_DETAIL = 256
FIELDS: dict[str, Any] = {"reason": PERSON, "reason_detail": ""}
"""The fields of an execution's input that say why it is started, with what is meant where one is left out."""


def as_line(text: str) -> str:
    """`text` as a detail may be: characters that cannot be printed are question marks, and what is too long is cut."""
    line = "".join(each if each.isprintable() else "?" for each in text)
    return line if len(line) <= LONGEST_DETAIL else f"{line[: LONGEST_DETAIL - 1]}…"
