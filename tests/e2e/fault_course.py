"""Runs the cells of the fault matrix: executions that meet one fault after the other, and what came of each.

An execution that fails in a state is redriven there, and meets the next fault of that state. So one execution is taken
through many failures, and its end shows that nothing was lost by any of them. Where the notice of the failure says that
nothing is to be redriven, the next execution meets the next fault.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from fault_cells import Cell, inline_map_of, outer_states
from fault_histories import history, last_leg, succeeded_states
from machines import unique, until
from notices import Heard
from stacks import Stack

log = logging.getLogger(__name__)

RECOVERED, HANDLED, REDRIVEN, FAILED = "recovered", "handled", "redriven", "failed"
"""Retry outlasted it; a Catch took it, and the execution succeeded; it failed, said so, and went on there; it failed,
and said what to do."""

GOOD = (RECOVERED, HANDLED, REDRIVEN, FAILED)
HUNG, FALSE_SUCCESS, SILENT, LOST, REPEATED, LEFT, CHANGED, UNEXPECTED, NOT_REACHED, NOT_RUN = (
    "hung",
    "false success",
    "no notice",
    "lost",
    "repeated a finished state",
    "left behind",
    "champion changed",
    "unexpected end",
    "not reached",
    "not run",
)
LONGEST_SECONDS = 600
"""How long an execution, a notice, or what is put back is waited for."""
ANOTHER = "another champion is live"
"""What begins with it, a trial says of an execution that failed and changed the champion."""

_MOST_VISITS = 3


@dataclass(frozen=True)
class Result:
    """What came of a cell, with the execution that met it."""

    cell: Cell
    outcome: str
    execution: str
    detail: str = ""


class Trial(Protocol):
    """How executions of a workflow are started and looked at.

    `always` are faults that each of them meets beside its cells, and `fails_by` is the error by which all fail then.
    `fails_whole` says whether `left` finds nothing only where all is whole after a failure too, so that what a state
    outlasted before is seen then.
    """

    always: tuple[dict[str, Any], ...]
    fails_by: str
    fails_whole: bool

    def start(self, name: str) -> str:
        """Start an execution of that name; its ARN."""
        ...

    def wrong(self, output: dict[str, Any]) -> str:
        """What is wrong with the output of one that succeeded, or with what is live then."""
        ...

    def left(self, arn: str) -> str:
        """What one that has ended has left behind, or one that failed has changed."""
        ...


@dataclass
class Course:
    """Executions of one workflow of one stack, one after the other, that meet these cells.

    Of each state those that end executions come first, and then those that must not: what is outlasted is only seen by
    what comes after it. `hear` gets each result as it comes.
    """

    stack: Stack
    heard: Heard
    trial: Trial
    cells: list[Cell]
    hear: Callable[[Result], None] = lambda _: None
    results: list[Result] = field(default_factory=list)
    visits: dict[Cell, int] = field(default_factory=dict)
    # Cells of this execution that its end will decide on.
    pending: list[Cell] = field(default_factory=list)

    def run(self, is_over: Callable[[], bool] = lambda: False) -> list[Result]:
        """Run until each cell has a result, or the time is over; the results."""
        while (waiting := self.waiting()) and not is_over():
            self._execute(waiting)
        self._settle(self.waiting(), NOT_RUN, "", "the time was over")
        return self.results

    def waiting(self) -> list[Cell]:
        """The cells that have no result yet."""
        over = {result.cell for result in self.results}
        return [cell for cell in self.cells if cell not in over]

    def _settle(self, cells: Iterable[Cell], outcome: str, execution: str, detail: str = "") -> None:
        for cell in cells:
            log.info("%s: %s %s", cell, outcome, detail[:200])
            self.results.append(Result(cell, outcome, execution, detail))
            self.hear(self.results[-1])

    def _execute(self, waiting: list[Cell]) -> None:
        """One execution from its start to a success, or to a failure that no redrive mends."""
        name, ahead, self.pending, settled = unique("faults"), by_state(waiting), [], len(self.results)
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
        active = [*met, *(cells[0] for cells in ahead.values())]
        if described["status"] == "SUCCEEDED":
            self._succeeded(arn, json.loads(described["output"]), [*self.pending, *met])
        elif described["status"] == "FAILED":
            handled = [cell for cell in self.pending if cell.is_caught and not cell.recovers]
            self._settle(handled, HANDLED, arn, "a later fault ended the execution")
            if self.trial.fails_whole and not any(each.outcome in (LEFT, CHANGED) for each in self.results[settled:]):
                succeeded = succeeded_states(history(self.stack, arn))
                outlasted = [cell for cell in self.pending if cell.recovers and cell.state in succeeded]
                self._settle(outlasted, RECOVERED, arn, "a later fault ended the execution")
            self._count_visits(cell for cell in self.pending if not (cell.is_caught or cell.recovers))
        else:
            self._hung(arn, described, [each for each in active if hit.get(moment_of(each))] or active[:1])
        self._inject(name, {})
        if len(self.results) == settled:
            self._count_visits(cells[0] for cells in ahead.values())

    def _hung(self, arn: str, described: dict[str, Any], cells: list[Cell]) -> None:
        """Take the blame of an execution that did not end by itself to the cells that it met, and stop it."""
        if described["status"] == "RUNNING":
            self.stack.client("stepfunctions").stop_execution(executionArn=arn)
        self._settle(cells, HUNG, arn, described["status"])

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
            lambda described: described["status"] != "RUNNING" or time.monotonic() - start > LONGEST_SECONDS,
            2 * LONGEST_SECONDS,
        )

    def _faults(self, name: str) -> list[dict[str, Any]]:
        return self.stack.server.request("/_local/faults", execution=name)["faults"]

    def _inject(self, name: str, ahead: dict[str, list[Cell]]) -> None:
        faults = [*(cells[0].request for cells in ahead.values()), *(self.trial.always if ahead else ())]
        self.stack.server.request("/_local/faults", execution=name, faults=faults)

    def _succeeded(self, arn: str, output: dict[str, Any], met: list[Cell]) -> None:
        wrong = self.trial.wrong(output) or self.trial.left(arn)
        for cell in met:
            good = RECOVERED if cell.recovers else HANDLED if cell.is_caught else FALSE_SUCCESS
            self._settle([cell], LOST if wrong else good, arn, wrong)

    def _failed_as_always(self, arn: str, described: dict[str, Any], met: list[Cell]) -> None:
        """What came of cells beside a fault by which the execution fails anyway."""
        left = self.trial.left(arn)
        bad = kind_of(left) if left else "" if self._notice(arn, described) else SILENT
        for cell in met:
            self._settle([cell], bad or (RECOVERED if cell.recovers else FAILED), arn, left)

    def _goes_on(
        self, arn: str, described: dict[str, Any], met: list[Cell], name: str, ahead: dict[str, list[Cell]]
    ) -> bool:
        """Look at a failure, and redrive the execution where its notice says so; whether that was done."""
        if self.trial.fails_by and described.get("error") == self.trial.fails_by:
            self._failed_as_always(arn, described, met)
            return False
        entered = last_leg(self.stack, arn)
        blamed = [cell for cell in met if not cell.recovers]
        if not blamed:
            self._blame_last(arn, described, entered[-1], met)
            return False
        # A child's state is in another history: its Map's is in this one.
        places = {
            name: entered.index(place) for name, place in outer_states(blamed[0].machine).items() if place in entered
        }
        blamed.sort(key=lambda cell: places.get(cell.state, -1))
        *handled, cell = blamed
        self.pending += [*handled, *(each for each in met if each.recovers)]
        message = self._notice(arn, described)
        left = self.trial.left(arn)
        if not message or left:
            self._settle([cell], kind_of(left) if left else SILENT, arn, left or described.get("error", ""))
            return False
        if f"wildrydes redrive {arn}" not in message:
            self._settle([cell], FAILED, arn, described.get("error", ""))
            return False
        self._inject(name, ahead)
        self.stack.client("stepfunctions").redrive_execution(executionArn=arn)
        first = until(lambda: last_leg(self.stack, arn), bool)[0]
        again = first in (entered[-1], inline_map_of(cell.machine, entered[-1]))
        self._settle([cell], REDRIVEN if again else REPEATED, arn, described.get("error", ""))
        return True

    def _blame_last(self, arn: str, described: dict[str, Any], state: str, met: list[Cell]) -> None:
        """No fault ended the execution: what it was redriven after did, or a state did not outlast what it should."""
        detail = f"{state}: {described.get('error')}: {described.get('cause')}"
        last = self.results[-1] if self.results else None
        if last and (last.execution, last.outcome, last.cell.state) == (arn, REDRIVEN, state):
            notice = self._notice(arn, described)
            outcome = FAILED if notice and "wildrydes redrive" not in notice else UNEXPECTED
            self.results[-1] = Result(last.cell, outcome, arn, f"a redrive fails again: {detail}")
            # What this attempt met as well, another execution shows.
            return
        if culprits := [each for each in self.pending if each.is_caught and each.fault.error in described["cause"]]:
            # A Catch took their fault, and an execution that was redriven since then ends by what it had dropped.
            self.pending = [*(each for each in self.pending if each not in culprits), *met]
            outcome = FAILED if self._notice(arn, described) else SILENT
            self._settle(culprits, outcome, arn, detail)
            return
        self._settle(met, UNEXPECTED, arn, detail)

    def _notice(self, arn: str, described: dict[str, Any]) -> str:
        """The notice of a failure that says what to do; empty where none comes."""

        def tells(body: dict[str, Any]) -> bool:
            text = body["Message"]
            return arn in text and described.get("error", "") in text and ("wildrydes" in text or "operations" in text)

        try:
            return self.heard.message(tells, LONGEST_SECONDS)["Message"]
        except AssertionError:
            return ""


def kind_of(left: str) -> str:
    """The outcome of what a failed execution has left."""
    return CHANGED if left.startswith(ANOTHER) else LEFT


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
