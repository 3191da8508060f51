"""What the fields of the workflows' inputs and outputs say, for docs/execution-input.md and docs/reference/outputs.md.

The input of a retraining is `wildrydes.parameters`', that of a promotion `statemachines.promotion_schema`'s. The states
that end a workflow well give an output (`Retrained`, `Kept the champion`, `Yielded`, …); a test compares.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Fields = Mapping[str, str]

_RETRAIN: Fields = {
    "execution": "the execution's name, under which its objects are in the bucket",
    "task": "what is predicted",
    "kind": "the task's kind: binary_classification or regression",
    "target": "the same as task",
    "features": "the features that the model was trained on, in their order",
    "rides": "what became of the new ride files: rides read, accepted, rejected and repeated, and a line a file",
    "plan": "the manifest of the chunks, how many there were, and which files were left out whole",
    "other_years": "objects and rides of other years than the execution asks for, which were not read",
    "training_set": "how many rows each split has, and how many rides were left out for which reason",
    "metrics": "the new model's metrics, its artefact (model_path), its card, and each candidate's measure",
    "tuning": "of each search for hyperparameters its job, and what it chose",
    "model_path": "the key of the new model's artefact",
    "promoted": "whether the new model went live",
    "verdict": "whether it may go live (promote), the reason in a sentence (reason), and what was asked (criteria)",
    "parameter": "what the SSM parameter of the champion held (was), and whether it was right or repaired (repair)",
    "started_by": "why the execution was started: reason and detail",
    "serving": "what serves the model: lambda or endpoint",
    "live_model_path": "the key of the artefact that answers from now on; none where there is no champion",
    "cost": "what the execution cost at list prices: total_usd and a line a quantity, or why it is unknown",
    "yielded_to": "of an execution that yields: the ARN of the retraining that has the turn. Its output has these "
    "besides: execution, task, started_by, promoted",
}
_PROMOTE: Fields = {
    "version": "the version of the function that is live now",
    "previous_version": "the one before",
    "model_path": "the key of the artefact that answers",
    "previous_model_path": "the one before; none where there was no model",
    "execution": "the execution that trained the model",
    "reason": "why it was promoted",
}
_RESTORE: Fields = {
    "promoted": "whether the promotion's model is the champion",
    "model_path": "the key of the artefact that answers",
}
_MONITOR: Fields = {
    "date": "the day that was looked at, in UTC",
    "outcomes": "of each task its model, the document's key, the features that drifted, the quality loss, and how many "
    "predictions and truths there were",
    "left_out": "the captures that cannot be read, and were set aside",
}

INPUT_FIELDS: Mapping[str, Fields] = MappingProxyType(
    {
        "restore": {"promotion": "the ARN of the execution of promote to clean up after; it has no default"},
        "monitor": {
            "date": "the day to check, in UTC, as YYYY-MM-DD; by default yesterday",
            "task": "the task to check; by default every task",
        },
    }
)
"""By workflow and field of its input, what it says."""

OUTPUT_FIELDS: Mapping[str, Fields] = MappingProxyType(
    {"retrain": _RETRAIN, "promote": _PROMOTE, "restore": _RESTORE, "monitor": _MONITOR}
)
"""By workflow and field, what it says."""


def output_fields(definition: Mapping[str, Any]) -> list[str]:
    """The fields that an execution's output may have, by the states that end it well, in their order."""
    ends = [each for each in definition["States"].values() if each.get("End") and "Parameters" in each]
    return list(dict.fromkeys(name.removesuffix(".$") for end in ends for name in end["Parameters"]))
