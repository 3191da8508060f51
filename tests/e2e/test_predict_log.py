"""What a request leaves in the inference function's log group, and what becomes of it: metrics, and captured rows."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import athena
from http_caller import Answer, Caller
from local import account
from machines import until
from promotions import RIDE, Model, WriteArtefact, promote, trained
from stacks import MakeStack, Stack

JOINED = """
    SELECT p.task, p.model, p.refused, r.place, r.reference, r.score, element_at(r.numbers, 1) AS distance, o.value
    FROM predictions p
    CROSS JOIN UNNEST(p.places, p."references", p.rows, p.scores) AS r (place, reference, numbers, score)
    LEFT JOIN (
        SELECT request_id, place, max_by(value, time) AS value FROM outcomes GROUP BY request_id, place
    ) o ON o.request_id = p.request_id AND o.place = r.place
    WHERE p.request_id = '{request}'
    ORDER BY r.place
"""


@dataclass(frozen=True)
class Served:
    """A stack, its champion, and the answer that it gave before there was one."""

    stack: Stack
    model: Model
    refusal: Answer

    def post(self, value: Any, path: str = "predictions") -> Answer:
        api = Caller(self.stack.url, self.stack.key)
        return api.ask(path, json.dumps(value).encode(), content_type="application/json")

    def logged(self) -> list[str]:
        group = f"/aws/lambda/{self.stack.name}-predict"
        events = account.entries(self.stack.client("logs"), "filter_log_events", "events", logGroupName=group)
        return [event["message"] for event in events]

    def metrics(self, *answers: Answer) -> list[dict[str, Any]]:
        """The lines of metrics of some requests, once they are there."""
        ids = {answer.json()["request_id"] for answer in answers}

        def lines() -> list[dict[str, Any]]:
            of_all = [json.loads(message) for message in self.logged() if '"CloudWatchMetrics"' in message]
            return [line for line in of_all if line["request_id"] in ids]

        return until(lines, lambda read: len(read) >= len(ids))


@pytest.fixture(scope="module")
def served(make_stack: MakeStack, write_artefact: WriteArtefact) -> Served:
    stack = make_stack()
    refusal = Caller(stack.url, stack.key).ask("predictions", json.dumps(RIDE).encode())
    model = trained(stack, write_artefact, 0.25)
    promote(stack, model)
    return Served(stack, model, refusal)


def test_each_request_is_counted_and_nothing_that_is_no_feature_is_logged(served: Served) -> None:
    answers = [served.refusal, served.post([RIDE, RIDE | {"secret": 4711}]), served.post({"secret": 4711})]
    assert [answer.status for answer in answers] == [503, 200, 422]
    lines = served.metrics(*answers)
    assert sorted(line["status"] for line in lines) == ["200", "422", "503"]
    assert [sum(line[name] for line in lines) for name in ("Predictions", "RidesRefused")] == [1, 2]
    assert {line["PredictionScore"] for line in lines if "PredictionScore" in line} == {served.model.probability}
    assert not [message for message in served.logged() if "4711" in message or "secret" in message]


def test_predictions_are_captured_and_meet_what_came_true(served: Served) -> None:
    request = served.post([RIDE, {"no": "ride"}, RIDE | {"distance": 31, "reference": "ride-7"}]).json()["request_id"]
    outcome = {"request_id": request, "task": "heavy_utilization"}
    first = served.post([outcome | {"place": 0, "value": 1}, outcome | {"place": 2, "value": 1}, {}], "outcomes")
    assert (first.status, first.json()["accepted"], first.json()["rejected"][0]["position"]) == (202, 2, 2)
    corrected = served.post(outcome | {"place": 2, "value": 0}, "outcomes")
    assert (corrected.status, corrected.json()["accepted"]) == (202, 1)
    served.stack.server.request("/_local/clock", advance_seconds=61)
    rows = athena.query(served.stack.command_stack, JOINED.format(request=request))
    common = {"task": "heavy_utilization", "model": served.model.execution, "refused": "1"}
    scores = [row.pop("score") for row in rows]
    assert scores[0] == repr(served.model.probability) != scores[1]
    assert rows == [
        common | {"place": "0", "reference": "", "distance": "30.5", "value": "1.0"},
        common | {"place": "2", "reference": "ride-7", "distance": "31.0", "value": "0.0"},
    ]
    # CloudWatch Logs tested the stream once for each of the four filters.
    (count,) = athena.query(
        served.stack.command_stack, "SELECT count(*) AS n FROM predictions WHERE request_id IS NULL"
    )
    assert count["n"] == "4"


def test_while_capture_fails_requests_are_answered_and_what_is_lost_is_counted(served: Served) -> None:
    iam, cloudwatch = served.stack.client("iam"), served.stack.client("cloudwatch")
    role = served.stack.client("cloudformation").describe_stack_resource(
        StackName=served.stack.name, LogicalResourceId="CaptureFilterRole"
    )["StackResourceDetail"]["PhysicalResourceId"]
    policy = {"RoleName": role, "PolicyName": "PutPredictions"}
    document = iam.get_role_policy(**policy)["PolicyDocument"]

    def lost() -> float:
        metrics = account.entries(
            cloudwatch, "list_metrics", "Metrics", Namespace="AWS/Logs", MetricName="DeliveryErrors"
        )
        (dimensions,) = [
            each["Dimensions"]
            for each in metrics
            if {"Name": "LogGroupName", "Value": f"/aws/lambda/{served.stack.name}-predict"} in each["Dimensions"]
        ] or [[]]
        span = {
            "StartTime": datetime.now(UTC) - timedelta(hours=1),
            "EndTime": datetime.now(UTC) + timedelta(days=3650),
        }
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Logs",
            MetricName="DeliveryErrors",
            Dimensions=dimensions,
            Period=365 * 86_400,
            Statistics=["Sum"],
            **span,
        )["Datapoints"]
        return sum(each["Sum"] for each in points)

    # What other tests logged is delivered before.
    served.stack.server.request("/_local/clock", advance_seconds=1)
    before = lost()
    iam.delete_role_policy(**policy)
    try:
        answers = [served.post(RIDE) for _ in range(3)]
        assert [(each.status, each.json()["probability"]) for each in answers] == [(200, served.model.probability)] * 3
        assert until(lost, lambda count: count >= before + 3) == before + 3
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
