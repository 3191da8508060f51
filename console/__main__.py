"""Serves the console until it is ended: `python -m console`, which `wildrydes console` and `wildrydes up` start.

The first line that it prints is its address, with the token.
"""

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
from typing import Any

import click
from hypercorn.asyncio import serve as serve_http
from hypercorn.config import Config

from cli import faults, options
from cli.errors import CommandError
from cli.stack import Stack
from console.application import build
from console.outputs import with_fresh_outputs
from local import account as own

_TOKEN_BYTES = 24
_INTERRUPTED = 130


class PortTakenError(CommandError):
    """Somebody listens on the port that was asked for."""


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), help="Port of 127.0.0.1.  [default: a free one]")
@options.stack_options
def main(port: int | None, *, aws: bool, profile: str | None, region: str | None, stack_name: str) -> int:
    """Serve the console of a stack on 127.0.0.1. Returns the exit code: 130 after Ctrl-C."""
    account = options.account(aws, profile, region)
    # Bound first: the address that is printed is one that answers.
    listener = _listening(port or 0)
    stack = with_fresh_outputs(account, Stack.describe(account, stack_name))
    return asyncio.run(_serve(stack, account.where, listener, secrets.token_urlsafe(_TOKEN_BYTES)))


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((own.HOST, port))
    except OSError as fault:
        listener.close()
        raise PortTakenError(
            f"Port {port} of {own.HOST} cannot be opened ({fault.strerror}): choose another."
        ) from None
    listener.listen()
    return listener


async def _serve(stack: Stack, where: str, listener: socket.socket, token: str) -> int:
    port = listener.getsockname()[1]
    config = Config()
    # It is the server's from now on, which closes it.
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    end, codes = asyncio.Event(), list[int]()

    def heed(code: int) -> None:
        codes.append(code)
        end.set()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_say_nothing_of_ends)
    loop.add_signal_handler(signal.SIGTERM, heed, 0)
    loop.add_signal_handler(signal.SIGINT, heed, _INTERRUPTED)
    application = build(stack, where, port, token)
    print(f"http://{own.HOST}:{port}/#{token}", flush=True)  # noqa: T201 - the process's own output
    await serve_http(application, config, shutdown_trigger=end.wait)  # type: ignore[arg-type] - it is an application
    return codes[0]


def _say_nothing_of_ends(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong, unless it is the end of a connection that a page held as the console was ended.

    Python 3.11 asks a cancelled connection for its fault, and takes the answer for a fault of the callback that asked.
    """
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _run() -> int:
    try:
        return main(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except faults.EXPECTED as fault:
        click.echo(faults.message(fault), err=True)
        return faults.exit_code(fault)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    # A page that listens holds a thread that looks at the stack.
    os._exit(code)
