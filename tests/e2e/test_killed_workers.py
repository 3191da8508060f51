"""kill -9 of each worker in flight: an execution goes on as if nothing had happened, and a file is sent as a whole."""

import gzip
import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli import deploy
from cli import weather as noaa
from local import account
from local.account import EmbeddedAws
from machines import unique, until
from stacks import SAMPLE_RIDES, Stack
from stream_rides import ride
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
ALGORITHM = "local.algorithms.linear_learner"
# What takes no part in a retraining, nor in the way of rides that arrive one at a time.
ASIDE = {
    "collect_samples",
    "quote_price",
    "edge_compute",
    "monitor_model",
    "record_outcomes",
    "start_retraining",
}

# Every function's first event of a kind: once all of it is done, and before the answer is given.
DYING = """
import functools, os, pathlib, signal

def dying(name, handler):
    @functools.wraps(handler)
    def dies_once(event, context):
        answer = handler(event, context)
        mark = pathlib.Path({marks!r}) / name
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return dies_once
"""


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A file for each function that was killed."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def stack(server: EmbeddedAws, weather: noaa.Weather, copy_of_the_project: Path, marks: Path) -> Stack:
    """A stack each of whose functions is killed once."""
    functions = copy_of_the_project / "functions"
    (functions / "dying.py").write_text(DYING.format(marks=str(marks)), encoding="utf-8")
    for app in functions.glob("*/app.py"):
        with app.open("a", encoding="utf-8") as code:
            code.write(f"\n\nfrom dying import dying\n\nhandler = dying({app.parent.name!r}, handler)\n")
    name = unique("rydes")
    parameters = deploy.parameters_of_champions(f"/wildrydes/{name}")
    return Stack(server, deploy.deploy(copy_of_the_project, server, name, parameters))


def training_of(job: str) -> list[psutil.Process]:
    """The process that trains as this job."""
    processes = []
    for process in psutil.Process().children(recursive=True):
        try:
            if ALGORITHM in process.cmdline() and any(f"/{job}-" in part for part in process.cmdline()):
                processes.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return processes


def kill_training(stack: Stack, execution: str) -> None:
    """Kill the process of the execution's first training job; none where the execution ends without one."""
    describe, name = stack.client("stepfunctions").describe_execution, execution.rpartition(":")[2]

    def is_over() -> bool:
        return describe(executionArn=execution)["status"] != "RUNNING"

    until(lambda: training_jobs(stack, name) or is_over(), bool, 120, longest_pause=0.05)
    processes = until(lambda: training_of(name) or is_over(), bool, longest_pause=0.01)
    for process in processes if isinstance(processes, list) else ():
        process.kill()


def training_jobs(stack: Stack, execution: str) -> dict[str, tuple[str, str]]:
    """Of an execution's training jobs how each ended and why."""
    sagemaker = stack.client("sagemaker")
    names = [
        each["TrainingJobName"]
        for each in account.entries(sagemaker, "list_training_jobs", "TrainingJobSummaries", NameContains=execution)
    ]
    described = [sagemaker.describe_training_job(TrainingJobName=name) for name in names]
    return {each["TrainingJobName"]: (each["TrainingJobStatus"], each.get("FailureReason", "")) for each in described}


def stored(stack: Stack) -> list[Any]:
    """The rides that came one at a time."""
    keys = stack.keys("processed/stream/")
    return [json.loads(line) for key in keys for line in gzip.decompress(stack.read(key)).splitlines()]


@pytest.mark.proof
def test_every_worker_is_killed_once_and_nothing_is_lost_or_counted_twice(stack: Stack, marks: Path) -> None:
    expected = ingest(records([FEW.read_bytes()]), Source(FEW.name, "")).counts
    stack.put("stream/twenty.json", json.dumps([ride(number) for number in range(20)]))
    until(lambda: {each["distance"] for each in stored(stack)}, lambda distances: len(distances) == 20)
    stack.upload([FEW])
    execution = stack.start(promote=True)
    name = execution.rpartition(":")[2]
    kill_training(stack, execution)
    described = stack.ended(execution)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    output = json.loads(described["output"])
    counts = output["training_set"]
    assert {field: output["rides"][field] for field in ("read", "accepted", "rejected", "repeated")} == {
        "read": expected.read,
        "accepted": expected.accepted,
        "rejected": expected.rejected,
        "repeated": expected.repeated,
    }
    rows = sum(counts[f"{split}_rows"] for split in ("train", "validation", "test"))
    assert counts["rides"] == expected.accepted + 20 == rows + counts["without_weather"] + counts["without_label"]
    assert training_jobs(stack, name) == {
        name: ("Failed", "AlgorithmError: , exit code: 137"),
        f"{name}-2": ("Completed", ""),
    }
    assert output["model_path"] == f"models/{name}/{name}-2/output/model.tar.gz"
    killed = {path.name for path in marks.iterdir()} - ASIDE
    functions = {path.parent.name for path in (Path(deploy.__file__).parents[1] / "functions").glob("*/app.py")}
    functions -= ASIDE
    assert killed == (functions if output["promoted"] else functions - {"predict"})
