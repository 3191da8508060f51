"""Predictions that a container made of a split, where only it can read the model: the output of a transform job.

SageMaker writes an object `<name>.out` for each object `<name>` of the input, a line a row in the input's order
(https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html). Each line holds one number, or a JSON object
with it, as Amazon's own algorithms answer by JSON Lines.

    >>> list(answers([b'1.5\\n{"predicted_label": -2e3}\\n{"score": 0.5}\\n'], "a.out"))
    [1.5, -2000.0, 0.5]
"""

import json
from collections.abc import Iterable, Iterator

from wildrydes.errors import BadModel, BadTestSet
from wildrydes.evaluation.split_rows import lines

SUFFIX = ".out"


def answers(blocks: Iterable[bytes], key: str) -> Iterator[float]:
    """The numbers of one object, whose `key` errors name; NaN and infinity too. Raises BadModel for another line."""
    try:
        for number, line in enumerate(lines(blocks, key), 1):
            if line.strip():
                yield _number(line, number, key)
    except BadTestSet as damaged:
        raise BadModel(str(damaged)) from None


def _number(line: bytes, number: int, key: str) -> float:
    try:
        if line.startswith(b"{"):
            fields = json.loads(line)
            return float(fields.get("score", fields.get("predicted_label")))
        return float(line)
    except (ValueError, TypeError, RecursionError):
        raise BadModel(f"{key}, line {number}: {line[:80]!r} is not one number") from None
