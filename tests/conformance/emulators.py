"""Starts the emulators that are compared, bare, each from an environment of its own and on 127.0.0.1 alone.

Each has the settings of its own documentation by which it does most: MiniStack and LocalEmu check policies, moto runs
state machines and has AWS's managed policies. moto and LocalEmu run functions in containers, and so need Docker.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cli import embedded
from local.server import ROOT
from places import Place

ENVIRONMENTS = ROOT / ".venvs"
_START_SECONDS = 600
_PAUSE_SECONDS = 0.5

EMULATORS = ("ministack", "moto", "localemu")


class NoEmulatorError(Exception):
    """An emulator could not be started; the message says why."""


@contextlib.contextmanager
def started(name: str, folder: Path) -> Iterator[Place]:
    """The emulator, for the length of the block; `folder` is its home. Raises NoEmulatorError."""
    port = embedded.free_port()
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        raise NoEmulatorError(f"{python} is missing: `make conformance` makes it.")
    variables = {"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(folder), "TMPDIR": str(folder)}
    place = Place(name, f"http://127.0.0.1:{port}", needs_docker=name != "ministack")
    with _process(_command(name, python, port), variables | _settings(name, port), folder) as process:
        _await(place, process, folder)
        yield _configured(place) if name == "moto" else place


def _command(name: str, python: Path, port: int) -> Sequence[str]:
    """What starts it, as its documentation has it."""
    commands = {
        "ministack": [python.with_name("ministack")],
        "moto": [python.with_name("moto_server"), "-H", "127.0.0.1", "-p", port],
        "localemu": [python, "-m", "localemu.runtime.main"],
    }
    return [str(each) for each in commands[name]]


def _settings(name: str, port: int) -> dict[str, str]:
    """Its variables."""
    settings = {
        "ministack": {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "AUTH": "true",
            # It would listen on all addresses.
            "IOT_MTLS_ENABLED": "0",
        },
        "moto": {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "MOTO_PORT": str(port)},
        "localemu": {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "IAM_ENFORCEMENT": "1", "ROOT_ACCESS_KEYS": "test"},
    }
    return settings[name]


@contextlib.contextmanager
def _process(command: Sequence[str], variables: dict[str, str], folder: Path) -> Iterator[subprocess.Popen]:
    """A process group, which ends with the block."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, env=variables, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(place: Place, process: subprocess.Popen, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            place.client("sts").get_caller_identity()
            return
        except (BotoCoreError, ClientError) as fault:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise NoEmulatorError(f"{place.name} does not answer ({fault}): {log[-2000:]}") from fault
        time.sleep(_PAUSE_SECONDS)


def _configured(place: Place) -> Place:
    """moto, which runs state machines, by the keys of an administrator: while it checks policies it knows no root."""
    settings = {"stepfunctions": {"execute_state_machine": True}, "iam": {"load_aws_managed_policies": True}}
    request = urllib.request.Request(
        f"{place.endpoint}/moto-api/config",
        json.dumps(settings).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
    iam = place.client("iam")
    iam.create_user(UserName="administrator")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    return Place(place.name, place.endpoint, key["AccessKeyId"], key["SecretAccessKey"], needs_docker=True)
