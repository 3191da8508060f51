"""What has changed, told to each page that listens, as server-sent events: which executions, with their status.

One look at Step Functions serves all pages. Nobody looks while no page listens.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

from anyio import to_thread
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import StreamingResponse

from cli import map_children
from cli.errors import CommandError
from cli.executions import described_if_there
from cli.stack import Stack
from console.answers import OF_AWS, Work, explain, is_denial
from console.outputs import forget
from console.workflow.readings import machines, summary
from wildrydes.starts.execution_arns import machine_of

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.5
_NEWEST = 20
_MOST_RUNNING = 100
_AT_REST_PAUSES = 4
# AWS lets lists be asked for less often than histories, and a page that follows an execution needs no list for it:
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LOOKS_A_LISTING = 4
_PATIENCE_SECONDS = 10
_MOST_UNREAD = 200
"""Events that wait for a page to read them: those of a hundred seconds while something runs."""

Snapshot = dict[str, Any]
"""By the ARN of each execution that is new or runs: its summary, and how many events a running one has."""


def newest(stack: Stack, arns: list[str], before: Snapshot) -> Snapshot:
    """The newest executions of these state machines, and of each that runs the number of its last event.

    Those that ran `before` are there too, however many have begun since.
    """
    return _on_from(stack, _listed(stack, arns, _NEWEST), before)


def running(stack: Stack, arns: list[str], before: Snapshot) -> Snapshot:
    """The executions of `before`, and those of these state machines that run, however long ago they were started.

    An execution that is redriven keeps its start: it is no new one. Of each state machine the hundred that were
    started last are looked for.
    """
    listed = _listed(stack, arns, _MOST_RUNNING, statusFilter="RUNNING")
    return _ended(before) | _on_from(stack, listed, before)


def followed(stack: Stack, before: Snapshot) -> Snapshot:
    """The same executions as `before`, those that ran then as they are now: nothing is listed."""
    return _ended(before) | _gone_on(stack, before)


def _listed(stack: Stack, arns: list[str], most: int, **narrower: Any) -> Snapshot:
    states = stack.client("stepfunctions")
    return {
        each["executionArn"]: _entry(states, arn, each)
        for arn in arns
        for each in states.list_executions(stateMachineArn=arn, maxResults=most, **narrower)["executions"]
    }


def _on_from(stack: Stack, listed: Snapshot, before: Snapshot) -> Snapshot:
    """What is listed, and those that ran `before` and are not listed."""
    return listed | _gone_on(stack, {arn: entry for arn, entry in before.items() if arn not in listed})


def _ended(before: Snapshot) -> Snapshot:
    return {arn: entry for arn, entry in before.items() if entry["status"] != "RUNNING"}


def _gone_on(stack: Stack, before: Snapshot) -> Snapshot:
    """The executions that ran `before`, as they are now. One that is gone is left out."""
    states = stack.client("stepfunctions")
    ran = {arn: entry["machine"] for arn, entry in before.items() if entry["status"] == "RUNNING"}
    described = {arn: (machine, described_if_there(stack, arn)) for arn, machine in ran.items()}
    return {arn: _entry(states, machine, each) for arn, (machine, each) in described.items() if each}


def _entry(states: Any, machine: str, execution: dict[str, Any]) -> dict[str, Any]:
    events = _last_event(states, execution["executionArn"]) if execution["status"] == "RUNNING" else None
    return summary(execution) | {"machine": machine, "events": events}


def _last_event(states: Any, arn: str) -> int | None:
    """The number of an execution's last event; None where its history may not be read, which its answer says."""
    try:
        last = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    except ClientError as refusal:
        if not is_denial(refusal):
            raise
        return None
    return last[0]["id"] if last else 0


