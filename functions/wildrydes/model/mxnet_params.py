"""Reads the arrays of an MXNet `.params` file: NDArray::Save's list format, as MXNet 0.12 to 1.9 write it.

    list     uint64 0x112 · uint64 reserved · uint64 count · count arrays · uint64 count · count names
    array    uint32 0xF993FAC9 · int32 storage type 0 (dense) · shape · int32 device type · int32 device id ·
             int32 element type 0 (float32) · the elements, row by row
    shape    uint32 dimensions · int64 each
    name     uint64 length · bytes

All little-endian. Source: `NDArray::Save` and `NDArray::Load` in Apache MXNet's src/ndarray/ndarray.cc.
"""

from math import prod
from struct import Struct, unpack_from
from struct import error as StructError  # noqa: N812
from typing import NamedTuple

from wildrydes.errors import BadModel

_LIST_MAGIC = 0x112
_ARRAY_MAGIC = 0xF993FAC9
_LIST_HEADER = Struct("<QQQ")
_ARRAY_HEADER = Struct("<IiI")
_CONTEXT_AND_TYPE = Struct("<iii")
_COUNT = Struct("<Q")
_MOST_ARRAYS = 16
_MOST_DIMENSIONS = 4
_LONGEST_NAME = 256


class Array(NamedTuple):
    """A dense float32 array: its shape, its elements row by row."""

    shape: tuple[int, ...]
    elements: tuple[float, ...]


def read_params(data: bytes) -> dict[str, Array]:
    """The named arrays in the bytes of a .params file. Raises BadModel."""
    try:
        return _read_list(data)
    except (StructError, UnicodeDecodeError) as error:
        raise BadModel(f"the .params file is cut short or damaged: {error}") from None


def _read_list(data: bytes) -> dict[str, Array]:
    magic, _, count = _LIST_HEADER.unpack_from(data)
    if magic != _LIST_MAGIC:
        raise BadModel(f"the .params file starts with {magic:#x}, not {_LIST_MAGIC:#x}")
    if count > _MOST_ARRAYS:
        raise BadModel(f"the .params file says it has {count} arrays; a linear model has two")
    at, arrays, names = _LIST_HEADER.size, [], []
    for _ in range(count):
        array, at = _read_array(data, at)
        arrays.append(array)
    (name_count,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    if name_count != count:
        raise BadModel(f"the .params file has {count} arrays and {name_count} names")
    for _ in range(name_count):
        name, at = _read_name(data, at)
        names.append(name)
    if at != len(data):
        raise BadModel(f"the .params file goes on after its end at byte {at}")
    return dict(zip(names, arrays, strict=True))


def _read_array(data: bytes, at: int) -> tuple[Array, int]:
    magic, storage, dimensions = _ARRAY_HEADER.unpack_from(data, at)
    if magic != _ARRAY_MAGIC or storage != 0 or not 0 < dimensions <= _MOST_DIMENSIONS:
        raise BadModel(f"at byte {at} of the .params file is no dense array of the format {_ARRAY_MAGIC:#x}")
    at += _ARRAY_HEADER.size
    shape = unpack_from(f"<{dimensions}q", data, at)
    at += 8 * dimensions
    _, _, element_type = _CONTEXT_AND_TYPE.unpack_from(data, at)
    at += _CONTEXT_AND_TYPE.size
    if element_type != 0:
        raise BadModel(f"an array of the .params file has elements of type {element_type}, not float32")
    length = prod(shape)
    if min(shape) < 1 or 4 * length > len(data) - at:
        raise BadModel(f"an array of shape {shape} does not fit into the {len(data)} bytes of the .params file")
    return Array(shape, unpack_from(f"<{length}f", data, at)), at + 4 * length


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    (length,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    if length > _LONGEST_NAME or at + length > len(data):
        raise BadModel(f"a name of {length} bytes at byte {at} of the .params file")
    return data[at : at + length].decode(), at + length
