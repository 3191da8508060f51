"""What the benchmarks' commands share: what they print to stderr while they measure, and how they end by Ctrl-C."""

import sys
from collections.abc import Callable
from typing import NoReturn

from rich.console import Console

_INTERRUPTED = 130


def note(text: str) -> None:
    """Print the present step."""
    Console(stderr=True).print(text)


def run(main: Callable[[], int]) -> NoReturn:
    """End the process with what `main` returns, or by Ctrl-C."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
