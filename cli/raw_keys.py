"""The keys of ride files under raw/: no two files of an upload may have one, or two that nobody can tell apart.

A file has the subfolders below the folder that is uploaded. A single file has its own name alone, so that a second one
of that name replaces the first.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from cli.errors import UnreadableFileError

_LONGEST = 1024
"""Bytes of a key in UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


def keys_of(path: Path, files: Iterable[Path]) -> dict[Path, str]:
    """The keys of the `files` of `path`. Raises UnreadableFileError for a file that can have none of its own."""
    # Where the path is a file, it is the one that there is.
    keys = {file: f"raw/{file.name if file == path else file.relative_to(path).as_posix()}" for file in files}
    by_looks: dict[str, Path] = {}
    for file, key in keys.items():
        _check_key(file, key)
        other = by_looks.setdefault(unicodedata.normalize("NFC", key), file)
        if other is not file:
            raise UnreadableFileError(
                f"{other} and {file} have names that look the same: their letters are composed in two ways (Unicode "
                f"NFC and NFD), {other.name!a} and {file.name!a}. Rename or remove one of them."
            )
    return keys


def _check_key(file: Path, key: str) -> None:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise UnreadableFileError(f"{str(file)!a} has a name that is not UTF-8. Rename it.") from None
    if size > _LONGEST:
        raise UnreadableFileError(f"{file} has a name of {size:,} bytes as {key}; S3 allows {_LONGEST:,}. Shorten it.")
