"""Ingestion on one core: plan and chunks beside the workshop's loop, Polars and DuckDB, on files of the four shapes.

    python -m bench.ingest [--rides 100000,1000000] [--rounds 5] [--shapes array,travel_data,bare,lines]

The ways take turns, each in a process of its own (bench/one_ingest.py says what each does). Writes build/bench.json,
and prints a table of medians: rides a second of the processor's time, seconds on the clock, memory, and how many times
as many rides ours takes, with the lowest and the highest of the rounds; then what the plan takes of the ingestion's
processor time. Exit codes: 0, 1 if a way took other rides than were written, 130 by Ctrl-C.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import note, run
from local.server import ROOT

_PEERS = ROOT / ".venvs" / "peers" / "bin" / "python"
_WAYS = {
    "ours": Path(sys.executable),
    "loop": Path(sys.executable),
    "polars": _PEERS,
    "polars_hash": _PEERS,
    "duckdb": Path(sys.executable),
}
_SHAPES = ("array", "travel_data", "bare", "lines")
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
_UNICORNS = ("Shadowfax", "Bucephalus", "Rocinante", "Jörmundr", "Kirin 麒麟", "Twilight", "Zéphyr", "Pegasus")
_HOMES = ((40.797, -73.934), (40.776, -73.885), (40.772, -73.975), (40.655, -73.790), (40.72, -73.99), (40.70, -73.85))

Figures = dict[str, Any]


def main() -> int:
    """Measure all ways and print them. Returns 0, or 1 if one did not take every ride."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--rides", default="100000,1000000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", default=",".join(_SHAPES))
    options = parser.parse_args()
    results: dict[str, dict[str, list[Figures]]] = {}
    complete = True
    for number in map(int, options.rides.split(",")):
        for shape in options.shapes.split(","):
            name = f"{number:,} rides, {shape}"
            note(f"Measuring {name}")
            with TemporaryDirectory() as folder:
                path = Path(folder) / f"{shape}.json"
                write(path, shape, number)
                results[name] = _in_turns(shape, path, options.rounds)
            complete &= all(each["rides"] == number for runs in results[name].values() for each in runs)
            _save(results)
            print("\n".join(_lines(name, results[name])), flush=True)  # noqa: T201
    return 0 if complete else 1


def write(path: Path, shape: str, number: int) -> None:
    """Writes a file of so many rides in a shape, each time the same."""
    opening, between, closing, indent = {
        "array": ("[", ",\n", "]", 4),
        "travel_data": ('{"travel_data": [', ", ", "]}", None),
        "bare": ("", "\n", "\n", 2),
        "lines": ("", "\n", "\n", None),
    }[shape]
    with path.open("w", encoding="utf-8") as file:
        file.write(opening)
        for place, ride in enumerate(rides(number)):
            file.write((between if place else "") + json.dumps(ride, indent=indent))
        file.write(closing)


def rides(number: int) -> Iterator[dict[str, Any]]:
    """Rides around New York, numbers with all their digits, as a producer's program writes them."""
    chance = random.Random(number)  # noqa: S311
    first = datetime(2018, 1, 1)  # noqa: DTZ001
    for _ in range(number):
        latitude, longitude = chance.choice(_HOMES)
        time = first + timedelta(milliseconds=chance.randrange(63_072_000_000))
        ride = {
            "Distance": chance.uniform(1, 200),
            "HealthPoints": chance.randrange(10_000),
            "Latitude": chance.gauss(latitude, 0.02),
            "Longitude": chance.gauss(longitude, 0.02),
            "MagicPoints": chance.randrange(10_000),
            "Name": chance.choice(_UNICORNS),
            "StatusTime": time.isoformat(" ", "milliseconds"),
        }
        yield ride if chance.random() < 0.5 else ride | {"FieldService": chance.randrange(2)}


def _in_turns(shape: str, path: Path, rounds: int) -> dict[str, list[Figures]]:
    """What each way measured of itself, by way."""
    runs: dict[str, list[Figures]] = {way: [] for way in _WAYS}
    for _ in range(rounds):
        for way, python in _WAYS.items():
            command = [str(python), "bench/one_ingest.py", way, shape, str(path)]
            answer = subprocess.run(  # noqa: S603
                command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | _ONE_THREAD
            )
            runs[way].append(json.loads(answer.stdout))
    return runs


def _lines(name: str, runs: dict[str, list[Figures]]) -> Iterator[str]:
    for way, figures in runs.items():
        cpu, wall, memory = (median(each[key] for each in figures) for key in ("cpu", "wall", "memory"))
        ratios = [theirs["cpu"] / ours["cpu"] for theirs, ours in zip(figures, runs["ours"], strict=True)]
        rate = figures[0]["rides"] / cpu
        yield (
            f"{name}, {way:<11}{rate:>10,.0f} rides/s{wall:>8.2f} s{memory:>7.0f} MB"
            f"{median(ratios):>8.2f}× ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    shares = [each["plan_cpu"] / each["cpu"] for each in runs["ours"]]
    yield f"{name}, plan: {median(shares):.1%} of ours ({min(shares):.1%} to {max(shares):.1%})"


def _save(results: dict[str, Any]) -> None:
    """Puts the figures into build/bench.json, beside those of other benchmarks."""
    path = ROOT / "build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    saved = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machine = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    earlier = saved.get("ingest", {}).get("results", {})
    saved["ingest"] = machine | {"date": datetime.now(UTC).date().isoformat(), "results": earlier | results}
    path.write_text(json.dumps(saved, indent=1), encoding="utf-8")


if __name__ == "__main__":
    run(main)
