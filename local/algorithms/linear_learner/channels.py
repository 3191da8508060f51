"""Input channels: the files of a channel -> one dataset.

Formats: `text/csv` without a header, label first; `application/x-recordio-protobuf`. Rows keep the order of the
files' paths and of the rows within: like the container, the learner does not shuffle.
"""

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local.algorithms.inputs import recordio
from local.algorithms.inputs.decimal_files import LongLineError, read_decimals, read_lines
from local.algorithms.inputs.dense_records import read_dense
from local.algorithms.linear_learner.errors import CustomerError

CHANNELS = ("train", "validation", "test")
# Where the container sees its input; messages name files as it would.
_CONTAINER_BASE = Path("/opt/ml")
# The bytes of a file, and its path in messages -> its table, (rows, 1 + features).
Reader = Callable[[bytes, Path], np.ndarray]


@dataclass(frozen=True)
class Dataset:
    """`features` (rows, features) and `labels` (rows,), both float64."""

    features: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def read_all(
    base: Path, configuration: Mapping[str, Mapping[str, object]], names: Sequence[str] = CHANNELS
) -> dict[str, Dataset]:
    """Read the channels that inputdataconfig.json names, of which there may be `names`.

    Raises CustomerError for an unusable channel or file.
    """
    unknown = sorted(set(configuration) - set(names))
    if unknown:
        raise CustomerError(
            "Unable to initialize the algorithm. Failed to validate input data configuration. (caused by "
            f"ValidationError)\n\nCaused by: Additional properties are not allowed ({unknown[0]!r} was unexpected; "
            f"channels are {', '.join(names)})"
        )
    if "train" not in configuration:
        raise CustomerError(
            "Unable to initialize the algorithm. Failed to validate input data configuration. (caused by "
            "ValidationError)\n\nCaused by: 'train' is a required property"
        )
    return {name: _read_channel(base, name, configuration[name]) for name in names if name in configuration}


def _read_channel(base: Path, name: str, configuration: Mapping[str, object]) -> Dataset:
    content_type = str(configuration.get("ContentType") or "application/x-recordio-protobuf")
    media_type = content_type.split(";")[0].strip().lower()
    readers = {"text/csv": _read_csv, "application/x-recordio-protobuf": _read_recordio}
    if media_type not in readers:
        raise CustomerError(
            f"No iterator has been registered for ContentType {content_type!r}: {' and '.join(readers)} are"
        )
    folder = base / "input" / "data" / name
    unpack = configuration.get("CompressionType") == "Gzip"
    tables = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        tables += _tables(path, _CONTAINER_BASE / path.relative_to(base), readers[media_type], unpack=unpack)
    if not tables:
        raise CustomerError(f"The {name} channel holds no rows: {_CONTAINER_BASE / 'input' / 'data' / name}")
    if len({table.shape[1] for table in tables}) > 1:
        raise CustomerError(f"The files of the {name} channel differ in their number of columns")
    return _dataset(tables, name)


def _tables(path: Path, container_path: Path, reader: Reader, *, unpack: bool) -> list[np.ndarray]:
    """The rows of a file, in one table or several; none of a file without any."""
    try:
        tables = read_decimals(path, unpack=unpack) if reader is _read_csv else None
        if tables is not None:
            return tables
        data = read_lines(path, unpack=unpack) if reader is _read_csv else _read_records(path, unpack=unpack)
    except LongLineError as fault:
        raise CustomerError(
            f"Unable to parse csv: {_rows_around(fault.number)}, file {container_path}: {fault}"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise CustomerError(f"Unable to decompress {container_path}: {error}") from None
    return [reader(data, container_path)] if data.strip() else []


def _read_records(path: Path, *, unpack: bool) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if unpack and data.startswith(b"\x1f\x8b") else data


def _rows_around(number: int) -> str:
    """The thousand rows that a message names, for the row of this number, from 1."""
    first = (number - 1) // 1000 * 1000 + 1
    return f"rows {first}-{first + 999}"


def _read_csv(data: bytes, container_path: Path) -> np.ndarray:
    """A table of numbers, (rows, 1 + features)."""
    text = data.decode("utf-8", errors="replace")
    try:
        return np.loadtxt(text.splitlines(), delimiter=",", comments=None, quotechar='"', ndmin=2)
    except ValueError as error:
        raise _unparsable(text.splitlines(), container_path, str(error)) from None


def _unparsable(lines: list[str], container_path: Path, reason: str) -> CustomerError:
    """The container's message, which counts rows by the thousand, with the row and the value at fault."""
    rows = [line for line in lines if line.strip()]
    columns = rows[0].count(",") + 1
    for number, row in enumerate(rows, start=1):
        values = [value.strip().strip('"') for value in row.split(",")]
        wrong = next((value for value in values if not _is_number(value)), None)
        fault = f"{wrong!r} is no number" if wrong is not None else f"it has {len(values)} columns, not {columns}"
        if wrong is not None or len(values) != columns:
            return CustomerError(
                f"Unable to parse csv: {_rows_around(number)}, file {container_path}: row {number}: {fault}"
            )
    return CustomerError(f"Unable to parse csv: rows 1-1000, file {container_path}: {reason}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_recordio(data: bytes, container_path: Path) -> np.ndarray:
    table = read_dense(data)
    if table is not None:
        return table
    try:
        decoded = list(recordio.records(data))
    except recordio.BadRecordError as error:
        raise CustomerError(f"Unable to parse recordio-protobuf, file {container_path}: {error}") from None
    if any(record.label is None for record in decoded):
        raise CustomerError(f"A record without a label in {container_path}")
    size = max(record.dimension for record in decoded)
    if any(record.keys is None and len(record.values) != size for record in decoded):
        raise CustomerError(f"The records of {container_path} differ in their number of features")
    return np.array([[record.label, *record.dense(size)] for record in decoded], dtype=float)


def _dataset(tables: Sequence[np.ndarray], name: str) -> Dataset:
    if tables[0].shape[1] < 2:
        raise CustomerError(f"The {name} channel has one column: the label comes first, then the features")
    features = np.concatenate([table[:, 1:] for table in tables])
    labels = np.concatenate([table[:, 0] for table in tables])
    finite = np.isfinite(features).all(axis=1) & np.isfinite(labels)
    if not finite.all():
        row = int(np.argmin(finite)) + 1
        raise CustomerError(f"The {name} channel has a value that is not finite (NaN or infinity) in row {row}")
    return Dataset(features, labels)
