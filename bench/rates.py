"""The rates that `wildrydes cost` computes with and that no other benchmark has: bytes, seconds and memory a row.

    python -m bench.rates [--rides 100000] [--rows 200000] [--objects 200000]

Measures bytes of a ride in a file of each shape and as it is stored, the processor's time of a row that is judged and
of one that is summed up, and the memory of an object in the list that list_rides writes. Seconds of a row are what more
rows take beyond a quarter of them, by the shortest of three rounds.
"""

import argparse
import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from rich.console import Console

from bench.command import run
from bench.ingest import write
from wildrydes.bucket import Source
from wildrydes.evaluation.feature_moments import training_rows
from wildrydes.evaluation.feature_profiles import Profiler, feed
from wildrydes.evaluation.judgement import ScoredRow
from wildrydes.evaluation.kinds import KINDS
from wildrydes.evaluation.split_rows import rows
from wildrydes.model.lineage import StoredObject, find_unsettled, pack_list, unpack_list
from wildrydes.model.linear_model import LinearModel
from wildrydes.rides.files import records_and_runs_of_chunk
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.tasks import BINARY

_ROUNDS = 3
_BLOCK = 1 << 20
_SHAPES = ("array", "travel_data", "bare", "lines")
_FEATURES = ("distance", "healthpoints", "magicpoints", "tmin", "tmax", "prcp")
_NOW = "2026-11-27T05:21:00.000Z"
_MOMENT = datetime(2026, 11, 27, tzinfo=UTC)


def main() -> int:
    """Measure and print. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.rates", description=__doc__)
    parser.add_argument("--rides", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--objects", type=int, default=200_000)
    options = parser.parse_args()
    console = Console()
    for line in chain(bytes_of_rides(options.rides), memory_of_lists(options.objects), times_of_rows(options.rows)):
        console.print(line, highlight=False)
    return 0


def bytes_of_rides(number: int) -> Iterator[str]:
    """The bytes of a ride in each shape, and under processed/."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / shape for shape in _SHAPES]
        for path in paths:
            write(path, path.name, number)
            yield f"a ride, {path.name}: {path.stat().st_size / number:.0f} bytes"
        records = records_and_runs_of_chunk(iter([paths[-1].read_bytes()]), 0, ride_reader(1500, _NOW))
        ingested = ingest(records, Source("raw/rides.json", "e", None, _NOW))
        stored = b"".join(of_year.data for of_year in ingested.processed.values())
    yield f"a stored ride: {len(stored) / number:.1f} bytes, unpacked {len(gzip.decompress(stored)) / number:.0f}"


def times_of_rows(number: int) -> Iterator[str]:
    """The seconds of a row of the test split that two models answer, and of one of the train split."""
    few, many = _split(number // 4), _split(number)
    for name, work in (("test", _judge), ("train", _sum_up)):
        seconds, more = _shortest(partial(work, few)), _shortest(partial(work, many))
        each = (more - seconds) / (number - number // 4)
        yield f"a row of the {name} split: {each * 1e6:.1f} µs, and {max(0.0, more - each * number):.1f} s for all"


def _judge(blocks: list[bytes]) -> None:
    kind = KINDS[BINARY]
    weights = (0.01, -0.0002, 0.0003, 0.001, 0.002, 0.003)
    models = [LinearModel("binary_classifier", weights, bias, 0.5) for bias in (0.1, 0.2)]

    def scored() -> Iterator[ScoredRow]:
        for label, features in rows(iter(blocks), len(_FEATURES), "test", kind.labels):
            yield label, [model.margin(features) for model in models]

    kind.judge(scored(), [0.5, 0.5])


def _sum_up(blocks: list[bytes]) -> None:
    profiler = Profiler(_FEATURES)
    training_rows(feed(rows(iter(blocks), len(_FEATURES), "train", KINDS[BINARY].labels), profiler))
    profiler.finish()


def memory_of_lists(number: int) -> Iterator[str]:
    """The most memory an object of a list takes: while the list is written, and while it is compared."""
    tracemalloc.start()
    packed = pack_list(_objects(number))
    _, most = tracemalloc.get_traced_memory()
    yield f"an object of a list: {len(packed.data) / number:.0f} bytes, {most / number:.0f} of memory"
    tracemalloc.reset_peak()
    for _ in find_unsettled(unpack_list(packed.data, packed.sha256), _objects(number), _MOMENT):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    yield f"an object of a list that is compared: {most / number:.0f} of memory"


def _objects(number: int) -> Iterator[StoredObject]:
    chance = random.Random(number)  # noqa: S311
    for place in range(number):
        key = f"processed/year=2026/stream/2026-11-27/{place:010x}{chance.randbytes(11).hex()}.1-rides.jsonl.gz"
        yield StoredObject(key, chance.randbytes(16).hex(), 300, chance.randbytes(16).hex(), _MOMENT)


def _split(number: int) -> list[bytes]:
    chance = random.Random(number)  # noqa: S311
    lines = (
        f"{chance.randrange(2)},{chance.uniform(1, 200):.9f},{chance.randrange(10_000)},{chance.randrange(10_000)},"
        f"{chance.randrange(-150, 250)},{chance.randrange(-50, 400)},{chance.randrange(300)}\n"
        for _ in range(number)
    )
    data = gzip.compress("".join(lines).encode(), 6, mtime=0)
    return [data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK)]


def _shortest(work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(_ROUNDS):
        began = process_time()
        work()
        seconds.append(process_time() - began)
    return min(seconds)


if __name__ == "__main__":
    run(main)
