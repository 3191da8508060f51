"""How models stand by what callers measured, as a table for people."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from wildrydes.edge.outcomes import Standing
from wildrydes.tasks import BINARY, TASKS

_NONE = "–"


def show(standings: Iterable[Standing], console: Console, champions: Mapping[str, str] | None = None) -> None:
    """Print a table a task; `champions` are the executions whose models are live, by task."""
    by_task: dict[str, list[Standing]] = {}
    for each in standings:
        by_task.setdefault(each.task, []).append(each)
    for task, listed in by_task.items():
        console.print(table(task, listed, (champions or {}).get(task)))


def table(task: str, standings: Iterable[Standing], champion: str | None) -> Table:
    """The models of a task, in the order in which they are given."""
    kind, unit = TASKS[task].kind, TASKS[task].unit
    measure = "log loss" if kind == BINARY else f"RMSE ({unit})"
    result = Table(
        "", "model", "requests", "errors", measure, "p50 (ms)", "p99 (ms)", title=task, box=None, title_justify="left"
    )
    for column in result.columns[2:]:
        column.justify = "right"
    for place, each in enumerate(standings, 1):
        name = f"{each.model} (live)" if each.model == champion else each.model
        numbers = (_number(each.measure(kind), 4 if kind == BINARY else 2), _number(each.p50, 1), _number(each.p99, 1))
        result.add_row(str(place), name, f"{each.requests:,}", f"{each.errors:,}", *numbers)
    return result


def _number(value: float | None, places: int) -> str:
    return _NONE if value is None else f"{value:,.{places}f}"
