"""Lists of objects, what two of them leave open, and digests of code and of definitions."""

import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from wildrydes.errors import BadLineage
from wildrydes.model.lineage import StoredObject, code_digest, definition_digest, find_unsettled, pack_list, unpack_list

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def make_object(key: str, etag: str = "1", minute: int = 0, content: str | None = None) -> StoredObject:
    return StoredObject(key, etag, 5, f"v{etag}", NOON.replace(minute=minute), content)


def test_a_list_is_read_back_as_it_was_and_in_no_other_text() -> None:
    objects = [make_object("processed/a"), make_object("processed/é", "2", 5, "ab" * 32)]
    packed = pack_list(objects)
    text = gzip.decompress(packed.data)
    assert text.splitlines()[0] == (
        b'{"key": "processed/a", "etag": "1", "size": 5, "version": "v1", "modified": "2026-01-02T12:00:00+00:00"}'
    )
    assert (packed.sha256, packed.objects) == (sha256(text).hexdigest(), 2)
    assert list(unpack_list(packed.data, packed.sha256)) == objects
    with pytest.raises(BadLineage, match=f"should have {packed.sha256}: it was changed"):
        list(unpack_list(gzip.compress(text.replace(b"v1", b"v2")), packed.sha256))
    empty = pack_list([])
    assert (list(unpack_list(empty.data, empty.sha256)), empty.objects) == ([], 0)


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"key": "a"}', b"\xff"])
def test_a_line_that_is_no_objects_is_named(line: bytes) -> None:
    packed = pack_list([make_object("a")])
    with pytest.raises(BadLineage, match="line 2 of the list is no object's"):
        list(unpack_list(gzip.compress(gzip.decompress(packed.data) + line + b"\n"), packed.sha256))


def test_lists_are_packed_and_compared_without_their_objects_being_held() -> None:
    def objects() -> Iterator[StoredObject]:
        return (make_object(f"processed/{number:06}") for number in range(5_000))

    tracemalloc.start()
    packed = pack_list(objects())
    unsettled = list(find_unsettled(unpack_list(packed.data, packed.sha256), objects(), NOON))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unsettled == []
    # An object by itself takes some 600 bytes.
    assert most < 200 * packed.objects


def test_what_came_or_was_replaced_or_went_while_a_query_ran_is_unsettled() -> None:
    before = [make_object("a"), make_object("b"), make_object("c"), make_object("d")]
    came_late, replaced_late = make_object("f", minute=11), make_object("b", "2", 11)
    came, replaced, put_again = make_object("e", minute=10), make_object("c", "2", 9), make_object("a", minute=9)
    until = NOON.replace(minute=10)
    after = [put_again, replaced_late, replaced, came, came_late]
    assert list(find_unsettled(before, after, until)) == [replaced, make_object("d"), came]
    assert list(find_unsettled(before, before, until)) == []
    assert list(find_unsettled(before, [], until)) == before
    assert list(find_unsettled([], before, until)) == before


def test_a_definition_carries_its_digest_in_the_place_of_zeros() -> None:
    text = b'{"definition_sha256": "' + b"0" * 64 + b'", "other": "' + b"a" * 64 + b'"}'
    digest = sha256(text).hexdigest()
    assert definition_digest(text.replace(b"0" * 64, digest.encode())) == digest
    assert definition_digest(text.replace(b"other", b"another")) != digest


def write_package(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_code_is_the_functions_own_and_not_what_is_packed_with_it(tmp_path: Path) -> None:
    own = {
        "wildrydes__a_dot_py": "A = 1\n",
        "aws__b_dot_py": "B = 1\n",
        "predict__app_dot_py": "",
        "wildrydes__s_dot_csv": "id\n",
    }
    checkout = write_package(tmp_path / "checkout", **own)
    package = write_package(
        tmp_path / "package", **own, botocore__client_dot_py="", wildrydes__a_dot_pyc="x", six_dot_py=""
    )
    assert code_digest(checkout) == code_digest(package)
    write_package(package, wildrydes__a_dot_py="A = 2\n")
    assert code_digest(checkout) != code_digest(package)
    write_package(checkout, wildrydes__a_dot_py="A = 2\n", requirements_dot_txt="boto3\n")
    assert code_digest(checkout) != code_digest(package)
