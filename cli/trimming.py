"""Text that is written to a file or a pipe, without the blanks by which a table's lines are all as wide as the widest.

>>> import io
>>> trimmed(file := io.StringIO()).write("name   value   \\n") and file.getvalue()
'name   value\\n'
"""

import re
from typing import IO, cast

_BLANKS = re.compile(r"[ \t]+(?=\n)")


class _Trimmed:
    """Writes to a file what a console prints, which it writes by whole lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        self._file.write(_BLANKS.sub("", text))
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._file.fileno()


def trimmed(file: IO[str]) -> IO[str]:
    """A file that passes on to `file` what is written, without blanks before the ends of lines."""
    return cast("IO[str]", _Trimmed(file))
