"""A fresh clone of the project, and a shell in it: the commands of the pages run as a reader would type them."""

import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workshop_outputs import first_wrong
from workshop_pages import Block

from cli.embedded import free_port

# What make hands to what it starts, and what belongs to the environment of the tests.
_OF_THE_CALLER = ("MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTEST", "PYTHONPATH", "AWS_", "EMBEDDED_AWS", "PORT")
_DONE = "the block has ended:"


class PageError(AssertionError):
    """A command of a page failed, or printed something else than the page shows; the message has page and line."""


@dataclass(frozen=True)
class Ran:
    """What a block printed, and how long it took."""

    printed: str
    seconds: float


@contextmanager
def fresh_clone(project: Path) -> Iterator[Path]:
    """A clone of what is committed. At its end its server is stopped, and the clone removed."""
    with tempfile.TemporaryDirectory(prefix="wildrydes-workshop-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(project), str(clone)], check=True)
        try:
            yield clone
        finally:
            subprocess.run(["make", "down"], cwd=clone, env=environment(), check=False, capture_output=True)


def environment() -> dict[str, str]:
    """A new shell's, with a port of its own: other servers may run on this machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_CALLER)}
    return own | {"PORT": str(free_port())}


class Shell:
    """One shell for all pages of a mode: what a page exports is there in the next."""

    def __init__(self, clone: Path, log: Path) -> None:
        self._log = log
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=clone,
            env=environment(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._type('set -Ee\ntrap \'echo "$LINENO" > "$FAILED_LINE"\' ERR\n')

    def close(self) -> None:
        """End the shell, and what it still runs. Servers that pages started are processes of their own."""
        if self._shell.poll() is None:
            os.killpg(self._shell.pid, signal.SIGTERM)
        # Closes the pipes, and waits.
        with self._shell:
            pass

    def run(self, block: Block) -> Ran:
        """Run a block. Raises PageError where a command of it fails, with the line of the page."""
        with tempfile.TemporaryDirectory() as folder:
            printed, failed, script = (Path(folder) / name for name in ("printed", "failed", "script"))
            # The line numbers of the script are those of the page.
            script.write_text("\n" * (block.line - 1) + block.text, encoding="utf-8")
            began = time.monotonic()
            self._type(f"FAILED_LINE={shlex.quote(str(failed))}\n")
            self._type(f". {shlex.quote(str(script))} > {shlex.quote(str(printed))} 2>&1 < /dev/null\necho '{_DONE}'\n")
            ended = self._await_end()
            seconds = time.monotonic() - began
            text = printed.read_text(encoding="utf-8") if printed.exists() else ""
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"== {block.page}:{block.line}, {seconds:.1f} s\n{block.text}--\n{text}\n")
            if not ended:
                line = failed.read_text().strip() if failed.exists() else str(block.line)
                raise PageError(f"{block.page}:{line}: a command failed with {self._shell.wait()}:\n{_end(text)}")
        return Ran(text, seconds)

    def _type(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def _await_end(self) -> bool:
        """Whether the block ran to its end; else the shell has ended."""
        assert self._shell.stdout is not None
        return any(line.strip() == _DONE for line in iter(self._shell.stdout.readline, ""))


def check_output(block: Block, ran: Ran) -> None:
    """Compare what a block printed with what the page shows. Raises PageError."""
    if block.output is None:
        return
    wrong = first_wrong(block.output.lines, ran.printed.splitlines())
    if wrong is not None:
        line, shown = block.output.line + wrong, block.output.lines[wrong]
        raise PageError(f"{block.page}:{line}: the page shows\n{shown}\nwhich is not there in\n{_end(ran.printed)}")


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-80:])
