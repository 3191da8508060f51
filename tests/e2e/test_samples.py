"""Samples through topic, function and delivery stream: each is a row once, whatever is lost or repeated on the way.

A tenth of the entries that are put to Firehose fail (tests/conftest.py).
"""

import gzip
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import athena, sample_files
from cli.invoke import physical_name
from cli.publish import Centre, Outcome
from commands import runner, use_record
from machines import until
from stacks import MakeStack, Stack
from statemachines import sql
from wildrydes.samples.files import describe_file
from wildrydes.samples.sample import FIELDS

pytestmark = pytest.mark.proof

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples" / "samples.csv.gz"
COUNT = 20_000
WITH_IDS = 15_000
AGAIN = 3_000
BATCH = 100
REPEATED = AGAIN + 10 * BATCH
QUIET = Console(file=io.StringIO())


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return gzip.decompress(SAMPLES.read_bytes()).decode().splitlines()


def run_sql(stack: Stack, name: str) -> list[dict[str, str]]:
    """A query of the project, as the workflow would run it for the task pick_duration."""
    values = {"bucket": stack.bucket, "execution": "e2e", "label_column": "duration"}
    values["feature_columns"] = ", ".join(field.name for field in FIELDS[1:])
    text = sql.one_line(sql.source(name))
    for placeholder, value in values.items():
        text = text.replace(f"${{{placeholder}}}", value)
    return athena.query(stack.command_stack, text)


def publish_lines(stack: Stack, lines: list[str]) -> list[tuple[str, str]]:
    """Publish lines of CSV, which have no ids, many a message; the id and the text of each message."""
    texts = ["\n".join(lines[start : start + BATCH]) for start in range(0, len(lines), BATCH)]
    sns, topic = stack.client("sns"), stack.outputs["SamplesTopicArn"]
    return [(sns.publish(TopicArn=topic, Message=text)["MessageId"], text) for text in texts]


def deliver_again(stack: Stack, message_id: str, text: str) -> None:
    """Deliver a message once more, as SNS may do by itself."""
    notification = {"MessageId": message_id, "TopicArn": stack.outputs["SamplesTopicArn"], "Message": text}
    notification["Timestamp"] = "2024-07-09T12:00:00.000Z"
    invoke(stack, {"Records": [{"EventSource": "aws:sns", "Sns": notification}]})


def invoke(stack: Stack, event: Any) -> None:
    stack.client("lambda").invoke(
        FunctionName=physical_name(stack.command_stack, "collect_samples"),
        InvocationType="Event",
        Payload=json.dumps(event),
    )


def counted(stack: Stack) -> dict[str, int]:
    """What is in the table, with all that is on its way by then delivered."""
    stack.server.request("/_local/clock", advance_seconds=61)
    (row,) = run_sql(stack, "samples_counts")
    return {name: int(value) for name, value in row.items()}


@dataclass(frozen=True)
class Published:
    """What became of all that was published: counts of the table, its objects by key, and the training set."""

    outcomes: tuple[Outcome, Outcome]
    counts: dict[str, int]
    objects: dict[str, bytes]
    training_set: list[str]


@pytest.fixture(scope="module")
def published(stack: Stack, lines: list[str]) -> Published:
    """The file, three quarters of it with ids; some of these published again, some of the others delivered again."""
    # What is no event of SNS fails each time, and is in the dead-letter queue at the end.
    invoke(stack, {"Records": "none"})
    for message in publish_lines(stack, lines[WITH_IDS:])[:10]:
        deliver_again(stack, *message)
    stack.client("sns").publish(TopicArn=stack.outputs["SamplesTopicArn"], Message="no\nsample\n" + lines[0][:-1] + "x")
    centre = Centre(stack.command_stack, lambda _: stack.server.request("/_local/clock", advance_seconds=61))
    file = describe_file(SAMPLES)
    again = centre.run(file, QUIET, count=AGAIN, rate=None, batch=BATCH, wait=True)
    outcome = centre.run(file, QUIET, count=WITH_IDS, rate=None, batch=BATCH, wait=True)
    counts = until(lambda: counted(stack), lambda counts: counts["processed_rows"] >= COUNT + REPEATED, 240)
    objects = {key: gzip.decompress(stack.read(key)) for key in stack.keys("samples/")}
    run_sql(stack, "samples_training_set")
    keys = stack.keys("training-sets/e2e/split=")
    training_set = [line for key in keys for line in gzip.decompress(stack.read(key)).decode().splitlines()]
    return Published((again, outcome), counts, objects, training_set)


def test_20_000_samples_are_20_000_rows_through_failures_and_repetitions(
    published: Published, lines: list[str]
) -> None:
    again, outcome = published.outcomes
    assert (again.missing, outcome.missing, outcome.messages) == (0, 0, WITH_IDS // BATCH)
    counts = published.counts
    assert (counts["samples"], counts["repeated"], counts["contradicting"]) == (COUNT, REPEATED, 0)
    assert sum(counts[f"{split}_rows"] for split in ("train", "validation", "test")) == COUNT
    assert sorted(published.training_set) == sorted(lines)


def test_objects_are_gzip_under_the_day_and_end_in_a_line_feed(published: Published) -> None:
    assert all(re.fullmatch(r"samples/\d{4}-\d\d-\d\d/.*-1-.*\.gz", key) for key in published.objects)
    assert all(body.endswith(b"}\n") for body in published.objects.values())
    assert sum(body.count(b"\n") for body in published.objects.values()) == COUNT + REPEATED


def test_what_is_no_sample_is_kept(stack: Stack, published: Published) -> None:
    assert [each["reason"] for each in stack.rejected()] == ["wrong_field_count", "wrong_field_count", "not_an_integer"]


def test_an_event_that_fails_each_time_is_kept_and_can_be_replayed(
    stack: Stack, published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs, queue = stack.client("sqs"), stack.outputs["SamplesDeadLetterQueueUrl"]
    name = "ApproximateNumberOfMessages"
    depth = lambda: int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])  # noqa: E731
    until(depth, lambda count: count == 1)
    use_record(monkeypatch, stack.server)
    ran = runner(stack, capsys)("replay")
    assert ran.code == 0
    assert "SamplesDeadLetterQueue: 1 events sent again, 0 messages left" in ran.out


def test_the_command_says_how_many_rows_athena_sees(
    stack: Stack, published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_record(monkeypatch, stack.server)
    move = stack.server.request
    monkeypatch.setattr(
        "cli.publish.Centre.__init__.__defaults__", (lambda _: move("/_local/clock", advance_seconds=61),)
    )
    command = runner(stack, capsys)
    before = counted(stack)["samples"]
    facts = json.loads(command("publish", "--count", "30", "--rate", "500", "--json").out)
    assert (facts["samples"], facts["messages"], facts["missing"], facts["table"]["seen"]) == (30, 30, 0, 30)
    assert facts["table"]["table_samples"] == before
    ran = command("publish", "--count", "3", "--no-wait")
    assert (ran.code, ran.err) == (0, "")
    assert "published 3 samples in 3 messages" in ran.out


def test_a_file_that_is_put_into_the_bucket_has_the_ids_of_its_samples(stack: Stack, published: Published) -> None:
    key = sample_files.upload(stack.command_stack, sample_files.check(SAMPLES))
    assert stack.read(key)[:2] == b"\x1f\x8b"
    # Those that were published without ids are others.
    assert counted(stack)["samples"] == published.counts["samples"] + COUNT - WITH_IDS
