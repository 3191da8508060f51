"""model.tar.gz: what algorithms write is unpacked, what somebody else made is refused, in bounded memory."""

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.unpacking import Limits, UnpackingError, unpack

SMALL = Limits(most_bytes=1024 * 1024, most_members=8)


def packed(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT, **settings: Any) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=form, **settings) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def unpacked(tmp_path: Path, archive: bytes, limits: Limits = SMALL) -> dict[str, bytes]:
    source, folder = tmp_path / "model.tar.gz", tmp_path / "model"
    source.write_bytes(archive)
    folder.mkdir()
    unpack(source, folder, limits)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_files_and_folders_are_unpacked_whatever_wrote_the_archive(tmp_path: Path, form: int) -> None:
    timed = member("code/part")
    timed.mtime = 1_700_000_000.25
    archive = packed(
        (member("./model_algo-1"), b"abc"), (member("code", tarfile.DIRTYPE), b""), (timed, b"x"), form=form
    )

    assert unpacked(tmp_path, archive) == {"model_algo-1": b"abc", "code/part": b"x"}


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("/etc/passwd", tarfile.REGTYPE, ""),
        ("../escaped", tarfile.REGTYPE, ""),
        ("a/../../escaped", tarfile.REGTYPE, ""),
        ("a/b/c/d/e/f/g/h/i", tarfile.REGTYPE, ""),
        ("bell\a", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.LNKTYPE, "model_algo-1"),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("device", tarfile.CHRTYPE, ""),
        ("sparse", tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_names_that_lead_out_and_what_is_no_file_are_refused(tmp_path: Path, name: str, kind: bytes, link: str) -> None:
    with pytest.raises(UnpackingError):
        unpacked(tmp_path, packed((member(name, kind, link), b"")))
    assert {path.name for path in tmp_path.iterdir()} == {"model.tar.gz", "model"}


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnpackingError, match="twice"):
        unpacked(tmp_path, packed((member("model"), b"1"), (member("model"), b"2")))


def test_an_extended_header_may_not_rename(tmp_path: Path) -> None:
    renamed = member("plain")
    renamed.pax_headers = {"path": "../escaped"}

    with pytest.raises(UnpackingError, match="another name"):
        unpacked(tmp_path, packed((renamed, b"x"), form=tarfile.PAX_FORMAT))


def test_more_members_or_bytes_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnpackingError, match="8 members"):
        unpacked(tmp_path, packed(*((member(f"file-{number}"), b"") for number in range(9))))


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE])
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path, kind: bytes) -> None:
    info = member("bomb", kind)
    info.size = 64 * 1024 * 1024
    bomb = tmp_path / "bomb.tar.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as stream:
        stream.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            stream.write(bytes(1024 * 1024))
    folder = tmp_path / "model"
    folder.mkdir()

    tracemalloc.start()
    try:
        with pytest.raises(UnpackingError):
            unpack(bomb, folder, SMALL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 2 * 1024 * 1024
    assert sum(path.stat().st_size for path in folder.iterdir()) <= SMALL.most_bytes


@pytest.mark.parametrize(
    "damage",
    [
        lambda archive: b"",
        lambda archive: b"no gzip at all",
        lambda archive: archive[: len(archive) // 2],
        lambda archive: gzip.compress(b"x" * 512),
        lambda archive: gzip.compress(gzip.decompress(archive)[:700]),
        lambda archive: gzip.compress(b"\x80" + gzip.decompress(archive)[1:]),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, damage: Any) -> None:
    with pytest.raises(UnpackingError):
        unpacked(tmp_path, damage(packed((member("model_algo-1"), b"abc" * 400))))
