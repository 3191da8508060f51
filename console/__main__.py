"""Serves the console until it is ended: `python -m console`, which `wildrydes console` and `wildrydes up` start.

The first line that it prints is its address, with the token.
"""

import asyncio
import logging
import os
import secrets
import signal
import sys

import click
from hypercorn.asyncio import serve as serve_http
from hypercorn.config import Config

from cli import embedded, options
from cli.errors import CommandError
from cli.stack import Stack
from console.application import build
from local import account as own

_TOKEN_BYTES = 24


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), help="Port of 127.0.0.1.  [default: a free one]")
@options.stack_options
def main(port: int | None, *, aws: bool, profile: str | None, region: str | None, stack_name: str) -> None:
    """Serve the console of a stack on 127.0.0.1."""
    account = options.account(aws, profile, region)
    stack = Stack.describe(account, stack_name)
    port = port or embedded.free_port()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    asyncio.run(_serve(stack, account.where, port, token))


async def _serve(stack: Stack, where: str, port: int, token: str) -> None:
    config = Config()
    config.bind = [f"{own.HOST}:{port}"]
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    application = build(stack, where, port, token)

    async def announce() -> None:
        print(f"http://{own.HOST}:{port}/#{token}", flush=True)  # noqa: T201 - the process's own output

    await asyncio.gather(serve_http(application, config, shutdown_trigger=end.wait), announce())  # type: ignore[arg-type]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    try:
        main(standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except CommandError as fault:
        click.echo(str(fault), err=True)
        sys.exit(fault.exit_code)
    sys.stdout.flush()
    # A page that listens holds a thread that looks at the stack.
    os._exit(0)
