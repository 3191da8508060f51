"""The parts in which the fault matrix is run, each within its time, and what the runs of other parts came to.

A part has every so many-th cell of each state, and the next state begins one cell later. So each part has cells of
nearly all states, with faults of all kinds, and the parts together have every cell once.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from fault_cells import Cell, cells
from fault_course import NOT_REACHED, NOT_RUN, Result
from stacks import ROOT


@dataclass(frozen=True)
class Part:
    """The `number`-th of `of` parts; numbers begin with one."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """A part as the command line names it; ValueError if there is none of this number.

        >>> Part.parse("2/6")
        Part(number=2, of=6)
        """
        number, of = (int(each) for each in text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(f"{text} names none of {of} parts")
        return cls(number, of)

    def cells(self, machine: str) -> list[Cell]:
        """The cells of a workflow that belong to this part, in the order of the workflow."""
        states = groupby(cells(machine), key=lambda cell: cell.state)
        return [
            cell
            for place, (_, own) in enumerate(states)
            for number, cell in enumerate(own)
            if (place + number) % self.of == self.number - 1
        ]

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def digest(machine: str) -> str:
    """The SHA-256 of a workflow's rendered ASL: results of another one say nothing of it."""
    return sha256((ROOT / "statemachines" / f"{machine}.asl.json").read_bytes()).hexdigest()


def row(result: Result) -> dict[str, Any]:
    """A result as build/faults.json has it."""
    cell = result.cell
    return {
        "workflow": cell.machine,
        "state": cell.state,
        "fault": cell.fault.kind,
        "error": cell.fault.error,
        "moment": cell.fault.moment,
        "mode": cell.mode,
        "times": cell.times,
        "outcome": result.outcome,
        "execution": result.execution,
        "detail": result.detail[:500],
    }


def earlier(file: Path, machines: list[str]) -> list[Result]:
    """What earlier runs wrote of the same workflows: the results of cells that were injected; none without the file."""
    if not file.exists():
        return []
    content = json.loads(file.read_text(encoding="utf-8"))
    digests = content.get("digests", {})
    same = [machine for machine in machines if digests.get(machine) == digest(machine)]
    by_key = {_key(row(Result(cell, "", ""))): cell for machine in same for cell in cells(machine)}
    return [
        Result(by_key[_key(each)], each["outcome"], each["execution"], each["detail"])
        for each in content["results"]
        if _key(each) in by_key and each["outcome"] not in (NOT_REACHED, NOT_RUN)
    ]


def _key(fields: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(fields[name] for name in ("workflow", "state", "fault", "error", "moment", "mode", "times"))
