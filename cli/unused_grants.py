"""The grants that the tests never used, each with the reason why it is there all the same: unused_grants.json.

`make grants` compares the file with what the tests used; docs/reference/grants.md shows it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "unused_grants.json"


@dataclass(frozen=True)
class Unused:
    """Actions that a statement allows to roles, by their names in the template, and that no test used."""

    roles: tuple[str, ...]
    statement: str
    actions: tuple[str, ...]
    reason: str

    def grants(self) -> set[tuple[str, str, str]]:
        """Role, statement and action of each grant."""
        return {(role, self.statement, action) for role in self.roles for action in self.actions}


def unused_grants(file: Path = FILE) -> tuple[Unused, ...]:
    """What the file says."""
    return tuple(
        Unused(tuple(each["roles"]), each["statement"], tuple(each["actions"]), each["reason"])
        for each in json.loads(file.read_text(encoding="utf-8"))
    )
