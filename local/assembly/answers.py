"""Holds back what a caller from outside is told until it is saved: no crash takes back what was answered.

Whoever signs with a long-term key (the root's, a user's) or with none is outside, and so is who has the server's token.
An answer to a request of theirs that may have changed something waits for a snapshot. Others are within: functions,
jobs and executions sign with a session's key. What they were told is part of the state as much as what they did with
it, and a crash takes both back to the same moment. A call of a deployed API is answered at once too, and so is an
answer for a custom resource: its stack waits for it, and no snapshot is taken before the stack is done.

Requests that come before the services go on wait as well: nobody sees a state that is half-way back.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from local import account
from local.iam.request_guard import (
    ANSWER_PREFIXES,
    OWN_PREFIX,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    header_values,
    is_api_path,
    send_json,
)
from local.persistence.keeper import Keeper, NotSavedError

# Sessions are not kept, so that whoever makes one changes nothing.
_READS = re.compile(
    r"(?:BatchGet|Describe|Get|Head|List|Lookup|Query|Scan|Search|Select|Simulate|TestState|Validate|AssumeRole)\w*"
)
# They begin what is kept whole: nothing is saved before it is over.
_BEGINNINGS = frozenset({"CreateStack", "DeleteStack", "ExecuteChangeSet", "RollbackStack", "UpdateStack"})
_OWN_WRITES = frozenset({"/_local/clock", "/_local/faults"})
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_FORM = b"application/x-www-form-urlencoded"
_KEY = re.compile(rb"(?:Credential=|AWSAccessKeyId=)([A-Z0-9]+)")
_SESSION = b"ASIA"
_POLL_SECONDS = 0.02


@dataclass
class _Request:
    """What decides whether an answer waits."""

    scope: Scope
    # Those that stand in the body of a form.
    form_actions: set[str] = field(default_factory=set)

    @property
    def changes(self) -> bool:
        """Whether it may change what is kept."""
        path, method = self.scope["path"], self.scope["method"]
        if path.startswith(OWN_PREFIX):
            return path in _OWN_WRITES
        if is_api_path(path):
            return True
        if method in ("HEAD", "OPTIONS"):
            return False
        actions = self._actions
        if method == "GET":
            return any(_READS.fullmatch(each) is None for each in actions)
        # A header or a query of S3's that looks like an action makes no read of a PUT or a DELETE.
        is_read = method == "POST" and bool(actions) and all(_READS.fullmatch(each) for each in actions)
        return not is_read

    @property
    def _actions(self) -> set[str]:
        """The action by its name; without one, those in the query and in the form. One at most is what is asked for."""
        named = _named_action(self.scope)
        return {named} if named else {*_actions_in(self.scope["query_string"]), *self.form_actions}

    @property
    def waits(self) -> bool:
        """Whether its answer waits: the caller is none of the server's own functions, jobs and executions."""
        path: str = self.scope["path"]
        if is_api_path(path) or path.startswith(ANSWER_PREFIXES) or self._begins:
            return False
        signed = b"&".join((self.scope["query_string"].replace(b"%3D", b"="), _header(self.scope, b"authorization")))
        key = _KEY.search(signed)
        return key is None or not key[1].startswith(_SESSION)

    @property
    def _begins(self) -> bool:
        return self.scope["method"] in ("GET", "POST") and not self._actions.isdisjoint(_BEGINNINGS)

    def reading(self, receive: Receive) -> Receive:
        """Look for the action in the body of a form; any other body is data, whatever stands in it."""
        is_form = _header(self.scope, b"content-type").partition(b";")[0].strip().lower() == _FORM
        if self.scope["method"] != "POST" or not is_form or _named_action(self.scope):
            return receive

        async def receive_and_look() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self.form_actions |= _actions_in(message.get("body", b""))
            return message

        return receive_and_look


def _named_action(scope: Scope) -> str:
    """The action in the target's header, or in the path of a call in CBOR; empty where there is neither."""
    target = _header(scope, b"x-amz-target").decode("latin-1").rpartition(".")[2]
    if target:
        return target
    path: str = scope["path"]
    return path.rpartition("/operation/")[2] if path.startswith("/service/") else ""


def _actions_in(form: bytes) -> set[str]:
    """The actions in a query, or in a part of a form's body."""
    return {each.decode() for each in _ACTION.findall(form)}


def _header(scope: Scope, name: bytes) -> bytes:
    return next(iter(header_values(scope, name)), b"")


@dataclass
class Answers:
    """Hands requests to `application`, and answers once `keeper` has saved what they changed.

    `go_on` is called once the server listens on `port`.
    """

    application: Application
    keeper: Keeper
    go_on: Callable[[], None]
    port: int
    _has_gone_on: asyncio.Event = field(default_factory=asyncio.Event)
    _beginning: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._beginning = asyncio.create_task(self._begin())
            await self.application(scope, receive, send)
            return
        await self._has_gone_on.wait()
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        request = _Request(scope)
        await self.application(scope, request.reading(receive), self._holding(request, send))

    async def _begin(self) -> None:
        """Let the services go on as soon as they can reach each other, and keep their state from then on."""
        while not await _listens(self.port):
            await asyncio.sleep(_POLL_SECONDS)
        try:
            await asyncio.to_thread(self.go_on)
        finally:
            self.keeper.start(asyncio.get_running_loop())
            self.keeper.mark()
            self._has_gone_on.set()

    def _holding(self, request: _Request, send: Send) -> Send:
        is_replaced = False

        async def send_saved(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and request.changes:
                change = self.keeper.mark()
                if request.waits and message["status"] < 400:
                    try:
                        await self.keeper.saved(change)
                    except NotSavedError as fault:
                        is_replaced = True
                        await send_json(send, 500, {"__type": "InternalFailure", "message": str(fault)})
            if not is_replaced:
                await send(message)

        return send_saved


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(account.HOST, port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False
