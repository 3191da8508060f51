"""A prediction: the project's way beside the workshop's, same artefact, same machine, same run.

    python -m bench.predict

The workshop's way (bench/original/inference.py) is boto3 and MXNet, the artefact fetched, extracted and loaded at
import, the Module bound anew on each call. Both run in the same interpreter, against the embedded AWS's S3, in turns.
Prints a table of medians and the target of each ratio; the exit code is 1 if the two ways' numbers differ by more
than 1e-6.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.command import note, run
from bench.one_way import FEATURES, RESULT_PREFIX
from cli import embedded
from cli.progress import bar
from local.account import EmbeddedAws
from local.algorithms.linear_learner import artefact
from local.algorithms.linear_learner.hyperparameters import parse
from local.sagemaker.transfer import pack
from local.server import ROOT

_BUCKET, _EXECUTION = "bench-predictions", "bench-run"
_KEY = f"models/{_EXECUTION}/{_EXECUTION}/output/model.tar.gz"
_COLD_STARTS, _WARM_RUNS = 21, 3
_LARGEST_DIFFERENCE = 1e-6
_MODEL = artefact.Model.rounded(np.array([-0.05, 0.0001, 0.0005, 0.001, 0.002, 0.003]), -0.4)


@dataclass(frozen=True)
class Way:
    """A way of answering: the folder and the module of its handler."""

    folder: Path
    module: str


@dataclass(frozen=True)
class Line:
    """A line of the table, both figures in `unit`; `target` is the ratio to reach, if any."""

    name: str
    original: float
    ours: float
    unit: str
    target: float | None

    def __str__(self) -> str:
        ratio = self.original / self.ours
        verdict = ""
        if self.target is not None:
            verdict = f"   target {self.target:,.0f}: {'yes' if ratio >= self.target else 'NO'}"
        return f"{self.name:<42}{self.original:>11.4g}{self.ours:>11.4g} {self.unit:<3}{ratio:>10,.1f} times{verdict}"


ORIGINAL = Way(ROOT / "bench" / "original", "inference")
OURS = Way(ROOT / "functions", "predict.app")


def main() -> int:
    """Measure both ways and print them. Returns 0, or 1 if they do not give the same numbers."""
    rows = _rows()
    note("Starting an embedded AWS")
    with TemporaryDirectory() as folder, embedded.temporary_server(Path(folder) / "log") as server:
        store(server, Path(folder))
        (Path(folder) / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
        environment = _environment(server, rows[0], Path(folder) / "rows.json")
        cold = {way: [] for way in (ORIGINAL, OURS)}
        for way in _in_turns("cold starts", _COLD_STARTS):
            answer, seconds = _run(way, "cold", environment)
            if json.loads(answer)["statusCode"] != 200:
                raise RuntimeError(f"{way.module} answered {answer}")
            cold[way].append(seconds)
        warm = {way: [] for way in (ORIGINAL, OURS)}
        for way in _in_turns("warm runs", _WARM_RUNS):
            warm[way].append(json.loads(_run(way, "warm", environment)[0]))
    heading = "the workshop's way"
    print(f"{os.cpu_count()} cores; {heading:>47}{'ours':>11}")  # noqa: T201
    for line in lines(cold, warm):
        print(line)  # noqa: T201
    difference = max(abs(a - b) for a, b in zip(warm[ORIGINAL][0]["scores"], warm[OURS][0]["scores"], strict=True))
    print(f"the {len(rows):,} probabilities differ by at most {difference:.1e}")  # noqa: T201
    return 0 if difference <= _LARGEST_DIFFERENCE else 1


def lines(cold: dict[Way, list[float]], warm: dict[Way, list[dict[str, Any]]]) -> Iterator[Line]:
    """The table."""

    def of(name: str, way: Way) -> float:
        return median(run[name] for run in warm[way])

    def line(text: str, name: str, target: float | None) -> Line:
        return Line(text, 1e6 * of(name, ORIGINAL), 1e6 * of(name, OURS), "µs", target)

    yield Line("cold process to its first answer", 1e3 * median(cold[ORIGINAL]), 1e3 * median(cold[OURS]), "ms", 25)
    yield line("warm prediction by itself", "one", 1000)
    yield line("warm request, the whole handler", "request", 30)
    yield line("1,000 predictions by themselves, one call", "many", 4)
    yield line("1,000 rides in one request, whole handlers", "batch", None)
    yield Line(
        "1,000 rides, the workshop's one a request", 1e9 * of("request", ORIGINAL), 1e6 * of("batch", OURS), "µs", 4
    )
    original, ours = (sum(map(_installed_bytes, _closure(names))) / 1e6 for names in (["mxnet"], _required()))
    yield Line("package", original, ours + _code_bytes(OURS.folder) / 1e6, "MB", 247 / 15)


def store(server: EmbeddedAws, folder: Path) -> None:
    """Put the artefact and its card where an execution would."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    (folder / "model").mkdir()
    artefact.write(folder / "model", _MODEL, parse({"predictor_type": "binary_classifier"}))
    s3.put_object(Bucket=_BUCKET, Key=_KEY, Body=pack(folder / "model"))
    card = {
        "execution": _EXECUTION,
        "target": "heavy_utilization",
        "features": FEATURES,
        "model_path": _KEY,
        "verdict": {"promote": True, "reason": "measured alone"},
    }
    s3.put_object(Bucket=_BUCKET, Key=f"models/{_EXECUTION}/card.json", Body=json.dumps(card))


