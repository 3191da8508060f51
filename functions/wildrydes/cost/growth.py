"""What so many rides a month come to: a retraining, a month, and what they take of each limit."""

from decimal import Decimal
from typing import Any, NamedTuple

from wildrydes.cost import rates, retraining
from wildrydes.cost.charges import Bill, Usage, add, bill, scale
from wildrydes.cost.forecast import INSTANCE, of_rides
from wildrydes.cost.limits import shares
from wildrydes.cost.load import BATCH, STREAM, Load
from wildrydes.cost.quantities import GB, TB

_REQUESTS = ("s3_puts", "s3_gets", "lambda_requests", "sqs_requests")


class Amount(NamedTuple):
    """What one retraining, or the last of so many months, takes. Hours are those of workflows; bytes are GB."""

    transitions: float
    gb_seconds: float
    requests: float
    scanned_gb: float
    stored_gb: float
    hours: float
    bill: Bill

    def to_json(self) -> dict[str, Any]:
        """All of it, the bill line by line."""
        return self._asdict() | {"bill": self.bill.to_json()}


class Growth(NamedTuple):
    """A load, its Map, a retraining and a month of it, and the shares of the limits, the largest first."""

    load: Load
    map_run: retraining.MapRun
    retraining: Amount
    month: Amount
    shares: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """All of it as a JSON object."""
        load = self.load
        return {
            "new_rides": load.new,
            "rides_read": load.stored,
            "chunks": load.chunks,
            "objects": load.objects,
            "map": self.map_run._asdict() | {"puts_a_second": self.map_run.puts_a_second},
            "retraining": self.retraining.to_json(),
            "month": self.month.to_json(),
            "shares_of_limits": dict(self.shares),
        }


def growth(load: Load, region: str, instance: str = INSTANCE) -> Growth:
    """What a load comes to in a region."""
    once = retraining.usage(load, instance)
    stored_gb = stored_bytes(load) / GB
    of_path = of_rides(load.rides) if load.path == STREAM else {}
    month = add([scale(once, Decimal(load.retrainings)), of_path, {"s3_gb_months": stored_gb}])
    run = retraining.map_run(load)
    hours = retraining.hours(load, run)
    taken = sorted(((limit.name, share) for limit, share in shares(load)), key=lambda each: -each[1])
    return Growth(
        load,
        run,
        _amount(once, hours, Decimal(0), region),
        _amount(month, hours * load.retrainings, stored_gb, region),
        tuple(taken),
    )


def stored_bytes(load: Load) -> Decimal:
    """What is in the bucket at the end: rides as they are stored, and of the batch path their files too."""
    each = rates.STORED_RIDE.value + (rates.RAW_RIDE.value if load.path == BATCH else 0)
    return Decimal(load.stored) * Decimal(each)


def _amount(usage: Usage, hours: float, stored_gb: Decimal, region: str) -> Amount:
    return Amount(
        float(usage["state_transitions"]),
        float(usage["lambda_gb_seconds"]),
        float(sum(usage.get(item, Decimal(0)) for item in _REQUESTS)),
        float(usage["athena_tb"] * TB / GB),
        float(stored_gb),
        hours,
        bill(usage, region),
    )
