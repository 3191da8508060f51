from hashlib import sha256
from pathlib import Path

from wildrydes.bucket import Source
from wildrydes.lineage import Listing, code_digest, listing


def test_a_listing_is_the_digest_of_keys_and_etags() -> None:
    sources = [Source("processed/a", "1"), Source("processed/b", "2")]
    expected = sha256(b"processed/a\n1\nprocessed/b\n2\n").hexdigest()
    assert listing("processed/", sources) == Listing("processed/", 2, expected)
    changed = [Source("processed/a", "1"), Source("processed/b", "3")]
    assert listing("processed/", changed).sha256 != expected
    assert listing("processed/", []) == Listing("processed/", 0, sha256(b"").hexdigest())


def written(root: Path, **files: str) -> Path:
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
    checkout = written(tmp_path / "checkout", **own)
    package = written(tmp_path / "package", **own, botocore__client_dot_py="", wildrydes__a_dot_pyc="x", six_dot_py="")
    assert code_digest(checkout) == code_digest(package)
    written(package, wildrydes__a_dot_py="A = 2\n")
    assert code_digest(checkout) != code_digest(package)
    written(checkout, wildrydes__a_dot_py="A = 2\n", requirements_dot_txt="boto3\n")
    assert code_digest(checkout) != code_digest(package)
