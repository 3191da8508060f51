"""The `wildrydes` command as a whole: its help, its exit codes, and how it ends by a fault."""

import errno
import importlib
import os
import pkgutil
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError
from click.testing import CliRunner

import cli
from cli import __main__ as commands
from cli import embedded, faults, run, stack, unfinished_stacks
from cli.errors import CommandError
from cli.listeners import listener
from cli.run_folders import check_writable
from cli.server_record import ServerError, ServerProcess, ServerRecord
from local.account import EmbeddedAws
from local.server import ROOT

FACTS = tuple(name for name in commands.COMMANDS if name not in ("up", "down", "console", "invoke", "ask"))
"""The commands that print facts; what `invoke` and `ask` print is JSON already, and `console` prints an address."""

ON_A_STACK = tuple(name for name in commands.COMMANDS if name not in ("run", "up", "down"))

FULL = Path("/dev/full")

Output = pytest.CaptureFixture[str]


def command_of(name: str) -> click.Command:
    module, function = commands.COMMANDS[name]
    return getattr(importlib.import_module(module), function)


def options_of(name: str) -> set[str]:
    return {option for parameter in command_of(name).params for option in parameter.opts}


def fail_by(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    """Let `wildrydes status` meet a fault."""

    def meet(_: Any) -> None:
        raise fault

    monkeypatch.setattr(ServerRecord, "required_server", meet)


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_help_has_an_example_and_exit_codes(name: str, capsys: Output) -> None:
    assert commands.main([name, "--help"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"Usage: wildrydes {name} ")
    assert f"Example:\n    wildrydes {name}" in output
    assert "Exit codes: 0 " in output
    assert "130 stopped by Ctrl-C." in " ".join(output.split())


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_command_has_a_short_help_that_is_shown_whole(name: str, capsys: Output) -> None:
    short = command_of(name).short_help
    assert short
    assert commands.main(["--help"]) == 0
    width = max(map(len, commands.COMMANDS))
    assert f"  {name:<{width}}  {short}\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_example_in_the_help_names_options_that_exist(name: str) -> None:
    example = (command_of(name).help or "").partition("Example:\n")[2].partition("|")[0]
    used = {word for word in example.split() if word.startswith("--")}
    assert used <= options_of(name)


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_options_that_several_commands_share(name: str) -> None:
    options = options_of(name)
    assert ("--json" in options) == (name in FACTS)
    on_a_stack = {"--aws", "--profile", "--region", "--stack"}
    assert options & on_a_stack == (on_a_stack if name in ON_A_STACK else set())


def test_unknown_command_and_unknown_option_are_wrong_usage(capsys: Output) -> None:
    assert commands.main(["fly"]) == 2
    assert "No such command 'fly'" in capsys.readouterr().err
    assert commands.main(["status", "--fast"]) == 2
    assert "--fast" in capsys.readouterr().err


def test_version_is_the_projects(capsys: Output) -> None:
    assert commands.main(["--version"]) == 0
    assert capsys.readouterr().out == "wildrydes, version 0.1.0\n"


def test_arguments_of_the_process_are_read_by_default(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "argv", ["wildrydes", "down", "--help"])
    assert commands.main() == 0
    assert capsys.readouterr().out.startswith("Usage: wildrydes down ")


def test_shell_completion_is_a_script_that_names_the_command() -> None:
    environment = os.environ | {"_WILDRYDES_COMPLETE": "bash_source"}
    script = Path(sys.executable).parent / "wildrydes"
    ran = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    assert "_wildrydes_completion() {" in ran.stdout
    assert ran.stdout.rstrip().endswith("_wildrydes_completion_setup;")
    words = os.environ | {"_WILDRYDES_COMPLETE": "bash_complete", "COMP_WORDS": "wildrydes ret", "COMP_CWORD": "1"}
    ran = subprocess.run([script], env=words, capture_output=True, text=True, check=True)
    assert ran.stdout == "plain,retrain\n"


def test_ctrl_c_ends_a_command_with_130(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    fail_by(monkeypatch, KeyboardInterrupt())
    assert commands.main(["status"]) == 130
    assert capsys.readouterr() == ("", "\nStopped.\n")


def test_ctrl_c_while_a_class_is_made_ends_a_command_with_130(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    class Interrupted:
        def __set_name__(self, owner: type, name: str) -> None:
            raise KeyboardInterrupt

    def make_class(*_: Any, **__: Any) -> None:
        type("Made", (), {"field": Interrupted()})

    monkeypatch.setattr(commands, "_run", make_class)
    assert commands.main(["status"]) == 130
    assert capsys.readouterr() == ("", "Stopped.\n")


def test_ctrl_c_while_the_command_is_loaded_gives_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    path = os.pathsep.join((str(tmp_path), str(ROOT), str(ROOT / "functions")))
    ran = subprocess.run(
        [sys.executable, "-m", "cli", "--help"], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "Stopped.\n")


def refusal(code: str, text: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/b/log"), "/b/log: No space left on device"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "build"), "build: Permission denied"),
        (CommandError("It cannot be done."), "It cannot be done."),
        (
            NoCredentialsError(),
            "There are no AWS credentials: `aws configure` stores some, and --profile names others.",
        ),
        (NoRegionError(), "No AWS region is set: --region names one."),
        (
            refusal("AccessDenied", "not you"),
            "An error occurred (AccessDenied) when calling the DescribeStacks operation: not you",
        ),
    ],
)
def test_fault_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, fault: Exception, line: str
) -> None:
    fail_by(monkeypatch, fault)
    assert commands.main(["status"]) == 1
    assert capsys.readouterr() == ("", f"{line}\n")


def test_lost_server_of_this_clone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")
    ended = ServerProcess(os.getpid(), 0.0)
    monkeypatch.setattr(ServerRecord, "process", lambda _: ended)
    assert "`make up` starts it again. Its log is " in faults.message(lost)
    said = 'Could not connect to the endpoint URL: "http://127.0.0.1:4566/"'
    monkeypatch.setattr(embedded, "END_SECONDS", 0)
    monkeypatch.setattr(ServerRecord, "process", lambda _: ServerProcess.of(os.getpid()))
    assert faults.message(lost) == said
    # `down` in another shell has removed the record.
    monkeypatch.setattr(ServerRecord, "process", lambda _: None)
    assert faults.message(lost) == f"{said}\nNo embedded AWS is running: `make up` starts one."
    of_aws = EndpointConnectionError(endpoint_url="https://s3.amazonaws.com/")
    assert faults.message(of_aws) == str(of_aws)


def test_server_of_a_command_that_ends_in_the_middle_is_named_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(ServerError) as refusal, embedded.temporary_server(log) as server:
        owner = listener(server.port)
        assert owner is not None
        os.kill(owner.process.pid, signal.SIGKILL)
        for _ in range(1_000):
            server.client("sts").get_caller_identity()
    assert str(refusal.value) == (
        f"The embedded AWS of this command has ended in the middle of it (exit code -9). Its log is {log}; to try "
        "again, run the command again."
    )


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_full_device_for_standard_output_is_one_line() -> None:
    with FULL.open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "cli", "--help"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    places = rf"[0-9,]+ bytes in {re.escape(str(ROOT))}, [0-9,]+ bytes in .+"
    line = rf"No space left on device\. Free are {places}\. The command's output may go to another place\.\n"
    assert ran.returncode == 1
    assert re.fullmatch(line, ran.stderr)


def test_run_looks_first_whether_it_can_write_its_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    build.write_text("a file in its place")
    monkeypatch.setattr(run, "check_writable", partial(check_writable, build))
    assert commands.main(["run"]) == 1
    reason = f"{build} cannot be written: File exists. A run writes its log and its report there."
    assert capsys.readouterr() == ("", f"{reason}\n")


def test_reader_that_has_enough_gets_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as nobody:
        ran = subprocess.run(
            [sys.executable, "-m", "cli", "--help"], cwd=ROOT, stdout=nobody, stderr=subprocess.PIPE, text=True
        )
    assert (ran.returncode, ran.stderr) == (1, "")


def test_exceptions_of_the_commands_have_one_root() -> None:
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.walk_packages(cli.__path__, "cli.")
        if each.name != "cli.__main__"
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseException) and value.__module__.startswith("cli.")
    }
    assert len(classes) > 10
    assert {each.__name__ for each in classes if not issubclass(each, CommandError)} == set()
    tree = importlib.import_module("cli.errors").__doc__ or ""
    # Those that stand for a special case of another have no line of their own.
    direct = {each.__name__ for each in classes if CommandError in each.__bases__} | {"CommandError"}
    assert {name for name in direct if name not in tree} == set()


