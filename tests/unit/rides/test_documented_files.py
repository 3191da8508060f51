"""The shapes, names and reasons in docs/ride-files.md: each example gives what the page says."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.files import records
from wildrydes.rides.formats import FORMATS
from wildrydes.rides.skipping import skipped_by_name

PAGE = (Path(__file__).parents[3] / "docs" / "ride-files.md").read_text(encoding="utf-8")
CODE = re.compile("`([^`]+)`")


def rows(title: str) -> Iterator[list[str]]:
    """The rows of the first table under a title, cell by cell."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    return ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in table[1:])


def file_of(cell: str) -> bytes:
    """The bytes of a file from its example: gzip where that is said, what is escaped as what it stands for."""
    data = b""
    for part in CODE.findall(cell):
        if part == "zeros":
            data += bytes(512)
            continue
        text = re.sub(r"\\(n|r|ufeff|u001e)", lambda match: json.loads(f'"{match[0]}"'), part.removeprefix("gzip: "))
        data += gzip.compress(text.encode()) if part.startswith("gzip: ") else text.encode()
    return data


SHAPES = {shape: file_of(example) for shape, example in rows("What is read")}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_of_the_page_gives_its_two_rides(shape: str) -> None:
    assert [value for _, _, value, _ in records([SHAPES[shape]])] == [{"Distance": 1}, {"Distance": 2}]


def test_the_page_has_the_shapes_that_people_have() -> None:
    assert len(SHAPES) >= 14
    assert sum(data.startswith(b"\x1f\x8b") for data in SHAPES.values()) == 4


NAMES = [name for kind, cell in rows("What is skipped") if "empty" not in kind for name in CODE.findall(cell)]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_of_the_page_is_skipped(name: str) -> None:
    assert skipped_by_name(f"raw/{name}rides.json" if name.endswith("/") else f"raw/2019/{name}")


REASONS = {reason: row for row in rows("Why a file is refused") for reason in CODE.findall(row[0])}
WITH_BYTES = {row[0].split(",")[0].strip("`"): CODE.fullmatch(row[1]) for row in rows("Why a file is refused")}


@pytest.mark.parametrize("reason", [reason for reason, example in WITH_BYTES.items() if example])
def test_each_example_of_the_page_is_refused_for_its_reason(reason: str) -> None:
    example = WITH_BYTES[reason]
    assert example
    data = re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), example[1]).encode("latin-1")
    with pytest.raises(BadRideFile) as raised:
        list(records([data]))
    assert raised.value.reason == reason


def test_the_page_has_every_reason() -> None:
    modules = Path(__file__).parents[3] / "functions" / "wildrydes" / "rides"
    text = "".join((modules / f"{name}.py").read_text(encoding="utf-8") for name in ("files", "gzip_members"))
    tables = re.findall(r"^    (\w+) {3,}", text, re.MULTILINE)
    formats = re.findall(r'\bFormat\("(\w+)"', (modules / "formats.py").read_text(encoding="utf-8"))
    assert {"csv", "xml", "gzip_in_gzip"} | {each.reason for each in FORMATS} <= set(formats) <= set(REASONS)
    assert len(tables) > 10
    # A file without a byte is skipped.
    assert set(tables) - {"empty_file"} <= set(REASONS)


BAD_RECORDS = [(*CODE.findall(reason), *CODE.findall(example)) for reason, example in rows("Why a record is refused")]


@pytest.mark.parametrize(("reason", "example"), BAD_RECORDS)
def test_each_bad_record_of_the_page_is_bad_for_its_reason(reason: str, example: str) -> None:
    ((_, _, value, text),) = records([f"[{example}]".encode()])
    assert isinstance(value, BadRide)
    assert (value.reason, text) == (reason, example)
