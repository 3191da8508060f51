"""A channel's file as a table: features in float32, missing ones NaN, and labels.

CSV has no header, and the label first. A line of libsvm is `<label> <index>:<value> ...` with indexes from 1, or from 0
where one is 0; what is not named is missing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local.algorithms.inputs import recordio
from local.algorithms.xgboost.errors import UserError

# What a line of libsvm may name at most: a table is dense here.
_MOST_COLUMNS = 100_000


@dataclass(frozen=True)
class Table:
    """`features` (rows, columns) and `labels` (rows,), both float32."""

    features: np.ndarray
    labels: np.ndarray


def widen(features: np.ndarray, columns: int) -> np.ndarray:
    """`features` with missing values in the columns that it lacks."""
    return np.pad(features, ((0, 0), (0, columns - features.shape[1])), constant_values=np.nan)


def read_csv(path: Path) -> Table:
    """Raises UserError, in the container's words and with the line at fault."""
    lines = [line for line in _lines(path, "CSV") if line.strip()]
    try:
        table = np.loadtxt(lines, delimiter=",", comments=None, quotechar='"', ndmin=2, dtype=np.float64)
    except ValueError:
        table = np.array(list(_rows_with_gaps(lines, path)), dtype=np.float64, ndmin=2)
    if not table.size:
        return Table(np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
    if not np.isfinite(table[:, 0]).all():
        raise _unreadable("csv", path, int(np.argmin(np.isfinite(table[:, 0]))) + 1, "it has no label")
    return Table(table[:, 1:].astype(np.float32), table[:, 0].astype(np.float32))


def _rows_with_gaps(lines: list[str], path: Path) -> Iterator[list[float]]:
    """The numbers of each line, an empty field being a missing one."""
    width = None
    for number, line in enumerate(lines, start=1):
        fields = [field.strip().strip('"') for field in line.rstrip("\r\n").split(",")]
        width = len(fields) if width is None else width
        if len(fields) != width:
            raise _unreadable("csv", path, number, f"it has {len(fields)} columns, not {width}")
        try:
            yield [float(field) if field else math.nan for field in fields]
        except ValueError as error:
            raise _unreadable("csv", path, number, str(error)) from None


def read_libsvm(path: Path) -> Table:
    """Raises UserError, in the container's words."""
    labels, rows = [], []
    for number, line in enumerate(_lines(path, "LIBSVM"), start=1):
        label, *pairs = line.split() or [""]
        if not label:
            continue
        try:
            labels.append(float(label))
            rows.append([_pair(pair) for pair in pairs])
        except ValueError:
            if number == 1:
                raise UserError(
                    f"First line '{line[:50]}...' of file '{path.name}' is not 'LIBSVM' format. "
                    "Please ensure the file is in 'LIBSVM' format."
                ) from None
            raise _unreadable("libsvm", path, number, f"{line[:50]!r} is no line of libsvm") from None
    last = max((index for row in rows for index, _ in row), default=0)
    if last >= _MOST_COLUMNS:
        raise _unreadable("libsvm", path, 1, f"it has more than {_MOST_COLUMNS} columns")
    # The library counts from 0 as it stands: an index of 1 is its second column.
    features = np.full((len(rows), last + 1 if rows else 0), np.nan, dtype=np.float32)
    for number, row in enumerate(rows):
        for index, value in row:
            features[number, index] = value
    return Table(features, np.array(labels, dtype=np.float32))


def _pair(text: str) -> tuple[int, float]:
    index, separator, value = text.partition(":")
    if not separator or int(index) < 0:
        raise ValueError(text)
    return int(index), float(value)


def read_recordio(path: Path) -> Table:
    """Raises UserError."""
    try:
        records = list(recordio.records(path.read_bytes()))
    except recordio.BadRecordError as error:
        raise UserError(f"Failed to load recordio-protobuf data with exception:\n{error}") from None
    if any(record.label is None for record in records):
        raise UserError("Failed to load recordio-protobuf data with exception:\nA record has no label")
    size = max((record.dimension for record in records), default=0)
    features = np.full((len(records), size), np.nan, dtype=np.float32)
    for number, record in enumerate(records):
        places = slice(len(record.values)) if record.keys is None else record.keys
        features[number, places] = record.values
    return Table(features, np.array([record.label for record in records], dtype=np.float32))


def _lines(path: Path, form: str) -> list[str]:
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        # In File mode the files are as S3 has them, and the container reads no gzip.
        raise UserError(
            f"First line '{data[:20]!r}...' of file '{path.name}' is not '{form}' format. "
            f"Please ensure the file is in '{form}' format."
        )
    return data.decode("utf-8", errors="replace").splitlines()


def _unreadable(form: str, path: Path, number: int, fault: str) -> UserError:
    return UserError(f"Failed to load {form} data with exception:\nfile {path.name}, line {number}: {fault}")
