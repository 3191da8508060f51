"""What a ride, a row or a request takes: measured here, or published by AWS, each with where it is from.

Times are of one whole core. A function of less than CORE_MB megabytes has a part of one.
"""

from typing import NamedTuple


class Rate(NamedTuple):
    """So much of a unit, and its source: a page of the documents, or an address of AWS's."""

    value: float
    unit: str
    source: str


_INGESTION = "docs/performance.md, Ingestion"
_TRAINING = "docs/performance.md, Reading the training set, and training"
_RATES = "python -m bench.rates"
_AWS = "https://docs.aws.amazon.com"

RAW_RIDE = Rate(225, "bytes of a ride in a file, the mean of four shapes", _RATES)
STORED_RIDE = Rate(87, "bytes of a ride under processed/", _RATES)
INGESTION = Rate(1 / 70_000, "seconds of a ride that is ingested, plan included", _INGESTION)
PLAN = Rate(0.13 / 70_000, "seconds of a ride that is planned", _INGESTION)
TRAINING_START = Rate(120, "seconds before a training job reads its first row", "docs/costs.md, A forecast")
TRAINING = Rate(3.1e-6, "seconds of a row that is read and trained on, by the embedded container", _TRAINING)
STREAM = Rate(1 / 1721, "seconds of a ride on the per-record path", "docs/performance.md, Rides one at a time")
TEST_ROW = Rate(49e-6, "seconds of a row of the test split that two models answer", _RATES)
TRAIN_ROW = Rate(20e-6, "seconds of a row of the train split that is summed up", _RATES)
LISTED_OBJECT = Rate(83, "bytes of memory of an object in the list that list_rides writes", _RATES)
REQUEST = Rate(
    0.1,
    "seconds of a small request to S3",
    f"{_AWS}/AmazonS3/latest/userguide/optimizing-performance.html",
)
STREAM_OF_BYTES = Rate(
    85e6,
    "bytes a second of one request to S3",
    f"{_AWS}/whitepapers/latest/s3-optimizing-performance-best-practices/"
    "horizontal-scaling-and-request-parallelization-for-high-throughput.html",
)
CORE_MB = Rate(1769, "MB of a function that has one core", f"{_AWS}/lambda/latest/dg/configuration-memory.html")

RATES = (
    RAW_RIDE,
    STORED_RIDE,
    INGESTION,
    PLAN,
    TRAINING_START,
    TRAINING,
    STREAM,
    TEST_ROW,
    TRAIN_ROW,
    LISTED_OBJECT,
    REQUEST,
    STREAM_OF_BYTES,
    CORE_MB,
)


def core(memory_mb: int) -> float:
    """The part of a core that a function of so much memory has; more than one helps no code of a single thread.

    >>> core(1769), round(core(1024), 3)
    (1.0, 0.579)
    """
    return min(1.0, memory_mb / CORE_MB.value)
