"""Entries of PutEvents that EventBridge does not take: MiniStack takes each, and no rule matches it.

The call is answered with 200 all the same, and the entry's place in the answer has the error.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
"""

import json
from collections.abc import Mapping
from typing import Any

from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

_REQUIRED = ("Source", "DetailType", "Detail")
# More are refused as a whole.
_MOST_ENTRIES = 10


def install() -> None:
    """Refuse entries before MiniStack sees them. The server's own events are as they shall be."""
    from ministack.services import eventbridge

    put = seam(eventbridge, "_put_events")

    def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Response:
        entries = data.get("Entries") or []
        faults = [None if allow_aws_source else fault_of(entry) for entry in entries]
        if not any(faults) or len(entries) > _MOST_ENTRIES:
            return put(data, allow_aws_source)
        sound = [entry for entry, fault in zip(entries, faults, strict=True) if fault is None]
        status, headers, body = put({**data, "Entries": sound}, allow_aws_source)
        results = iter(json.loads(body)["Entries"])
        merged = [fault or next(results) for fault in faults]
        failures = sum("ErrorCode" in result for result in merged)
        return status, headers, json.dumps({"FailedEntryCount": failures, "Entries": merged}).encode()

    replace(eventbridge, "_put_events", put_events)


def fault_of(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """What the answer has in the place of an entry that is not taken, None where it is.

    >>> fault_of({"Source": "rides", "DetailType": "Ride", "Detail": "[]"})
    {'ErrorCode': 'MalformedDetail', 'ErrorMessage': 'Detail is malformed.'}
    """
    for name in _REQUIRED:
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    try:
        detail = json.loads(entry["Detail"])
    except (ValueError, TypeError, RecursionError):
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None
