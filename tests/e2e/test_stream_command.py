"""`make stream`: what it sends is told apart by what becomes of it, and looked for while it sends."""

import io
import threading
from typing import Any

import pytest
from rich.console import Console

from cli.stream import Fleet
from cli.stream_ledger import Counts
from stacks import MakeStack
from stream_rides import ride

pytestmark = pytest.mark.proof

QUIET = Console(file=io.StringIO())


def test_rides_are_found_while_others_are_still_to_be_sent(make_stack: MakeStack) -> None:
    stack = make_stack()
    stored_before_the_last: list[bool] = []

    def pause(_: float) -> None:
        """Before the first batch none is there; the last is not sent until one of the first was found."""
        if fleet.ledger.counts().sent and not stored_before_the_last:
            waiting = threading.Event()
            for _ in range(600):
                if fleet._seen or waiting.wait(0.1):
                    break
            stored_before_the_last.append(bool(fleet._seen))

    fleet = Fleet(stack.command_stack, pause)
    poison: dict[str, Any] = ride(1) | {"Latitude": "far away"}
    outcome = fleet.run([ride(number) for number in range(10)] + [ride(0), poison, ride(10)], 1000, QUIET)
    assert stored_before_the_last == [True]
    # Ten and one are stored, one came twice, one is no ride.
    assert outcome.counts == Counts(sent=13, stored=11, rejected=1, repeated=1, missing=0)
    assert outcome.dead_lettered == 0
    assert len(fleet.ledger.ages) == 11
    assert outcome.p50 is not None and outcome.p99 is not None
    assert 0 < outcome.p50 <= outcome.p99 <= outcome.seconds
    again = Fleet(stack.command_stack).run([ride(number) for number in range(10)], None, QUIET)
    assert again.counts == Counts(sent=10, stored=10, rejected=0, repeated=0, missing=0)
