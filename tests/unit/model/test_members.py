"""The plain tar and zip readers, held to tarfile and zipfile."""

import io
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.model.members import DamagedArchiveError, TarEntry, tar_entries, zip_content, zip_entries

NAMES = st.text("abcdefgh-_.0123456789é", min_size=1, max_size=30)
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5)
FORMS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def tar_of(contents: dict[str, bytes], form: int, **fields: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zip_of(contents: dict[str, bytes], method: int, comment: bytes = b"", seekable: bool = True) -> bytes:
    buffer = io.BytesIO()
    target: Any = buffer if seekable else Unseekable(buffer)
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.comment = comment
        for name, data in contents.items():
            archive.writestr(name, data)
    return buffer.getvalue()


class Unseekable:
    """A stream: sizes and checksum of a member can only come after it then."""

    def __init__(self, buffer: io.BytesIO) -> None:
        self.write, self.flush = buffer.write, buffer.flush


@given(contents=CONTENTS, form=FORMS)
def test_a_tar_is_read_as_tarfile_wrote_it(contents: dict[str, bytes], form: int) -> None:
    entries = list(tar_entries(tar_of({name: data for name, data in contents.items() if name.isascii()}, form)))
    assert entries == [TarEntry(name, data) for name, data in contents.items() if name.isascii()]


def test_a_modification_time_in_an_extended_header_is_passed_over() -> None:
    data = tar_of({"a": b"1"}, tarfile.PAX_FORMAT, mtime=1.5)
    assert list(tar_entries(data)) == [TarEntry("a", b"1")]


def test_a_name_in_an_extended_header_is_refused() -> None:
    with pytest.raises(DamagedArchiveError, match="redefines"):
        list(tar_entries(tar_of({"é" * 200: b"1"}, tarfile.PAX_FORMAT)))


def test_what_is_no_regular_file_has_no_content() -> None:
    assert list(tar_entries(tar_of({"a": b""}, tarfile.GNU_FORMAT, type=tarfile.SYMTYPE))) == [TarEntry("a", None)]


@given(contents=CONTENTS, method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), seekable=st.booleans())
def test_a_zip_is_read_as_zipfile_wrote_it(contents: dict[str, bytes], method: int, seekable: bool) -> None:
    data = zip_of(contents, method, b"a comment", seekable)
    entries = zip_entries(data, most=5)
    assert {entry.name: zip_content(data, entry, 4000) for entry in entries} == contents


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_method_is_refused(method: int) -> None:
    data = zip_of({"a": b"1" * 100}, method)
    with pytest.raises(DamagedArchiveError, match="packed by the method"):
        zip_content(data, zip_entries(data, 1)[0], 100)


def test_more_members_or_more_bytes_than_allowed_are_refused() -> None:
    data = zip_of({"a": b"1" * 100, "b": b""}, zipfile.ZIP_DEFLATED)
    with pytest.raises(DamagedArchiveError, match="2 members"):
        zip_entries(data, 1)
    with pytest.raises(DamagedArchiveError, match="a has more than 99 bytes"):
        zip_content(data, zip_entries(data, 2)[0], 99)


def test_a_zip_behind_something_else_is_refused() -> None:
    with pytest.raises(DamagedArchiveError, match="no directory at its end"):
        zip_entries(b"#!/bin/sh\n" + zip_of({"a": b""}, zipfile.ZIP_STORED), 1)


@given(data=st.data(), form=FORMS)
def test_a_mutated_tar_is_read_or_refused(data: Any, form: int) -> None:
    whole = bytearray(tar_of({"a": b"x" * 600, "b": b"y"}, form))[:3072]
    mutate(data, whole)
    try:
        assert all(isinstance(entry, TarEntry) for entry in tar_entries(bytes(whole)))
    except DamagedArchiveError as damaged:
        assert str(damaged)


@given(data=st.data(), method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_a_mutated_zip_is_read_as_zipfile_reads_it_or_refused(data: Any, method: int) -> None:
    whole = bytearray(zip_of({"a": b"x" * 600, "b": b"y"}, method))
    mutate(data, whole)
    try:
        members = [(entry.name, zip_content(bytes(whole), entry, 1000)) for entry in zip_entries(bytes(whole), 2)]
    except DamagedArchiveError as damaged:
        assert str(damaged)
        return
    # Whatever passes here has the checksum of its content, which is what zipfile goes by.
    assert {content for _, content in members} <= {b"x" * 600, b"y", b""}


def mutate(data: Any, whole: bytearray) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
