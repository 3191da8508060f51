"""Retrainings to look at: the embedded AWS for the length of a block, the stack deployed, weather and rides in place.

with trial(rides, weather, log) as aws:
    card = aws.retrain(task="service_requested")
    table = aws.query("SELECT groundstation, count(*) AS rides FROM rides GROUP BY 1")
"""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import deploy, embedded, executions, failures, models, ride_files
from cli import weather as weather_files
from cli.errors import CommandError
from cli.stack import Stack
from local.server import ROOT

_STACK = "wildrydes-trial"
_POLL_SECONDS = 0.05


class TrialError(CommandError):
    """An execution or a query failed; the message says where and why."""


@dataclass(frozen=True)
class Trial:
    """A running stack."""

    stack: Stack

    def retrain(self, **execution_input: Any) -> dict[str, Any]:
        """Run the workflow to its end. Returns the card of the model that it trained. Raises TrialError."""
        arn = executions.start(self.stack, "retrain", execution_input, f"trial-{uuid.uuid4().hex[:12]}")
        *_, progress = executions.follow(self.stack, arn)
        if progress.status != "SUCCEEDED":
            failed = failures.failure(self.stack, arn, progress)
            raise TrialError(f"{failed.state}: {failed.error}: {failed.cause}")
        output = json.loads(progress.output or "{}")
        return models.card(self.stack, output["execution"], output["task"])

    def query(self, sql: str) -> str:
        """What Athena answers, as the CSV with a header that it writes. Raises TrialError."""
        athena = self.stack.client("athena")
        query = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.stack.output("AthenaWorkGroupName"),
            QueryExecutionContext={"Database": self.stack.output("GlueDatabaseName")},
        )["QueryExecutionId"]
        while True:
            execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(_POLL_SECONDS)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise TrialError(execution["Status"].get("StateChangeReason", execution["Status"]["State"]))
        bucket, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").split("/", 1)
        return self.stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


@contextlib.contextmanager
def trial(rides: Path, weather: Path, log: Path) -> Iterator[Trial]:
    """A stack of its own on a free port, whose server logs to `log`. Raises what `wildrydes run` would."""
    files, observations = ride_files.files_of(rides), weather_files.collect(weather)
    with embedded.temporary_server(log) as server:
        stack = deploy.deploy(ROOT, server, _STACK)
        weather_files.fill(server, observations)
        ride_files.upload(stack, rides, files)
        yield Trial(stack)
