"""What a month will cost: so many rides that come one at a time, so many requests to the API, so many retrainings.

How much a ride, a request or a retraining uses is measured where it can be, otherwise taken from the template's
settings; docs/costs.md says which. A month has 730 hours.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from wildrydes.cost.charges import Bill, Usage, add, bill, scale
from wildrydes.cost.load import MONTHS, RETRAININGS, STREAM, Load, batches
from wildrydes.cost.quantities import GB, HOURS_A_MONTH
from wildrydes.cost.retraining import usage

MILLION = 1_000_000

INSTANCE = "ml.m5.large"


def _usage(**quantities: str | int) -> Usage:
    return MappingProxyType({item: Decimal(quantity) for item, quantity in quantities.items()})


_KB_OF_GB = Decimal(1024) / GB

# A ride that comes by itself: sent to a queue, received and deleted with those of the same second, ten at most in a
# request; located up to a hundred at a time in 50 ms of 512 MB. Packs of them go the same way, and are stored in 30 ms
# of 512 MB, into an object.
RIDE_LOG_KB = Decimal("0.1")
_RECEIVED_AT_ONCE = 10
_LOCATED_SECONDS, _LOCATED_AT_ONCE, _STORED_SECONDS, _STREAM_GB = Decimal("0.05"), 100, Decimal("0.03"), Decimal("0.5")

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
    retrainings: int = RETRAININGS,
    instance: str = INSTANCE,
    fixtures: Fixtures = Fixtures(),  # noqa: B008 - a frozen value
    months: int = MONTHS,
) -> Forecast:
    """The costs in a region of the last of so many months, each with as many rides."""
    usages = {
        "rides": of_rides(rides),
        "requests": of_requests(requests),
        "retrainings": of_retrainings(Load(rides, STREAM, months, retrainings), instance),
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
    """Rides that come one at a time and evenly, through both queues into the bucket."""
    located, stored = batches(rides)
    received = max(located, -(-rides // _RECEIVED_AT_ONCE)) + max(stored, -(-located // _RECEIVED_AT_ONCE))
    seconds = located * _LOCATED_SECONDS * max(1, Decimal(rides) / _LOCATED_AT_ONCE / max(1, located))
    return {
        "sqs_requests": Decimal(rides + located + 2 * received),
        "lambda_requests": Decimal(located + stored),
        "lambda_gb_seconds": (seconds + stored * _STORED_SECONDS) * _STREAM_GB,
        "s3_puts": Decimal(stored),
        "log_gb": rides * RIDE_LOG_KB * _KB_OF_GB,
    }


def of_requests(requests: int) -> Usage:
    """Requests for one prediction each."""
    sizes = {item: requests * kilobytes * _KB_OF_GB for item, kilobytes in REQUEST_KB.items()}
    return add([scale(REQUEST, Decimal(requests)), sizes])


def of_retrainings(load: Load, instance: str) -> Usage:
    """A month's retrainings, each on all rides so far."""
    return scale(usage(load, instance), Decimal(load.retrainings))


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
