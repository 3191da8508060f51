"""What an execution did with each ride file: its lines, the first rejected record of each reason, and all of them.

The check of the ingestion writes this into the bucket, also where it refuses the execution. Here it is read, copied to
the run's folder, and shown.

    files.jsonl   a line a file
    rejected/     the rejected records as text, one file for each ride file that has some
"""

import contextlib
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.rejected_copies import Copies, copy_rejected
from cli.stack import Stack
from wildrydes.bucket import file_lines_key, summary_key

MOST_FILES = 20
MOST_READ = 20_000
"""Lines of files that `first_lines` looks at: some 8 MB."""

_MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True)
class Account:
    """The account of an execution: counts, the first of each reason, the lines with most to say, and the copies."""

    rides: dict[str, Any]
    first_rejected: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    files: int
    copies: Copies

    def as_json(self) -> dict[str, Any]:
        """The account as `--json` prints it."""
        return _to_json(self.rides, self.first_rejected, self.lines, self.files)


def _to_json(
    rides: dict[str, Any], first_rejected: list[dict[str, Any]], lines: list[dict[str, Any]], files: int
) -> dict[str, Any]:
    return {
        "rides": {name: value for name, value in rides.items() if not name.startswith("file_lines")},
        "files": lines,
        "files_omitted": files - len(lines),
        "first_rejected": first_rejected,
    }


def fetch(stack: Stack, execution: str, folder: Path) -> Account | None:
    """Copy the account of an execution into its folder. None where its check wrote none: it never got there."""
    s3, lines = stack.client("s3"), folder / "files.jsonl"
    if (summary := _summary(stack, execution)) is None:
        return None
    s3.download_file(stack.bucket, file_lines_key(execution), str(lines))
    with _read(lines) as every:
        files = sum(1 for _ in every)
    with _read(lines) as every:
        most = heapq.nsmallest(MOST_FILES, every, key=_weight)
    with _read(lines) as every:
        copies = copy_rejected(s3, stack.bucket, every, folder / "rejected")
    return Account(summary["rides"], summary["first_rejected"], most, files, copies)


def first_lines(stack: Stack, execution: str, most: int) -> dict[str, Any] | None:
    """The account of an execution as JSON, with the lines of at most so many files, and without copies of its records.

    They are those with most to say of the first MOST_READ by key; `files_unread` counts those beyond. None where its
    check wrote none.
    """
    if (summary := _summary(stack, execution)) is None:
        return None
    body = stack.client("s3").get_object(Bucket=stack.bucket, Key=file_lines_key(execution))["Body"]
    with contextlib.closing(body):
        lines = heapq.nsmallest(most, map(json.loads, islice(body.iter_lines(), MOST_READ)), key=_weight)
    rides = summary["rides"]
    files = sum(value for name, value in rides.items() if name.startswith("files_"))
    unread = {"files_unread": max(0, files - MOST_READ)}
    return _to_json(rides, summary["first_rejected"], lines, files) | unread


def _summary(stack: Stack, execution: str) -> dict[str, Any] | None:
    """What the check of an execution's ingestion wrote last, after the lines of the files; None where it wrote none."""
    try:
        return json.load(stack.client("s3").get_object(Bucket=stack.bucket, Key=summary_key(execution))["Body"])
    except ClientError as fault:
        if fault.response["Error"]["Code"] in _MISSING:
            return None
        raise


@contextlib.contextmanager
def _read(path: Path) -> Iterator[Iterator[dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        yield (json.loads(line) for line in file)


def _weight(line: dict[str, Any]) -> tuple[int, int, str]:
    """Files left out whole come first, then those with most rejected rides, then the skipped, then the others."""
    outcome = (
        0 if line["outcome"] == "rejected" else 1 if line["rejected"] else 2 if line["outcome"] == "skipped" else 3
    )
    return outcome, -line["rejected"], line["key"]
