"""Reading the training set and training: the linear learner beside pandas, Polars, scikit-learn, MXNet and the SDK.

    python -m bench.training [--rows 1000000] [--rounds 5]

All ways of a stage run in turns, each in a process of its own, on the same rows. Writes build/bench.json, and prints
tables of medians: seconds on the clock and of the processor, memory, and how often ours goes into theirs, with the
lowest and the highest of the rounds. Exit codes: 0, 1 if two ways read other numbers from one file, 130 by Ctrl-C.
"""

import argparse
import gzip
import json
import os
import platform
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import Process
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.command import note, run
from bench.one_training import CANDIDATES, MODULE_ROWS
from local.algorithms.inputs import dense_records, recordio
from local.server import ROOT

PEERS = ROOT / ".venvs" / "peers" / "bin" / "python"
CONTAINER = ROOT / ".venvs" / "algorithms" / "bin" / "python"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SMALL, _RECORDS = 10_000, 100_000
Figures = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """What is measured: ours, and its peers by the interpreter that each runs in."""

    name: str
    ours: str
    peers: dict[str, Path]
    most_rounds: int = 1000
    """Losses are the same each time."""


_STAGES = (
    Stage("gzip CSV, 7 columns", "read_ours", {"read_pandas": PEERS, "read_polars": PEERS}),
    Stage("RecordIO, 100,000 records", "records_ours", {"records_sdk": Path(sys.executable)}),
    Stage("32 candidates beside one fit", "train_ours", {"train_sklearn": PEERS}),
    Stage("separable label, same decay", "separable_ours", {"separable_one": CONTAINER, "separable_sklearn": PEERS}, 1),
)


