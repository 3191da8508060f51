"""The command serves until it is ended, prints an address that answers, and leaves no traceback behind."""

import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from consoles import Console
from stacks import ROOT


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_address_that_is_printed_answers_and_a_signal_ends_it_while_a_page_listens(
    console: Console, end: signal.Signals, code: int
) -> None:
    server = console.stack.server
    environment = server.isolated(os.environ) | {"AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": server.region}
    # As on AWS, by credentials that every SDK finds.
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "console", "--aws", "--stack", console.stack.name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    address, _, token = process.stdout.readline().strip().partition("#")
    request = urllib.request.Request(f"{address}api/about", headers={"x-console-token": token})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert console.stack.name in answer.read().decode()
    changes = urllib.request.Request(f"{address}api/changes", headers=dict(request.header_items()))
    with urllib.request.urlopen(changes, timeout=60) as stream:
        assert stream.readline() == b": listening\n"
        process.send_signal(end)
        _, said = process.communicate(timeout=60)
    # It says where it works, and nothing of the end of its connections.
    assert (process.returncode, said.count("\n"), said.startswith("--aws works on ")) == (code, 1, True)
