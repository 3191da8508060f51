"""Every command of the workshop's guided modes, page by page in a fresh clone: `make workshop`.

Each mode has a clone and a server of its own, as each reader has. What was measured is in build/workshop.json, and all
that the commands printed in build/workshop-<mode>.log.
"""

import json
import sys
from pathlib import Path

import pytest
from workshop_clone import PageError, Shell, check_output, fresh_clone
from workshop_pages import GUIDED, ROOT, blocks, page_paths

pytestmark = pytest.mark.workshop

BUILD = ROOT / "build"


@pytest.mark.parametrize("mode", GUIDED)
def test_pages_do_what_they_say(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    BUILD.mkdir(exist_ok=True)
    log = BUILD / f"workshop-{mode.lower().replace(' ', '-')}.log"
    log.unlink(missing_ok=True)
    seconds: dict[str, float] = {}
    wrong: list[str] = []
    with fresh_clone(ROOT) as clone:
        shell = Shell(clone, log)
        try:
            for page in page_paths(clone):
                spent, faults = run_page(shell, page, mode)
                wrong += faults
                seconds[page.name] = round(spent, 1)
                with capsys.disabled():
                    sys.stdout.write(f"{mode}: {page.name} took {spent:.0f} s of machine time\n")
                    sys.stdout.flush()
        finally:
            shell.close()
    record(mode, seconds)
    assert not wrong, "\n\n".join(wrong)


def run_page(shell: Shell, page: Path, mode: str) -> tuple[float, list[str]]:
    """Seconds of machine time of a page, and the outputs that are not as shown. Raises PageError if a command fails."""
    spent, wrong = 0.0, []
    for block in blocks(page, mode):
        ran = shell.run(block)
        spent += ran.seconds
        try:
            check_output(block, ran)
        except PageError as fault:
            wrong.append(str(fault))
    return spent, wrong


def record(mode: str, seconds: dict[str, float]) -> None:
    """Write the times of a mode beside those of the other."""
    file = BUILD / "workshop.json"
    times = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps(times | {mode: seconds}, indent=2) + "\n", encoding="utf-8")
