"""Runs the cells of the fault matrix: executions that meet one fault after the other, and what came of each.

An execution that fails in a state is redriven there, and meets the next fault of that state. So one execution is taken
through many failures, and its end shows that nothing was lost by any of them. Where the notice of the failure says that
nothing is to be redriven, the next execution meets the next fault.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fault_cells import ONCE, Cell
from local import account
from machines import unique, until
from notices import Heard
from stacks import Stack

RECOVERED, HANDLED, REDRIVEN, FAILED = "recovered", "handled", "redriven", "failed"
"""Retry outlasted it; a Catch took it, and the execution succeeded; it failed, said so, and went on there; it failed,
and said what to do."""

GOOD = (RECOVERED, HANDLED, REDRIVEN, FAILED)
HUNG, FALSE_SUCCESS, SILENT, LOST, REPEATED, LEFT, CHANGED, UNEXPECTED, NOT_REACHED = (
    "hung",
    "false success",
    "no notice",
    "lost",
    "repeated a finished state",
    "left behind",
    "champion changed",
    "unexpected end",
    "not reached",
)
_SECONDS = 240
_MOST_VISITS = 3


@dataclass(frozen=True)
class Result:
    """What came of a cell, with the execution that met it."""

    cell: Cell
    outcome: str
    execution: str
    detail: str = ""


@dataclass(frozen=True)
class Trial:
    """How executions of a workflow are started and looked at.

    `start` starts one of that name; `wrong` says what is wrong with the output of one that succeeded, `left` what one
    that has failed has left or changed.
    """

    machine: str
    start: Callable[[str], str]
    wrong: Callable[[dict[str, Any]], str]
    left: Callable[[str], str]


@dataclass
class Course:
    """Executions of one workflow of one stack, one after the other, that meet these cells."""

    stack: Stack
    heard: Heard
    trial: Trial
    cells: list[Cell]
    results: list[Result] = field(default_factory=list)
    visits: dict[Cell, int] = field(default_factory=dict)

    def run(self, end: float = float("inf")) -> list[Result]:
        """Run until each cell has a result, or the time (of `time.monotonic`) is over; the results."""
        while (waiting := self.waiting()) and time.monotonic() < end:
            failing = [cell for cell in waiting if not cell.recovers]
            self._execute(failing or waiting)
        self.results += [Result(cell, NOT_REACHED, "", "the time was over") for cell in self.waiting()]
        return self.results

    def waiting(self) -> list[Cell]:
        """The cells that have no result yet."""
        over = {result.cell for result in self.results}
        return [cell for cell in self.cells if cell not in over]

    def _settle(self, cells: Iterable[Cell], outcome: str, execution: str, detail: str = "") -> None:
        self.results += [Result(cell, outcome, execution, detail) for cell in cells]

    def _execute(self, waiting: list[Cell]) -> None:
        """One execution from its start to a success, or to a failure that no redrive mends."""
        name, ahead = unique("faults"), by_state(waiting)
        self._inject(name, ahead)
        arn = self.trial.start(name)
        while True:
            described = self._end(arn)
            hit = {(each["state"], each["moment"]): each["injected"] for each in self._faults(name)}
            met = [cells[0] for cells in ahead.values() if hit.get(moment_of(cells[0]), 0) >= cells[0].times]
            for cell in met:
                ahead[cell.state].pop(0)
            ahead = {state: cells for state, cells in ahead.items() if cells}
            if described["status"] != "FAILED" or not self._goes_on(arn, described, met, name, ahead):
                break
        if described["status"] == "RUNNING":
            self.stack.client("stepfunctions").stop_execution(executionArn=arn)
            self._settle(met, HUNG, arn)
        elif described["status"] == "SUCCEEDED":
            self._succeeded(arn, json.loads(described["output"]), met)
        self._inject(name, {})
        self._count_visits(cells[0] for cells in ahead.values())

    def _count_visits(self, cells: Iterable[Cell]) -> None:
        """Give a cell up whose state no execution comes to."""
        for cell in cells:
            self.visits[cell] = self.visits.get(cell, 0) + 1
            if self.visits[cell] >= _MOST_VISITS:
                self._settle([cell], NOT_REACHED, "", "no execution came to the state")

    def _end(self, arn: str) -> dict[str, Any]:
        describe, start = self.stack.client("stepfunctions").describe_execution, time.monotonic()
        return until(
            lambda: describe(executionArn=arn),
            lambda described: described["status"] != "RUNNING" or time.monotonic() - start > _SECONDS,
            2 * _SECONDS,
        )

    def _faults(self, name: str) -> list[dict[str, Any]]:
        return self.stack.server.request("/_local/faults", execution=name)["faults"]

    def _inject(self, name: str, ahead: dict[str, list[Cell]]) -> None:
        faults = [cells[0].request for cells in ahead.values()]
        self.stack.server.request("/_local/faults", execution=name, faults=faults)

    def _succeeded(self, arn: str, output: dict[str, Any], met: list[Cell]) -> None:
        wrong = self.trial.wrong(output) or self.trial.left(arn)
        for cell in met:
            good = RECOVERED if cell.recovers else HANDLED if self._is_caught(arn, cell) else FALSE_SUCCESS
            self._settle([cell], LOST if wrong else good, arn, wrong)

    def _is_caught(self, arn: str, cell: Cell) -> bool:
        """Whether the failed state was left by its Catch, or the execution went on from a redrive."""
        return cell.mode == ONCE or any(
            event.get("stateExitedEventDetails", {}).get("name") == cell.state for event in history(self.stack, arn)
        )

    def _goes_on(
        self, arn: str, described: dict[str, Any], met: list[Cell], name: str, ahead: dict[str, list[Cell]]
    ) -> bool:
        """Look at a failure, and redrive the execution where its notice says so; whether that was done."""
        entered = [each["stateEnteredEventDetails"]["name"] for each in last_leg(history(self.stack, arn))]
        blamed = [cell for cell in met if not cell.recovers]
        if not blamed:
            self._settle(met, UNEXPECTED, arn, f"{entered[-1]}: {described.get('error')}: {described.get('cause')}")
            return False
        blamed.sort(key=lambda cell: entered.index(cell.state) if cell.state in entered else -1)
        *handled, cell = blamed
        self._settle(handled, HANDLED, arn, "a later fault ended the execution")
        message = self._notice(arn, described)
        left = self.trial.left(arn)
        if not message or left:
            self._settle([cell], LEFT if left else SILENT, arn, left or described.get("error", ""))
            return False
        if f"wildrydes redrive {arn}" not in message:
            self._settle([cell], FAILED, arn, described.get("error", ""))
            return False
        self._inject(name, ahead)
        self.stack.client("stepfunctions").redrive_execution(executionArn=arn)
        first = until(lambda: last_leg(history(self.stack, arn)), bool)[0]["stateEnteredEventDetails"]["name"]
        again = first == entered[-1]
        self._settle([cell], REDRIVEN if again else REPEATED, arn, described.get("error", ""))
        return True

    def _notice(self, arn: str, described: dict[str, Any]) -> str:
        """The notice of a failure that says what to do; empty where none comes."""

        def tells(body: dict[str, Any]) -> bool:
            text = body["Message"]
            return arn in text and described.get("error", "") in text and ("wildrydes" in text or "operations" in text)

        try:
            return self.heard.message(tells, _SECONDS)["Message"]
        except AssertionError:
            return ""


def by_state(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Cells by their states, in their order. Only the last of a state may be one that the state outlasts."""
    ahead: dict[str, list[Cell]] = {}
    for cell in sorted(cells, key=lambda cell: cell.recovers):
        queue = ahead.setdefault(cell.state, [])
        if not (queue and queue[-1].recovers):
            queue.append(cell)
    return ahead


def moment_of(cell: Cell) -> tuple[str, str]:
    """By what the server knows the cell's fault."""
    return cell.state, cell.fault.moment


def history(stack: Stack, arn: str) -> list[dict[str, Any]]:
    """The events of an execution."""
    return account.entries(stack.client("stepfunctions"), "get_execution_history", "events", executionArn=arn)


def last_leg(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events since the last redrive by which states were entered."""
    last = max((place for place, each in enumerate(events) if each["type"] == "ExecutionRedriven"), default=0)
    return [each for each in events[last:] if "stateEnteredEventDetails" in each]
