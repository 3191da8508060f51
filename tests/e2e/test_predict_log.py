"""What a request leaves in the inference function's log group."""

import json
from typing import Any

from local import account
from machines import until
from promotions import RIDE, WriteArtefact, promote, trained
from stacks import MakeStack, Stack


def logged_by(stack: Stack) -> list[str]:
    group = f"/aws/lambda/{stack.name}-predict"
    events = account.entries(stack.client("logs"), "filter_log_events", "events", logGroupName=group)
    return [event["message"] for event in events]


def metrics_of(stack: Stack, requests: int) -> list[dict[str, Any]]:
    """The lines of metrics of so many requests, once they are there."""

    def lines() -> list[dict[str, Any]]:
        return [json.loads(message) for message in logged_by(stack) if '"CloudWatchMetrics"' in message]

    return until(lines, lambda read: len(read) >= requests)


def test_each_request_is_counted_and_no_payload_is_logged(make_stack: MakeStack, write_artefact: WriteArtefact) -> None:
    stack = make_stack()
    assert stack.ask(RIDE)[0] == 503
    model = trained(stack, write_artefact, 0.25)
    promote(stack, model)
    assert stack.ask([RIDE, RIDE | {"secret": 4711}])[0] == 200
    assert stack.ask({"secret": 4711})[0] == 422
    # The promotion's smoke test is the fourth.
    lines = metrics_of(stack, 4)
    assert sorted(line["status"] for line in lines) == ["200", "200", "422", "503"]
    assert [sum(line[name] for line in lines) for name in ("Predictions", "RidesRefused")] == [2, 2]
    scores = {line["PredictionScore"] for line in lines if "PredictionScore" in line}
    assert scores == {model.probability}
    assert not [message for message in logged_by(stack) if "4711" in message or "secret" in message]
