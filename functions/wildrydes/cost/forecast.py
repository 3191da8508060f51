"""What a month will cost: so many rides that come one at a time, so many requests to the API, so many retrainings.

How much a ride, a request or a retraining uses is measured where it can be, otherwise taken from the template's
settings; docs/costs.md says which. A month has 730 hours.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from wildrydes.cost.charges import Bill, Usage, add, bill, scale
from wildrydes.cost.quantities import GB, HOURS_A_MONTH, MB, TB

MILLION = 1_000_000


def _usage(**quantities: str | int) -> Usage:
    return MappingProxyType({item: Decimal(quantity) for item, quantity in quantities.items()})


_KB_OF_GB = Decimal(1024) / GB

# A ride: sent, received and deleted in tens, twice; located a hundred at a time in 50 ms of 512 MB, and stored twenty
# at a time in 30 ms of 512 MB, into an object.
RIDE = _usage(sqs_requests="0.6", lambda_requests="0.06", lambda_gb_seconds="0.001", s3_puts="0.05")
RIDE_LOG_KB = Decimal("0.1")

# A request: answered in 5 ms of 512 MB. It leaves 3 KB in the logs of the API and of Lambda, of which 1 KB is captured:
# Firehose bills 5 KB for it, unless many come at once. X-Ray keeps a trace of each twentieth.
REQUEST = _usage(api_requests=1, lambda_requests=1, lambda_gb_seconds="0.0025", traces="0.05")
REQUEST_KB: Mapping[str, Decimal] = MappingProxyType(
    {
        "log_gb": Decimal(3),
        "firehose_gb": Decimal(5),
        "firehose_decompressed_gb": Decimal(1),
        "data_out_gb": Decimal("0.3"),
    }
)

# A retraining: states and retries, the functions, the start of its queries, and two minutes of an instance. For each
# 8 MB of new ride files a child more.
RETRAINING = _usage(
    state_transitions=80, lambda_requests=12, lambda_gb_seconds=45, s3_puts=80, s3_gets=150, sns_publishes=1
)
TRAINING_HOURS, TRAINING_VOLUME_GB = Decimal(2) / 60, 10
BYTES_OF_RIDE = 100
"""What Athena reads of a stored ride, compressed."""

_QUERIES, _LEAST_OF_QUERY = 3, Decimal(10 * MB)

# With nothing to do: Lambda's five pollers ask each of two queues, which wait 20 seconds.
POLLS = _usage(sqs_requests=5 * 2 * HOURS_A_MONTH * 3600 // 20)


class Fixtures(NamedTuple):
    """What a stack has whatever it does: alarms, dashboards, metrics and keys, GB in its bucket, endpoints."""

    alarms: int = 44
    dashboards: int = 1
    metrics: int = 60
    keys: int = 1
    stored_gb: Decimal = Decimal(1)
    endpoints: int = 0


class Forecast(NamedTuple):
    """A month's bills: at list prices, with the free tier, and of a million requests and rides alone, without it.

    `parts` are the bills of what a month is made of, at list prices: `rides, requests, retrainings, stack`.
    """

    listed: Bill
    free: Bill
    parts: Mapping[str, Bill]
    of_million_requests: Bill
    of_million_rides: Bill

    def to_json(self) -> dict[str, Any]:
        """Totals in dollars, and both whole bills, line by line."""
        return {
            "usd": float(self.listed.total),
            "usd_with_free_tier": float(self.free.total),
            "usd_of_million_requests": float(self.of_million_requests.total),
            "usd_of_million_rides": float(self.of_million_rides.total),
            "parts": {name: float(part.total) for name, part in self.parts.items()},
            "bill": self.listed.to_json(),
            "bill_with_free_tier": self.free.to_json(),
        }


def forecast(
    rides: int,
    requests: int,
    region: str,
    retrainings: int = 4,
    instance: str = "ml.m5.large",
    fixtures: Fixtures = Fixtures(),  # noqa: B008 - a frozen value
) -> Forecast:
    """A month's costs in a region."""
    usages = {
        "rides": of_rides(rides),
        "requests": of_requests(requests),
        "retrainings": of_retrainings(retrainings, rides, instance),
        "stack": of_stack(fixtures, instance),
    }
    whole = add(usages.values())
    return Forecast(
        bill(whole, region),
        bill(whole, region, free=True),
        {name: bill(usage, region) for name, usage in usages.items()},
        bill(of_requests(MILLION), region),
        bill(of_rides(MILLION), region),
    )


def of_rides(rides: int) -> Usage:
    """Rides that come one at a time, through both queues into the bucket."""
    return add([scale(RIDE, Decimal(rides)), {"log_gb": rides * RIDE_LOG_KB * _KB_OF_GB}])


def of_requests(requests: int) -> Usage:
    """Requests for one prediction each."""
    sizes = {item: requests * kilobytes * _KB_OF_GB for item, kilobytes in REQUEST_KB.items()}
    return add([scale(REQUEST, Decimal(requests)), sizes])


def of_retrainings(retrainings: int, rides: int, instance: str) -> Usage:
    """Retrainings on all rides so far: each of their queries reads them all."""
    scanned = _QUERIES * max(_LEAST_OF_QUERY, Decimal(rides * BYTES_OF_RIDE)) / TB
    volume = TRAINING_HOURS / HOURS_A_MONTH * TRAINING_VOLUME_GB
    machine = {f"ml_hours/{instance}": TRAINING_HOURS, "ml_gb_months": volume}
    return scale(add([RETRAINING, {"athena_tb": scanned}, machine]), Decimal(retrainings))


def of_stack(fixtures: Fixtures, instance: str) -> Usage:
    """What costs though nothing happens."""
    own = {
        "alarm_months": Decimal(fixtures.alarms),
        "dashboard_months": Decimal(fixtures.dashboards),
        "metric_months": Decimal(fixtures.metrics),
        "kms_key_months": Decimal(fixtures.keys),
        "s3_gb_months": fixtures.stored_gb,
        f"ml_hours/{instance}": Decimal(fixtures.endpoints * HOURS_A_MONTH),
    }
    return add([own, POLLS])
