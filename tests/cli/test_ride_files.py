"""The way of ride files into the data bucket."""

from pathlib import Path
from typing import Any

from cli import ride_files
from cli.stack import Stack


class Bucket:
    """In place of S3's client: the files by their keys."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def upload_file(self, file: str, _bucket: str, key: str) -> None:
        self.files[key] = Path(file).read_text(encoding="utf-8")


def upload(path: Path) -> dict[str, str]:
    bucket: Any = Bucket()
    ride_files.upload(Stack("any", {"DataBucketName": "data"}, lambda _: bucket), path, ride_files.files_of(path))
    return bucket.files


def test_files_of_one_name_in_two_folders_are_two_objects(tmp_path: Path) -> None:
    for year in ("2018", "2019"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "rides.json").write_text(f"[{year}]", encoding="utf-8")
    assert upload(tmp_path) == {"raw/2018/rides.json": "[2018]", "raw/2019/rides.json": "[2019]"}


def test_single_file_goes_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "rides.json").write_text("[1]", encoding="utf-8")
    assert upload(tmp_path / "rides.json") == {"raw/rides.json": "[1]"}
