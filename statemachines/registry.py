"""The registry of what was live: one object a promotion, `<task's prefix>registry/<time>-<execution>.json`.

The time is that of the promotion's start, so that the key follows from the promotion: who writes the entry again writes
the same object.
"""

from dataclasses import dataclass

from statemachines.asl import Task
from statemachines.task_choice import SERVING
from statemachines.tasks import Tasks

_REQUESTED = ("execution", "model_path", "golden", "reason", "serving", "started_by")


@dataclass(frozen=True)
class Entry:
    """Where in an execution's state the facts of a promotion are.

    `request` is the promotion's input, `version` the one that is live, `previous` what was live before, with `version`
    and `variables`, and `promotion` the variables that the promotion has set, with its ARN and its start.
    """

    request: str
    version: str
    previous: str
    promotion: str

    @property
    def started(self) -> str:
        """When the promotion was started."""
        return f"{self.promotion}.PROMOTION_STARTED"

    @property
    def place(self) -> dict[str, str]:
        """The bucket and the key of the object."""
        names = f"{SERVING}.models_prefix, {self.started}, {self.request}.execution"
        return {"Bucket": "${DataBucket}", "Key": f"States.Format('{{}}registry/{{}}-{{}}.json', {names})"}


def write_registry(tasks: Tasks, entry: Entry) -> Task:
    """Puts the object into the bucket."""
    return tasks.call(
        "Write registry",
        "s3:putObject",
        {
            **entry.place,
            "Body": {
                "time": entry.started,
                **{name: f"{entry.request}.{name}" for name in _REQUESTED},
                "version": entry.version,
                "previous": {
                    "version": f"{entry.previous}.version",
                    "model_path": f"{entry.previous}.variables.MODEL_PATH",
                },
                "promotion": f"{entry.promotion}.PROMOTION",
            },
            "ContentType": "application/json",
        },
    )


def remove_from_registry(tasks: Tasks, entry: Entry) -> Task:
    """Removes the object, whether or not it is there: a write whose answer was lost may have been made."""
    return tasks.call("Remove entry", "s3:deleteObject", entry.place)
