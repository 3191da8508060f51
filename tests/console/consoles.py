"""What the tests of the console share."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message

from local.account import HOST
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
        request = urllib.request.Request(
            f"{self.origin}{path}", data=body, headers={"x-console-token": TOKEN} | (headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())
