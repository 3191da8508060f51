"""The command serves until it is interrupted, and prints an address that answers."""

import os
import signal
import subprocess
import sys
import urllib.request

from consoles import Console
from stacks import ROOT


def test_address_that_is_printed_answers_and_ctrl_c_ends_it(console: Console) -> None:
    server = console.stack.server
    environment = server.isolated(os.environ) | {"AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": server.region}
    # As on AWS, by credentials that every SDK finds.
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "console", "--aws", "--stack", console.stack.name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    address, _, token = process.stdout.readline().strip().partition("#")
    request = urllib.request.Request(f"{address}api/about", headers={"x-console-token": token})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert console.stack.name in answer.read().decode()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.stdout.close()
