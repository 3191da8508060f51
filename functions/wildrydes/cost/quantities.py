"""How AWS measures what it bills: roundings, minima and units.

https://aws.amazon.com/lambda/pricing/          milliseconds, rounded up; GB are 1,024 MB of memory
https://aws.amazon.com/athena/pricing/          megabytes, rounded up, at least 10 a query; none if it failed
https://aws.amazon.com/firehose/pricing/        each record rounded up to 5 KB; a GB is 1,048,576 KB
https://aws.amazon.com/sqs/pricing/             a request for each 64 KB of a payload
https://aws.amazon.com/sagemaker/ai/pricing/    instances by the second, their volumes by GB-month

>>> athena(1)
{'athena_tb': Decimal('0.0000095367431640625')}
>>> firehose(3 * KB, 1_048_576)
{'firehose_gb': Decimal('5')}
"""

from decimal import ROUND_CEILING, Decimal

KB, MB = 1 << 10, 1 << 20
GB, TB = 1 << 30, 1 << 40
HOURS_A_MONTH = 730

_ATHENA_MINIMUM_MB = 10
_FIREHOSE_STEP = 5 * KB
_CHUNK = 64 * KB


def function_calls(memory_mb: int, milliseconds: Decimal, calls: int = 1) -> dict[str, Decimal]:
    """`calls` of a function, each of so long."""
    seconds = milliseconds.to_integral_value(ROUND_CEILING) / 1000
    return {"lambda_requests": Decimal(calls), "lambda_gb_seconds": Decimal(memory_mb) / 1024 * seconds * calls}


def athena(scanned_bytes: int) -> dict[str, Decimal]:
    """A query that has scanned so many bytes."""
    megabytes = max(_ATHENA_MINIMUM_MB, -(-scanned_bytes // MB))
    return {"athena_tb": Decimal(megabytes * MB) / TB}


def firehose(record_bytes: int, records: int) -> dict[str, Decimal]:
    """Records of so many bytes each."""
    steps = max(1, -(-record_bytes // _FIREHOSE_STEP))
    return {"firehose_gb": Decimal(steps * _FIREHOSE_STEP * records) / GB}


def requests_of(payload_bytes: int) -> int:
    """How many requests of SQS, or publishes of SNS, one of so many bytes counts for."""
    return max(1, -(-payload_bytes // _CHUNK))


def machine(instance: str, seconds: Decimal, count: int = 1, volume_gb: int = 0) -> dict[str, Decimal]:
    """`count` instances of SageMaker for so long, each with a volume."""
    hours = seconds * count / 3600
    usage = {f"ml_hours/{instance}": hours}
    return usage | ({"ml_gb_months": hours / HOURS_A_MONTH * volume_gb} if volume_gb else {})
