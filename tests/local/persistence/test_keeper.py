"""The keeper: what it has saved is in the folder, all parts are of one moment, who waits hears of a fault."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.persistence import keeper, pickling
from local.persistence.folder import Manifest, StateFolder
from local.persistence.keeper import Contents, Keeper, NotSavedError
from local.persistence.parts import Part, attributes

VERSIONS = {"moto": "1"}
PORT = 4566


@dataclass
class Stage:
    """A keeper of two services, and the folder that it writes to."""

    folder: StateFolder
    keeper: Keeper
    first: dict[str, int] = field(default_factory=dict)
    second: dict[str, int] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)
    busy: list[bool] = field(default_factory=list)

    def saved(self) -> tuple[dict[str, int], dict[str, int]]:
        """What the folder has of both."""
        snapshot = self.folder.read(VERSIONS, PORT)
        assert snapshot is not None
        load = pickling.load
        values = {name: load(content, self.folder.bodies) for name, content in snapshot.sections.items()}
        return values["first"]["first"], values["second"]["second"]

    def run(self, scene: Callable[[], Awaitable[None]]) -> None:
        """Play a scene while the keeper is at work."""

        async def play() -> None:
            self.keeper.start(asyncio.get_running_loop())
            try:
                await scene()
            finally:
                await asyncio.to_thread(self.keeper.close)

        asyncio.run(play())


@pytest.fixture
def make_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes a stage; `parts` are more than the two."""
    folder = StateFolder(tmp_path / "state")
    with folder.opened() as lock:

        def make(*parts: Part) -> Stage:
            stage: Any = Stage(folder, keeper=None)  # pyright: ignore[reportArgumentType]
            own = [attributes(name, stage, name) for name in ("first", "second")]
            contents = Contents(folder, lock, [*own, *parts], {}, [stage.guard], lambda: bool(stage.busy))
            stage.keeper = Keeper(contents, Manifest(0, "", PORT, VERSIONS, {}))
            return stage

        yield make


