"""A stack's outputs as CloudFormation has them now: a console is open for longer than a deployment takes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cli.stack import Account, Stack

_FRESH_SECONDS = 60

Outputs = Mapping[str, str]
Clock = Callable[[], float]


class FreshOutputs(Mapping[str, str]):
    """Outputs, read anew once they are a minute old. What `read` raises is raised, and the next use reads again.

    Where there are none, since the stack is being made anew, the last ones stay.
    """

    def __init__(self, latest: Outputs, read: Callable[[], Outputs], clock: Clock) -> None:
        self._latest, self._read, self._clock = latest, read, clock
        self._old_at = clock() + _FRESH_SECONDS
        self._lock = threading.Lock()

    def _now(self) -> Outputs:
        with self._lock:
            if self._clock() >= self._old_at:
                latest = self._read()
                if latest:
                    self._latest, self._old_at = latest, self._clock() + _FRESH_SECONDS
            return self._latest

    def forget(self) -> None:
        """Read at the next use."""
        with self._lock:
            self._old_at = self._clock()

    def __getitem__(self, name: str) -> str:
        return self._now()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


def forget(outputs: Outputs) -> None:
    """Read outputs that follow deployments anew at their next use, however old they are."""
    if isinstance(outputs, FreshOutputs):
        outputs.forget()


def with_fresh_outputs(account: Account, stack: Stack, clock: Clock = time.monotonic) -> Stack:
    """The stack with outputs that follow its deployments. Their use raises NoStackError once it was destroyed."""

    def read() -> Outputs:
        return Stack.describe(account, stack.name).outputs

    return replace(stack, outputs=FreshOutputs(stack.outputs, read, clock))
