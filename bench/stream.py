"""Rides one at a time: the project's way beside the workshop's, same machine, same run, same file.

    python -m bench.stream ../shared/data/rides/ride_data.array.json

Prints, for both, rides a second from the file's arrival to the last ride in S3, and the objects written; then the two
ratios. The workshop's way (bench/original) sends one message and writes one object for each ride.
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import note, run
from cli import deploy, embedded
from cli.progress import Show, bar
from local.account import EmbeddedAws
from local.server import ROOT
from wildrydes.bucket import PROCESSED
from wildrydes.rides.partitions import is_streamed

_DEADLINE_SECONDS = 1200


@dataclass(frozen=True)
class Result:
    """How long a way took for how many rides, and what it wrote."""

    rides: int
    seconds: float
    objects: int

    def __str__(self) -> str:
        rate = self.rides / self.seconds
        return f"{self.rides:,} rides in {self.seconds:.1f} s: {rate:.0f} a second; {self.objects:,} objects"


def main(arguments: list[str] | None = None) -> int:
    """Measure both ways and print them. Returns 0."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.stream", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("rides", type=Path, help="a JSON array of rides")
    rides = json.loads(parser.parse_args(arguments).rides.read_text(encoding="utf-8"))
    note("Starting an embedded AWS")
    with TemporaryDirectory() as folder, embedded.temporary_server(Path(folder) / "log") as server:
        original = measure_original(server, rides)
        ours = measure_ours(server, rides)
    print(f"{os.cpu_count()} cores, {len(rides):,} rides")  # noqa: T201
    print(f"the workshop's way: {original}")  # noqa: T201
    print(f"the project's way:  {ours}")  # noqa: T201
    faster = (ours.rides / ours.seconds) / (original.rides / original.seconds)
    print(f"{faster:.1f} times the rides a second, {original.objects / ours.objects:.0f} times fewer objects")  # noqa: T201
    return 0


def measure_original(server: EmbeddedAws, rides: list[Any]) -> Result:
    """One message and one object a ride."""
    outputs = deploy.deploy(ROOT / "bench" / "original", server, "original").outputs
    s3 = server.client("s3")
    s3.put_object(Bucket=outputs["Bucket"], Key="rides.json", Body=json.dumps(rides))
    began = time.monotonic()
    server.client("lambda").invoke(
        FunctionName=outputs["FanOut"], InvocationType="Event", Payload=json.dumps({"key": "rides.json"})
    )
    with bar("the workshop's way", len(rides)) as show:
        seconds = _until(lambda: len(_keys(s3, outputs["Bucket"], "processed/")), len(rides), began, show)
    return Result(len(rides), seconds, len(_keys(s3, outputs["Bucket"], "processed/")))


def measure_ours(server: EmbeddedAws, rides: list[Any]) -> Result:
    """The file under stream/, as the template has it."""
    outputs = deploy.deploy(ROOT, server, "wildrydes").outputs
    bucket, s3 = outputs["DataBucketName"], server.client("s3")
    counted: dict[str, int] = {}

    def stored() -> int:
        for key in filter(is_streamed, _keys(s3, bucket, PROCESSED)):
            if key not in counted:
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                counted[key] = len(gzip.decompress(body).splitlines())
        return sum(counted.values())

    began = time.monotonic()
    s3.put_object(Bucket=bucket, Key="stream/rides.json", Body=json.dumps(rides))
    with bar("the project's way", len(rides)) as show:
        seconds = _until(stored, len(rides), began, show)
    return Result(len(rides), seconds, len(counted))


def _until(count: Callable[[], int], total: int, began: float, show: Show) -> float:
    """Seconds from `began` until so many are there."""
    while (number := count()) < total:
        show(number)
        if time.monotonic() - began > _DEADLINE_SECONDS:
            raise TimeoutError(f"{number:,} of {total:,} rides were there after {_DEADLINE_SECONDS} s")
        time.sleep(0.2)
    return time.monotonic() - began


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


if __name__ == "__main__":
    run(main)