def test_what_is_saved_is_in_the_folder(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    async def scene() -> None:
        stage.first["a"] = 1
        await stage.keeper.saved(stage.keeper.mark())
        assert stage.saved() == ({"a": 1}, {})
        stage.second["b"] = 2
        await stage.keeper.saved(stage.keeper.mark())
        assert stage.saved() == ({"a": 1}, {"b": 2})

    stage.run(scene)


def test_who_waits_for_what_is_saved_need_not_wait(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    async def scene() -> None:
        change = stage.keeper.mark()
        await stage.keeper.saved(change)
        numbers = [path.name for path in stage.folder.path.glob("manifest-*")]
        await stage.keeper.saved(change)
        assert [path.name for path in stage.folder.path.glob("manifest-*")] == numbers

    stage.run(scene)


def test_many_who_wait_share_a_snapshot(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    async def scene() -> None:
        async def change(number: int) -> None:
            stage.first[str(number)] = number
            await stage.keeper.saved(stage.keeper.mark())

        await asyncio.gather(*(change(number) for number in range(50)))
        assert len(stage.saved()[0]) == 50
        # The first may have its own; the others came before the second was begun.
        assert stage.folder.last_number() <= 2

    stage.run(scene)


def test_no_snapshot_has_what_stands_under_a_lock_half_way(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    is_over = threading.Event()

    def move_to_and_fro() -> None:
        while not is_over.wait(0.0005):
            with stage.guard:
                stage.first["taken"] = stage.first.get("taken", 0) + 1
                stage.second["taken"] = stage.first["taken"]

    async def scene() -> None:
        thread = threading.Thread(target=move_to_and_fro)
        thread.start()
        try:
            for _ in range(5):
                await stage.keeper.saved(stage.keeper.mark())
                first, second = stage.saved()
                assert first == second
        finally:
            is_over.set()
            thread.join()

    stage.run(scene)


def test_what_changed_last_is_saved_at_the_end(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    async def scene() -> None:
        stage.second["last"] = 1

    stage.run(scene)
    assert stage.saved() == ({}, {"last": 1})


def test_nothing_is_saved_while_something_is_half_way(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    stage.busy.append(True)

    async def scene() -> None:
        saving = asyncio.create_task(stage.keeper.saved(stage.keeper.mark()))
        for _ in range(20):
            # Each is a turn of the loop in which the keeper could fork.
            await asyncio.to_thread(lambda: None)
        assert not saving.done()
        assert not stage.folder.exists()
        stage.busy.clear()
        await saving
        assert stage.saved() == ({}, {})

    stage.run(scene)


def test_who_waits_hears_why_nothing_could_be_saved(make_stage: Callable[..., Stage]) -> None:
    faults = [True]

    def take() -> int:
        if faults:
            raise OSError(28, "No space left on device")
        return 1

    stage = make_stage(Part("full", take, lambda _: None))

    async def scene() -> None:
        with pytest.raises(NotSavedError, match="No space left on device"):
            await stage.keeper.saved(stage.keeper.mark())
        assert not stage.folder.exists()
        faults.clear()
        await stage.keeper.saved(stage.keeper.mark())
        assert stage.saved() == ({}, {})

    stage.run(scene)


def test_a_fork_that_fails_leaves_no_pipe_open(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, faults = make_stage(), [OSError(11, "Resource temporarily unavailable")]
    real = os.fork

    def fork() -> int:
        if faults:
            raise faults.pop()
        return real()

    async def scene() -> None:
        await stage.keeper.saved(stage.keeper.mark())
        before = psutil.Process().num_fds()
        monkeypatch.setattr(os, "fork", fork)
        with pytest.raises(NotSavedError, match="Resource temporarily unavailable"):
            await stage.keeper.saved(stage.keeper.mark())
        await stage.keeper.saved(stage.keeper.mark())
        assert psutil.Process().num_fds() == before

    stage.run(scene)


def test_nobody_waits_for_a_keeper_that_has_ended(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    async def scene() -> None:
        await asyncio.to_thread(stage.keeper.close)
        with pytest.raises(NotSavedError, match="the server ends"):
            await stage.keeper.saved(stage.keeper.mark())

    stage.run(scene)


def test_at_the_end_nothing_is_saved_that_is_half_way(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_LONGEST_LAST_SECONDS", 0.0)
    # So that it would be urgent already.
    monkeypatch.setattr(keeper, "_LONGEST_BUSY_SECONDS", 0.0)
    stage = make_stage()

    async def scene() -> None:
        stage.first["whole"] = 1
        await stage.keeper.saved(stage.keeper.mark())
        stage.keeper._progress.is_closing = True
        stage.busy.append(True)
        stage.second["half"] = 1

    stage.run(scene)
    assert stage.saved() == ({"whole": 1}, {})


def test_a_fault_in_tidying_up_fails_no_snapshot(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def sweep(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(StateFolder, "sweep", sweep)
    stage = make_stage()

    async def scene() -> None:
        stage.first["a"] = 1
        await stage.keeper.saved(stage.keeper.mark())
        assert stage.saved() == ({"a": 1}, {})
        assert stage.keeper._manifest.number == stage.folder.last_number()

    stage.run(scene)
    assert "could not be removed" in caplog.text
    assert "Permission denied" in caplog.text


def test_a_server_that_ends_before_its_services_go_on_keeps_nothing(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    stage.keeper.close()

    async def scene() -> None:
        with pytest.raises(NotSavedError, match="the server ends"):
            await stage.keeper.saved(stage.keeper.mark())

    stage.run(scene)
    assert not stage.folder.exists()


def test_a_server_that_nobody_asks_for_anything_looks_for_changes_ever_more_seldom() -> None:
    seconds = [2.0]
    for _ in range(5):
        seconds.append(keeper._next_silence(seconds[-1], is_changed=False))

    assert seconds == [2, 4, 8, 16, 30, 30]
    assert keeper._next_silence(30.0, is_changed=True) == 2
