"""What takes longer than two seconds says how far it is; what does not says nothing."""

import io
import re
import threading

from rich.console import Console

from cli.progress import signs_of_life


class Printed(io.StringIO):
    """Tells when two lines were printed."""

    def __init__(self) -> None:
        super().__init__()
        self.two_lines = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\n") >= 2:
            self.two_lines.set()
        return written


def test_block_that_takes_long_says_how_far_it_is_again_and_again() -> None:
    printed, counts = Printed(), iter(range(1, 1000))
    with signs_of_life(
        Console(file=printed), lambda: f"{next(counts)} of 9 resources", first_pause=0.0, next_pauses=0.0
    ):
        assert printed.two_lines.wait(60)
    lines = printed.getvalue().splitlines()
    assert re.fullmatch(r"  1 of 9 resources after \d+ s", lines[0])
    assert re.fullmatch(r"  2 of 9 resources after \d+ s", lines[1])


def test_block_that_is_soon_over_says_nothing() -> None:
    printed = Printed()
    with signs_of_life(Console(file=printed), lambda: "never"):
        pass
    assert printed.getvalue() == ""