def main() -> int:
    """Measure every stage and print it. Returns 0, or 1 if two ways read other numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.training", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        note(f"Writing {options.rows:,} rows")
        # In a process of its own: the memory of whoever starts a process may count as that process's.
        writer = Process(target=lay_out, args=(folder, options.rows))
        writer.start()
        writer.join()
        if writer.exitcode:
            raise RuntimeError(f"the rows could not be written: {writer.exitcode}")
        results = {stage.name: _in_turns(stage, folder, options.rounds) for stage in _STAGES}
        results["MXNet modules"] = _modules(folder, options.rounds, results, options.rows)
        results["whole jobs"] = {
            size: [_job(folder / size) for _ in range(options.rounds)] for size in ("job", "small_job")
        }
    _save(results, options.rows)
    _print(results, options.rows)
    digests = [
        {figures["digest"] for each in results[stage.name].values() for figures in each} for stage in _STAGES[:2]
    ]
    return 0 if all(len(each) == 1 for each in digests) else 1


def _digests(ways: dict[str, list[Figures]]) -> set[str]:
    """Of the numbers that the ways read. By its fastest way, pandas rounds some last bits wrongly."""
    return {each["digest"] for way, figures in ways.items() if way != "read_pandas" for each in figures}


def lay_out(folder: Path, rows: int) -> None:
    """The rows, as the workflow's UNLOAD writes them, for the ways to read and for whole jobs."""
    generator = np.random.default_rng(7)
    distance = generator.gamma(2, 9, rows).round(9)
    points = [generator.integers(1, high, rows) for high in (9000, 4000)]
    coldest = generator.integers(-150, 250, rows)
    warmest, rain = coldest + generator.integers(0, 160, rows), generator.integers(0, 400, rows)
    features = np.column_stack([distance, *points, coldest, warmest, rain * (generator.random(rows) < 0.4)])
    separable = (points[1] >= 50 * distance).astype(int)
    chances = 1 / (1 + np.exp(2.5 - distance / 20 - points[1] / 4000 + coldest / 200))
    noisy = (generator.random(rows) < chances).astype(int)
    np.savez(folder / "rows.npz", features=features, noisy=noisy, separable=separable)
    pairs = zip(noisy.tolist(), features.tolist(), strict=True)
    lines = [f"{label}," + ",".join(f"{value:.9f}" for value in row) + "\n" for label, row in pairs]
    _place(folder / "csv", {"train": gzip.compress("".join(lines).encode(), 6)})
    _place(folder / "records", {"train": _records(features[:_RECORDS], noisy[:_RECORDS])})
    for name, count in (("job", rows), ("small_job", min(rows, _SMALL))):
        cuts = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}
        parts = {key: "".join(lines[count * low // 10 : count * high // 10]) for key, (low, high) in cuts.items()}
        _place(folder / name, {key: text.encode() for key, text in parts.items()})
        _configure(folder / name, min(1000, count * 8 // 100))


def _place(base: Path, channels: dict[str, bytes]) -> None:
    for name, content in channels.items():
        path = base / "input" / "data" / name / "part"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)


def _configure(base: Path, batch: int) -> None:
    channel = {"ContentType": "text/csv", "TrainingInputMode": "Pipe"}
    files = {
        "hyperparameters.json": {"predictor_type": "binary_classifier", "mini_batch_size": str(batch)},
        "inputdataconfig.json": dict.fromkeys(("train", "validation", "test"), channel),
    }
    (base / "input" / "config").mkdir()
    for name, content in files.items():
        (base / "input" / "config" / name).write_text(json.dumps(content), encoding="utf-8")


def _records(features: np.ndarray, labels: np.ndarray) -> bytes:
    """RecordIO as the SDK writes it of 64-bit floats."""
    heads = dense_records.entry(1, "<f8", features.shape[1])[: -8 * features.shape[1]]
    tails = dense_records.entry(2, "<f8", 1)[:-8]
    pairs = zip(features.astype("<f8"), labels.tolist(), strict=True)
    return b"".join(recordio.frame(heads + row.tobytes() + tails + struct.pack("<d", label)) for row, label in pairs)


def _in_turns(stage: Stage, folder: Path, rounds: int) -> dict[str, list[Figures]]:
    note(stage.name)
    ways = {stage.ours: CONTAINER, **stage.peers}
    figures: dict[str, list[Figures]] = {way: [] for way in ways}
    for number in range(min(rounds, stage.most_rounds)):
        for way in ways if number % 2 else reversed(ways):
            figures[way].append(_measure(way, ways[way], folder))
    return figures


def _measure(way: str, python: Path, folder: Path) -> Figures:
    command = [str(python), str(ROOT / "bench" / "one_training.py"), way, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (_ONE_THREAD if python == CONTAINER else {})
    answer = subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment)  # noqa: S603
    if answer.returncode:
        raise RuntimeError(f"{way} ended with {answer.returncode}: {answer.stderr.decode()[-2000:]}")
    # The SDK prints lines of its own before.
    return json.loads(answer.stdout.splitlines()[-1])


def _modules(folder: Path, rounds: int, results: dict[str, Any], rows: int) -> dict[str, list[Figures]]:
    """What MXNet's modules of all candidates would take for the epochs that ours took, by one epoch of some rows."""
    note("MXNet modules")
    epochs = results[_STAGES[2].name]["train_ours"][0]["epochs"]
    times = CANDIDATES * epochs * (rows * 8 // 10) / min(MODULE_ROWS, rows * 8 // 10)
    figures = [_measure("train_module", Path(sys.executable), folder) for _ in range(rounds)]
    scaled = [{**each, "wall": each["wall"] * times, "cpu": each["cpu"] * times} for each in figures]
    return {"train_ours": results[_STAGES[2].name]["train_ours"], "train_module": scaled}


def _job(base: Path) -> Figures:
    """A whole training container, from the start of its process to its end."""
    command = [str(CONTAINER), "-m", "local.algorithms.linear_learner", "--base-dir", str(base)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | _ONE_THREAD
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=base, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}


def _save(results: dict[str, Any], rows: int) -> None:
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "make bench BENCH=training",
        "machine": {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine()},
        "rows": rows,
        "stages": results,
    }
    path = ROOT / "build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    note(f"Wrote {path.relative_to(ROOT)}")


def _print(results: dict[str, Any], rows: int) -> None:
    print(f"{os.cpu_count()} cores, {rows:,} rows; medians, and theirs / ours with the lowest and highest round\n")  # noqa: T201
    print("| stage | way | clock | processor | memory | ratio, clock | ratio, processor | log loss |")  # noqa: T201
    print("|---|---|---|---|---|---|---|---|")  # noqa: T201
    for stage, ways in results.items():
        ours = next(iter(ways.values()))
        for way, figures in ways.items():
            ratios = ["", ""]
            if figures is not ours and stage != "whole jobs":
                ratios = [_ratio(ours, figures, name) for name in ("wall", "cpu")]
            loss = f"{figures[0]['loss']:.6f}" if "loss" in figures[0] else ""
            wall, cpu, peak = (median(each[name] for each in figures) for name in ("wall", "cpu", "peak"))
            cells = (stage, way, f"{wall:.3f} s", f"{cpu:.3f} s", f"{peak:.0f} MB", *ratios, loss)
            print(f"| {' | '.join(cells)} |")  # noqa: T201


def _ratio(ours: list[Figures], theirs: list[Figures], name: str) -> str:
    ratios = sorted(their[name] / our[name] for our, their in zip(ours, theirs, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"


if __name__ == "__main__":
    run(main)