class Changes:
    """Looks at a stack while pages listen, and hands each what has changed since it looked last.

    A look that takes longer than `patience` is told as a trouble, and so is one that fails. `pause` is the time to the
    next look, four times as long where nothing runs; both are in seconds.
    """

    def __init__(
        self, look: Callable[[Snapshot], Snapshot], patience: float = _PATIENCE_SECONDS, pause: float = _PAUSE_SECONDS
    ) -> None:
        self._look, self._patience, self._pause = look, patience, pause
        self._trouble = ""
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._last: Snapshot = {}
        self._steered: deque[str] = deque(maxlen=_MOST_RUNNING)

    @classmethod
    def of(cls, stack: Stack) -> "Changes":
        """The changes of a stack's executions."""
        looks, listings = count(), count()

        def look(before: Snapshot) -> Snapshot:
            if next(looks) % _LOOKS_A_LISTING and any(entry["status"] == "RUNNING" for entry in before.values()):
                return followed(stack, before)
            # Asked for each time: a deployment may have made another one in the place of one.
            arns = [each["arn"] for each in machines(stack)]
            if not before:
                first = newest(stack, arns, before)
                return running(stack, arns, first) if first else first
            # In turn: both at each look would be more lists than AWS lets be asked for.
            return (newest if next(listings) % 2 else running)(stack, arns, before)

        def look_anew(before: Snapshot) -> Snapshot:
            try:
                return look(before)
            except ClientError:
                # The stack may have been destroyed, and be deployed again with other names.
                forget(stack.outputs)
                raise

        return cls(look_anew)

    def steering(self, work: Work) -> Work:
        """The same work on an execution; pages are told of the execution at the next look, however soon it ends."""

        def act(stack: Stack, fields: Any) -> Any:
            answer = work(stack, fields)
            if not map_children.is_child(answer["arn"]):
                self._steered.append(answer["arn"])
            return answer

        return act

    @contextlib.asynccontextmanager
    async def while_served(self, _: object) -> AsyncIterator[None]:
        """End the looking with the application."""
        yield
        if self._watch is not None:
            self._watch.cancel()

    async def stream(self, _: Request) -> StreamingResponse:
        """An answer that goes on for as long as the page listens."""
        return StreamingResponse(self._events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _events(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._listeners.add(queue)
        if self._watch is not None:
            # The others have been told of these before this page came.
            queue.put_nowait(_event("executions", list(self._last.values())))
            if self._trouble:
                queue.put_nowait(_event("trouble", {"message": self._trouble}))
        else:
            self._watch = asyncio.create_task(self._watch_on())
        try:
            yield ": listening\n\n"
            while (text := await queue.get()) is not None:
                yield text
        finally:
            self._listeners.discard(queue)

    async def _watch_on(self) -> None:
        try:
            while self._listeners:
                running = await self._tell()
                # Where nothing runs, what begins is seen two seconds later; a page that starts something asks at once.
                await asyncio.sleep(self._pause * (1 if running else _AT_REST_PAUSES))
        finally:
            # What has changed until somebody looks again is told from the beginning.
            self._watch, self._last, self._trouble = None, {}, ""
            # However the looking has ended: a page whose stream ends opens another one, and that begins it again.
            self._end_streams()

    async def _tell(self) -> bool:
        """Look once, and tell what is new. Returns whether an execution runs."""
        late = f"AWS has not answered for {self._patience:g} s: what the page shows may be old."
        timer = asyncio.get_running_loop().call_later(self._patience, self._tell_trouble, late)
        try:
            # After a trouble all may be another one, as after a deployment.
            before = {} if self._trouble else self._last | self._to_look_at()
            now = await to_thread.run_sync(self._look, before)
        except (*OF_AWS, CommandError) as fault:
            self._tell_trouble(str(fault) if isinstance(fault, CommandError) else explain(fault)[0])
            return False
        except Exception as fault:  # noqa: BLE001 - the console's own, whatever it is: nobody else would say it
            self._tell_fault(fault)
            return False
        finally:
            timer.cancel()
        has_mended, self._trouble = self._trouble != "", ""
        changed = [entry for arn, entry in now.items() if self._last.get(arn) != entry]
        self._last = now
        self._send("executions", changed)
        if has_mended:
            self._end_streams()
        return any(entry["status"] == "RUNNING" for entry in now.values())

    def _to_look_at(self) -> Snapshot:
        """The executions that a page has steered since the last look, as if they ran."""
        arns = [self._steered.popleft() for _ in range(len(self._steered))]
        return {arn: {"status": "RUNNING", "machine": machine_of(arn)} for arn in arns}

    def _end_streams(self) -> None:
        """End each page's stream: it opens another one, and asks for all that it shows once more."""
        for queue in self._listeners:
            queue.put_nowait(None)

    def _tell_trouble(self, message: str) -> None:
        if message != self._trouble:
            # Once: a page may stay open all night, and looks every two seconds.
            log.warning("The stack cannot be looked at: %s", message)
        self._trouble = message
        self._send("trouble", {"message": message})

    def _tell_fault(self, fault: Exception) -> None:
        what = f"a fault of its own as it looked at the stack, {type(fault).__name__}: its log says where"
        message = f"The console met {what}. What the page shows may be old."
        if message != self._trouble:
            log.error("A look at the stack has failed", exc_info=fault)
        self._tell_trouble(message)

    def _send(self, event: str, value: Any) -> None:
        text = _event(event, value)
        for queue in list(self._listeners):
            if queue.qsize() >= _MOST_UNREAD:
                self._leave_behind(queue)
            else:
                queue.put_nowait(text)

    def _leave_behind(self, queue: "asyncio.Queue[str | None]") -> None:
        """End the stream of a page that reads no more: once it does, it opens another, and is told all there is."""
        self._listeners.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


def _event(name: str, value: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(value, default=lambda when: when.isoformat())}\n\n"
