"""The history of an execution that is redriven: it goes on behind the events that it has."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager

AddEvent = Callable[..., int]


def continued(before: EventManager) -> EventManager:
    """A history with the events of `before`, to which threads of the attempt before cannot write any more."""
    history: Any = EventManager(before._cloud_watch_logging_session)
    history._history_event_list.extend(before.get_event_history())
    history._event_id_gen._next_id = last_event(before) + 1
    return history


def last_event(history: EventManager) -> int:
    """The id of a history's last event; 0 where it has none."""
    events: Any = history._history_event_list
    return events[-1]["id"] if events else 0


def go_on(add_event: AddEvent, history: EventManager, context: EventHistoryContext, redrives: int) -> None:
    """Write that the execution was redriven, now for the `redrives`th time; the next event follows on it."""
    context.source_event_id = context.last_published_event_id = last_event(history)
    details: Any = {"executionRedrivenEventDetails": {"redriveCount": redrives}}
    add_event(history, context, HistoryEventType.ExecutionRedriven, EventDetails(**details))
