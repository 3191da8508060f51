"""What `wildrydes up` and `down` say and decide about a saved state."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli import saved_state
from cli.server_record import ServerError
from local.persistence.folder import Manifest, StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """A folder with a state of a server on port 4599."""
    folder = StateFolder(tmp_path / "state")
    with folder.opened():
        folder.write(Manifest(0, "", 4599, {"moto": "1"}, {}), {"sqs": lambda: b"\x80\x05]\x94."})
    return folder


@pytest.fixture
def console() -> Console:
    """A console that writes into memory."""
    return Console(file=io.StringIO(), width=1000)


def printed(console: Console) -> str:
    """What a console has written."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_server_goes_on_at_the_port_that_it_had(folder: StateFolder, tmp_path: Path) -> None:
    assert saved_state.port(None, folder) == 4599
    assert saved_state.port(4599, folder) == 4599
    assert saved_state.port(4600, StateFolder(tmp_path / "none")) == 4600


def test_another_port_is_refused_before_anything_starts(folder: StateFolder) -> None:
    with pytest.raises(ServerError, match="port 4599"):
        saved_state.port(4600, folder)


def test_a_start_without_the_state_points_it_out_and_leaves_it(folder: StateFolder, console: Console) -> None:
    saved_state.point_out(console, folder)
    assert "`wildrydes up --keep` goes on from it" in printed(console)
    assert folder.exists()


def test_where_nothing_is_saved_nothing_is_pointed_out(console: Console, tmp_path: Path) -> None:
    saved_state.point_out(console, StateFolder(tmp_path / "none"))
    assert printed(console) == ""


def test_what_is_forgotten_is_gone(folder: StateFolder, console: Console) -> None:
    saved_state.forget(console, folder)
    assert not folder.path.exists()
    saved_state.forget(console, folder)
    first, second = printed(console).splitlines()
    assert (first.split()[0], second.split()[0]) == ("Removed", "There")


def test_what_a_server_holds_is_not_forgotten(
    folder: StateFolder, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.persistence.folder.FORGET_SECONDS", 0.0)
    with folder.opened(), pytest.raises(ServerError, match="Another server"):
        saved_state.forget(console, folder)
    assert folder.exists()


def test_executions_that_were_interrupted_are_named() -> None:
    restored = {"saved": "2026-11-27T02:00:00+0000", "notes": ["x is damaged"], "interrupted": list("abcdefg")}
    first, note, interrupted = saved_state.lines({"folder": "/build/state", "restored": restored})
    assert "2026-11-27T02:00:00+0000" in first
    assert note == "x is damaged"
    assert interrupted.startswith("  7 executions ran when it ended, and have failed: a, b, c, d, e, …. ")
