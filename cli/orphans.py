"""Cleans up after a server that was killed: its functions and training jobs go on, and its folder stays.

Each server writes into its folder whose it is (`owner.json`). A folder whose owner has ended is an orphan, and so is
each process that was given a place below it.
"""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.server_record import ServerProcess
from local.server import FOLDER_PREFIX, OWNER_FILE, ROOT

log = logging.getLogger(__name__)

_GRACE_SECONDS = 3


def sweep() -> int:
    """End what dead servers of this clone left running, and remove their folders. Returns how many processes ended."""
    ended = 0
    for folder in [owner.folder for owner in _owners() if not owner.process.is_running()]:
        workers = list(_workers(folder))
        for worker in workers:
            _signal(worker, "terminate")
        _, stubborn = psutil.wait_procs(workers, _GRACE_SECONDS)
        for worker in stubborn:
            _signal(worker, "kill")
        psutil.wait_procs(stubborn, _GRACE_SECONDS)
        ended += len(workers)
        shutil.rmtree(folder, ignore_errors=True)
    return ended


def _signal(process: psutil.Process, how: str) -> None:
    try:
        getattr(process, how)()
    except psutil.NoSuchProcess:
        log.debug("process %s has ended by itself", process.pid)


def unrecorded_servers() -> list[ServerProcess]:
    """The servers of this clone that run, and are no single command's: those whose record is lost."""
    return [owner.process for owner in _owners() if owner.process.is_running() and not owner.tied]


@dataclass(frozen=True)
class _Owner:
    """Whose a folder is."""

    folder: Path
    process: ServerProcess
    tied: bool


def _owners() -> Iterator[_Owner]:
    """The owners of the folders that this user's servers of this clone have made."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            owner = json.loads((folder / OWNER_FILE).read_text(encoding="utf-8"))
            process = ServerProcess.saved(owner)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue
        if owner["clone"] == str(ROOT):
            yield _Owner(folder, process, bool(owner.get("tied")))


def _workers(folder: Path) -> Iterator[psutil.Process]:
    """The processes that a server started, by the folders that it gave them. A shell that stands there is none."""
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        places = [variables[name] for name in ("TMPDIR", "HOME") if variables.get(name)]
        if any(Path(place).is_relative_to(folder) for place in places):
            yield process
