"""How far an execution is, by its history."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from cli import display
from cli.executions import Progress, StateProgress, entered_by, progress_of, task_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """Events in their order, each with the number of the one that it follows."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, previous: int, **details: Any) -> int:
        number = len(self.events) + 1
        event = {"id": number, "type": kind, "previousEventId": previous, "timestamp": NOW + timedelta(seconds=number)}
        self.events.append(event | details)
        return number

    def state(self, kind: str, name: str, previous: int, value: Any) -> int:
        """A state that is entered and left."""
        entered = {"name": name, "input": json.dumps(value)}
        number = self.add(f"{kind}StateEntered", previous, stateEnteredEventDetails=entered)
        return self.add(f"{kind}StateExited", number, stateExitedEventDetails={"name": name})


def history_of_candidates() -> History:
    history = History()
    start = history.add("MapStateEntered", 0, stateEnteredEventDetails={"name": "Train candidates", "input": "{}"})
    start = history.add("MapStateStarted", start, mapStateStartedEventDetails={"length": 2})
    ends = []
    for index, algorithm in enumerate(("xgboost", "knn")):
        details = {"name": "Train candidates", "index": index}
        number = history.add("MapIterationStarted", start, mapIterationStartedEventDetails=details)
        value = {"candidate": {"algorithm": algorithm}}
        number = history.state("Choice", "Which algorithm?", number, value)
        number = history.state("Task", "Train candidate", number, value)
        number = history.state("Pass", "Candidate trained", number, value)
        ends.append(history.add("MapIterationSucceeded", number, mapIterationSucceededEventDetails=details))
    number = history.add("MapStateSucceeded", ends[-1])
    number = history.add("MapStateExited", number, stateExitedEventDetails={"name": "Train candidates"})
    history.state("Task", "Evaluate model", number, {"candidate": {"algorithm": "of no iteration"}})
    return history


def test_a_state_of_an_iteration_names_its_algorithm_and_only_what_takes_time_has_a_line() -> None:
    states = entered_by(history_of_candidates().events)
    assert [(each.title, each.is_shown) for each in states] == [
        ("Train candidates", True),
        ("Which algorithm? (xgboost)", False),
        ("Train candidate (xgboost)", True),
        ("Candidate trained (xgboost)", False),
        ("Which algorithm? (knn)", False),
        ("Train candidate (knn)", True),
        ("Candidate trained (knn)", False),
        ("Evaluate model", True),
    ]
    assert states[0].children == (2, 2)
    output = io.StringIO()
    display.watch(Console(file=output, width=100), [Progress("SUCCEEDED", states)])
    assert [line.split("SUCCEEDED")[0].strip() for line in output.getvalue().splitlines()] == [
        "Train candidates",
        "Train candidate (xgboost)",
        "Train candidate (knn)",
        "Evaluate model",
    ]


def test_without_a_terminal_each_state_is_one_line_in_whichever_order_iterations_end() -> None:
    ended = {"status": "SUCCEEDED", "left": NOW + timedelta(seconds=9)}
    slow, quick = (StateProgress("Train candidate", "Task", NOW, iteration=name) for name in ("knn", "xgboost"))
    progresses = [
        Progress("RUNNING", [slow, replace(quick, **ended)]),
        Progress("RUNNING", [slow, replace(quick, **ended)]),
        Progress("SUCCEEDED", [replace(slow, **ended), replace(quick, **ended)]),
    ]
    output = io.StringIO()
    display.watch(Console(file=output, width=100), progresses)
    assert [line.split("SUCCEEDED")[0].strip() for line in output.getvalue().splitlines()] == [
        "Train candidate (xgboost)",
        "Train candidate (knn)",
    ]


def test_an_iteration_of_a_task_is_named_by_the_task() -> None:
    history = History()
    start = history.add("MapStateEntered", 0, stateEnteredEventDetails={"name": "Monitor tasks", "input": "{}"})
    details = {"name": "Monitor tasks", "index": 1}
    number = history.add("MapIterationStarted", start, mapIterationStartedEventDetails=details)
    history.state("Task", "Join rides", number, {"task": {"task": "magic_points", "source": "rides"}, "plan": {}})
    assert [each.title for each in entered_by(history.events)] == ["Monitor tasks", "Join rides (magic_points)"]


def test_an_iteration_without_a_candidate_is_named_by_its_number() -> None:
    history = History()
    start = history.add("MapStateEntered", 0, stateEnteredEventDetails={"name": "Map", "input": "{}"})
    details = {"name": "Map", "index": 1}
    number = history.add("MapIterationStarted", start, mapIterationStartedEventDetails=details)
    history.state("Task", "Ask", number, [])
    assert [each.title for each in entered_by(history.events)] == ["Map", "Ask (2)"]


def test_task_of_an_execution_is_a_text_whatever_its_input_names() -> None:
    inputs = ({}, {"task": "magic_points"}, {"target": "magic_points"}, {"task": ["a"]}, {"task": float("inf")})
    names = [task_of({"input": json.dumps(each)}) for each in inputs]
    assert names == ["heavy_utilization", "magic_points", "magic_points", "['a']", "inf"]


def test_time_before_a_redrive_is_no_time_in_which_an_execution_or_its_states_worked() -> None:
    history = History()
    number = history.state("Pass", "Before", 0, {})
    number = history.add("TaskStateEntered", number, stateEnteredEventDetails={"name": "Ask"})
    number = history.add("TaskScheduled", number)
    number = history.add("TaskFailed", number)
    history.add("ExecutionFailed", number)
    redriven = history.add("ExecutionRedriven", number)
    number = history.add("TaskScheduled", redriven - 2)
    number = history.add("TaskStateExited", number, stateExitedEventDetails={"name": "Ask"})
    history.add("ExecutionSucceeded", number)
    # Each event comes a second after the one before; from the redrive on, an hour later.
    for event in history.events[redriven - 1 :]:
        event["timestamp"] += timedelta(hours=1)
    described = {"status": "SUCCEEDED", "startDate": NOW, "stopDate": history.events[-1]["timestamp"]}
    progress = progress_of(described, history.events)
    assert [(each.name, each.seconds, each.paused) for each in progress.states] == [("Before", 1, 0), ("Ask", 5, 3601)]
    assert (progress.paused, progress.seconds) == (3601, 9)
