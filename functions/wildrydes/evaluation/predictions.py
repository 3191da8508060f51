"""Predictions that a container made of a split, where only it can read the model: the output of a transform job.

SageMaker writes an object `<name>.out` for each object `<name>` of the input, a line a row in the input's order
(https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html). Each line holds one number.

    >>> list(answers([b"1.5\\n-2e3\\n"], "a.out"))
    [1.5, -2000.0]
"""

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
        return float(line)
    except ValueError:
        raise BadModel(f"{key}, line {number}: {line[:80]!r} is not one number") from None
