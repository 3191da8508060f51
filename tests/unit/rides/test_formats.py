"""Files of other formats are refused by name, with a sentence that says what to do; gzip is read."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.bucket import Source
from wildrydes.errors import BadRideFile, Position
from wildrydes.rides import gzip_members
from wildrydes.rides.files import records, records_of_compressed_chunk
from wildrydes.rides.planning import manifest, plan_file

# The same bytes each time: the names of tests have some of them.
compressed = partial(gzip.compress, mtime=0)

RIDES = [{"Distance": number + 0.5, "Name": "Zéphyr 🦄"} for number in range(50)]
LINES = "".join(json.dumps(ride, ensure_ascii=False) + "\n" for ride in RIDES).encode()
ARRAY = json.dumps(RIDES, indent=1).encode()
WRAPPED = json.dumps({"travel_data": RIDES}).encode()
BOM = b"\xef\xbb\xbf"


def blocks(data: bytes, length: int) -> Iterator[bytes]:
    return (data[start : start + length] for start in range(0, len(data), length))


def outcome(pieces: Iterable[bytes]) -> tuple[list[Any], str, Position | None]:
    """The values read, and how reading ended."""
    values = []
    try:
        for _, _, value, _ in records(pieces):
            values.append(value)
    except BadRideFile as fault:
        assert fault.records == len(values)
        return values, f"{fault.reason}: {fault.detail}", fault.position
    return values, "", None


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def tarred(kind: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as archive:
        member = tarfile.TarInfo("rides.json")
        member.size = len(LINES)
        archive.addfile(member, io.BytesIO(LINES))
    return file.getvalue()


ENCODE = "convert it to UTF-8"
CONVERT = "convert it to JSON, one object a ride"
UNPACK = "unpack it and upload the files in it"
RECOMPRESS = "decompress it, or compress it with gzip"
TEXT = LINES.decode()
FOREIGN = [
    ("utf_16", "UTF-16", ENCODE, TEXT.encode("utf-16")),
    ("utf_16", "UTF-16", ENCODE, TEXT.encode("utf-16-le")),
    ("utf_16", "UTF-16", ENCODE, TEXT.encode("utf-16-be")),
    ("utf_16", "UTF-16", ENCODE, b"\xfe\xff" + TEXT.encode("utf-16-be")),
    ("utf_16", "UTF-16", ENCODE, compressed(ARRAY.decode().encode("utf-16-le"))),
    ("utf_16", "UTF-16", ENCODE, "Distance,Name\n1,x\n".encode("utf-16-le")),
    ("utf_32", "UTF-32", ENCODE, TEXT.encode("utf-32")),
    ("utf_32", "UTF-32", ENCODE, TEXT.encode("utf-32-le")),
    ("utf_32", "UTF-32", ENCODE, TEXT.encode("utf-32-be")),
    ("zip", "a zip archive", UNPACK, zipped("rides.json", LINES)),
    ("zip", "a zip archive", UNPACK, b"PK\5\6" + bytes(18)),
    ("spreadsheet", "an Excel workbook", CONVERT, zipped("[Content_Types].xml", b"<Types/>")),
    ("spreadsheet", "an Excel workbook", CONVERT, bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500)),
    (
        "spreadsheet",
        "a spreadsheet",
        CONVERT,
        zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
    ),
    ("tar", "a tar archive", UNPACK, tarred(tarfile.GNU_FORMAT)),
    ("tar", "a tar archive", UNPACK, compressed(tarred(tarfile.PAX_FORMAT))),
    ("7z", "a 7z archive", UNPACK, b"7z\xbc\xaf'\x1c" + bytes(30)),
    ("rar", "a RAR archive", UNPACK, b"Rar!\x1a\x07\x01\x00"),
    ("bzip2", "bzip2", RECOMPRESS, bz2.compress(LINES)),
    ("xz", "xz", RECOMPRESS, lzma.compress(LINES)),
    ("xz", "lzma", RECOMPRESS, lzma.compress(LINES, lzma.FORMAT_ALONE)),
    ("zstd", "zstd", RECOMPRESS, bytes.fromhex("28b52ffd0458") + bytes(20)),
    ("lz4", "lz4", RECOMPRESS, bytes.fromhex("04224d18") + bytes(20)),
    ("snappy", "snappy", RECOMPRESS, bytes.fromhex("ff060000734e61507059")),
    ("compress", "compress (.Z)", RECOMPRESS, bytes.fromhex("1f9d90") + bytes(20)),
    ("zlib", "zlib without gzip's header", RECOMPRESS, zlib.compress(LINES)),
    ("gzip_in_gzip", "gzip within gzip", "decompress it once", compressed(compressed(LINES))),
    ("parquet", "Parquet", CONVERT, b"PAR1\x15\x04" + bytes(30) + b"PAR1"),
    ("orc", "ORC", CONVERT, b"ORC\x08\x03"),
    ("avro", "Avro", CONVERT, b"Obj\x01\x04\x14avro.codec"),
    ("arrow", "Arrow", CONVERT, b"ARROW1\0\0"),
    ("hdf5", "HDF5", CONVERT, b"\x89HDF\r\n\x1a\n"),
    ("sqlite", "an SQLite database", CONVERT, b"SQLite format 3\0"),
    ("pickle", "a Python pickle", CONVERT, pickle.dumps(RIDES)),
    ("pdf", "PDF", CONVERT, b"%PDF-1.7\n"),
    ("xml", "XML or HTML", CONVERT, b"\xef\xbb\xbf<?xml version='1.0'?><rides/>"),
    ("csv", "CSV", CONVERT, b"Distance,Name\n1,Shadowfax\n"),
    ("csv", "CSV", CONVERT, BOM + b'"Distance";"Name"\r\n1;"Shadowfax"\r\n'),
    ("csv", "CSV", CONVERT, "Distance\tName\n1\tZéphyr\n".encode()),
    ("csv", "CSV", CONVERT, b"2018-01-01 08:00:00.000,18.0,2827\n"),
    ("csv", "CSV", CONVERT, compressed(b"Distance,Name\n1,Shadowfax\n")),
]


def short(value: str | bytes) -> str:
    """The beginning of a parameter, for the name of a test."""
    return value[:4].hex() if isinstance(value, bytes) else value[:12]


@pytest.mark.parametrize("length", [1, 4096])
@pytest.mark.parametrize(("reason", "name", "advice", "data"), FOREIGN, ids=short)
def test_another_format_is_refused_by_its_name_at_the_first_byte(
    reason: str, name: str, advice: str, data: bytes, length: int
) -> None:
    expected = [], f"{reason}: the file looks like {name}; {advice}", Position(0, 1, 1)
    assert outcome(blocks(data, length)) == expected


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a": "ustar"}]',
        b'{"Name": "' + b"x" * 247 + b'ustar  "}',
        b'{"a": "12345678901234567890123[Content_Types].xml"}',
        b'{"a,b": 1}',
        b'["<xml>"]',
        b'{"PK": "PAR1"}',
        b'{"a": "\\u0000"}',
    ],
)
def test_json_that_mentions_another_format_is_json(data: bytes) -> None:
    assert outcome([data]) == ([value] if isinstance(value := json.loads(data), dict) else value, "", None)


@pytest.mark.parametrize("data", [b"ride", b"7", b'"a"', bytes(500), b"a\0\0", b"\x1f", b"hello\nworld, once\n"])
def test_what_has_no_name_is_no_json(data: bytes) -> None:
    values, reason, position = outcome([data])
    assert (values, position) == ([], Position(0, 1, 1))
    assert reason == f"not_json: the rides of a file start with [ or {{, not {data[:1].decode()!r}"


SHAPES = {"lines": LINES, "array": ARRAY, "travel_data": WRAPPED, "crlf": LINES.replace(b"\n", b"\r\n")}


@pytest.mark.parametrize("length", [1, 100, 1 << 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_gzip_of_each_shape_is_read_by_its_bytes(shape: str, length: int) -> None:
    assert outcome(blocks(compressed(SHAPES[shape]), length)) == (RIDES, "", None)
    assert outcome(blocks(compressed(BOM + SHAPES[shape]), length)) == (RIDES, "", None)


MEMBERS = {
    "one a ride": b"".join(compressed(line) for line in LINES.splitlines(keepends=True)),
    "without line feeds": b"".join(compressed(line) for line in LINES.splitlines()),
    "cut within a ride": compressed(LINES[:77]) + compressed(LINES[77:]),
    "cut within a character": compressed(LINES[:25]) + compressed(LINES[25:]),
    "with empty ones": compressed(b"") + compressed(LINES) + compressed(b""),
    "padded with zeros": compressed(LINES[:77]) + bytes(20) + compressed(LINES[77:]) + bytes(2000),
    "stored": compressed(LINES, 0),
}


@pytest.mark.parametrize("length", [1, 100, 1 << 20])
@pytest.mark.parametrize("name", MEMBERS)
def test_gzip_of_many_members_is_one_file(name: str, length: int) -> None:
    assert outcome(blocks(MEMBERS[name], length)) == (RIDES, "", None)


def test_compressed_files_of_every_shape_put_together_are_read() -> None:
    data = b"".join(compressed(part) for part in (ARRAY, BOM + WRAPPED, LINES, BOM + ARRAY, BOM + LINES))
    assert outcome(blocks(data, 1000)) == (RIDES * 5, "", None)


def test_a_compressed_file_is_one_chunk_of_the_bytes_it_expands_to() -> None:
    data = MEMBERS["cut within a ride"]
    planned = plan_file(Source("raw/rides", "e"), [data], 1024)
    (chunk,) = manifest([planned])
    assert (chunk.start, chunk.end, chunk.compression, chunk.of) == (0, len(LINES) - 1, "gzip", 1)
    whole = list(records([LINES]))
    assert list(records_of_compressed_chunk(blocks(data, 50), chunk.start, chunk.end)) == whole
    assert list(records_of_compressed_chunk([data], whole[2][0], whole[5][1])) == whole[2:6]
    (plain,) = manifest([plan_file(Source("raw/rides", "e"), [LINES], 1 << 20)])
    assert (plain.start, plain.end, plain.compression) == (0, len(LINES) - 1, "")


def damaged() -> Iterator[tuple[str, bytes]]:
    packed = compressed(LINES, mtime=0)
    for cut in (len(packed) - 1, len(packed) - 8, len(packed) - 9, 100, 10, 3):
        yield "truncated_gzip", packed[:cut]
        yield "truncated_gzip", packed + packed[:cut]
    yield "corrupt_gzip", packed[:-8] + b"\0\0\0\0" + packed[-4:]
    yield "corrupt_gzip", packed[:-4] + b"\0\0\0\0"
    yield "corrupt_gzip", packed + b"oops"
    yield "corrupt_gzip", packed + LINES
    yield "corrupt_gzip", b"\x1f\x8b\x00" + packed[3:]
    yield "corrupt_gzip", packed[:60] + bytes([packed[60] ^ 255, packed[61] ^ 255]) + packed[62:]


@pytest.mark.parametrize(("reason", "data"), list(damaged()))
def test_gzip_that_is_cut_or_corrupt_is_refused_with_the_byte_however_it_comes_in_blocks(
    reason: str, data: bytes
) -> None:
    values, fault, position = outcome([data])
    assert values == (RIDES * 2)[: len(values)]
    assert position
    if reason == "truncated_gzip":
        ends = f"{reason}: the file ends at byte {len(data):,}, within its compressed data; upload it again, whole"
        assert fault == ends
    else:
        # What was changed may be JSON no more before zlib sees that the data is corrupt.
        assert fault.startswith((f"{reason}: the compressed data is corrupt at byte ", "not_"))
    for length in (1, 7, 64):
        assert outcome(blocks(data, length)) == (values, fault, position)


def test_the_byte_of_corruption_is_that_of_the_compressed_file() -> None:
    first = compressed(LINES)
    _, fault, position = outcome([first + b"oops"])
    assert fault == (
        f"corrupt_gzip: the compressed data is corrupt at byte {len(first) + 1:,} (incorrect header check); "
        "upload it again"
    )
    assert position == Position(len(LINES), 51, 1)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_after_gzips_mark_are_read_or_refused_alike(data: bytes, length: int) -> None:
    assert outcome(blocks(b"\x1f\x8b" + data, length)) == outcome([b"\x1f\x8b" + data])


def peak_of(pieces: Iterable[bytes]) -> tuple[int, str]:
    """The longest piece that gzip gave, and how it ended."""
    longest, reason = 0, ""
    try:
        for piece in gzip_members.decompress(pieces):
            longest = max(longest, len(piece))
    except gzip_members.UnreadableBlocks as fault:
        reason = fault.reason
    return longest, reason


def compressed_forever(data: bytes) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    while True:
        yield packer.compress(data)


def test_a_bomb_is_refused_by_its_ratio_before_it_goes_off() -> None:
    longest, reason = peak_of(compressed_forever(bytes(1 << 20)))
    assert (reason, longest <= 1 << 18) == ("gzip_bomb", True)
    many_members = compressed(b" " * (1 << 20))
    assert peak_of(iter(lambda: many_members, None)) == (1 << 18, "gzip_bomb")


def test_more_than_a_chunk_may_hold_is_refused_however_well_it_compresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_members, "MOST_BYTES", 1 << 20)
    noise = random.Random(5).randbytes(1 << 16)
    longest, reason = peak_of(compressed_forever(noise))
    assert (reason, longest <= 1 << 18) == ("gzip_too_large", True)
    data = LINES + b" " * ((1 << 20) - len(LINES))
    assert outcome([compressed(data, 0)]) == (RIDES, "", None)
    values, fault, position = outcome(blocks(compressed(data + b" "), 1000))
    assert (values, position and position.byte) == (RIDES, 1 << 20)
    assert fault == (
        "gzip_too_large: it expands to more than 1,048,576 bytes; upload it in smaller files, or decompressed"
    )


def test_rides_that_are_much_alike_are_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_members, "_UNSUSPECTED", 0)
    numbers = random.Random(5)
    alike = "".join(json.dumps(RIDES[0] | {"Distance": numbers.random()}, indent=4) for _ in range(2000))
    data = compressed(alike.encode())
    values, fault, _ = outcome(blocks(data, 1000))
    assert (len(values), fault, len(alike) > 4 * len(data)) == (2000, "", True)


def test_the_cases_compressed_file_is_read_and_its_neighbours_not_lost() -> None:
    folder = Path(__file__).parents[4] / "shared" / "data" / "cases"
    if not folder.exists():
        pytest.skip(f"{folder} is absent: it lies beside the repository, not in it")
    paths = [path for case in ("02", "16") for path in folder.glob(f"{case}-*/*.json*")]
    files = {path.name: outcome([path.read_bytes()]) for path in paths}
    assert [len(files[name][0]) for name in ("a.json", "b.json.gz")] == [1262, 2000]
    assert files["c-utf16.json"] == ([], "utf_16: the file looks like UTF-16; convert it to UTF-8", Position(0, 1, 1))
    assert [len(files[name][0]) for name in ("ride.json.gz", "bom-in-the-middle.json", "rs.json")] == [1, 2, 1]
    assert [files[name][1] for name in ("ride.json.gz", "bom-in-the-middle.json", "rs.json")] == [""] * 3
