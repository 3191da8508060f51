"""Bars of the commands that count: what is done of all, and the time since."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def bars(console: Console, *, transient: bool = False) -> Progress:
    """Shows as many bars as it is given tasks; `transient` ones leave nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=transient)
