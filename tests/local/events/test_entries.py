"""What PutEvents does not take, by its API reference."""

from typing import Any

from local.events.entries import fault_of
from machines import Client, unique

EVENT = {"Source": "rides", "DetailType": "Ride", "Detail": "{}"}


def test_entries_that_are_none_fail_in_their_places_and_stop_no_other(client: Client) -> None:
    source = unique("rides")
    wrong: list[dict[str, Any]] = [{"Detail": "ride"}, {"Detail": "[]"}, {"DetailType": ""}, {"Source": "aws.rides"}]
    entries = [{**EVENT, "Source": source, **each} for each in ({}, *wrong, {})]
    entries.append({"Source": source, "DetailType": "Ride"})
    answer = client("events").put_events(Entries=entries)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    refusals = ["MalformedDetail", "MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException"]
    assert codes == [None, *refusals, None, "InvalidArgument"]
    assert answer["FailedEntryCount"] == 5
    assert [bool(entry.get("EventId")) for entry in answer["Entries"]] == [code is None for code in codes]


def test_detail_that_is_too_deep_is_none() -> None:
    fault = fault_of({**EVENT, "Detail": "[" * 100_000})
    assert fault == {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
