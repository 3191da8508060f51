"""The stream's queues in the template: what keeps a ride from being lost between two functions."""

from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template

RESOURCES: dict[str, dict[str, Any]] = read_template(Path(__file__).parents[2] / "template.yaml")["Resources"]


def of_type(kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


QUEUES = of_type("AWS::SQS::Queue")
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")


def queue_of(arn: dict[str, list[str]]) -> str:
    """The logical id that !GetAtt <id>.Arn names."""
    (name, attribute) = arn["Fn::GetAtt"]
    assert attribute == "Arn"
    return name


def test_every_queue_is_encrypted_and_takes_calls_by_tls_alone() -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in QUEUES.values())
    policies = of_type("AWS::SQS::QueuePolicy").values()
    # A queue has one policy: of two the last one that is written takes the other's place.
    assert sorted(queue["Ref"] for policy in policies for queue in policy["Queues"]) == sorted(QUEUES)
    for policy in policies:
        statement, *admitted = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert [each["Sid"] for each in admitted] in (
            [],
            ["TakeEndsOfPromotions"],
            ["TakeUndeliveredMessages"],
            ["TakeUnaccountedEnds"],
            ["TakeUnannouncedEnds"],
            ["TakeUploads", "TakeMissedStarts"],
            ["TakeEventsOfFiles"],
        )


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_queue_that_is_received_from_waits_long_enough_and_has_a_dead_letter_queue_of_its_own(name: str) -> None:
    mapping = MAPPINGS[name]
    queue = QUEUES[queue_of(mapping["EventSourceArn"])]
    timeout = RESOURCES[mapping["FunctionName"]["Ref"]]["Properties"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout + mapping["MaximumBatchingWindowInSeconds"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    dead_letters = QUEUES[queue_of(queue["RedrivePolicy"]["deadLetterTargetArn"])]
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600 > queue["MessageRetentionPeriod"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert mapping["BatchSize"] > 10


def test_no_two_queues_share_a_dead_letter_queue() -> None:
    targets = [queue_of(q["RedrivePolicy"]["deadLetterTargetArn"]) for q in QUEUES.values() if "RedrivePolicy" in q]
    assert len(targets) == len(set(targets)) == len(MAPPINGS)


def test_a_batch_of_located_rides_fits_into_an_invocation() -> None:
    from wildrydes.rides.located_rides import LONGEST_PACK

    # In the event each quotation mark and backslash of a body gets a backslash more: of rides a fifth, measured.
    assert MAPPINGS["RidesToStore"]["BatchSize"] * LONGEST_PACK * 1.25 < 6 * 1024 * 1024
    assert QUEUES["LocatedRidesQueue"]["MaximumMessageSize"] > LONGEST_PACK


def test_files_under_stream_and_no_others_start_the_fan_out_and_a_failed_event_is_kept() -> None:
    function = RESOURCES["FanOutRidesFunction"]["Properties"]
    pattern = function["Events"]["FileCreated"]["Properties"]["Pattern"]
    assert pattern["detail"] == {
        "bucket": {"name": [{"Ref": "DataBucket"}]},
        "object": {"key": [{"prefix": "stream/"}]},
    }
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    destination = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]
    assert queue_of(destination) == "StreamFilesDeadLetterQueue"
    notifications = RESOURCES["DataBucket"]["Properties"]["NotificationConfiguration"]
    assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
