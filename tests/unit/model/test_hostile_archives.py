"""Artefacts that somebody made to do harm: each is a BadModel, and takes no more memory than a bound."""

import io
import json
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from wildrydes.errors import BadModel
from wildrydes.model.archive import ADDITIONAL, MOST_PACKED, MOST_UNPACKED, PARAMS, SYMBOL, members
from wildrydes.model.linear_model import read_model

MOST_MEMORY = 96 << 20
"""Bytes. The function has 512 MB, of which Python and its libraries take some 60."""

Members = dict[str, bytes]
Forge = Callable[[Members], bytes]


def gzipped(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()


def zipped(contents: Members, method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def regular(name: str, data: bytes, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def special(kind: bytes, name: str = "model_algo-1", target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def tarred(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def artefact(inner: bytes) -> bytes:
    return gzipped(tarred(regular("model_algo-1", inner)))


def array(values: bytes, shape: tuple[int, ...] = (2, 1), element_type: int = 0, storage: int = 0) -> bytes:
    header = struct.pack("<IiI", 0xF993FAC9, storage, len(shape)) + struct.pack(f"<{len(shape)}q", *shape)
    return header + struct.pack("<iii", 1, 0, element_type) + values


def params(weight: bytes, bias: bytes | None = None) -> bytes:
    names = b"".join(struct.pack("<Q", len(name)) + name for name in (b"arg:fc0_weight", b"arg:fc0_bias"))
    arrays = weight + (bias or array(struct.pack("<f", 0.5), (1, 1)))
    return struct.pack("<QQQ", 0x112, 0, 2) + arrays + struct.pack("<Q", 2) + names


def twice(contents: Members) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for name, data in [*contents.items(), (PARAMS, b"another")]:
            archive.writestr(name, data)
    return buffer.getvalue()


def pax_size(contents: Members) -> bytes:
    info, data = regular("model_algo-1", zipped(contents))
    info.pax_headers = {"size": str(1 << 50)}
    return gzipped(tarred((info, data), form=tarfile.PAX_FORMAT))


def understated(contents: Members) -> bytes:
    """A zip whose directory says of a bomb that it has ten bytes."""
    whole = bytearray(zipped(contents | {SYMBOL: bytes(1 << 26)}, zipfile.ZIP_DEFLATED))
    for magic, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = whole.find(magic)
        while start >= 0:
            if whole[start + at : start + at + 4] == struct.pack("<I", 1 << 26):
                whole[start + at : start + at + 4] = struct.pack("<I", 10)
            start = whole.find(magic, start + 4)
    return artefact(bytes(whole))


def graph_with(contents: Members, **changes: Any) -> bytes:
    symbol = json.loads(contents[SYMBOL])
    return artefact(zipped(contents | {SYMBOL: json.dumps(symbol | changes).encode()}))


def encrypted(contents: Members) -> bytes:
    whole = bytearray(zipped(contents))
    for magic, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = whole.find(magic)
        while start >= 0:
            whole[start + at] |= 1
            start = whole.find(magic, start + 4)
    return artefact(bytes(whole))


def chained_headers(_: Members) -> bytes:
    """A tar of nothing but headers that each say that another follows."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    return gzipped((info.tobuf() + b"x".ljust(512, b"\0")) * 7000)


HOSTILE: dict[str, Forge] = {
    "a way out by ..": lambda c: gzipped(tarred(regular("../model_algo-1", zipped(c)))),
    "an absolute name": lambda c: gzipped(tarred(regular("/model_algo-1", zipped(c)))),
    "a way out beside the model": lambda c: gzipped(
        tarred(regular("model_algo-1", zipped(c)), regular("../../etc/cron.d/x", b"* * * * *"))
    ),
    "a symbolic link": lambda c: gzipped(tarred(special(tarfile.SYMTYPE, target="/etc/passwd"))),
    "a symbolic link, then the file": lambda c: gzipped(
        tarred(special(tarfile.SYMTYPE, target="/etc/passwd"), regular("model_algo-1", zipped(c)))
    ),
    "a hard link": lambda c: gzipped(tarred(special(tarfile.LNKTYPE, target="model_algo-1"))),
    "a character device": lambda c: gzipped(tarred(special(tarfile.CHRTYPE))),
    "a block device": lambda c: gzipped(tarred(special(tarfile.BLKTYPE))),
    "a pipe": lambda c: gzipped(tarred(special(tarfile.FIFOTYPE))),
    "a folder": lambda c: gzipped(tarred(special(tarfile.DIRTYPE))),
    "a gzip bomb": lambda c: gzipped(bytes(1 << 28)),
    "a file too large to look into": lambda c: artefact(zipped(c)) + bytes(MOST_PACKED),
    "a gzip in a gzip": lambda c: gzipped(artefact(zipped(c))),
    "a bomb in a bomb": lambda c: gzipped(gzipped(bytes(1 << 28))),
    "a zip bomb": lambda c: artefact(zipped(c | {SYMBOL: bytes(1 << 27)}, zipfile.ZIP_DEFLATED)),
    "a zip bomb of parameters": lambda c: artefact(zipped(c | {PARAMS: bytes(1 << 27)}, zipfile.ZIP_DEFLATED)),
    "a zip that says less than it holds": understated,
    "a zip of too many members": lambda c: artefact(zipped(c | {f"{n}": b"" for n in range(50_000)})),
    "a JSON that grows": lambda c: artefact(zipped(c | {ADDITIONAL: b"[" + b"{}," * (1 << 20) + b"{}]"})),
    "a JSON too deep": lambda c: artefact(zipped(c | {SYMBOL: b"[" * 100_000})),
    "a JSON of one long number": lambda c: artefact(
        zipped(c | {ADDITIONAL: b'{"threshold": ' + b"9" * 200_000 + b"}"})
    ),
    "a truncated gzip": lambda c: artefact(zipped(c))[:-100],
    "a truncated tar": lambda c: gzipped(tarred(regular("model_algo-1", zipped(c)))[:1500]),
    "a truncated zip": lambda c: artefact(zipped(c)[:-30]),
    "two streams of gzip": lambda c: artefact(zipped(c)) + artefact(zipped(c)),
    "two models": lambda c: gzipped(tarred(regular("model_algo-1", zipped(c)), regular("model_algo-1", zipped(c)))),
    "two members of one name": lambda c: artefact(twice(c)),
    "a size beyond all": pax_size,
    "headers without an end": chained_headers,
    "an encrypted member": encrypted,
    "another graph": lambda c: graph_with(c, nodes=[{"op": "Custom", "name": "run", "inputs": []}], heads=[[0, 0, 0]]),
    "a graph in a circle": lambda c: graph_with(
        c, nodes=[{"op": "LogisticRegressionOutput", "name": "o", "inputs": [[0, 0, 0]]}], heads=[[0, 0, 0]]
    ),
    "a graph that points nowhere": lambda c: graph_with(c, heads=[[10**9, 0, 0]]),
    "elements of 64 bits": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(16), element_type=1))})),
    "elements of 16 bits": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(4), element_type=2))})),
    "a sparse array": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(8), storage=1))})),
    "an absurd shape": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(8), (1 << 40, 1)))})),
    "a shape that overflows": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(8), (1 << 62, 4)))})),
    "a negative shape": lambda c: artefact(zipped(c | {PARAMS: params(array(bytes(8), (-2, -1)))})),
    "a shape of no dimensions": lambda c: artefact(zipped(c | {PARAMS: params(array(b"", ()))})),
    "four thousand million arrays": lambda c: artefact(zipped(c | {PARAMS: struct.pack("<QQQ", 0x112, 0, 1 << 32)})),
    "weights that are not finite": lambda c: artefact(
        zipped(c | {PARAMS: params(array(struct.pack("<ff", float("nan"), 1)))})
    ),
}


@pytest.fixture(scope="module")
def good(write_artefact: Callable[..., bytes]) -> Members:
    return members(write_artefact([2.0, 3.0], 0.5, 0.5))


def test_forged_by_hand_without_harm_it_is_the_same_model(good: Members) -> None:
    contents = good | {PARAMS: params(array(struct.pack("<ff", 2.0, 3.0)))}
    assert read_model(artefact(zipped(contents))).weights == (2.0, 3.0)


@pytest.mark.parametrize("forge", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_a_bad_model_within_bounded_memory(forge: Forge, good: Members) -> None:
    archive = forge(good)
    tracemalloc.start()
    try:
        with pytest.raises(BadModel) as refusal:
            read_model(archive)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert 0 < len(str(refusal.value)) < 1000


@pytest.mark.proof
def test_the_largest_model_that_is_read_stays_within_the_memory(good: Members) -> None:
    count = MOST_UNPACKED // 4 - 4096
    contents = good | {PARAMS: params(array(bytes(4 * count), (count, 1)))}
    tracemalloc.start()
    try:
        assert len(read_model(artefact(zipped(contents))).weights) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY
