"""The registry of what was live: one object a promotion, `models/registry/<time>-<execution>.json`."""

from dataclasses import dataclass

from statemachines.asl import Task
from statemachines.tasks import Tasks

_REQUESTED = ("execution", "model_path", "golden", "reason")


@dataclass(frozen=True)
class Entry:
    """Where in an execution's state the facts of a promotion are.

    `request` is the promotion's input, `version` the one that is live, `previous` what was live before, with `version`
    and `variables`, and `promotion` the promotion's ARN.
    """

    request: str
    version: str
    previous: str
    promotion: str


def write_registry(tasks: Tasks, entry: Entry) -> Task:
    """Puts the object into the bucket; its time is that of the state."""
    return tasks.call(
        "Write registry",
        "s3:putObject",
        {
            "Bucket": "${DataBucket}",
            "Key": f"States.Format('models/registry/{{}}-{{}}.json', $$.State.EnteredTime, {entry.request}.execution)",
            "Body": {
                "time": "$$.State.EnteredTime",
                **{name: f"{entry.request}.{name}" for name in _REQUESTED},
                "version": entry.version,
                "previous": {
                    "version": f"{entry.previous}.version",
                    "model_path": f"{entry.previous}.variables.MODEL_PATH",
                },
                "promotion": entry.promotion,
            },
            "ContentType": "application/json",
        },
    )
