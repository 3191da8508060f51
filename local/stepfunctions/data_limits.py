"""Holds the data of states to AWS's limit as AWS counts it: bytes of the JSON in UTF-8.

The quota is 262,144 bytes "as a UTF-8 encoded string" ("Step Functions service quotas", quotas related to task
executions, in the developer guide). moto writes each letter beyond ASCII as an escape of six bytes or twelve, a blank
after each comma and colon, and refuses what has just as many bytes as are allowed.
"""

import json
from typing import Any

from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.asl.component.state import state  # noqa: F401 - imports what looks at the quota
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_lambda  # noqa: F401 - the same
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,  # noqa: F401 - the same
)

from local.seams import replace_everywhere, seam

MOST_BYTES = 262_144


def install() -> None:
    """Count as AWS does wherever the interpreter looks at the quota."""
    seam(quotas, "MAX_STATE_SIZE_UTF8_BYTES")
    replace_everywhere(quotas, "is_within_size_quota", is_within_limit)


def is_within_limit(value: Any) -> bool:
    """Whether a state may have this as its input or result.

    >>> is_within_limit(["ü" * 131_070]), is_within_limit(["ü" * 131_071])
    (True, False)
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    # A half of a surrogate pair has no bytes in UTF-8: it counts as what stands for it then.
    return len(text.encode(errors="replace")) <= MOST_BYTES
