"""An execution that has ended, as DescribeExecution says it.

>>> ended = End("arn:aws:states:eu-west-1:123456789012:execution:wildrydes-dev-retrain:run-1", "ABORTED")
>>> ended.stack, ended.workflow, ended.name, ended.outcome
('wildrydes-dev', 'retrain', 'run-1', 'aborted')
"""

import json
from contextlib import suppress
from typing import Any, NamedTuple

from wildrydes.errors import BadEndEvent

_ENDS = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
MONITOR = "monitor"
PROMOTE = "promote"
RESTORE = "restore"
RETRAIN = "retrain"
ROLLBACK_REASON = "rollback from"
"""What the reason of a promotion begins with that a rollback started."""


class End(NamedTuple):
    """An execution's end. `request` and `output` are its input and output as JSON; None where they are no objects."""

    arn: str
    status: str
    error: str = ""
    cause: str = ""
    request: dict[str, Any] | None = None
    output: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The execution's name."""
        return self.arn.split(":")[7]

    @property
    def region(self) -> str:
        """The region that it ran in."""
        return self.arn.split(":")[3]

    @property
    def workflow(self) -> str:
        """What the template calls the state machine, after the stack's name."""
        return self.arn.split(":")[6].rpartition("-")[2]

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.arn.split(":")[6].rpartition("-")[0]

    @property
    def outcome(self) -> str:
        """How it ended: a retraining that succeeded as `promoted`, `kept` or `yielded`, all else as its status."""
        output = self.output or {}
        if self.workflow != RETRAIN or self.status != "SUCCEEDED":
            return self.status.lower()
        if is_yielded(output):
            return "yielded"
        return "promoted" if output.get("promoted") else "kept"

    @property
    def champion(self) -> str | None:
        """The key of the artefact that is live after a promotion, or once one was put in order; None of other ends."""
        path = (self.output or {}).get("model_path")
        is_of_it = self.workflow in (PROMOTE, RESTORE) and self.status == "SUCCEEDED"
        return path if is_of_it and isinstance(path, str) else None

    @property
    def is_rollback(self) -> bool:
        """Whether it is a promotion that brought an earlier model back."""
        return str((self.request or {}).get("reason", "")).startswith(ROLLBACK_REASON)


def is_yielded(output: dict[str, Any]) -> bool:
    """Whether an output is that of a retraining which ended at once, since another was under way."""
    return "yielded_to" in output


def arn_of(event: Any) -> str:
    """The execution in EventBridge's event of an end. Raises BadEndEvent.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    detail = event.get("detail") if isinstance(event, dict) else None
    detail = detail if isinstance(detail, dict) else {}
    arn = detail.get("executionArn")
    if not isinstance(arn, str) or len(arn.split(":")) != 8 or detail.get("status") not in _ENDS:
        raise BadEndEvent(f"the event is no end of an execution: {str(event)[:500]}")
    return arn


def read_description(described: dict[str, Any]) -> End:
    """The end in an answer of DescribeExecution."""
    return End(
        described["executionArn"],
        described["status"],
        described.get("error") or "",
        described.get("cause") or "",
        _object(described.get("input")),
        _object(described.get("output")),
    )


def _object(text: str | None) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        value = json.loads(text or "null")
        return value if isinstance(value, dict) else None
    return None
