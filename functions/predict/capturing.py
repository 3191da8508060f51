"""A request and its answer -> the lines that capture them (`wildrydes.capture.record`), for the function's log.

A subscription filter of the log group hands them on, after the answer: here they are written, and nothing is waited
for. What is captured by CAPTURE_FRACTION goes by a digest of the request's id, so that a request is captured whole, or
not at all. A promotion's golden request is nobody's, and is left out.

>>> is_in_sample("id", 1.0), is_in_sample("id", 0.0)
(True, False)
>>> [is_in_sample(f"id-{number}", 0.5) for number in range(4)]
[True, True, False, False]
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from aws.proxy import Request
from aws.settings import PredictSettings
from wildrydes.capture import record


class Rows(NamedTuple):
    """What a model was asked: its execution, its features, and of each row the place, the reference and the numbers."""

    model: str
    features: tuple[str, ...]
    places: Sequence[int]
    references: Sequence[str | None]
    numbers: Sequence[Sequence[float]]


NO_ROWS = Rows("", (), (), (), ())


def lines(
    request: Request, settings: PredictSettings, now: float, rows: Rows, scores: Sequence[float], refused: int
) -> str:
    """The lines of a request, empty for one that is not captured; `now` is in seconds since 1970."""
    if not scores and not refused:
        return ""
    if request.is_golden or not is_in_sample(request.id, settings.capture_fraction):
        return ""
    return record.lines(
        record.Capture(
            now,
            settings.task,
            rows.model,
            request.id,
            rows.features,
            rows.places,
            rows.references,
            rows.numbers,
            scores,
            refused,
        )
    )


def is_in_sample(request_id: str, fraction: float) -> bool:
    """Whether a request is of the `fraction` of all that is captured."""
    if fraction >= 1.0 or fraction <= 0.0:
        return fraction >= 1.0
    digest = sha256(request_id.encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:8], "big") < fraction * 2**64
