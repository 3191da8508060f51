"""Where a run's files are: in a folder of its own, `build/runs/<execution>/`; copies of the last run's are in `build/`.

Two runs at once write to different folders, and each copy is put in place whole.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cli.errors import CommandError
from cli.server_record import BUILD
from local.server import ROOT
from reports.whole_files import write_whole

# What is copied: the page of the report, and the run's figures.
LATEST = ("report.html", "report.json")


_PROBE_BYTES = 1 << 20


class UnwritableFolderError(CommandError):
    """A folder that a command writes to takes no files; the message says which and why."""


def run_folder(execution: str, build: Path = BUILD) -> Path:
    """The folder of an execution's files. Raises ValueError for a name that is no name of a folder."""
    if execution in ("", ".", "..") or "/" in execution or "\0" in execution:
        raise ValueError(f"{execution!r} cannot be the name of an execution")
    return build / "runs" / execution


def check_writable(build: Path = BUILD) -> None:
    """Raise UnwritableFolderError where `build` takes no files, as on a full disk: a run would find out at its end."""
    try:
        build.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=build) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            # Some file systems find room for what was written only here.
            os.fsync(probe.fileno())
    except OSError as fault:
        raise UnwritableFolderError(
            f"{build} cannot be written: {fault.strerror}. A run writes its log and its report there."
        ) from fault


def short(path: Path) -> str:
    """A path as people read it: within the clone, from its root."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def publish(folder: Path, build: Path = BUILD, names: Iterable[str] = LATEST) -> None:
    """Copy a run's page and figures, as far as there are any, to `build`, in the place of the last run's."""
    for name in names:
        if (folder / name).is_file():
            write_whole(build / name, (folder / name).read_bytes())
