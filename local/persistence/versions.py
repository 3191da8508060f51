"""Which code a kept state belongs to: another version would take it for what it is not."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path

FORMAT = 2
"""Of the folder: what its files are called, and what is in them."""

# What holds the state in objects of its own.
_PACKAGES = ("ministack", "moto")


def versions_of(code: Path) -> dict[str, str]:
    """What has to be the same: Python, the packages that hold state, and the modules below the folder `code`."""
    python = ".".join(platform.python_version_tuple()[:2])
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"format": str(FORMAT), "python": python, **packages, code.name: digest_of(code)}


def digest_of(code: Path) -> str:
    """A digest of all modules below a folder, by their names and contents."""
    digest = hashlib.sha256()
    for file in sorted(code.rglob("*.py")):
        digest.update(f"{file.relative_to(code).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def differences(before: dict[str, str], present: dict[str, str]) -> list[str]:
    """What is another one, in words.

    >>> differences({"moto": "5.2.5", "local": "ab"}, {"moto": "5.2.6", "local": "ab"})
    ['moto 5.2.5, now 5.2.6']
    """
    names = sorted({*before, *present})
    return [
        f"{name} {before.get(name, 'none')}, now {present.get(name, 'none')}"
        for name in names
        if before.get(name) != present.get(name)
    ]
