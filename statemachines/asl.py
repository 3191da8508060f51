"""Steps of the `stepfunctions` SDK with the fields that the States Language has gained since the SDK's last release.

The SDK knows ASL as of 2021: no ResultSelector, no Distributed Map, no jitter on retries, no ErrorPath and CausePath.
Each class here is the SDK's with `asl`, a dict of such fields, laid over what the SDK writes. A value that is a path
or an intrinsic function may stand under its plain key: `mark_paths` adds the `.$` by which ASL tells it from a literal.
"""

from typing import Any, ClassVar

import stepfunctions.steps as sdk
from stepfunctions.steps import states

DEFINITION_SHA256 = "0" * 64
"""The placeholder in a workflow for the digest of its own definition; rendering replaces it with the digest."""

_PATH_FIELDS = frozenset(
    {
        "InputPath",
        "OutputPath",
        "ResultPath",
        "ItemsPath",
        "SecondsPath",
        "MaxConcurrencyPath",
        "ErrorPath",
        "CausePath",
        "Variable",
    }
)


def mark_paths(value: Any) -> Any:
    """`value` with `.$` added to each key whose value is evaluated: a path (`$…`) or an intrinsic (`States.…`)."""
    if isinstance(value, list):
        return [mark_paths(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_mark_key(key, item): mark_paths(item) for key, item in value.items()}


def _mark_key(key: str, value: Any) -> str:
    evaluated = isinstance(value, str) and (value.startswith(("$.", "$$.", "States.")) or value == "$")
    return f"{key}.$" if evaluated and key not in _PATH_FIELDS and not key.endswith(".$") else key


class _Extended(states.State):
    """A state with fields the SDK does not know. The templates it may evaluate are marked."""

    def __init__(self, *arguments: Any, asl: dict[str, Any] | None = None, **fields: Any) -> None:
        self.asl = asl or {}
        super().__init__(*arguments, **fields)

    def to_dict(self) -> dict[str, Any]:
        state = super().to_dict() | self.asl
        for field in ("Parameters", "ResultSelector", "ItemSelector"):
            if field in state:
                state[field] = mark_paths(state[field])
        return state


class Task(_Extended, sdk.Task):
    """A Task state; `asl` may hold ResultSelector."""


class LambdaTask(_Extended, sdk.LambdaStep):
    """A Task state that invokes a function by the optimised integration."""


class TrainingTask(_Extended, sdk.TrainingStep):
    """A Task state that runs a SageMaker training job, from an Estimator."""


class Pass(_Extended, sdk.Pass):
    """A Pass state."""


class Fail(_Extended, sdk.Fail):
    """A Fail state; `asl` may hold ErrorPath and CausePath."""


class Retry(sdk.Retry):
    """A retrier; full jitter keeps many failed callers from coming back all at once."""

    def __init__(self, errors: list[str], attempts: int, longest_pause: int) -> None:
        self.longest_pause = longest_pause
        super().__init__(error_equals=errors, interval_seconds=1, max_attempts=attempts, backoff_rate=2.0)

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"MaxDelaySeconds": self.longest_pause, "JitterStrategy": "FULL"}


class _Map(_Extended, sdk.Map):
    """A Map in the words of today's ASL, which the SDK does not know."""

    mode: ClassVar[dict[str, str]]

    def __init__(self, state_id: str, children: states.State, asl: dict[str, Any], **fields: Any) -> None:
        super().__init__(state_id, asl=asl, **fields)
        self.attach_iterator(children)

    def to_dict(self) -> dict[str, Any]:
        state = super().to_dict()
        children = state.pop("Iterator")
        return state | {"ItemProcessor": {"ProcessorConfig": self.mode} | children}


class DistributedMap(_Map):
    """A Map whose items come from an S3 object and whose iterations run as child executions."""

    mode: ClassVar[dict[str, str]] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


class InlineMap(_Map):
    """A Map over a list in the execution's state, whose iterations are the execution's own."""

    mode: ClassVar[dict[str, str]] = {"Mode": "INLINE"}
