"""A run's page and figures are put in place whole, or not at all."""

from pathlib import Path

import pytest

from cli.run_folders import publish


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder with a page, within the folder to which it is published."""
    folder = tmp_path / "runs" / "run-1"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("new")
    (tmp_path / "report.html").write_text("old")
    return folder


def test_page_takes_the_place_of_the_last_and_nothing_else_is_left(folder: Path, tmp_path: Path) -> None:
    publish(folder, tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"runs", "report.html"}
    assert (tmp_path / "report.html").read_text() == "new"


def test_full_disk_leaves_the_last_page_and_no_part_of_the_new_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def half_way(path: Path, content: bytes) -> int:
        write(path, content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half_way)
    with pytest.raises(OSError, match="No space left on device"):
        publish(folder, tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"runs", "report.html"}
    assert (tmp_path / "report.html").read_text() == "old"
