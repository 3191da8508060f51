"""The digest of the page's sources, by which a test says whether the assets were built of them.

`make page` builds, and runs `python -m console.sources`, which writes the digest beside the assets.
"""

from hashlib import sha256
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "page"
DIGEST = PAGE.parent / "assets" / "sources.sha256"

_BUILT_FROM = ("src/**/*", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def digest() -> str:
    """SHA-256 of all that the page is built from, names included."""
    files = sorted(file for pattern in _BUILT_FROM for file in PAGE.glob(pattern) if file.is_file())
    return sha256(
        b"".join(
            f"{file.relative_to(PAGE).as_posix()} {sha256(file.read_bytes()).hexdigest()}\n".encode() for file in files
        )
    ).hexdigest()


if __name__ == "__main__":
    DIGEST.write_text(digest() + "\n", encoding="ascii")