def _in_turns(what: str, times: int) -> Iterator[Way]:
    """Both ways, so many times each."""
    ways = [ORIGINAL, OURS] * times
    with bar(what, len(ways)) as show:
        for count, way in enumerate(ways):
            show(count)
            yield way


def _rows() -> list[list[float]]:
    """A thousand rides' features."""
    chance = random.Random(20)  # noqa: S311
    spans = ((0.5, 60), (0, 9000), (0, 4000), (-150, 250), (-50, 380), (0, 400))
    return [[round(chance.uniform(*span), 1) for span in spans] for _ in range(1000)]


def _environment(server: EmbeddedAws, row: list[float], rows: Path) -> dict[str, str]:
    event = json.loads((ROOT / "events" / "predict_ride.json").read_text(encoding="utf-8"))
    event["body"] = json.dumps(dict(zip(FEATURES, row, strict=True)))
    return server.variables() | {
        "PATH": os.environ["PATH"],
        "BUCKET": _BUCKET,
        "DATA_BUCKET": _BUCKET,
        "MODEL_PATH": _KEY,
        "POWERTOOLS_SERVICE_NAME": "wildrydes",
        "REQUEST": json.dumps(event),
        "ROWS": str(rows),
    }


def _run(way: Way, temper: str, environment: dict[str, str]) -> tuple[str, float]:
    """The result that a process of a way prints, and the seconds from its start until then. MXNet logs to stderr."""
    command = [sys.executable, str(ROOT / "bench" / "one_way.py"), str(way.folder), way.module, temper]
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        result, seconds = "", 0.0
        for line in run.stdout or ():
            if line.startswith(RESULT_PREFIX):
                result, seconds = line.removeprefix(RESULT_PREFIX), time.perf_counter() - began
    if run.returncode or not result:
        raise RuntimeError(f"{command} ended with {run.returncode} and printed no result")
    return result, seconds


def _required() -> list[str]:
    """The distributions that the functions' package has beside their code."""
    text = (ROOT / "functions" / "requirements.txt").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)


def _closure(names: list[str]) -> set[str]:
    """Distributions and all they require."""
    distributions: set[str] = set()
    pending = list(names)
    while pending:
        name = re.split(r"[ ;<>=!~(\[]", pending.pop())[0].lower()
        if name not in distributions:
            distributions.add(name)
            pending += [each for each in metadata.requires(name) or () if "extra ==" not in each]
    return distributions


def _installed_bytes(name: str) -> int:
    files = (Path(str(file.locate())) for file in metadata.files(name) or ())
    return sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc")


def _code_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")


if __name__ == "__main__":
    run(main)
