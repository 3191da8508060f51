"""Files that are there whole: what a full disk or a kill cuts short leaves the file before it in its place."""

import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Put `content`, a text in UTF-8 or bytes, at `path`, in the place of what was there. Raises OSError."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as place:
        new = Path(place) / path.name
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        new.replace(path)
