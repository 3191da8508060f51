"""Why a retraining is started: the reasons by which a start, its card and its promotion are recorded."""

from typing import Any

PERSON, SCHEDULE, NEW_RIDES, DRIFT, QUALITY = "person", "schedule", "new_rides", "drift", "quality"
REASONS = (PERSON, SCHEDULE, NEW_RIDES, DRIFT, QUALITY)
LONGEST_DETAIL = 256
FIELDS: dict[str, Any] = {"reason": PERSON, "reason_detail": ""}
"""The fields of an execution's input that say why it is started, with what is meant where one is left out."""
