"""Decimals read eight characters at a time are the doubles that `float` makes of them; all else is left alone."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.algorithms.inputs.decimal_files import read_decimals
from local.algorithms.inputs.decimals import parse

DIGITS = st.text("0123456789", max_size=15)
DECIMALS = st.one_of(
    st.builds(
        lambda minus, whole, places: f"{minus}{whole}.{places}"[: 15 + len(minus)],
        st.sampled_from(["", "-"]),
        DIGITS,
        DIGITS,
    ),
    st.integers(-(10**15) + 1, 10**15 - 1).map(str),
).filter(lambda text: any(character.isdigit() for character in text))
TABLES = st.integers(1, 4).flatmap(
    lambda columns: st.lists(st.lists(DECIMALS, min_size=columns, max_size=columns), min_size=1, max_size=6)
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TABLES)
def test_decimals_are_the_doubles_that_python_makes_of_them(rows: list[list[str]]):
    lines = "".join(",".join(row) + "\n" for row in rows)

    table = parse(lines.encode(), len(rows[0]))

    assert table is not None
    expected = np.array([[float(text) for text in row] for row in rows])
    # To the bit: -0 is not 0.
    assert table.view(np.int64).tolist() == expected.view(np.int64).tolist()


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text('0123456789.,-\n /:+e"\r', min_size=1, max_size=40))
def test_what_is_read_at_all_is_what_numpy_reads(text: str):
    lines, columns = text + "\n", text.split("\n")[0].count(",") + 1

    table = parse(lines.encode(), columns)

    if table is not None:
        expected = np.loadtxt(lines.split("\n"), delimiter=",", comments=None, ndmin=2)
        assert table.tolist() == expected.tolist()


@pytest.mark.parametrize(
    "lines",
    [
        *("1,2\n3\n", "1\n2,3\n", "1,\n", ",1\n", "\n", "1,2\n\n3,4\n", "1, 2\n", '1,"2"\n'),
        *("1,.\n", "1,-\n", "1,2.3.4\n", "1,2.3.4\n5,6.7.8\n", "1,2-3\n", "1,--2\n", "1,+2\n"),
        *("1,1e3\n", "1,nan\n", "1,0x1\n", "1,1234567890123456\n", "1,0.1234567890123456\n"),
    ],
)
def test_what_is_no_row_of_decimals_is_left_to_another_reader(lines: str):
    assert parse(lines.encode(), columns=2) is None


def test_columns_may_change_how_many_places_they_have_from_row_to_row():
    table = parse(b"1.5,2\n3,4.25\n-0.125,-7\n", columns=2)

    assert table is not None
    assert table.tolist() == [[1.5, 2], [3, 4.25], [-0.125, -7]]


@pytest.mark.parametrize("pack", [False, True])
def test_a_file_of_many_blocks_is_its_rows_in_order(tmp_path: Path, pack: bool):
    count = 150_000
    lines = "".join(f"{number},{number / 8:.9f}\r\n" for number in range(count))[:-2].encode()
    half = len(lines) // 2
    # Two members, cut within a line, with zeros behind.
    packed = gzip.compress(lines[:half]) + gzip.compress(lines[half:]) + bytes(1000)
    (tmp_path / "file").write_bytes(packed if pack else lines)

    tables = read_decimals(tmp_path / "file", unpack=pack)

    assert tables is not None
    assert len(tables) > 2
    table = np.concatenate(tables)
    assert (table[:, 0] == np.arange(count)).all()
    assert (table[:, 1] == np.arange(count) / 8).all()


def test_one_bad_line_in_the_last_block_leaves_the_whole_file_to_another_reader(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"1,2.000000000\n" * 200_000 + b"1,none\n")

    assert read_decimals(tmp_path / "file", unpack=False) is None


def test_an_empty_file_has_no_tables(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")

    assert read_decimals(tmp_path / "file", unpack=False) == []


def test_a_file_that_is_packed_a_thousandfold_is_unpacked_a_block_at_a_time(tmp_path: Path):
    rows = 1 << 25
    (tmp_path / "file").write_bytes(gzip.compress(b"1,none\n" + b"0,1\n" * rows))
    assert (tmp_path / "file").stat().st_size < rows * 4 / 900

    # It is left to another reader at its first line; by then a few blocks have been unpacked, of 128 MB.
    tracemalloc.start()
    try:
        assert read_decimals(tmp_path / "file", unpack=True) is None
        assert tracemalloc.get_traced_memory()[1] < 80 << 20
    finally:
        tracemalloc.stop()


def test_members_that_fill_a_block_exactly_are_read_to_their_ends(tmp_path: Path):
    for size in (1 << 18, (1 << 18) + 1):
        (tmp_path / "file").write_bytes(gzip.compress(b"1\n" * size) + gzip.compress(b"2\n" * size))

        tables = read_decimals(tmp_path / "file", unpack=True)

        assert tables is not None
        assert np.concatenate(tables)[:, 0].tolist() == [1.0] * size + [2.0] * size
