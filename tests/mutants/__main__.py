"""Changes single lines of the project, and says which changes no test of the module notices.

    python tests/mutants --mutants 40 --seed 1 functions/wildrydes/evaluation

A room is a folder of the project. Each has as many changes as `--mutants` says, in lines that the seed draws; the same
seed gives the same changes for the same sources. Each change is made in a copy of the project, and the tests of the
module are run until one fails. The survivors are printed as diffs. Those that mean the same as before, or that tests
elsewhere notice, stand in equivalent.json with the reason, and are not counted.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from mutations import Mutation, draw
from trial import Trial, copy_project, try_mutation

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("functions", "statemachines", "local/iam", "local/stepfunctions", "local/lambda_")
_REASONS = Path(__file__).with_name("equivalent.json")
_DESCRIPTION = "Change single lines, and list the changes that no test of the module notices."


def main() -> int:
    """Run the trials. Returns the exit code: 1 where fewer were noticed than `--score` asks for."""
    options = _arguments()
    mutations = [
        mutation
        for room in options.rooms
        for mutation in draw((ROOT / room).rglob("*.py"), ROOT, options.mutants, options.seed)
    ]
    reasons = json.loads(_REASONS.read_text(encoding="utf-8"))
    trials = []
    for trial in _trials(mutations, options.workers):
        trials.append(trial)
        outcome = "explained" if trial.outcome != "killed" and trial.diff in reasons else trial.outcome
        place = f"{trial.mutation.path}:{trial.mutation.line}"
        print(f"{len(trials)} of {len(mutations)}: {place} {outcome} {trial.test} {trial.seconds} s", flush=True)
        if outcome not in {"killed", "explained"}:
            print(trial.diff, flush=True)
    return _report(trials, reasons, options)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/mutants", description=_DESCRIPTION)
    parser.add_argument("rooms", nargs="*", default=ROOMS, help=f"folders (default: {' '.join(ROOMS)})")
    parser.add_argument("--mutants", type=int, default=40, help="how many in each room (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="draws the lines (default: %(default)s)")
    parser.add_argument("--score", type=float, default=85.0, help="percentage to be noticed (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="(default: %(default)s)")
    options = parser.parse_args()
    if missing := [room for room in options.rooms if not (ROOT / room).is_dir()]:
        parser.error(f"no such folder: {', '.join(missing)}")
    return options


def _trials(mutations: list[Mutation], workers: int) -> Iterator[Trial]:
    """Try the changes side by side, each worker in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(workers) as pool:
        copies = SimpleQueue[Path]()
        for number in range(workers):
            copy_project(ROOT, copy := Path(folder) / str(number))
            copies.put(copy)

        def run(mutation: Mutation) -> Trial:
            copy = copies.get()
            try:
                return try_mutation(copy, mutation)
            finally:
                copies.put(copy)

        yield from pool.map(run, mutations)


def _report(trials: list[Trial], reasons: dict[str, str], options: argparse.Namespace) -> int:
    counts = Counter(trial.outcome for trial in trials)
    survivors = [trial for trial in trials if trial.outcome != "killed" and trial.diff not in reasons]
    for trial in survivors:
        print(f"\n{trial.outcome}\n{trial.diff}")
    noticed, explained = counts["killed"], len(trials) - counts["killed"] - len(survivors)
    counted = noticed + len(survivors)
    score = 100 * noticed / counted if counted else 0.0
    print(
        f"\n{len(trials)} changes, seed {options.seed}: {noticed} noticed, {len(survivors)} not, {explained} explained"
    )
    print(f"Mutation score: {score:.1f}% (asked for: {options.score:g}%)")
    report = {"seed": options.seed, "score": score, "trials": [asdict(trial) for trial in trials]}
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "mutants.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if score >= options.score else 1


if __name__ == "__main__":
    sys.exit(main())
