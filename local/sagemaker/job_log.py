"""A container's log stream in CloudWatch Logs.

Training jobs write to /aws/sagemaker/TrainingJobs, <job>/algo-1-<seconds since the epoch>; transform jobs and
endpoints have groups of their own.
"""

import logging
from dataclasses import dataclass, field

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

_LOGGER = logging.getLogger(__name__)

GROUP = "/aws/sagemaker/TrainingJobs"
# PutLogEvents takes 10,000 events and 1 MiB.
_BATCH = 500


@dataclass
class JobLog:
    """Collects lines, and sends them in batches.

    A job does not fail where its role may not write logs, as on AWS; the server's log reports the loss, once.
    """

    logs: BaseClient
    stream: str
    group: str = GROUP
    _pending: list[dict[str, object]] = field(default_factory=list)
    _open: bool = False
    _has_failed: bool = False

    def add(self, line: str, timestamp: float) -> None:
        """Take a line of `timestamp` (seconds since the epoch); empty ones are not logged."""
        if line.strip():
            self._pending.append({"timestamp": int(timestamp * 1000), "message": line})
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what is pending."""
        pending, self._pending = self._pending, []
        if not pending or self._has_failed:
            return
        try:
            if not self._open:
                self._create()
            self._call("put_log_events", logGroupName=self.group, logStreamName=self.stream, logEvents=pending)
        except (ClientError, BotoCoreError) as error:
            self._has_failed = True
            _LOGGER.warning(f"Log stream {self.stream} of {self.group} cannot be written: {error}")

    def _create(self) -> None:
        self._call_unless_existing("create_log_group", logGroupName=self.group)
        self._call_unless_existing("create_log_stream", logGroupName=self.group, logStreamName=self.stream)
        self._open = True

    def _call_unless_existing(self, operation: str, **arguments: object) -> None:
        try:
            self._call(operation, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            # A group that the template made need not be created, nor the role be allowed to.
            denied_group = operation == "create_log_group" and code.startswith("AccessDenied")
            if code != "ResourceAlreadyExistsException" and not denied_group:
                raise

    def _call(self, operation: str, **arguments: object) -> None:
        getattr(self.logs, operation)(**arguments)
