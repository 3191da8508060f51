"""The last requests that callers sent, and what the new model would have answered to them.

    predictions/ (newest objects first) -> at most MOST_ROWS rows of the task, of the last DAYS days -> score changes

What callers were answered is what was captured. Where another model than the champion answered, the champion answers
again, if it can be read here. Time and memory are bounded whatever there is: so many objects are looked at, and of each
so many bytes.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from aws_lambda_powertools import Logger

from aws import s3
from evaluate_model.contenders import Contender, ReadModel
from wildrydes.bucket import PREDICTIONS
from wildrydes.capture.record import Capture, read
from wildrydes.errors import BadCapture, BadTestSet, MissingObject
from wildrydes.evaluation.score_changes import Answers, ScoreChanges, score_changes
from wildrydes.evaluation.split_rows import lines
from wildrydes.tasks import BINARY

logger = Logger(child=True)

DAYS = 7
MOST_ROWS = 1000
MOST_OBJECTS = 200
MOST_BYTES = 64 << 20
"""Of all objects together, unpacked."""


@dataclass(frozen=True)
class Question:
    """Of which task, features and champion the captured rows are to be; the two models, None where there is none."""

    bucket: str
    task: str
    kind: str
    features: tuple[str, ...]
    champion: str | None
    before: Contender | None
    after: Contender


def changes_of(question: Question, now: datetime) -> tuple[ScoreChanges | None, dict[str, Any]]:
    """The changes, and how the card has them: `reason` says why there are none."""
    if question.champion is None:
        return None, {"rows": 0, "reason": "there is no champion to compare with"}
    if question.before is None:
        return None, {"rows": 0, "reason": f"the champion {question.champion} and this model cannot be compared"}
    if not isinstance(question.after, ReadModel):
        return None, {"rows": 0, "reason": "only its container can read the model"}
    answers = list(_answers(question, question.before, question.after, now))
    if not answers:
        return None, {"rows": 0, "reason": f"no request of the last {DAYS} days that could be answered was captured"}
    thresholds = (question.before.threshold, question.after.threshold) if question.kind == BINARY else None
    changes = score_changes(question.features, answers, thresholds)
    return changes, asdict(changes) | {"reason": None}


def _answers(question: Question, before: Contender, after: ReadModel, now: datetime) -> Iterator[Answers]:
    """The last rows with both answers; those that neither model answers are passed over."""
    seen: set[tuple[str, int]] = set()
    for capture in _captures(question, now):
        if len(seen) >= MOST_ROWS:
            return
        order = [capture.features.index(name) for name in question.features]
        for place, numbers, score in zip(capture.places, capture.rows, capture.scores, strict=True):
            if (capture.request_id, place) in seen or len(seen) >= MOST_ROWS:
                continue
            row = [numbers[position] for position in order]
            answer, other = score if capture.model == question.champion else _answer(before, row), after.answer(row)
            if answer is not None and isfinite(answer) and isfinite(other):
                seen.add((capture.request_id, place))
                yield Answers(row, answer, other)


def _answer(model: Contender, row: list[float]) -> float | None:
    return model.answer(row) if isinstance(model, ReadModel) else None


def _captures(question: Question, now: datetime) -> Iterator[Capture]:
    """The task's requests that have all features, the newest objects first; of each object the last of them."""
    budget, mark = MOST_BYTES, f'"task": "{question.task}"'.encode()
    for key in reversed(_keys(question.bucket, now)):
        captures: deque[Capture] = deque(maxlen=MOST_ROWS)
        try:
            for line in lines(s3.stream(question.bucket, key), key):
                budget -= len(line)
                if budget < 0:
                    break
                if mark in line:
                    captures.append(read(line))
        except (BadCapture, BadTestSet, MissingObject) as fault:
            # Expired since, or no object of Firehose's: what was read of it before is as good as any.
            logger.warning("captured requests cannot be read", extra={"key": key, "cause": str(fault)})
        usable = (each for each in reversed(captures) if each.rows and set(question.features) <= set(each.features))
        yield from usable
        if budget < 0:
            return


def _keys(bucket: str, now: datetime) -> list[str]:
    """The newest objects of the last days; their names go by time."""
    first = (now.astimezone(UTC) - timedelta(days=DAYS)).strftime("%Y/%m/%d")
    return list(deque(s3.keys_after(bucket, PREDICTIONS, f"{PREDICTIONS}{first}"), maxlen=MOST_OBJECTS))
