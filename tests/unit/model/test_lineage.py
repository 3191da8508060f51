"""Lists of objects, what two of them leave open, and digests of code and of definitions."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from wildrydes.errors import BadLineage
from wildrydes.model.lineage import StoredObject, code_digest, definition_digest, find_unsettled, list_text, read_list

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def make_object(key: str, etag: str = "1", minute: int = 0, content: str | None = None) -> StoredObject:
    return StoredObject(key, etag, 5, f"v{etag}", NOON.replace(minute=minute), content)


def test_a_list_is_read_back_as_it_was_and_in_no_other_text() -> None:
    objects = [make_object("processed/a"), make_object("processed/é", "2", 5, "ab" * 32)]
    text = list_text(objects)
    assert text.splitlines()[0] == (
        b'{"key": "processed/a", "etag": "1", "size": 5, "version": "v1", "modified": "2026-01-02T12:00:00+00:00"}'
    )
    digest = sha256(text).hexdigest()
    assert read_list(text, digest) == objects
    with pytest.raises(BadLineage, match=f"should have {digest}: it was changed"):
        read_list(text.replace(b"v1", b"v2"), digest)
    assert read_list(b"", sha256(b"").hexdigest()) == []


def test_what_came_or_was_replaced_or_went_while_a_query_ran_is_unsettled() -> None:
    before = [make_object("a"), make_object("b"), make_object("c"), make_object("d")]
    came_late, replaced_late = make_object("f", minute=11), make_object("b", "2", 11)
    came, replaced, put_again = make_object("e", minute=10), make_object("c", "2", 9), make_object("a", minute=9)
    until = NOON.replace(minute=10)
    after = [put_again, replaced_late, replaced, came, came_late]
    assert find_unsettled(before, after, until) == [replaced, make_object("d"), came]
    assert find_unsettled(before, before, until) == []


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
