"""One retraining: how long its stages take, and what it uses. It asks for the years of all rides, and reads them all.

Not in the hours: Athena's own time, which AWS publishes no rate of, and the promotion's. Not in the bytes that Athena
reads: NOAA's observations beyond the least that is billed.
"""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil

from wildrydes.cost import rates
from wildrydes.cost.charges import Usage
from wildrydes.cost.load import Load
from wildrydes.cost.map_run import GETS_OF_CHILD, PUTS_OF_CHILD, TRANSITIONS_OF_CHILD, MapRun, simulate
from wildrydes.cost.quantities import HOURS_A_MONTH, MB, TB
from wildrydes.rides.compaction import MOST_OBJECTS

AT_ONCE = 40
"""IngestConcurrency."""

MEMORY_MB: Mapping[str, int] = {
    "arrange": 1024,
    "plan": 1024,
    "ingest": 1024,
    "check": 1024,
    "list": 1024,
    "evaluate": 1769,
}
"""By stage, as the template has it."""

TRANSITIONS, GB_SECONDS, FUNCTION_CALLS = 81, 40, 13
S3_PUTS, S3_GETS = 80, 150
"""Of a retraining without chunks: the sample's took 89 transitions and 43 GB-seconds with four (docs/costs.md)."""

RIDE_QUERIES, WEATHER_QUERIES = 2, 2
VOLUME_GB = 10
MOST_TRAINING_SECONDS = 3600
TRAIN_SHARE, TEST_SHARE = 0.8, 0.1
KEYS_A_PAGE = 1000
LISTINGS = 3
"""Of processed/: by arrange_rides, by the plan, and by list_rides."""

_LEAST_OF_QUERY = Decimal(10 * MB)
_COPIES_AT_ONCE, _READS_AT_ONCE = 8, 16
_SECONDS_OF_ARRANGEMENT = 780
"""Of a call, before it leaves the rest to the next."""

_TRANSITIONS_OF_ARRANGEMENT = 2
_PUTS_OF_GROUP = 2
"""Of small objects that are put together: what they make, and the list of them."""

_REQUESTS_OF_CHECK = 2
"""Of each chunk: its report is read, its rides are copied."""


def map_run(load: Load, at_once: int = AT_ONCE) -> MapRun:
    """The Map of a retraining."""
    return simulate(load.chunks, seconds_of_chunk(load), at_once)


def seconds_of_chunk(load: Load) -> float:
    """What a child of the Map takes: its rides, and three requests."""
    if not load.chunks:
        return 0.0
    work = load.new / load.chunks * rates.INGESTION.value / rates.core(MEMORY_MB["ingest"])
    return work + (PUTS_OF_CHILD + GETS_OF_CHILD) * rates.REQUEST.value


def seconds(load: Load) -> dict[str, float]:
    """The seconds of each stage, by the names in MEMORY_MB, and `train`. `ingest` is one child's."""
    pages = load.objects / KEYS_A_PAGE * rates.REQUEST.value
    reads = load.new * rates.RAW_RIDE.value / rates.STREAM_OF_BYTES.value if load.chunks else 0.0
    planned = load.new * rates.PLAN.value / rates.core(MEMORY_MB["plan"]) if load.chunks else 0.0
    return {
        "arrange": pages + load.small * (1 / KEYS_A_PAGE + 1 / _READS_AT_ONCE) * rates.REQUEST.value,
        "plan": reads + planned + pages,
        "ingest": seconds_of_chunk(load),
        "check": load.chunks * _REQUESTS_OF_CHECK * rates.REQUEST.value / _COPIES_AT_ONCE,
        "list": pages,
        "train": rates.TRAINING_START.value + load.stored * rates.TRAINING.value,
        "evaluate": load.stored * (TEST_SHARE * rates.TEST_ROW.value + TRAIN_SHARE * rates.TRAIN_ROW.value),
    }


def hours(load: Load, run: MapRun) -> float:
    """The hours of a retraining whose Map is `run`, without Athena's and the promotion's."""
    stages = seconds(load)
    return (sum(stages.values()) - stages["ingest"] + run.seconds) / 3600


def scanned_bytes(load: Load) -> Decimal:
    """What Athena reads: all rides of the years asked for twice, and the weather."""
    rides = max(_LEAST_OF_QUERY, Decimal(load.stored) * Decimal(rates.STORED_RIDE.value))
    return RIDE_QUERIES * rides + WEATHER_QUERIES * _LEAST_OF_QUERY


def usage(load: Load, instance: str) -> Usage:
    """What one retraining uses, by the items of the price list."""
    stages = seconds(load)
    calls = {name: load.chunks if name == "ingest" else 1 for name in MEMORY_MB}
    gb_seconds = sum(calls[name] * stages[name] * memory / 1024 for name, memory in MEMORY_MB.items())
    pages = (LISTINGS * load.objects + load.small) / KEYS_A_PAGE
    more_calls = int(stages["arrange"] // _SECONDS_OF_ARRANGEMENT)
    puts_of_groups = _PUTS_OF_GROUP * ceil(load.small / MOST_OBJECTS)
    copies = load.chunks
    trained = Decimal(stages["train"]) / 3600
    return {
        "state_transitions": Decimal(
            TRANSITIONS + TRANSITIONS_OF_CHILD * load.chunks + _TRANSITIONS_OF_ARRANGEMENT * more_calls
        ),
        "lambda_requests": Decimal(FUNCTION_CALLS + load.chunks + more_calls),
        "lambda_gb_seconds": Decimal(GB_SECONDS) + Decimal(gb_seconds),
        "s3_puts": Decimal(S3_PUTS + PUTS_OF_CHILD * load.chunks + copies + int(pages) + puts_of_groups),
        "s3_gets": Decimal(S3_GETS + (GETS_OF_CHILD + 1) * load.chunks + RIDE_QUERIES * load.objects + load.small),
        "sns_publishes": Decimal(1),
        "athena_tb": scanned_bytes(load) / TB,
        f"ml_hours/{instance}": trained,
        "ml_gb_months": trained / HOURS_A_MONTH * VOLUME_GB,
    }
