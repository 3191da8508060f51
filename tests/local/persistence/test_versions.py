"""Which code a kept state belongs to."""

from pathlib import Path

from local.persistence.versions import FORMAT, digest_of, versions_of


def test_each_change_of_a_module_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").write_text("one")
    first = digest_of(tmp_path)
    (tmp_path / "room" / "notes.txt").write_text("none of the code")
    assert digest_of(tmp_path) == first
    (tmp_path / "room" / "a.py").write_text("two")
    assert digest_of(tmp_path) != first


def test_a_module_that_moves_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one")
    first = digest_of(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert digest_of(tmp_path) != first


def test_packages_that_hold_state_are_named(tmp_path: Path) -> None:
    versions = versions_of(tmp_path)
    assert versions["format"] == str(FORMAT)
    assert versions["python"] == "3.11"
    assert {"ministack", "moto", tmp_path.name} <= versions.keys()
