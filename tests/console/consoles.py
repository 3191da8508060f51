"""What the tests of the console share."""

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from functools import cache, partial

import boto3
from botocore.config import Config as ClientConfig
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Browser, Page

from browser import serious_faults
from cli import embedded
from cli import stack as stacks_of_commands
from console.application import build
from local.account import HOST, EmbeddedAws
from machines import allow, unique, until
from stacks import Stack

TOKEN = "a-token-of-the-tests-alone"


@dataclass(frozen=True)
class Answer:
    """What the console has answered."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Console:
    """A console that is served, and the stack that it shows."""

    stack: Stack
    port: int

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/#{TOKEN}"

    def ask(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
        """Ask with the token, unless `headers` have another one."""
        return ask_at(self.port, path, headers, body)


def ask_at(port: int, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Ask the console on a port, as `Console.ask` does."""
    request = urllib.request.Request(
        f"http://{HOST}:{port}{path}", data=body, headers={"x-console-token": TOKEN} | (headers or {})
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refusal:
        return Answer(refusal.code, refusal.headers, refusal.read())


@contextmanager
def page_of_user(console: Console, browser: Browser, *denied: str) -> Iterator[Page]:
    """The page of a console that has the credentials of a user who may do all but these actions."""
    user = user_without(console.stack.server, *denied)
    with (
        serve_console(replace(console.stack.command_stack, client=user.client), "the embedded AWS") as port,
        closing(browser.new_page()) as page,
    ):
        page.goto(f"http://{HOST}:{port}/#{TOKEN}")
        yield page


def user_without(server: EmbeddedAws, *denied: str) -> EmbeddedAws:
    """The server with the keys of a user who may do all but these actions."""
    iam, name = server.client("iam"), unique("user")
    iam.create_user(UserName=name)
    statements = [allow("*"), allow(*denied) | {"Effect": "Deny"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="all-but-these", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return replace(server, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])


def clients_of(listener: socket.socket) -> stacks_of_commands.Client:
    """Clients that take what listens there for AWS."""
    endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
    patience = ClientConfig(read_timeout=20, retries={"total_max_attempts": 1})
    session = boto3.Session("an-id", "a-secret", region_name="us-east-1")
    return cache(partial(session.client, endpoint_url=endpoint, config=patience))


@contextmanager
def serve_console(stack: stacks_of_commands.Stack, where: str) -> Iterator[int]:
    """Serve the console of a stack in this process for the length of the block; the port."""
    port = embedded.free_port()
    config = Config()
    config.bind, config.graceful_timeout = [f"{HOST}:{port}"], 0.1
    end, loop = asyncio.Event(), asyncio.new_event_loop()
    application = build(stack, where, port, TOKEN)
    serving = serve(application, config, shutdown_trigger=end.wait)  # type: ignore[arg-type] - it is an application
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
    thread.start()
    until(lambda: _listens(port), bool)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def shut_out(page: Page) -> list[str]:
    """What a reader meets who uses a keyboard, a screen reader or a small window: axe's faults, and a page too wide."""
    width = page.evaluate("document.documentElement.scrollWidth")
    is_wide = page.viewport_size is None or width != page.viewport_size["width"]
    return serious_faults(page) + ([f"the page is {width} pixels wide"] if is_wide else [])


def show_page(page: Page, *, hidden: bool) -> None:
    """Tell the page that it goes out of sight, or comes into it."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
