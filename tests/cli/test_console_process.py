"""The console's process is recorded, and ended by its record: this very process, and no other."""

import json
import os
import shutil
import socket
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from cli import embedded
from cli.console_process import ConsoleError, ConsoleRecord, RunningConsole
from cli.server_record import ServerProcess

OWN = ServerProcess.of(os.getpid())


def write(record: ConsoleRecord, process: ServerProcess, address: str) -> None:
    record.build.mkdir(exist_ok=True)
    record.state.write_text(json.dumps(asdict(RunningConsole(process, address))))


def test_console_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    record = ConsoleRecord(tmp_path)
    process = record.begin(["--region=us-east-1"])
    assert stat.S_IMODE(record.state.stat().st_mode) == stat.S_IMODE(record.log.stat().st_mode) == 0o600
    with pytest.raises(ConsoleError, match="--profile and --region go with --aws"):
        record.await_address(process)
    assert record.running() is None
    assert record.end() is False
    assert list(tmp_path.iterdir()) == []


def test_port_that_is_taken_is_said_before_an_address_is_given(tmp_path: Path) -> None:
    record = ConsoleRecord(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = record.begin([f"--port={taken.getsockname()[1]}", "--aws", "--region=us-east-1"])
        with pytest.raises(ConsoleError, match="cannot be opened"):
            record.await_address(process)


def test_process_of_another_start_with_the_recorded_id_is_not_ended(tmp_path: Path) -> None:
    record = ConsoleRecord(tmp_path)
    write(record, ServerProcess(OWN.pid, OWN.started - 3600), "http://127.0.0.1:1/#token")
    assert record.running() is None
    assert record.end() is False
    assert not record.state.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"process": {"pid": -1, "started": 0}, "address": ""}',
        '{"process": 1}',
        "[" * 100_000,
        '{"process": {"pid": 1, "started": 1%s}, "address": ""}' % ("0" * 400),
    ],
    ids=range(7),
)
def test_record_that_is_none_is_passed_over(tmp_path: Path, text: str) -> None:
    record = ConsoleRecord(tmp_path)
    record.state.write_text(text)
    assert record.running() is None
    assert record.end() is False


def test_console_of_a_copied_record_is_not_ended(tmp_path: Path) -> None:
    first, second = ConsoleRecord(tmp_path / "first" / "build"), ConsoleRecord(tmp_path / "second" / "build")
    first.build.mkdir(parents=True)
    process = first.begin(["--aws", "--region=us-east-1", f"--port={embedded.free_port()}"])
    shutil.copytree(first.build.parent, second.build.parent)
    second_ended, code_after = second.end(), process.poll()
    assert (second_ended, code_after, first.end()) == (False, None, True)
    process.wait()


def test_console_without_an_address_yet_is_not_given_out(tmp_path: Path) -> None:
    record = ConsoleRecord(tmp_path)
    write(record, OWN, "")
    assert record.running() is None
    write(record, OWN, "http://127.0.0.1:1/#token")
    assert record.running() == RunningConsole(OWN, "http://127.0.0.1:1/#token")
