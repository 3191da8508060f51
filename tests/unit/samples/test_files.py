"""A file of samples as messages: which ids its samples get, and which row is at fault."""

import gzip
import json
from pathlib import Path

import pytest

from wildrydes.errors import BadSample
from wildrydes.samples.files import FileSample, describe_file, messages_of, row_id, samples_of

LINES = "".join(f"{duration},9000,210,150,60,2,425,1200,400,300,500,60,35\n" for duration in (1, 2, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "samples.csv"
    path.write_text(LINES)
    return path


def test_a_file_is_the_same_plain_and_gzip_and_under_another_name(path: Path, tmp_path: Path) -> None:
    packed = tmp_path / "others.gz"
    packed.write_bytes(gzip.compress(LINES[:50].encode()) + gzip.compress(LINES[50:].encode()))
    plain, other = describe_file(path), describe_file(packed)
    assert (plain.id, plain.rows) == (other.id, other.rows)
    assert list(samples_of(plain)) == list(samples_of(other))


@pytest.mark.parametrize(("text", "rows"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2)])
def test_rows_are_counted_with_and_without_a_last_line_feed(tmp_path: Path, text: str, rows: int) -> None:
    (tmp_path / "a").write_text(text)
    assert describe_file(tmp_path / "a").rows == rows


def test_each_sample_has_the_id_of_its_file_and_row_and_a_part_of_a_file_has_the_same(path: Path) -> None:
    file = describe_file(path)
    texts = [json.loads(sample.text) for sample in samples_of(file)]
    assert [text["sample_id"] for text in texts] == [row_id(file.id, row) for row in (1, 2, 3)]
    assert [text["duration"] for text in texts] == [1, 2, 3]
    assert list(samples_of(file, 2)) == list(samples_of(file))[:2]


def test_another_file_has_other_ids(path: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_text(LINES + LINES)
    ids = {
        json.loads(sample.text)["sample_id"]
        for each in (path, tmp_path / "b")
        for sample in samples_of(describe_file(each))
    }
    assert len(ids) == 9


def test_a_row_that_is_no_sample_is_named(path: Path) -> None:
    path.write_text(LINES + "one,two\n")
    with pytest.raises(BadSample, match="row 4: the line has 2 fields"):
        list(samples_of(describe_file(path)))
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(BadSample, match="row 1: the line is no UTF-8"):
        list(samples_of(describe_file(path)))


def test_a_message_has_so_many_samples_and_fits_into_sns() -> None:
    few = [FileSample(row, "x" * 10) for row in range(1, 8)]
    assert [len(batch) for batch in messages_of(few, 3)] == [3, 3, 1]
    long = [FileSample(row, "x" * 90_000) for row in range(1, 6)]
    assert [len(batch) for batch in messages_of(long, 10)] == [2, 2, 1]
    assert list(messages_of([], 3)) == []
