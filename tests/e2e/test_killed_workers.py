"""kill -9 of each worker in flight: an execution goes on as if nothing had happened, and a file is sent as a whole."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cli import deploy
from cli import weather as noaa
from dying_functions import kill_training, let_die, training_jobs
from local.account import EmbeddedAws
from machines import unique, until
from stacks import SAMPLE_RIDES, MakeStack, Stack
from stream_rides import ride
from wildrydes.bucket import Source
from wildrydes.model.linear_model import read_model
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.partitions import is_streamed

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
# What takes no part in a retraining, nor in the way of rides that arrive one at a time.
ASIDE = {
    "collect_samples",
    "quote_price",
    "edge_compute",
    "monitor_model",
    "record_outcomes",
    "start_retraining",
}

# The functions of states that Retry invokes three times, and in which a redrive goes on.
STATES = ("apply_defaults", "plan_ingestion", "ingest_rides", "check_ingestion", "list_rides", "evaluate_model")
# That of a Map's children ends the Map by an error of its own.
ERRORS = {"ingest_rides": "States.ExceedToleratedFailureThreshold"}


@pytest.fixture
def deaths(tmp_path: Path) -> Path:
    """A file for each function that is to die, with a byte for each time."""
    folder = tmp_path / "deaths"
    folder.mkdir()
    return folder


@pytest.fixture
def stack(server: EmbeddedAws, weather: noaa.Weather, copy_of_the_project: Path, deaths: Path) -> Stack:
    """A stack each of whose functions is killed once."""
    for name in let_die(copy_of_the_project / "functions", deaths):
        (deaths / name).write_bytes(b"1")
    name = unique("rydes")
    parameters = deploy.parameters_of_champions(f"/wildrydes/{name}")
    return Stack(server, deploy.deploy(copy_of_the_project, server, name, parameters))


def stored(stack: Stack, prefix: str = "") -> list[Any]:
    """The rides below a prefix, by default those that came one at a time."""
    keys = stack.keys(prefix) if prefix else filter(is_streamed, stack.keys("processed/"))
    return [json.loads(line) for key in keys for line in gzip.decompress(stack.read(key)).splitlines()]


@pytest.mark.proof
def test_every_worker_is_killed_once_and_nothing_is_lost_or_counted_twice(stack: Stack, deaths: Path) -> None:
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
    killed = {path.name for path in deaths.iterdir() if not path.read_bytes()} - ASIDE
    functions = {path.parent.name for path in (Path(deploy.__file__).parents[1] / "functions").glob("*/app.py")}
    functions -= ASIDE
    assert killed == (functions if output["promoted"] else functions - {"predict"})


@pytest.mark.loop
def test_killed_at_each_attempt_and_redriven_it_gives_what_one_gives_that_nothing_disturbed(
    stack: Stack, deaths: Path, make_stack: MakeStack
) -> None:
    """Each function dies as often as Retry allows and once more: each state fails once. Two of three jobs die."""
    undisturbed = make_stack()
    undisturbed.upload([FEW])
    expected = digests(undisturbed, undisturbed.retrain(promote=True))
    for path in deaths.iterdir():
        path.write_bytes(b"123" if path.name in STATES else b"")
    stack.upload([FEW])
    execution = stack.start(promote=True)
    states, name = stack.client("stepfunctions"), execution.rpartition(":")[2]
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_two_trainings, stack, execution)
        for state in STATES:
            described = stack.ended(execution)
            error = ERRORS.get(state, "Runtime.ExitError")
            assert (described["status"], described["error"]) == ("FAILED", error), (state, described)
            states.redrive_execution(executionArn=execution)
        described = stack.ended(execution)
        killing.result()
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    assert not [path.name for path in deaths.iterdir() if path.read_bytes()]
    assert [status for status, _ in training_jobs(stack, name).values()] == ["Failed", "Failed", "Completed"]
    assert digests(stack, json.loads(described["output"])) == expected


def kill_two_trainings(stack: Stack, execution: str) -> None:
    name = execution.rpartition(":")[2]
    until(lambda: training_jobs(stack, name), bool, 300)
    for job in (name, f"{name}-2"):
        kill_training(stack, execution, job)


def digests(stack: Stack, output: dict[str, Any]) -> dict[str, Any]:
    """What a retraining has made, without the names that are its own: rides, training set, model, metrics."""
    folder, metrics = f"training-sets/{output['execution']}/", output["metrics"]
    # When its file arrived differs from one stack to the next.
    rides = sorted(json.dumps(each | {"arrived_at": ""}) for each in stored(stack, "processed/"))
    splits = {
        split: sorted(line for key in stack.keys(f"{folder}split={split}/") for line in lines_of(stack.read(key)))
        for split in ("train", "validation", "test")
    }
    numbers = {field: value for field, value in metrics.items() if isinstance(value, int | float) or value is None}
    return {
        "rides": sha256("".join(rides).encode()).hexdigest(),
        "splits": {split: sha256(b"".join(lines)).hexdigest() for split, lines in splits.items()},
        "model": repr(read_model(stack.read(output["model_path"]))),
        "metrics": numbers,
        "golden": metrics["golden"],
        "counts": output["training_set"],
        "ingested": {field: output["rides"][field] for field in ("read", "accepted", "rejected", "repeated")},
    }


def lines_of(content: bytes) -> list[bytes]:
    """The lines of an object, whether or not it is compressed."""
    text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return text.splitlines(keepends=True)
