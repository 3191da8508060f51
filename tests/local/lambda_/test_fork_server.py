"""A function's process is a fork, and no different from one that an interpreter was started for."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import psutil
import pytest

from local.lambda_ import fork_server
from local.lambda_.fork_server import ForkedProcess, ForkServer, NoForkServerError
from local.lambda_.forked_functions import PRELOADED
from local.lambda_.runtime import needs_interpreter
from local.server import FUNCTIONS_PYTHON

WAITING = "import threading\nprint('waiting', flush=True)\nthreading.Event().wait()\n"


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    """One process that forks."""
    server = ForkServer(str(FUNCTIONS_PYTHON))
    yield server
    server.stop()


Start = Callable[..., ForkedProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes that run some code in the place of the runtime client, which a folder's own module hides."""
    with contextlib.ExitStack() as ended:

        def started(forks: ForkServer, code: str, **variables: str) -> ForkedProcess:
            (tmp_path / "awslambdaric.py").write_text(code, encoding="utf-8")
            process = forks.start(str(tmp_path), {"_HANDLER": "predict.app.handler", **variables})
            ended.callback(process.stdout.close)
            ended.callback(process.kill)
            return process

        yield started


def output(process: ForkedProcess) -> Any:
    return json.loads(process.stdout.read())


def test_process_has_its_own_folder_variables_arguments_and_name(
    forks: ForkServer, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDED_AWS_TOKEN", "the server's")
    code = "import json, os, sys\nprint(json.dumps([os.getcwd(), dict(os.environ), sys.argv[1:], sys.path[0]]))\n"
    process = start(forks, code, TASK="ride_distance")
    variables = {"_HANDLER": "predict.app.handler", "TASK": "ride_distance"}
    assert output(process) == [str(tmp_path), variables, ["predict.app.handler"], str(tmp_path)]
    assert process.wait(60) == 0


def test_process_shows_its_functions_name(forks: ForkServer, start: Start) -> None:
    process = start(forks, WAITING)
    process.stdout.readline()
    assert psutil.Process(process.pid).name() == "predict"


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("pass", 0),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit('no ride')", 1),
        ("raise ValueError('no ride')", 1),
        ("import os; os._exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
    ],
)
def test_process_ends_with_the_code_that_an_interpreter_would_end_with(
    forks: ForkServer, start: Start, code: str, end: int
) -> None:
    assert start(forks, code).wait(60) == end


