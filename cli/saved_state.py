"""The state that `wildrydes up --keep` saves in build/state, as its commands speak of it."""

from typing import Any

from rich.console import Console

from cli.embedded import answers
from cli.server_record import BUILD, ServerError
from local.account import EmbeddedAws
from local.persistence.folder import StateError, StateFolder
from local.server import ROOT

FOLDER = BUILD / "state"
OPTIONS = ("--keep", str(FOLDER))
"""Of the server."""

SAVED = StateFolder(FOLDER)
_MOST_NAMED = 5
_PATH = "/_local/state"


def port(chosen: int | None, folder: StateFolder = SAVED) -> int | None:
    """The port of the server that goes on from what is saved: the one before. Raises ServerError for another one."""
    saved = folder.newest()
    if saved is None:
        return chosen
    if chosen not in (None, saved.port):
        raise ServerError(
            f"The state in {_shown(folder)} is that of a server on port {saved.port}, and addresses in it have that "
            f"port: start without PORT=, or remove the state by `wildrydes down --forget`."
        )
    return saved.port


def point_out(console: Console, folder: StateFolder = SAVED) -> None:
    """Say that there is a saved state which is not used."""
    saved = folder.newest()
    if saved is not None:
        console.print(
            f"{_shown(folder)} has the state of {saved.saved}: `wildrydes up --keep` goes on from it, `wildrydes down "
            "--forget` removes it. This server leaves it as it is, and saves nothing.",
            style="yellow",
            markup=False,
        )


def is_saved_by(server: EmbeddedAws) -> bool:
    """Whether a server that runs saves its state."""
    return answers(server, path=_PATH)


def announce(server: EmbeddedAws, console: Console) -> None:
    """Say where the state is saved, and what the server went on from."""
    for line in lines(server.request(_PATH)):
        console.print(line, markup=False)


def lines(description: dict[str, Any]) -> list[str]:
    """What is said of a server's state, by its own description.

    >>> lines({"folder": "/x/build/state"})
    ['All state is saved in /x/build/state']
    """
    folder = description["folder"].removeprefix(f"{ROOT}/")
    restored = description.get("restored")
    if restored is None:
        return [f"All state is saved in {folder}"]
    said = [f"Going on from the state of {restored['saved']} in {folder}", *restored["notes"]]
    interrupted = restored["interrupted"]
    if interrupted:
        named = ", ".join(interrupted[:_MOST_NAMED]) + (", …" if len(interrupted) > _MOST_NAMED else "")
        said.append(
            f"  {len(interrupted)} executions ran when it ended, and have failed: {named}. `wildrydes redrive` lets "
            "one go on."
        )
    return said


def forget(console: Console, folder: StateFolder = SAVED) -> None:
    """Remove what is saved. Raises ServerError where a server still holds it."""
    if not folder.path.exists():
        console.print(f"There is no saved state in {_shown(folder)}.")
        return
    try:
        folder.forget()
    except StateError as fault:
        raise ServerError(str(fault)) from fault
    console.print(f"Removed the saved state in {_shown(folder)}.")


def _shown(folder: StateFolder) -> str:
    return str(folder.path).removeprefix(f"{ROOT}/")
