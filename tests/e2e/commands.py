"""Runs commands on a stack of the one server, in the two ways in which they find it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli import outcome, report, run_folders
from cli.server_record import ServerRecord
from cli.stack import Account
from local.account import EmbeddedAws
from stacks import Stack


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


RunCommand = Callable[..., Ran]


def use_environment(monkeypatch: pytest.MonkeyPatch, server: EmbeddedAws) -> None:
    """Let `--aws` find the server by the standard environment variables, and the commands no server of this clone."""
    for name, value in server.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ServerRecord, "process", lambda _: None)


def use_record(monkeypatch: pytest.MonkeyPatch, server: EmbeddedAws) -> None:
    """Let the commands take the server for the one that `up` started."""
    monkeypatch.setattr(ServerRecord, "running_server", lambda _: server)


def write_below(monkeypatch: pytest.MonkeyPatch, build: Path) -> None:
    """Let the commands write to `build`, not into this clone."""

    def folder(execution: str, *_: Any) -> Path:
        return run_folders.run_folder(execution, build)

    for module in (outcome, report):
        monkeypatch.setattr(module, "run_folder", folder)
        monkeypatch.setattr(module, "publish", lambda run, *_: run_folders.publish(run, build))


def caller(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs a command with the options that it is given."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = commands.main(arguments)
        output = capsys.readouterr()
        return Ran(code, output.out, output.err)

    return run


def runner(stack: Stack, capsys: pytest.CaptureFixture[str], *options: str) -> RunCommand:
    """Runs a command on the stack, always with these options. What `--aws` says about the endpoint is taken off."""
    call = caller(capsys)
    notice = f"--aws works on {Account.on_aws().where}. In a new shell it works on AWS.\n" if "--aws" in options else ""

    def run(*arguments: str) -> Ran:
        ran = call(*arguments, *options, "--stack", stack.name)
        assert ran.err.count("--aws works on ") <= bool(notice)
        return Ran(ran.code, ran.out, ran.err.replace(notice, ""))

    return run