def test_output_has_what_is_written_to_both_streams_and_the_trace_of_an_exception(
    forks: ForkServer, start: Start
) -> None:
    code = "import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr)\nraise ValueError('no ride')\n"
    out, err, first, *_, last = start(forks, code).stdout.read().decode().splitlines()
    assert (out, err, first, last) == (
        "out",
        "err",
        "Traceback (most recent call last):",
        "ValueError: no ride",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_process_can_be_ended(forks: ForkServer, start: Start, number: int) -> None:
    process = start(forks, WAITING)
    process.stdout.readline()
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    process.send_signal(number)
    assert process.wait(60) == process.poll() == -number
    process.kill()


def test_process_holds_no_file_of_another(forks: ForkServer, start: Start) -> None:
    waiting = start(forks, WAITING)
    waiting.stdout.readline()
    code = """
import json, os
listed = map(int, os.listdir("/dev/fd"))
print(json.dumps([number for number in listed if os.path.exists(f"/dev/fd/{number}")]))
"""
    assert output(start(forks, code)) == [0, 1, 2]


def test_forks_have_random_numbers_of_their_own(forks: ForkServer, start: Start) -> None:
    code = "import json, random\nprint(json.dumps(random.random()))\n"
    assert len({output(start(forks, code)) for _ in range(3)}) == 3


def test_where_the_forking_process_is_killed_the_forks_end_and_the_next_start_makes_another(start: Start) -> None:
    forks = ForkServer(str(FUNCTIONS_PYTHON))
    process = start(forks, WAITING)
    process.stdout.readline()
    parent = psutil.Process(process.pid).parent()
    assert parent is not None
    parent.kill()
    assert process.wait(60) == -signal.SIGKILL
    assert process.stdout.read() == b""
    assert start(forks, "print('alive')").stdout.read() == b"alive\n"
    forks.stop()


def test_all_end_with_the_server(start: Start) -> None:
    forks = ForkServer(str(FUNCTIONS_PYTHON))
    processes = [start(forks, WAITING) for _ in range(2)]
    forks.stop()
    assert [process.wait(60) for process in processes] == [-signal.SIGKILL] * 2


def test_forks_end_with_the_process_that_forked_them_and_not_with_another(start: Start) -> None:
    forks = ForkServer(str(FUNCTIONS_PYTHON))
    old = start(forks, WAITING)
    old.stdout.readline()
    parent = psutil.Process(old.pid).parent()
    assert parent is not None
    forks._parent = None  # as where the next function comes before it is noticed that this one has ended
    new = start(forks, WAITING)
    new.stdout.readline()
    parent.kill()
    assert old.wait(60) == -signal.SIGKILL
    assert new.poll() is None
    new.kill()
    assert new.wait(60) == -signal.SIGKILL
    assert start(forks, "print('alive')").stdout.read() == b"alive\n"
    forks.stop()


def test_process_that_does_not_fork_in_time_is_given_up(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    forks = ForkServer(str(FUNCTIONS_PYTHON))
    process = start(forks, WAITING)
    parent = psutil.Process(process.pid).parent()
    assert parent is not None
    parent.suspend()
    with monkeypatch.context() as patched:
        patched.setattr(fork_server, "_START_SECONDS", 0.1)
        with pytest.raises(NoForkServerError, match="did not answer"):
            start(forks, WAITING)
    assert process.wait(60) == -signal.SIGKILL
    assert start(forks, "print('alive')").stdout.read() == b"alive\n"
    forks.stop()


def test_own_module_path_is_behind_the_functions_folder(forks: ForkServer, start: Start, tmp_path: Path) -> None:
    code = "import json, sys\nprint(json.dumps(sys.path[:3]))\n"
    path = os.pathsep.join(["/opt/python", "layers"])
    assert output(start(forks, code, PYTHONPATH=path)) == [str(tmp_path), "/opt/python", str(tmp_path / "layers")]


@pytest.mark.parametrize(
    ("variables", "needs"),
    [
        ({"PYTHONWARNINGS": "error"}, True),
        ({"PYTHONHASHSEED": "0"}, True),
        ({"PYTHONHASHSEED": "7"}, False),
        ({"PYTHONPATH": "/opt/python", "TASK": "ride_distance"}, False),
    ],
)
def test_variables_that_an_interpreter_reads_at_its_start_need_one(variables: dict[str, str], needs: bool) -> None:
    assert needs_interpreter(variables, {"PYTHONHASHSEED": "7"}) == needs


def test_all_that_is_imported_beforehand_is_in_the_functions_environment() -> None:
    imports = "\n".join(f"import {module}" for module in PRELOADED)
    subprocess.run([str(FUNCTIONS_PYTHON), "-c", imports], check=True, env={"PATH": os.environ["PATH"]})


OPERATIONS = """
import json, os, botocore.session
session = botocore.session.get_session()
loader = session.get_component("data_loader")
again = botocore.session.get_session().get_component("data_loader")
s3 = session.create_client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
print(json.dumps([loader is again, s3.meta.service_model.operation_names, "rides" in session.get_available_services()]))
"""


def test_sessions_of_a_process_share_what_was_read_before_it_was_forked(forks: ForkServer, start: Start) -> None:
    described = botocore.session.Session().get_service_model("s3").operation_names
    assert output(start(forks, OPERATIONS)) == [True, described, False]


def test_process_that_is_to_read_descriptions_elsewhere_does(forks: ForkServer, start: Start, tmp_path: Path) -> None:
    model = tmp_path / "models" / "rides" / "2026-01-01" / "service-2.json"
    model.parent.mkdir(parents=True)
    model.write_text("{}", encoding="utf-8")
    described = botocore.session.Session().get_service_model("s3").operation_names
    process = start(forks, OPERATIONS, AWS_DATA_PATH=str(tmp_path / "models"))
    assert output(process) == [False, described, True]
