"""The folder of a kept state: what is written is whole, what is damaged is named, what is another's is refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from local.persistence import files, pickling
from local.persistence.folder import Manifest, StateError, StateFolder

VERSIONS = {"moto": "5.2.5", "local": "abc"}
PORT = 4566
FIRST = Manifest(0, "", PORT, VERSIONS, {})
BODY = b"a long object " * 200


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """A folder in which nothing is kept."""
    folder = StateFolder(tmp_path / "state")
    with folder.opened():
        return folder


def dumps(folder: StateFolder, **values: object) -> dict[str, Callable[[], bytes]]:
    """What gives the bytes of so many sections."""
    return {name: lambda value=value: pickling.dump(value, {}, folder.bodies) for name, value in values.items()}


def written(folder: StateFolder, before: Manifest, **values: object) -> Manifest:
    """The manifest of a snapshot with these sections."""
    manifest = folder.write(before, dumps(folder, **values))
    assert manifest is not None
    return manifest


def test_a_folder_without_a_state_has_none(folder: StateFolder) -> None:
    assert folder.read(VERSIONS, PORT) is None


def test_what_was_written_is_read(folder: StateFolder) -> None:
    written(folder, FIRST, s3={"body": BODY}, sqs=[1, 2])
    snapshot = folder.read(VERSIONS, PORT)
    assert snapshot is not None
    values = {name: pickling.load(content, folder.bodies) for name, content in snapshot.sections.items()}
    assert values == {"s3": {"body": BODY}, "sqs": [1, 2]}
    assert snapshot.notes == ()


def test_nothing_is_written_where_nothing_has_changed(folder: StateFolder) -> None:
    manifest = written(folder, FIRST, sqs=[1])
    before = sorted(folder.path.rglob("*"))
    assert folder.write(manifest, dumps(folder, sqs=[1])) is None
    assert sorted(folder.path.rglob("*")) == before


def test_a_section_that_is_unchanged_is_not_written_again(folder: StateFolder) -> None:
    manifest = written(folder, FIRST, sqs=[1], ssm=["a"])
    path = folder.section("ssm", manifest.sections["ssm"])
    inode = path.stat().st_ino
    second = written(folder, manifest, sqs=[2], ssm=["a"])
    assert second.sections["ssm"] == manifest.sections["ssm"]
    assert path.stat().st_ino == inode


def test_the_two_newest_snapshots_stay_and_what_others_needed_goes(folder: StateFolder) -> None:
    manifest = FIRST
    for number in range(4):
        manifest = written(folder, manifest, s3=[BODY + bytes([number])])
        folder.sweep(bodies=True)
    assert [path.name for path in sorted(folder.path.glob("manifest-*"))] == [
        "manifest-000000003.json",
        "manifest-000000004.json",
    ]
    assert len(list((folder.path / "sections").iterdir())) == 2
    assert len(list((folder.path / "bodies").glob("*/*"))) == 2
    assert folder.read(VERSIONS, PORT) is not None


@pytest.mark.parametrize("damage", [b"", b"another content", None])
def test_a_damaged_section_is_named_and_the_snapshot_before_is_used(folder: StateFolder, damage: bytes | None) -> None:
    first = written(folder, FIRST, sqs=["first"])
    path = folder.section("sqs", written(folder, first, sqs=["second"]).sections["sqs"])
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    snapshot = folder.read(VERSIONS, PORT)
    assert snapshot is not None
    assert pickling.load(snapshot.sections["sqs"], folder.bodies) == ["first"]
    damaged, instead = snapshot.notes
    assert str(path) in damaged
    assert first.saved in instead


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_damaged_is_written_anew_when_a_state_has_it_again(folder: StateFolder, number: int) -> None:
    first = written(folder, FIRST, s3=["first", BODY + b"1"])
    second = written(folder, first, s3=["second", BODY + b"2"])
    damaged = (first, second)[number - 1]
    bodies = pickling.digests_in(folder.section("s3", damaged.sections["s3"]).read_bytes())
    for path in (folder.section("s3", damaged.sections["s3"]), *map(folder.bodies.path, bodies)):
        path.write_bytes(b"damaged")
    snapshot = folder.read(VERSIONS, PORT)
    assert snapshot is not None
    values = [["first", BODY + b"1"], ["second", BODY + b"2"]]
    again = written(folder, snapshot.manifest, s3=values[number - 1])
    read = folder.read(VERSIONS, PORT)
    assert read is not None
    assert read.manifest == again
    assert pickling.load(read.sections["s3"], folder.bodies) == values[number - 1]


def test_a_state_that_is_not_whole_is_left_as_it_is(folder: StateFolder) -> None:
    path = folder.section("sqs", written(folder, FIRST, sqs=[1]).sections["sqs"])
    path.write_bytes(b"damaged")
    with pytest.raises(StateError, match="no snapshot of it is whole"):
        folder.read(VERSIONS, PORT)
    assert path.read_bytes() == b"damaged"
    assert folder.exists()


def test_a_damaged_snapshot_is_swept_and_the_two_that_are_whole_stay(folder: StateFolder) -> None:
    manifests = [FIRST]
    for number in range(4):
        manifests.append(written(folder, manifests[-1], sqs=[number]))
    folder.section("sqs", manifests[3].sections["sqs"]).write_bytes(b"damaged")
    folder.sweep(bodies=True)
    assert [path.name for path in sorted(folder.path.glob("manifest-*"))] == [
        "manifest-000000002.json",
        "manifest-000000004.json",
    ]


def test_nothing_is_swept_where_no_snapshot_is_whole(folder: StateFolder) -> None:
    path = folder.section("s3", written(folder, FIRST, s3=[BODY]).sections["s3"])
    path.write_bytes(b"damaged")
    folder.sweep(bodies=True)
    assert path.exists()
    assert len(list((folder.path / "bodies").glob("*/*"))) == 1


def test_a_folder_of_bodies_is_flushed_and_so_is_its_name(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_folder", flushed.append)
    path = folder.bodies.path(folder.bodies.write(BODY))
    assert flushed == [path.parent, folder.bodies.folder]


def test_a_manifest_cut_short_is_named_and_the_snapshot_before_is_used(folder: StateFolder) -> None:
    first = written(folder, FIRST, sqs=["first"])
    written(folder, first, sqs=["second"])
    path = folder.path / "manifest-000000002.json"
    path.write_text(path.read_text()[:60])
    snapshot = folder.read(VERSIONS, PORT)
    assert snapshot is not None
    assert snapshot.manifest == first
    assert str(path) in snapshot.notes[0]


def test_a_manifest_whose_text_was_changed_is_damaged(folder: StateFolder) -> None:
    written(folder, FIRST, sqs=["first"])
    path = folder.path / "manifest-000000001.json"
    path.write_text(path.read_text().replace(str(PORT), "4567"))
    with pytest.raises(StateError, match="is damaged"):
        folder.read(VERSIONS, 4567)


def test_the_number_after_a_damaged_snapshot_is_a_new_one(folder: StateFolder) -> None:
    first = written(folder, FIRST, sqs=["first"])
    written(folder, first, sqs=["second"])
    (folder.path / "manifest-000000002.json").write_text("{")
    assert folder.last_number() == 2


def test_a_missing_body_is_named_where_there_is_no_snapshot_before(folder: StateFolder) -> None:
    written(folder, FIRST, s3=[BODY])
    (path,) = (folder.path / "bodies").glob("*/*")
    path.unlink()
    with pytest.raises(StateError, match=f"{path} cannot be read"):
        folder.read(VERSIONS, PORT)


@pytest.mark.parametrize(
    ("present", "named"),
    [
        ({"moto": "5.2.6", "local": "abc"}, "moto 5.2.5, now 5.2.6"),
        ({"moto": "5.2.5", "local": "x"}, "local abc, now x"),
    ],
)
def test_the_state_of_another_version_is_refused(folder: StateFolder, present: dict[str, str], named: str) -> None:
    written(folder, FIRST, sqs=[1])
    with pytest.raises(StateError, match=named):
        folder.read(present, PORT)


def test_the_state_of_another_port_is_refused(folder: StateFolder) -> None:
    written(folder, FIRST, sqs=[1])
    with pytest.raises(StateError, match="--port 4566"):
        folder.read(VERSIONS, 4599)


def test_one_server_at_a_time_has_the_folder(folder: StateFolder) -> None:
    with folder.opened(), pytest.raises(StateError, match="Another server"), folder.opened(wait_seconds=0):
        pass


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with pytest.raises(StateError, match="mode 0700"), StateFolder(tmp_path / "state").opened():
        pass


def test_a_link_to_a_folder_is_refused(folder: StateFolder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder.path)
    with pytest.raises(StateError, match="mode 0700"), StateFolder(tmp_path / "link").opened():
        pass


def test_files_are_for_their_owner_alone(folder: StateFolder) -> None:
    written(folder, FIRST, s3=[BODY])
    modes = {path.stat().st_mode & 0o077 for path in folder.path.rglob("*") if path.is_dir() or path.name != "lock"}
    assert modes == {0}
    assert folder.path.stat().st_uid == os.getuid()


def test_a_state_that_is_forgotten_is_gone(folder: StateFolder) -> None:
    written(folder, FIRST, sqs=[1])
    folder.forget()
    assert not folder.path.exists()
