"""application/x-recordio-protobuf: MXNet's RecordIO framing around `aialgs.data.Record` messages.

Frame: magic 0xCED7230A, then a word of 3 bits (0 whole, 1 first, 2 middle, 3 last part) and 29 bits of length, then
the bytes, padded to four. Record (https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html): field 1 is the
map of features, field 2 the map of labels, both keyed `values`; a Value holds a Float32Tensor (2), a Float64Tensor
(3) or an Int32Tensor (7), each with values (1), keys (2, for sparse vectors) and shape (3).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from local import EmbeddedAwsError

_MAGIC = 0xCED7230A
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Field of a Value: the type of its values; None for integers, which are varints.
_TENSORS: dict[int, str | None] = {2: "<f4", 3: "<f8", 7: None}


class BadRecordError(EmbeddedAwsError):
    """The bytes are no RecordIO, or a record in them is none."""


@dataclass(frozen=True)
class Record:
    """One example: `label` or None, and `values`, at the positions `keys` of a vector of `size` where it is sparse."""

    label: float | None
    values: np.ndarray
    keys: np.ndarray | None
    size: int | None

    def dense(self, size: int) -> np.ndarray:
        """The features as a vector of `size` values."""
        if self.keys is None:
            return self.values
        vector = np.zeros(size)
        vector[self.keys] = self.values
        return vector

    @property
    def dimension(self) -> int:
        """Its number of features: all where it is dense or states its size, else up to its last key."""
        if self.keys is None:
            return len(self.values)
        return self.size if self.size is not None else int(self.keys.max(initial=-1)) + 1


def frame(message: bytes) -> bytes:
    """A message in its frame: magic, length, padding to four bytes."""
    return struct.pack("<II", _MAGIC, len(message)) + message + b"\0" * (-len(message) % 4)


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    length, encoded = len(content), b""
    while length > 0x7F:
        encoded += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | _BYTES]) + encoded + bytes([length]) + content


def records(data: bytes) -> Iterator[Record]:
    """Decode each record of a RecordIO file. Raises BadRecordError with the number of the record."""
    for number, payload in enumerate(_frames(data), start=1):
        try:
            yield _record(payload)
        except (IndexError, struct.error, ValueError) as error:
            raise BadRecordError(f"record {number} is no aialgs.data.Record: {error}") from None


def _frames(data: bytes) -> Iterator[bytes]:
    position, parts = 0, b""
    while position < len(data):
        if position + 8 > len(data):
            raise BadRecordError(f"truncated at byte {position}")
        magic, word = struct.unpack_from("<II", data, position)
        length = word & 0x1FFFFFFF
        if magic != _MAGIC or position + 8 + length > len(data):
            raise BadRecordError(f"no RecordIO at byte {position}")
        parts += data[position + 8 : position + 8 + length]
        position += 8 + (length + 3) // 4 * 4
        if word >> 29 in (0, 3):
            yield parts
            parts = b""
        else:
            # A record that contained the magic was split there.
            parts += struct.pack("<I", _MAGIC)


def _record(message: bytes) -> Record:
    label, features = None, None
    for field, value in _fields(message):
        if field == 1:
            features = _tensor(value)
        elif field == 2:
            label = float(_tensor(value)[0][0])
    if features is None:
        raise ValueError("it has no features")
    return Record(label, *features)


def _tensor(entry: object) -> tuple[np.ndarray, np.ndarray | None, int | None]:
    value = dict(_fields(entry)).get(2, b"")
    for field, body in _fields(value):
        if field in _TENSORS:
            return _tensor_values(body, _TENSORS[field])
    raise ValueError("a value that is no tensor")


def _tensor_values(body: object, dtype: str | None) -> tuple[np.ndarray, np.ndarray | None, int | None]:
    values, keys, shape = [], [], []
    for field, item in _fields(body):
        if field == 1:
            values.append(_integers(item) if dtype is None else _floats(item, dtype))
        elif field == 2:
            keys.extend(_integers(item))
        elif field == 3:
            shape.extend(_integers(item))
    flat = np.concatenate(values).astype(float) if values else np.zeros(0)
    size = int(shape[-1]) if shape else None
    # A sparse vector of nothing but zeros has neither keys nor values, only a shape.
    sparse = bool(keys) or (size is not None and not len(flat))
    return flat, np.array(keys, dtype=np.int64) if sparse else None, size


def _fields(message: object) -> Iterator[tuple[int, object]]:
    if not isinstance(message, bytes):
        raise TypeError("a number where a message should be")
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        wire = tag & 7
        if wire == _VARINT:
            value, position = _varint(message, position)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(wire)
            if wire == _BYTES:
                length, position = _varint(message, position)
            if length is None or position + length > len(message):
                raise ValueError(f"wire type {wire} at byte {position}")
            value, position = message[position : position + length], position + length
        yield tag >> 3, value


def _varint(message: bytes, position: int) -> tuple[int, int]:
    result, shift = 0, 0
    while True:
        byte = message[position]
        result |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return result, position
        shift += 7


def _integers(item: object) -> list[int]:
    """One varint, or many packed ones; 64-bit two's complement for what is negative."""
    numbers, position = [item] if isinstance(item, int) else [], 0
    while isinstance(item, bytes) and position < len(item):
        number, position = _varint(item, position)
        numbers.append(number)
    return [number - (1 << 64) if number >> 63 else number for number in numbers]


def _floats(item: object, dtype: str) -> np.ndarray:
    if not isinstance(item, bytes):
        raise TypeError("an integer where a float should be")
    return np.frombuffer(item, dtype=dtype)
