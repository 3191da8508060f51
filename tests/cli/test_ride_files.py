"""The way of ride files into the data bucket."""

import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import ride_files
from cli.errors import UnreadableFileError
from cli.stack import Stack


class Bucket:
    """In place of S3's client: the files by their keys, and those that were there before."""

    def __init__(self, **before: str) -> None:
        self.files: dict[str, str] = {}
        self.before = before

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **_: Any) -> Any:
        return [{"Contents": [{"Key": f"raw/{name}", "Size": len(text)} for name, text in self.before.items()]}]

    def upload_file(self, file: str, _bucket: str, key: str) -> None:
        self.files[key] = Path(file).read_text(encoding="utf-8")


def upload(path: Path, console: Console | None = None, **before: str) -> dict[str, str]:
    bucket: Any = Bucket(**before)
    stack = Stack("any", {"DataBucketName": "data"}, lambda _: bucket)
    ride_files.upload(stack, path, ride_files.files_of(path), console)
    return bucket.files


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("[]", encoding="utf-8")


def test_files_of_one_name_in_two_folders_are_two_objects(tmp_path: Path) -> None:
    for year in ("2018", "2019"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "rides.json").write_text(f"[{year}]", encoding="utf-8")
    assert upload(tmp_path) == {"raw/2018/rides.json": "[2018]", "raw/2019/rides.json": "[2019]"}


def test_single_file_goes_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "rides.json").write_text("[1]", encoding="utf-8")
    assert upload(tmp_path / "rides.json") == {"raw/rides.json": "[1]"}


def test_names_that_look_the_same_are_refused_before_anything_starts(tmp_path: Path) -> None:
    write(tmp_path, "Zéphyr.json".replace("é", "\u00e9"), "Zéphyr.json".replace("é", "e\u0301"))
    for way in (upload, lambda path: ride_files.collect(path, Console(file=io.StringIO()))):
        with pytest.raises(
            UnreadableFileError, match=r"composed in two ways .*'Ze.u0301phyr.json' and 'Z.xe9phyr.json'"
        ):
            way(tmp_path)


def test_folders_that_look_the_same_are_refused_where_files_of_one_name_are_in_them(tmp_path: Path) -> None:
    for folder in ("\u00e9", "e\u0301"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "a.json")
    with pytest.raises(UnreadableFileError, match="Rename or remove one of them"):
        upload(tmp_path)


def test_names_that_differ_in_case_alone_are_two_objects(tmp_path: Path) -> None:
    write(tmp_path, "rides.json", "Rides.json")
    assert set(upload(tmp_path)) == {"raw/rides.json", "raw/Rides.json"}


def test_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"z\xe9phyr.json")).write_text("[]", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="has a name that is not UTF-8"):
        upload(tmp_path)


def test_name_that_is_too_long_for_a_key_is_refused(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(5):
        folder = folder / ("x" * 200)
    folder.mkdir(parents=True)
    write(folder, "y" * 30)
    with pytest.raises(UnreadableFileError, match=r"has a name of 1,039 bytes as raw/xx.*; S3 allows 1,024"):
        upload(tmp_path)


def test_file_that_takes_the_place_of_another_of_its_name_is_named(tmp_path: Path) -> None:
    write(tmp_path, "rides.json")
    output = io.StringIO()
    console = Console(file=output, width=400)
    assert upload(tmp_path / "rides.json", console, **{"rides.json": "[]", "x": "[1]"}) == {"raw/rides.json": "[]"}
    assert output.getvalue() == ""
    upload(tmp_path / "rides.json", console, **{"rides.json": "[1, 2]"})
    assert output.getvalue().startswith(
        "1 of the files are put in the place of another one of that name: raw/rides.json. What "
    )


def collected(path: Path) -> tuple[list[str], str]:
    """The names of the files that are taken, and what is said of them."""
    said = io.StringIO()
    files = ride_files.collect(path, Console(file=said, width=300))
    return [file.name for file in files], said.getvalue()


def test_files_without_data_are_handed_on_and_not_said_to_be_rejected(tmp_path: Path) -> None:
    (tmp_path / "rides.json.gz").write_bytes(gzip.compress(b'{"Distance": 1}'))
    for name in ("_SUCCESS", "empty.json", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    assert collected(tmp_path) == ([".DS_Store", "_SUCCESS", "empty.json", "rides.json.gz"], "")
    assert list(ride_files.records_of(tmp_path)) == [{"Distance": 1}]


def test_stream_skips_the_folders_that_a_run_skips(tmp_path: Path) -> None:
    for folder in ("", "__MACOSX", "2019", "2019/_temporary/0"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "rides.json").write_text(f'{{"Name": "{folder}"}}', encoding="utf-8")
    assert list(ride_files.records_of(tmp_path)) == [{"Name": "2019"}, {"Name": ""}]


def test_what_will_be_rejected_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'[{"Distance": 1}]')
    (tmp_path / "b.json").write_bytes("[{}]".encode("utf-16"))
    (tmp_path / "c.json").write_bytes(b'{"Distance": 1, "Distance": 2}')
    names, said = collected(tmp_path)
    assert names == ["a.json", "b.json", "c.json"]
    assert f"{tmp_path / 'b.json'}: utf_16: the file looks like UTF-16; convert it to UTF-8 (byte 0" in said
    assert "ambiguous_field: Distance is there more than once: 1 and 2; one is expected" in said


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").write_bytes(b"")
    with pytest.raises(UnreadableFileError, match="holds no file with data"):
        collected(tmp_path)


def test_a_record_with_a_key_twice_is_sent_as_it_stands(tmp_path: Path) -> None:
    text = '{"Distance": 1, "Distance": 2}'
    (tmp_path / "rides.json").write_text(f'[{text}, "ride", {{"Distance": 3}}]', encoding="utf-8")
    assert list(ride_files.records_of(tmp_path / "rides.json")) == [text, '"ride"', {"Distance": 3}]


@pytest.mark.parametrize(("target", "what"), [("elsewhere", "a folder"), ("missing.json", "nothing")])
def test_a_link_whose_rides_would_be_left_out_is_refused(tmp_path: Path, target: str, what: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "rides"
    folder.mkdir()
    (folder / "a.json").write_text("[]")
    (folder / "linked").symlink_to(tmp_path / target)
    with pytest.raises(UnreadableFileError, match=f"linked is a link to {what}"):
        ride_files.files_of(folder)


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("[]")
    folder = tmp_path / "rides"
    folder.mkdir()
    (folder / "a.json").symlink_to(tmp_path / "b.json")
    assert ride_files.files_of(folder) == [folder / "a.json"]