@pytest.mark.parametrize("option", ["--profile", "--region"])
def test_profile_and_region_go_with_aws(option: str) -> None:
    result = CliRunner().invoke(command_of("models"), [option, "x"])
    assert result.exit_code == 2
    assert "--profile and --region go with --aws." in result.output


def test_aws_without_credentials_or_profile_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, server: EmbeddedAws
) -> None:
    for name, value in server.variables().items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert commands.main(["status", "--aws"]) == 1
    notice, error, *_ = capsys.readouterr().err.splitlines()
    assert notice == (
        f"--aws works on us-east-1 (profile default) at {server.endpoint} (AWS_ENDPOINT_URL), which is not AWS. "
        "In a new shell it works on AWS."
    )
    assert error.startswith("There are no AWS credentials: ")
    assert commands.main(["status", "--aws", "--profile", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


def test_missing_stack_is_named_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, server: EmbeddedAws
) -> None:
    for name, value in server.variables().items():
        monkeypatch.setenv(name, value)
    for arguments in (["models"], ["ask"], ["retrain", "--no-follow"], ["status", "--json"]):
        assert commands.main([*arguments, "--aws", "--stack", "nowhere"]) == stack.NoStackError.exit_code == 1
        output = capsys.readouterr()
        assert output.out == ""
        where = f"us-east-1 (profile default) at {server.endpoint} (AWS_ENDPOINT_URL), which is not AWS"
        assert f"There is no stack 'nowhere' in {where}: --stack names another." in output.err
    monkeypatch.setattr(ServerRecord, "running_server", lambda _: server)
    assert commands.main(["models", "--stack", "nowhere"]) == 1
    assert f"There is no stack 'nowhere' in the embedded AWS at {server.endpoint}" in capsys.readouterr().err


def test_stack_that_another_command_deploys_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, server: EmbeddedAws, tmp_path: Path
) -> None:
    monkeypatch.setattr(ServerRecord, "running_server", lambda _: server)
    monkeypatch.setattr(unfinished_stacks, "ServerRecord", lambda: ServerRecord(tmp_path))
    with ServerRecord(tmp_path).starting():
        assert commands.main(["status", "--stack", "nowhere"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The stack 'nowhere' is not complete: `make up` or `make down` of this clone is under way.")
    assert commands.main(["status", "--stack", "nowhere"]) == 1
    assert "deploys it" in capsys.readouterr().err
