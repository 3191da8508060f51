"""Many small files: plan, Map and check of a retraining, in an embedded AWS of its own.

    python -m bench.files [--files 100000] [--more 1000000]

Puts files of one ride each under raw/, and with --more files of so many rides beside them. Then it starts the
workflow, stops it once the rides are checked, and starts it once more with one file that is new. Prints the chunks, the
seconds of each state by its history, the most memory that each function had, and the objects under processed/ and
ingested/. Exit codes: 0, 1 if a ride was not ingested, or one was ingested again, 130 by Ctrl-C.
"""

import argparse
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.command import note, run
from bench.ingest import rides, write
from cli import deploy, embedded
from cli.progress import bar
from cli.stack import Stack
from local import account
from local.server import ROOT

_STATES = ("Plan ingestion", "Ingest rides", "Check ingestion")
_FUNCTIONS = ("plan-ingestion", "ingest-rides", "check-ingestion")
_DEADLINE_SECONDS = 3_600
_POLL_SECONDS = 2
_MEMORY = re.compile(r"Max Memory Used: (\d+) MB")


@dataclass(frozen=True)
class Ingestion:
    """What an execution planned and checked, and the seconds of its states."""

    plan: dict[str, Any]
    counts: dict[str, Any]
    seconds: dict[str, float]


def main() -> int:
    """Measure and print. Returns 0, or 1 where the counts are wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.files", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--more", default="", help="large files beside them: their rides, with commas between")
    parser.add_argument("--at-once", type=int, default=4, help="chunks that are ingested at once")
    options = parser.parse_args()
    large = [int(number) for number in options.more.split(",") if number]
    with TemporaryDirectory() as folder, embedded.temporary_server(Path(folder) / "log") as server:
        stack = deploy.deploy(ROOT, server, "wildrydes", {"IngestConcurrency": str(options.at_once)})
        _put_files(server, stack, options.files)
        _put_large(stack, large, Path(folder))
        first = _ingest(stack, "first")
        _show("all are new", first)
        stack.client("s3").put_object(Bucket=_bucket(stack), Key="raw/zzz.json", Body=json.dumps(next(rides(1))))
        second = _ingest(stack, "second")
        _show("one is new", second)
        _show_rest(stack)
    expected = options.files + sum(large)
    return 0 if (first.counts["accepted"], second.counts["read"]) == (expected, 1) else 1


def _bucket(stack: Stack) -> str:
    return stack.outputs["DataBucketName"]


def _put(server: account.EmbeddedAws, connection: HTTPConnection, path: str, body: bytes) -> None:
    """Puts an object. A client of boto3 would take more of the processor than the server."""
    request = AWSRequest("PUT", server.endpoint + path, data=body)
    credentials = Credentials(server.access_key_id, server.secret_access_key)
    S3SigV4Auth(credentials, "s3", account.DEFAULT_REGION).add_auth(request)
    connection.request("PUT", path, body, dict(request.headers))
    response = connection.getresponse()
    answer = response.read()
    if response.status != HTTPStatus.OK:
        raise RuntimeError(f"{path} was not put: {response.status} {answer.decode()}")


def _put_files(server: account.EmbeddedAws, stack: Stack, number: int) -> None:
    note(f"Putting {number:,} files")
    began = time.monotonic()

    def put(places: Iterable[tuple[int, Any]]) -> None:
        connection = HTTPConnection(urlsplit(server.endpoint).netloc)
        for place, ride in places:
            path = f"/{_bucket(stack)}/raw/{place // 1000:04}/{place:07}.json"
            _put(server, connection, path, json.dumps(ride).encode())
        connection.close()

    with bar("files", number) as show, ThreadPoolExecutor(4) as writers:
        for done, _ in enumerate(writers.map(put, _batches(number))):
            show(min(number, done * 1000))
    note(f"Put in {time.monotonic() - began:.0f} s")


def _batches(number: int) -> Iterator[list[tuple[int, Any]]]:
    every = list(enumerate(rides(number)))
    return (every[start : start + 1000] for start in range(0, number, 1000))


def _put_large(stack: Stack, numbers: list[int], folder: Path) -> None:
    for place, number in enumerate(numbers):
        path = folder / "large.json"
        write(path, "lines", number)
        stack.client("s3").upload_file(str(path), _bucket(stack), f"raw/large-{place}.json")


def _ingest(stack: Stack, name: str) -> Ingestion:
    """Runs the workflow until its rides are checked."""
    states = stack.client("stepfunctions")
    machine = stack.outputs["StateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine, name=name, input="{}")["executionArn"]
    began, noted = time.monotonic(), set[str]()
    while True:
        events = account.entries(states, "get_execution_history", "events", executionArn=arn)
        exited = {
            event["stateExitedEventDetails"]["name"]: event for event in events if "stateExitedEventDetails" in event
        }
        if "Check ingestion" in exited:
            break
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            raise RuntimeError(f"the execution ended before its rides were checked: {events[-1]}")
        if time.monotonic() - began > _DEADLINE_SECONDS:
            raise TimeoutError(f"the rides were not checked after {_DEADLINE_SECONDS} s")
        _note_new(exited, noted)
        time.sleep(_POLL_SECONDS)
    states.stop_execution(executionArn=arn)
    entered = {
        event["stateEnteredEventDetails"]["name"]: event for event in events if "stateEnteredEventDetails" in event
    }
    output = json.loads(exited["Check ingestion"]["stateExitedEventDetails"]["output"])
    seconds = {
        name: (exited[name]["timestamp"] - entered[name]["timestamp"]).total_seconds()
        for name in _STATES
        if name in exited
    }
    return Ingestion(output["plan"], output["rides"], seconds)


def _note_new(exited: Iterable[str], noted: set[str]) -> None:
    """Says which states have ended, so that one who waits knows."""
    for name in set(exited) & set(_STATES) - noted:
        note(f"{name} has ended")
        noted.add(name)


def _show(name: str, ingestion: Ingestion) -> None:
    seconds = ", ".join(f"{state} {value:.1f} s" for state, value in ingestion.seconds.items())
    print(f"{name}: {ingestion.plan['chunks']:,} chunks; {seconds}; {ingestion.counts['accepted']:,} rides", flush=True)  # noqa: T201


def _show_rest(stack: Stack) -> None:
    """The memory of the functions, and the objects that there are."""
    logs, s3 = stack.client("logs"), stack.client("s3")
    for function in _FUNCTIONS:
        events = account.entries(
            logs, "filter_log_events", "events", logGroupName=f"/aws/lambda/{stack.name}-{function}"
        )
        used = [int(match[1]) for event in events if (match := _MEMORY.search(event["message"]))]
        print(f"{function}: {len(used)} invocations, at most {max(used)} MB")  # noqa: T201
    for prefix in ("processed/", "ingested/"):
        count = sum(1 for _ in account.entries(s3, "list_objects_v2", "Contents", Bucket=_bucket(stack), Prefix=prefix))
        print(f"{prefix}: {count:,} objects")  # noqa: T201
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.0f}")  # noqa: T201


if __name__ == "__main__":
    run(main)
