"""What to say of a stack that is missing, or half there, while `up` or `down` is at work on it."""

import contextlib
from collections.abc import Iterator

from cli.server_record import ServerRecord
from cli.stack import NoStackError


@contextlib.contextmanager
def named(stack_name: str, *, aws: bool) -> Iterator[None]:
    """Let a NoStackError of the block say that the stack is not complete yet, where that is the reason."""
    try:
        yield
    except NoStackError as fault:
        if aws or not ServerRecord().is_starting():
            raise
        raise NoStackError(
            f"The stack {stack_name!r} is not complete: `make up` or `make down` of this clone is under way. Wait for "
            "its end."
        ) from fault
