"""What the benchmarks' commands share: their notes to stderr, and how they end by Ctrl-C or another signal."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from rich.console import Console

from cli import interrupts


def load() -> str:
    """How many processes ran or waited in the last minute: of more than the cores, what is measured is too slow."""
    minute, *_ = os.getloadavg()
    return f"{minute:.1f}"


def note(text: str) -> None:
    """Print the present step."""
    Console(stderr=True).print(text)


def run(main: Callable[[], int]) -> NoReturn:
    """End the process with what `main` returns, or by Ctrl-C, SIGTERM or SIGHUP."""
    try:
        with interrupts.like_ctrl_c():
            sys.exit(main())
    except KeyboardInterrupt as fault:
        sys.exit(interrupts.exit_code(fault))
