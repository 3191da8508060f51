"""application/x-recordio-protobuf whose records are all alike -> a table, without a look at each record.

Dense records of floats, as the SageMaker SDK and protobuf write them, have one length, and the same bytes but for their
values. Where a file consists of such, the values lie at equal distances in it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from local.algorithms.inputs import recordio

# Field of a Value, by the type of its values.
_TENSORS = {"<f4": 2, "<f8": 3}
_FEATURES, _LABEL = 1, 2


@dataclass(frozen=True)
class _Layout:
    """A record in its frame: the bytes that all have in common, and where the values lie in it."""

    frame: bytes
    features: slice
    feature_type: str
    label: slice
    label_type: str


def read_dense(data: bytes) -> np.ndarray | None:
    """The table of a RecordIO file, (rows, 1 + features) with the label first; None where records are not all alike."""
    for layout in _layouts(data):
        size = len(layout.frame)
        if len(data) % size == 0:
            frames = np.frombuffer(data, dtype=np.uint8).reshape(-1, size)
            if _is_of(frames, layout):
                return _table(data, len(frames), layout)
    return None


def _layouts(data: bytes) -> Iterator[_Layout]:
    """What the records may look like if the first is as all are."""
    try:
        first = next(recordio.records(data), None)
    except recordio.BadRecordError:
        return
    if first is None or first.label is None or first.keys is not None or first.size is not None:
        return
    for feature_type, label_type in itertools.product(_TENSORS, repeat=2):
        features = entry(_FEATURES, feature_type, len(first.values))
        message = features + entry(_LABEL, label_type, 1)
        frame = recordio.frame(message)
        start = len(frame) - len(message) - -len(message) % 4
        yield _Layout(
            frame,
            _last(start + len(features), len(first.values) * np.dtype(feature_type).itemsize),
            feature_type,
            _last(start + len(message), np.dtype(label_type).itemsize),
            label_type,
        )


def entry(field: int, dtype: str, count: int) -> bytes:
    """An entry of a Record's map, `values`: a tensor of so many zeros, which are its last bytes."""
    values = recordio.field(1, bytes(count * np.dtype(dtype).itemsize))
    return recordio.field(
        field, recordio.field(1, b"values") + recordio.field(2, recordio.field(_TENSORS[dtype], values))
    )


def _last(end: int, length: int) -> slice:
    return slice(end - length, end)


def _is_of(frames: np.ndarray, layout: _Layout) -> bool:
    """Whether frames (rows, bytes) differ from the layout in nothing but values."""
    expected = np.frombuffer(layout.frame, dtype=np.uint8)
    common = (
        slice(0, layout.features.start),
        slice(layout.features.stop, layout.label.start),
        slice(layout.label.stop, None),
    )
    return all(bool((frames[:, part] == expected[part]).all()) for part in common)


def _table(data: bytes, rows: int, layout: _Layout) -> np.ndarray:
    def values(part: slice, dtype: str) -> np.ndarray:
        item = np.dtype(dtype).itemsize
        shape, strides = (rows, (part.stop - part.start) // item), (len(layout.frame), item)
        return np.ndarray(shape, dtype=dtype, buffer=data, offset=part.start, strides=strides)

    features = values(layout.features, layout.feature_type)
    table = np.empty((rows, 1 + features.shape[1]))
    table[:, :1], table[:, 1:] = values(layout.label, layout.label_type), features
    return table
