"""`wildrydes publish`: what it sends, at which pace, and when it gives up waiting."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import athena, options, sample_files
from cli.errors import UnreadableFileError
from cli.publish import Centre, NotPublishedError, Outcome, Seen, calls_of
from cli.stack import Stack
from wildrydes.samples.files import describe_file

QUIET = Console(file=io.StringIO())
LINE = "6100,9000,210,150,60,2,425,1200,400,300,500,60,35\n"
OUTPUTS: dict[str, str] = dict.fromkeys(
    ("SamplesTopicArn", "SamplesDeadLetterQueueUrl", "SamplesStreamName"), "a-value"
)


class Aws:
    """SNS, SQS and Firehose in one; `fails` says whether a message fails that was sent so often before."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.fails: Any = lambda _text, _before: False

    def client(self, _: str) -> Any:
        return self

    def get_topic_attributes(self, **_: Any) -> Any:
        return {"ResponseMetadata": {"HTTPHeaders": {"date": "Tue, 09 Jul 2024 12:00:00 GMT"}}}

    def get_queue_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"ApproximateNumberOfMessages": "0"}}

    def describe_delivery_stream(self, **_: Any) -> Any:
        hints = {"BufferingHints": {"IntervalInSeconds": 60}}
        return {"DeliveryStreamDescription": {"Destinations": [{"ExtendedS3DestinationDescription": hints}]}}

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[dict[str, str]]) -> Any:  # noqa: N803
        texts = [entry["Message"] for entry in PublishBatchRequestEntries]
        before = [sum(call.count(text) for call in self.calls) for text in texts]
        self.calls.append(texts)
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
            for entry, count in zip(PublishBatchRequestEntries, before, strict=True)
            if self.fails(entry["Message"], count)
        ]
        return {"Successful": [], "Failed": failed}


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def file(tmp_path: Path) -> Any:
    path = tmp_path / "samples.csv"
    path.write_text(LINE * 25)
    return describe_file(path)


def centre(aws: Aws, pauses: list[float] | None = None) -> Centre:
    return Centre(Stack("wildrydes", OUTPUTS, aws.client), (pauses if pauses is not None else []).append)


def run(aws: Aws, file: Any, pauses: list[float] | None = None, **options: Any) -> Outcome:
    common: dict[str, Any] = {"count": file.rows, "rate": None, "batch": 1, "wait": False}
    return centre(aws, pauses).run(file, QUIET, **common | options)


def test_one_sample_a_message_and_ten_messages_a_call_by_default(aws: Aws, file: Any) -> None:
    outcome = run(aws, file)
    assert (outcome.samples, outcome.messages, outcome.missing) == (25, 25, 0)
    assert [len(call) for call in aws.calls] == [10, 10, 5]
    ids = [json.loads(text)["sample_id"] for call in aws.calls for text in call]
    assert ids == [f"{file.id}-{row}" for row in range(1, 26)]


def test_a_batch_is_lines_of_one_message_and_count_takes_the_first(aws: Aws, file: Any) -> None:
    outcome = run(aws, file, batch=4, count=10)
    assert (outcome.samples, outcome.messages) == (10, 3)
    assert [text.count("\n") for text in aws.calls[0]] == [3, 3, 1]


def test_a_rate_is_kept_by_pauses_and_small_calls(aws: Aws, file: Any) -> None:
    run(aws, file, rate=20, count=12)
    assert [len(call) for call in aws.calls] == [4, 4, 4]
    # So slow that what the calls themselves take does not count.
    pauses: list[float] = []
    run(aws, file, pauses, rate=0.01, count=3)
    assert pauses == pytest.approx([0, 100, 200], abs=60)


def test_messages_that_failed_are_sent_again_alone(aws: Aws, file: Any) -> None:
    aws.fails = lambda text, before: json.loads(text)["sample_id"].endswith(("-3", "-7")) and before < 2
    assert run(aws, file, count=10).samples == 10
    assert [len(call) for call in aws.calls] == [10, 2, 2]


def test_messages_that_fail_each_time_end_it(aws: Aws, file: Any) -> None:
    aws.fails = lambda text, _: json.loads(text)["sample_id"].endswith("-3")
    with pytest.raises(NotPublishedError, match="did not take 1 messages in 8 attempts, the first for InternalError"):
        run(aws, file)


def looks(monkeypatch: pytest.MonkeyPatch, *seen: int) -> list[str]:
    """Let Athena see so many at each look, and the last number from then on; the texts of its queries."""
    texts: list[str] = []

    def query(_: Stack, sql: str) -> list[dict[str, str]]:
        texts.append(sql)
        count = str(seen[min(len(texts), len(seen)) - 1])
        return [{"seen": count, "table_rows": "100", "table_samples": "90"}]

    monkeypatch.setattr(athena, "query", query)
    return texts


def test_it_waits_until_athena_sees_each_sample(aws: Aws, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = looks(monkeypatch, 0, 0, 20, 25)
    outcome = run(aws, file, wait=True)
    assert (outcome.table, outcome.missing, len(texts)) == (Seen(25, 100, 90), 0, 4)
    assert "arrived_at >= '2024-07-09T12:00:00.000Z'" in texts[0]
    assert "Athena sees 25 of them, missing 0; dead-lettered 0 messages; the table has 100 rows of 90 samples" in str(
        outcome
    )


def test_it_gives_up_a_minute_after_the_stream_should_have_delivered(
    aws: Aws, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks(monkeypatch, 0, 10)
    pauses: list[float] = []
    outcome = run(aws, file, pauses, wait=True)
    assert (outcome.missing, sum(pauses)) == (15, 122)


def test_calls_have_ten_messages_and_fit_into_256_kb() -> None:
    assert [len(call) for call in calls_of([(1, "x")] * 23, 10)] == [10, 10, 3]
    assert [len(call) for call in calls_of([(500, "x" * 100_000)] * 5, 10)] == [2, 2, 1]


def test_a_file_is_checked_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text(LINE * 3 + "a,b\n")
    with pytest.raises(UnreadableFileError, match=r"samples.csv: row 4: the line has 2 fields.*wrong_field_count"):
        sample_files.check(path)
    assert sample_files.check(path, 3).rows == 4
    path.write_text("")
    with pytest.raises(UnreadableFileError, match="has no samples"):
        sample_files.check(path)
    path.write_bytes(gzip.compress((LINE * 3000).encode())[:-20])
    with pytest.raises(UnreadableFileError, match="no whole gzip file"):
        sample_files.check(path)


def test_the_sample_of_the_repository_is_the_default() -> None:
    assert sample_files.check(options.SAMPLES, 10).rows == 20_000
