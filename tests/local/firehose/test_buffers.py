"""What is due, and how long what S3 does not take is tried, by AWS's documents.

https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
https://docs.aws.amazon.com/firehose/latest/dev/retry.html
"""

from local.firehose.buffers import Batch, Buffer

DAY = 24 * 3600


def test_a_buffer_is_due_by_size_or_by_the_age_of_its_first_record_whichever_comes_first() -> None:
    buffer = Buffer()
    assert not buffer.is_due(1000, size=10, seconds=60)
    buffer.add(b"12345", 1000)
    buffer.add(b"6789", 1050)
    assert not buffer.is_due(1059, size=10, seconds=60)
    assert buffer.is_due(1060, size=10, seconds=60)
    assert buffer.is_due(1050, size=9, seconds=60)
    assert buffer.is_due(1000, size=10, seconds=0)


def test_what_was_taken_is_due_no_more_and_the_next_record_begins_anew() -> None:
    buffer = Buffer()
    buffer.add(b"1", 1000)
    assert buffer.take() == [b"1"]
    assert not buffer.is_due(2000, size=1, seconds=0)
    buffer.add(b"2", 2000)
    assert (buffer.arrival, buffer.size) == (2000, 1)


def test_a_batch_is_tried_again_for_a_day() -> None:
    batch = Batch("a-key", b"", arrival=1000, retry_at=1060)
    assert batch.delay(1060)
    assert 1060 < batch.retry_at < 1120
    assert batch.delay(1000 + DAY - 1)
    assert not batch.delay(1000 + DAY)
