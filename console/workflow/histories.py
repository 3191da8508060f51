"""Histories of executions, each read onward from where it was: a page that follows one asks again at every event."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from cli.stack import Stack
from console.answers import explain, is_denial
from local.account import entries

_MOST_HISTORIES = 8
_PAGE = {"PageSize": 1000}
# An execution that runs has seldom gone further than this between two looks.
_NEWEST = {"PageSize": 100}

Event = dict[str, Any]


@dataclass
class _History:
    events: list[Event] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Histories:
    """The histories that were asked for last, so far as they have been read."""

    def __init__(self, stack: Stack) -> None:
        self._states = stack.client("stepfunctions")
        self._by_arn: OrderedDict[str, _History] = OrderedDict()
        self._lock = threading.Lock()

    def events(self, arn: str) -> list[Event]:
        """All events of an execution, the oldest first; of those that were read before none is read again."""
        history = self._of(arn)
        with history.lock:
            newer = self._newer(arn, history.events[-1]) if history.events else None
            if newer is None:
                history.events = entries(
                    self._states, "get_execution_history", "events", executionArn=arn, PaginationConfig=_PAGE
                )
            else:
                history.events = history.events + newer
            return history.events

    def readable(self, arn: str) -> tuple[list[Event], str]:
        """All events of an execution, and an empty text; or no event, and why they may not be read."""
        try:
            return self.events(arn), ""
        except ClientError as refusal:
            if not is_denial(refusal):
                raise
            return [], explain(refusal)[0]

    def _of(self, arn: str) -> _History:
        with self._lock:
            history = self._by_arn.setdefault(arn, _History())
            self._by_arn.move_to_end(arn)
            if len(self._by_arn) > _MOST_HISTORIES:
                self._by_arn.popitem(last=False)
            return history

    def _newer(self, arn: str, last: Event) -> list[Event] | None:
        """The events after `last`; None where they do not follow it, as in a later execution of the same name."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=arn, reverseOrder=True, PaginationConfig=_NEWEST
        )
        newer: dict[int, Event] = {}
        for event in (event for page in pages for event in page["events"]):
            if event["id"] <= last["id"]:
                numbers = sorted(newer)
                follows = event == last and numbers == list(range(last["id"] + 1, last["id"] + 1 + len(numbers)))
                return [newer[number] for number in numbers] if follows else None
            newer[event["id"]] = event
        return None
