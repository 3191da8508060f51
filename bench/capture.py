"""What capture costs a caller: the same requests to two stacks, one that captures all and one that captures none.

    python -m bench.capture

Both are on one embedded AWS, with the same model, and are asked in turns over one connection each, as a caller would:
through the API, the function and its log. Prints the median of each and how much longer the captured ones take; then
what making the line takes by itself. The target is that the median is within 5%; the exit code is 1 if it is not.
"""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.api import EXECUTION, Api, package_in, serve
from bench.command import note, run
from bench.one_way import FEATURES
from cli import embedded
from cli.progress import bar
from wildrydes.capture.record import Capture, lines

_TARGET = 1.05
_ROUNDS = {1: (60, 25), 1000: (20, 4)}
"""By the rides in a request: how many rounds of how many requests each stack gets."""


def main() -> int:
    """Measure both stacks and print them. Returns 0, or 1 if a captured ride takes more than a twentieth longer."""
    note("Starting an embedded AWS, and deploying two stacks")
    with TemporaryDirectory() as folder, embedded.temporary_server(Path(folder) / "log") as server:
        package = package_in(Path(folder))
        apis = [serve(server, package, f"captures-{fraction}", fraction) for fraction in ("0", "1")]
        ratios = {rides: _compare(apis, rides) for rides in _ROUNDS}
    for rides in _ROUNDS:
        text = f"the line of {rides:,} {'ride' if rides == 1 else 'rides'} by itself"
        print(f"{text:<46}{1e6 * _line_seconds(rides):>10.1f} µs")  # noqa: T201
    return 0 if ratios[1] <= _TARGET else 1


def _compare(apis: list[Api], rides: int) -> float:
    """Print the medians of requests of so many rides, and give their ratio."""
    rounds, requests = _ROUNDS[rides]
    values = [dict(zip(FEATURES, row, strict=True)) for row in _rows(rides)]
    body = json.dumps(values[0] if rides == 1 else values).encode()
    times: dict[str, list[float]] = {api.fraction: [] for api in apis}
    for api in apis:
        # A cold start, and whatever else is done once.
        for _ in range(requests):
            api.seconds(body)
    for api in _in_turns(apis, f"requests of {rides:,}", rounds):
        times[api.fraction] += [api.seconds(body) for _ in range(requests)]
    without, captured = (1e3 * median(times[fraction]) for fraction in ("0", "1"))
    target = f"   target {_TARGET:g}: {'yes' if captured / without <= _TARGET else 'NO'}" if rides == 1 else ""
    text = f"{rides:,} {'ride' if rides == 1 else 'rides'} in a request, p50: not captured, captured"
    print(f"{text:<46}{without:>10.3f}{captured:>10.3f} ms{captured / without:>8.3f}{target}")  # noqa: T201
    return captured / without


def _in_turns(apis: list[Api], what: str, rounds: int) -> Iterator[Api]:
    """Each API so often, now the one first and now the other."""
    order = [api for number in range(rounds) for api in (apis if number % 2 else reversed(apis))]
    with bar(what, len(order)) as show:
        for count, api in enumerate(order):
            show(count)
            yield api


def _rows(count: int) -> list[list[float]]:
    chance = random.Random(20)  # noqa: S311
    spans = ((0.5, 60), (0, 9000), (0, 4000), (-150, 250), (-50, 380), (0, 400))
    return [[round(chance.uniform(*span), 1) for span in spans] for _ in range(count)]


def _line_seconds(rides: int) -> float:
    """What making the line takes: the median of seven rounds."""
    rows: Any = _rows(rides)
    capture = Capture(
        time.time(),
        "heavy_utilization",
        EXECUTION,
        "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44",
        FEATURES,
        range(rides),
        [None] * rides,
        rows,
        [0.123456789] * rides,
    )
    rounds, calls = [], max(5, 5000 // rides)
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(calls):
            lines(capture)
        rounds.append((time.perf_counter() - began) / calls)
    return median(rounds)


if __name__ == "__main__":
    run(main)
