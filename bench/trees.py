"""A model of XGBoost: walked by the functions beside the library, same artefact, same rows, same run.

    python -m bench.trees

Prints a table of medians for models of 50, 100 and 200 rounds of depth 6, trained on the samples in data/. A cold start
is a process from its start to its first score, and all are seconds of the processor. The exit code is 1 if the two
ways' numbers differ by more than 1e-6.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import note, run
from local.server import ROOT

_ROUNDS = (50, 100, 200)
_PROCESSES = 5
_LARGEST_DIFFERENCE = 1e-6
LIBRARY = ROOT / ".venvs" / "algorithms" / "bin" / "python"


def main() -> int:
    """Measure both ways and print them. Returns 0, or 1 if they do not give the same numbers."""
    heading = f"{'cold':>9}{'of it the model':>17}{'one row':>12}{'1,000 rows':>13}"
    print(f"{os.cpu_count()} cores{heading:>71}{'size':>10}")  # noqa: T201
    worst = 0.0
    for rounds in _ROUNDS:
        note(f"Training and measuring {rounds} rounds")
        with TemporaryDirectory() as folder:
            subprocess.run(_command("train", folder, str(rounds)), check=True, cwd=ROOT)  # noqa: S603
            size = (Path(folder) / "model.tar.gz").stat().st_size
            runs = {way: [_measure(way, folder) for _ in range(_PROCESSES)] for way in ("library", "ours")}
        for way, figures in runs.items():
            print(_line(f"{rounds} rounds, {way}", figures, size))  # noqa: T201
        pairs = zip(runs["library"][0]["scores"], runs["ours"][0]["scores"], strict=True)
        worst = max(worst, *(abs(ours / library - 1) for library, ours in pairs))
    print(f"the scores differ by at most {worst:.1e} of their size")  # noqa: T201
    return 0 if worst <= _LARGEST_DIFFERENCE else 1


def _line(name: str, runs: list[dict[str, Any]], size: int) -> str:
    cold, load, one, many = (median(each[key] for each in runs) for key in ("cold", "load", "one", "many"))
    figures = f"{1e3 * cold:>10.0f} ms{1e3 * load:>14.1f} ms{1e6 * one:>9.0f} µs{1e3 * many:>10.1f} ms"
    return f"{name:<28}{figures}{size / 1e3:>7.0f} kB"


def _measure(way: str, folder: str) -> dict[str, Any]:
    """What a process measures of itself."""
    answer = subprocess.run(_command(way, folder), check=True, stdout=subprocess.PIPE, cwd=ROOT)  # noqa: S603
    return json.loads(answer.stdout)


def _command(way: str, *arguments: str) -> list[str]:
    python = sys.executable if way == "ours" else str(LIBRARY)
    return [python, "bench/one_model.py", way, *arguments]


if __name__ == "__main__":
    run(main)
