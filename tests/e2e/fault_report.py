"""What the fault matrix shows: printed, as build/faults.json, and as the page build/faults.html."""

import json
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from fault_cells import Cell, cells
from fault_course import GOOD, NOT_REACHED, NOT_RUN, Result
from fault_parts import digest, row
from fault_transitions import Transition, all_transitions
from reports.html import document, table


@dataclass
class Matrix:
    """The results of cells, by workflow, and the transitions that its executions have gone."""

    # Until when cells are run, by time.monotonic().
    end: float = float("inf")
    results: list[Result] = field(default_factory=list)
    # Those of earlier runs of the same workflows; a newer result of a cell takes their place.
    earlier: list[Result] = field(default_factory=list)
    transitions: dict[str, set[Transition]] = field(default_factory=dict)
    # Those that earlier runs and other tests have gone.
    others: dict[str, set[Transition]] = field(default_factory=dict)

    def add(self, machine: str, transitions: set[Transition]) -> None:
        """Take in transitions that executions of a workflow have gone."""
        self.transitions.setdefault(machine, set()).update(transitions)

    @property
    def injected(self) -> list[Result]:
        """The results of the cells whose fault happened, in this run or in an earlier one."""
        own = [each for each in self.results if each.outcome not in (NOT_REACHED, NOT_RUN)]
        done = {each.cell for each in own}
        return own + [each for each in self.earlier if each.cell not in done]

    @property
    def every(self) -> list[Result]:
        """The results of this run and of earlier ones: of a cell that was not injected now, the earlier one as well."""
        return self.injected + [each for each in self.results if each.outcome in (NOT_REACHED, NOT_RUN)]

    @property
    def not_injected(self) -> list[Cell]:
        """The cells whose fault did not happen: nothing came to the state, or the time was over."""
        done = {each.cell for each in self.injected}
        return [cell for machine in self.transitions for cell in cells(machine) if cell not in done]

    @property
    def bad(self) -> list[Result]:
        """What must not be: hung, falsely succeeded, silent, lost, left behind, not reached, not run, …"""
        return [each for each in self.results if each.outcome not in GOOD]

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "digests": {machine: digest(machine) for machine in self.transitions},
            "totals": {
                "injected_now": sum(each.outcome not in (NOT_REACHED, NOT_RUN) for each in self.results),
                "injected": len(self.injected),
                "cells": sum(len(cells(machine)) for machine in self.transitions),
                "outcomes": dict(Counter(each.outcome for each in self.injected).most_common()),
            },
            "not_injected": dict(Counter(f"{each.machine}: {each.state}" for each in self.not_injected)),
            "transitions": {machine: self._coverage(machine) for machine in self.transitions},
            "results": [row(each) for each in self.every],
        }

    def _coverage(self, machine: str) -> dict[str, Any]:
        every = all_transitions(machine)
        gone, others = self.transitions[machine] & every, self.others.get(machine, set()) & every
        return {
            "all": len(every),
            "gone": len(gone),
            "gone_earlier": len(others - gone),
            "missing": [list(each) for each in sorted(every - gone - others)],
        }

    def text(self) -> str:
        """The matrix and the totals, for a terminal."""
        content = self.document()
        lines = [f"{machine}: {state}\n    {said}" for (machine, state), said in self._said().items()]
        lines += [f"{each.cell}: {each.outcome} ({each.execution}) {each.detail}" for each in self.bad]
        for machine, coverage in content["transitions"].items():
            lines.append(f"{machine}: {_gone(coverage)}")
        missing = ", ".join(f"{place} ({count})" for place, count in content["not_injected"].items())
        lines.append(f"{len(self.not_injected)} cells not injected: {missing}")
        totals = ", ".join(f"{count} {outcome}" for outcome, count in content["totals"]["outcomes"].items())
        counts = "{injected_now} faults now, {injected} with earlier runs, of {cells} cells".format(**content["totals"])
        return "\n".join([*lines, f"{counts}: {totals}"])

    def _said(self) -> dict[tuple[str, str], str]:
        """By state, what came of its cells, kind by kind."""
        said: dict[tuple[str, str], list[str]] = {}
        for each in self.injected:
            cell = each.cell
            entry = f"{cell.fault.kind}, {cell.mode}: {each.outcome}"
            said.setdefault((cell.machine, cell.state), []).append(entry)
        return {place: "; ".join(entries) for place, entries in said.items()}

    def page(self) -> str:
        """The page: totals, a table a workflow with a column a kind, and the transitions that nothing has gone."""
        content = self.document()
        totals = table(("outcome", "faults"), [(name, str(n)) for name, n in content["totals"]["outcomes"].items()])
        sections = [
            "<h1>Faults</h1>",
            f"<p>{len(self.injected)} of {content['totals']['cells']} were injected, in this run or earlier.</p>",
            totals,
        ]
        for machine, coverage in content["transitions"].items():
            sections += [f"<h2>{escape(machine)}</h2>", self._table(machine)]
            sections.append(f"<p>{_gone(coverage)}. Not gone:</p>")
            sections.append(table(("from", "to"), coverage["missing"]))
        return document("Faults", sections)

    def _table(self, machine: str) -> str:
        own = [each for each in self.every if each.cell.machine == machine]
        kinds = list(dict.fromkeys(each.cell.fault.kind for each in own))
        names = list(dict.fromkeys(each.cell.state for each in own))
        rows = [[name, *(_square(own, name, kind) for kind in kinds)] for name in names]
        return table(("state", *kinds), rows)

    def write(self, folder: Path) -> None:
        """Write both files."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "faults.json").write_text(json.dumps(self.document(), indent=1) + "\n", encoding="utf-8")
        (folder / "faults.html").write_text(self.page(), encoding="utf-8")


def _gone(coverage: dict[str, Any]) -> str:
    others = (
        f", and {coverage['gone_earlier']} more in earlier runs and other tests" if coverage["gone_earlier"] else ""
    )
    return f"{coverage['gone']} of {coverage['all']} transitions gone{others}"


def _square(results: list[Result], state: str, kind: str) -> str:
    """The outcomes of one fault at one state, in the order of its modes."""
    own = [each for each in results if (each.cell.state, each.cell.fault.kind) == (state, kind)]
    return ", ".join(each.outcome for each in own)
