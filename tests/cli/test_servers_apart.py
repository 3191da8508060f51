"""Two clones beside each other: each has its own server, and no command of one touches the other's."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from cli import embedded, options, up
from cli.server_record import ServerError, ServerProcess, ServerRecord, read_variables, write_variables
from local.account import EmbeddedAws
from local.server import ROOT
from machines import function, role, until

PARTS = ("cli", "functions", "local", "statemachines", "reports", "data", "events", "template.yaml")


@dataclass(frozen=True)
class Clone:
    """A copy of the project, whose commands run in processes of their own."""

    folder: Path

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command; its exit code and what it prints."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, whose standard output takes its errors too."""
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "cli", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": "functions",
                "HOME": str(self.folder),
                "TMPDIR": str(self.folder / "tmp"),
            },
        )

    @property
    def record(self) -> Path:
        """The file that says which server is this clone's."""
        return self.folder / "build" / "embedded-aws.json"

    def server(self) -> ServerProcess:
        saved = json.loads(self.record.read_text())
        return ServerProcess(saved["pid"], saved["started"])

    def running(self) -> EmbeddedAws:
        server = ServerRecord(self.folder / "build").running_server()
        assert server is not None
        return server

    def server_folders(self) -> list[Path]:
        return list((self.folder / "tmp").glob("embedded-aws-*"))


def server_process(parent: psutil.Process, port: str) -> psutil.Process:
    """The server on `port` among the processes that `parent` started; others of them may end meanwhile."""
    for process in parent.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if port in process.cmdline():
                return process
    raise AssertionError(f"{parent} started no server on {port}")


def _clone(folder: Path) -> Clone:
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    (folder / ".venvs").symlink_to(ROOT / ".venvs")
    (folder / "tmp").mkdir()
    return Clone(folder)


@pytest.fixture
def clones(tmp_path: Path) -> Iterator[tuple[Clone, Clone]]:
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        made.append(_clone(tmp_path / name))
    yield made[0], made[1]
    for clone in made:
        if clone.record.exists():
            clone.command("down")


@pytest.mark.proof
def test_port_of_another_clone_is_refused_and_its_server_left_alone(clones: tuple[Clone, Clone]) -> None:
    first, second = clones
    port = str(embedded.free_port())
    assert first.command("up", "--port", port)[0] == 0
    server = first.server()

    code, output = second.command("up", "--port", port)
    assert code == 1
    assert f"Port {port}" in output
    assert f"the embedded AWS of {first.folder} (pid {server.pid}, since {server.since})" in output
    assert not second.record.exists()

    assert second.command("down") == (0, "No embedded AWS of this clone is running.\n")
    assert server.is_running()
    assert first.command("models")[0] == 0

    code, output = first.command("up", "--port", port)
    assert (code, "is running already" in output) == (0, True)
    assert first.command("down") == (0, "Stopped the embedded AWS.\n")
    assert not server.is_running()
    assert first.server_folders() == []


@pytest.mark.proof
@pytest.mark.parametrize(
    ("number", "line"),
    [
        (signal.SIGINT, "Starting the embedded AWS"),
        (signal.SIGINT, "Deploying template.yaml"),
        (signal.SIGINT, "Filled noaa-ghcn-pds"),
        (signal.SIGTERM, "Deploying template.yaml"),
        (signal.SIGHUP, "Deploying template.yaml"),
    ],
)
def test_a_signal_in_up_leaves_neither_server_nor_record(
    clones: tuple[Clone, Clone], number: signal.Signals, line: str
) -> None:
    clone, _ = clones
    with clone.start("up", "--port", str(embedded.free_port())) as process:
        assert process.stdout
        assert any(printed.startswith(line) for printed in process.stdout)
        servers = psutil.Process(process.pid).children()
        process.send_signal(number)
        assert process.stdout.read().splitlines()[-1] == "Stopped."
    assert process.returncode == 128 + number
    assert [server for server in servers if server.is_running()] == []
    assert not clone.record.exists()
    assert clone.server_folders() == []


