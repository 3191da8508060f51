"""Repeats the tests that race by themselves: those marked `races`, some hundred rounds, each in an order of its own.

    python tests/races.py --rounds 100 --seed 7

A round is a run of pytest with two workers, each with a server of its own. Its seed gives the round again. It ends with
the counts, and with exit code 1 where a test failed in any round.
"""

import argparse
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent
_DESCRIPTION = "Repeat the tests that race by themselves."
_MARK = "pytest.mark.races"
_COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")


def _above_zero(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def main() -> int:
    """Run the rounds. Returns the exit code: 1 where a round failed, or ran no test."""
    parser = argparse.ArgumentParser(prog="python tests/races.py", description=_DESCRIPTION)
    parser.add_argument(
        "--rounds",
        type=int,
        choices=range(1, 100_001),
        metavar="ROUNDS",
        default=100,
        help="how many (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=None, help="seed of the first round; each next has the next number")
    parser.add_argument("arguments", nargs="*", help="for pytest, after --")
    options = parser.parse_args()
    first = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    totals, red = Counter[str](), list[int]()
    for number in range(options.rounds):
        counts, failed, output = run_round(first + number, options.arguments)
        totals += counts
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "no test ran"
        print(f"round {number + 1} of {options.rounds}, seed {first + number}: {said}", flush=True)
        if failed:
            red.append(first + number)
            print(output, flush=True)
    said = ", ".join(f"{count} {outcome}" for outcome, count in totals.items()) or "no test ran"
    print(f"{options.rounds} rounds: {said}" + (f"; red with the seeds {red}" if red else "; all green"))
    return 1 if red else 0


def run_round(seed: int, arguments: list[str]) -> tuple[Counter[str], bool, str]:
    """Run the marked tests once: how many ended how, whether the round failed, and what pytest printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "races", "-n", "2", f"--randomly-seed={seed}"]
    ended = subprocess.run([*command, *arguments, *marked_files()], capture_output=True, text=True, check=False)
    summary = ended.stdout.rstrip().rpartition("\n")[2]
    counts = Counter({outcome: int(count) for count, outcome in _COUNT.findall(summary)})
    return counts, ended.returncode != 0, ended.stdout + ended.stderr


def marked_files() -> list[str]:
    """The files in which a test is marked."""
    paths = sorted(TESTS.rglob("test_*.py"))
    return [str(path) for path in paths if _MARK in path.read_text(encoding="utf-8")]


if __name__ == "__main__":
    sys.exit(main())
