"""Sends each change of an execution's status to EventBridge, as AWS does on the default bus of its region.

The event is that of "Step Functions Execution Status Change" in the Step Functions developer guide, "Automating event
delivery with EventBridge": times are milliseconds since the epoch; an output that is too long is left out.
"""

import json
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.seams import seam
from local.stepfunctions.redrive import description

_LONGEST_DATA = 248 * 1024


def announce(execution: Any) -> None:
    """Put the event of the execution's present status on the default bus, and so into the queues of its rules."""
    from ministack.services import eventbridge

    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(_detail(execution)),
        "Resources": [execution.execution_arn],
    }
    seam(eventbridge, "_put_events")({"Entries": [entry]}, allow_aws_source=True)


def _detail(execution: Any) -> dict[str, Any]:
    succeeded, redrives = execution.status == "SUCCEEDED", description(execution)
    output = to_json_str(execution.output, separators=(",", ":")) if succeeded else None
    return {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        **_data("input", execution.execution_input),
        **_data("output", output),
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": redrives["redriveCount"],
        "redriveDate": _milliseconds(redrives.get("redriveDate")),
        "redriveStatus": redrives["redriveStatus"],
        "redriveStatusReason": redrives.get("redriveStatusReason"),
        "error": execution.error,
        "cause": execution.cause,
    }


def _data(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {name: None, f"{name}Details": None}
    included = len(text.encode()) <= _LONGEST_DATA
    return {name: text if included else None, f"{name}Details": {"included": included}}


def _milliseconds(when: datetime | None) -> int | None:
    return None if when is None else round(when.timestamp() * 1000)