@pytest.mark.proof
def test_up_starts_anew_where_one_was_killed_before_it_had_deployed_the_stack(clones: tuple[Clone, Clone]) -> None:
    clone, _ = clones
    port = str(embedded.free_port())
    with clone.start("up", "--port", port) as process:
        assert process.stdout
        assert any(printed.startswith("Deploying template.yaml") for printed in process.stdout)
        half_filled = clone.server()
        process.kill()
    assert half_filled.is_running()
    code, output = clone.command("up", "--port", port)
    assert (code, output.splitlines()[0]) == (
        0,
        f"The embedded AWS at http://127.0.0.1:{port} has no complete stack, since its `up` was killed: ending it, to "
        "start anew.",
    )
    assert not half_filled.is_running()
    whole = clone.server()
    assert "RIDES_QUEUE_URL" in read_variables(clone.folder / "build" / "embedded-aws.env")
    code, output = clone.command("up", "--port", port)
    assert (code, "is running already" in output) == (0, True)
    assert clone.server() == whole


@pytest.mark.proof
def test_workers_of_a_killed_server_end_with_the_next_up(clones: tuple[Clone, Clone]) -> None:
    clone, _ = clones
    assert clone.command("up", "--port", str(embedded.free_port()))[0] == 0
    (old,) = clone.server_folders()
    running = clone.running()
    begun = clone.folder / "begun"
    code = (
        f"import os, time\ndef handler(*_):\n    open({str(begun)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)"
    )
    busy = function(running.client, code, role(running.client, "lambda.amazonaws.com"), Timeout=900)
    running.client("lambda").invoke(FunctionName=busy, InvocationType="Event")
    worker = psutil.Process(int(until(lambda: begun.exists() and begun.read_text(), bool)))
    forks = worker.parent()
    assert forks is not None
    # What forked the function would end it with the server: it is killed as well, before it comes to that.
    forks.suspend()
    killed = clone.server()
    os.kill(killed.pid, signal.SIGKILL)
    until(killed.is_running, lambda runs: not runs)
    forks.kill()
    assert worker.is_running()
    # Whoever only stands in that folder is none of the server's.
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], cwd=old, stdin=subprocess.PIPE)

    code, output = clone.command("up", "--port", str(embedded.free_port()))
    assert code == 0
    assert "Ended 1 function or job that a killed server had left running." in output
    assert not worker.is_running()
    assert bystander.poll() is None
    bystander.communicate(b"\n")
    assert old not in clone.server_folders()


@pytest.mark.proof
def test_functions_end_with_a_killed_server(clones: tuple[Clone, Clone]) -> None:
    clone, _ = clones
    assert clone.command("up", "--port", str(embedded.free_port()))[0] == 0
    running = clone.running()
    code = "import os\ndef handler(*_):\n    return os.getpid()\n"
    idle = function(running.client, code, role(running.client, "lambda.amazonaws.com"))
    worker = psutil.Process(json.load(running.client("lambda").invoke(FunctionName=idle)["Payload"]))
    os.kill(clone.server().pid, signal.SIGKILL)
    until(worker.is_running, lambda runs: not runs)


def test_down_leaves_a_process_alone_that_has_the_id_of_a_dead_server(clones: tuple[Clone, Clone]) -> None:
    clone, _ = clones
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        started = ServerProcess.of(stranger.pid).started
        (clone.folder / "build").mkdir()
        clone.record.write_text(json.dumps({"pid": stranger.pid, "started": started - 60}))
        assert clone.command("down") == (0, f"The embedded AWS of this clone (pid {stranger.pid}) had ended already.\n")
        assert stranger.poll() is None
        assert not clone.record.exists()
        stranger.communicate(b"\n")


def test_record_of_a_server_that_is_slow_to_answer_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = ServerRecord(tmp_path)
    with embedded.temporary_server(tmp_path / "log") as server:
        pid = server_process(psutil.Process(), str(server.port)).pid
        record.save(
            ServerProcess.of(pid), server.variables() | {"EMBEDDED_AWS_TOKEN": server.token, "A": "it's $5 a b"}
        )
        monkeypatch.setattr(options, "ServerRecord", lambda: record)
        monkeypatch.setattr(options, "_ANSWER_SECONDS", 0.5)
        os.kill(pid, signal.SIGSTOP)
        try:
            assert record.running_server() == server
            with pytest.raises(ServerError, match=rf"\(pid {pid}\) does not answer"):
                options.account(aws=False, profile=None, region=None)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert read_variables(record.variables_file)["A"] == "it's $5 a b"
        assert record.variables_file.stat().st_mode & 0o777 == 0o600
    assert record.running_server() is None


