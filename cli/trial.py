"""Retrainings to look at: the embedded AWS for the length of a block, the stack deployed, weather and rides in place.

with trial(rides, weather, log) as aws:
    card = aws.retrain(target="service_requested")
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

from cli import deploy, embedded, executions, models, run
from cli import weather as noaa
from local.account import EmbeddedAws
from local.server import ROOT

_STACK = "wildrydes-trial"
_POLL_SECONDS = 0.05


class TrialError(Exception):
    """An execution or a query failed; the message says where and why."""


@dataclass(frozen=True)
class Trial:
    """A running stack."""

    server: EmbeddedAws
    deployment: deploy.Deployment

    def retrain(self, **execution_input: Any) -> dict[str, Any]:
        """Run the workflow to its end. Returns the card of the model that it trained. Raises TrialError."""
        arn = run.start(self.server, self.deployment, execution_input, f"trial-{uuid.uuid4().hex[:12]}")
        *_, progress = executions.follow(self.server, arn)
        if progress.status != "SUCCEEDED":
            failed = executions.failure(self.server, arn, progress)
            raise TrialError(f"{failed.state}: {failed.error}: {failed.cause}")
        execution = json.loads(progress.output or "{}")["execution"]
        return models.card(self.server, self.deployment.outputs["DataBucketName"], execution)

    def query(self, sql: str) -> str:
        """What Athena answers, as the CSV with a header that it writes. Raises TrialError."""
        athena = self.server.client("athena")
        query = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.deployment.outputs["AthenaWorkGroupName"],
            QueryExecutionContext={"Database": self.deployment.outputs["GlueDatabaseName"]},
        )["QueryExecutionId"]
        while True:
            found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(_POLL_SECONDS)
        if found["Status"]["State"] != "SUCCEEDED":
            raise TrialError(found["Status"].get("StateChangeReason", found["Status"]["State"]))
        bucket, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").split("/", 1)
        return self.server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


@contextlib.contextmanager
def trial(rides: Path, weather: Path, log: Path) -> Iterator[Trial]:
    """A stack of its own on a free port, whose server logs to `log`. Raises what `make run` would."""
    ride_files, weather_files = run.files(rides), run.files(weather)
    with embedded.temporary_server(log) as server:
        deployment = deploy.deploy(ROOT, server, _STACK)
        noaa.fill(server, weather_files)
        run.upload(server, deployment.outputs["DataBucketName"], ride_files)
        yield Trial(server, deployment)