@pytest.mark.proof
def test_temporary_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from cli import embedded\n"
        "with embedded.temporary_server(Path(sys.argv[1])) as server:\n"
        "    print(server.port, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        port = command.stdout.readline().strip()
        server = server_process(psutil.Process(command.pid), port)
        command.kill()
    server.wait(30)
    assert not server.is_running()


@pytest.mark.proof
def test_temporary_server_ends_by_itself_after_ctrl_c(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cli import embedded\n"
        "with embedded.temporary_server(Path(sys.argv[1])) as server:\n"
        "    print(server.port, flush=True); input(); raise KeyboardInterrupt"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        port = command.stdout.readline().strip()
        server = server_process(psutil.Process(command.pid), port)
        _, fault = command.communicate("\n")
    assert fault.rstrip().endswith("KeyboardInterrupt")
    server.wait(60)
    assert not server.is_running()


def test_down_leaves_a_server_alone_that_is_being_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "ServerRecord", lambda: ServerRecord(tmp_path))
    with ServerRecord(tmp_path).starting(), pytest.raises(ServerError, match="Another `make up` or `make down`"):
        up.stop(Console(file=io.StringIO()))


def test_server_is_recorded_before_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `up` that is killed then leaves a server that `down` finds; one that fails leaves neither."""
    record = ServerRecord(tmp_path)
    recorded: list[ServerProcess | None] = []

    def fail(process: subprocess.Popen, *_: object) -> None:
        recorded.append(record.process())
        raise ServerError("it does not answer")

    monkeypatch.setattr(up, "ServerRecord", lambda: record)
    monkeypatch.setattr(up, "LOG", tmp_path / "log")
    monkeypatch.setattr(up.embedded, "await_ready", fail)
    with pytest.raises(ServerError, match="it does not answer"):
        up.start(embedded.free_port(), options.WEATHER, Console(file=io.StringIO()))
    (process,) = recorded
    assert process is not None
    assert not process.is_running()
    assert record.process() is None


def test_env_file_unsets_what_would_lead_elsewhere(tmp_path: Path) -> None:
    server = EmbeddedAws.on_port(1)
    file = tmp_path / "embedded-aws.env"
    write_variables(server.variables(), file)
    elsewhere = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://real",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://real",
    }
    for shell in ("sh", "bash"):
        ran = subprocess.run(
            [shell, "-euc", '. "$0"; env', file],
            env={"PATH": os.environ["PATH"], "OTHER": "stays"} | elsewhere,
            capture_output=True,
            text=True,
            check=True,
        )
        variables = dict(line.split("=", 1) for line in ran.stdout.splitlines())
        assert elsewhere.keys().isdisjoint(variables)
        assert variables["OTHER"] == "stays"
        assert server.variables().items() <= variables.items()
    assert read_variables(file) == server.variables()


def test_copy_of_a_clone_does_not_take_the_server_for_its_own(tmp_path: Path) -> None:
    own = ServerProcess.of(os.getpid())
    first, second, moved = (ServerRecord(tmp_path / name / "build") for name in ("first", "second", "moved"))
    first.build.mkdir(parents=True)
    first.save(own, {})
    shutil.copytree(first.build.parent, second.build.parent)
    assert (first.process(), second.process()) == (own, None)
    assert second.running_server() is None
    # A clone that was moved is the same one still.
    first.build.parent.rename(moved.build.parent)
    assert moved.process() == own


GARBAGE = (
    "",
    "[]",
    "{}",
    "[" * 100_000,
    '{"pid": -1, "started": 1}',
    '{"pid": 1e400, "started": 1}',
    '{"pid": "1", "started": 1}',
    '{"pid": 1, "started": NaN}',
    '{"pid": true, "started": 1}',
    '{"pid": 99999999999, "started": 1}',
    '{"pid": 1, "started": 1%s}' % ("0" * 400),
)


@pytest.mark.parametrize("record", GARBAGE, ids=range(len(GARBAGE)))
def test_record_of_garbage_is_none(tmp_path: Path, record: str) -> None:
    (tmp_path / "embedded-aws.json").write_text(record, encoding="utf-8")
    assert ServerRecord(tmp_path).process() is None
    assert ServerRecord(tmp_path).running_server() is None
