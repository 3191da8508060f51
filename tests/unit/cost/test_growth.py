"""Rides by the hundred thousand and by the billion: what follows them, what does not, and what breaks first."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.template_document import read_template
from wildrydes.cost import retraining
from wildrydes.cost.charges import bill
from wildrydes.cost.growth import growth, stored_bytes
from wildrydes.cost.limits import LIMITS, Limit, fewest, reached
from wildrydes.cost.load import BATCH, LOCATED_AT_ONCE, PATHS, STORED_AT_ONCE, STREAM, Load, batches
from wildrydes.cost.rates import RATES, RAW_RIDE, STORED_RIDE
from wildrydes.parameters import DEFAULT_CHUNK_BYTES
from wildrydes.rides.compaction import MOST_OBJECTS, SMALL_BYTES

ROOT = Path(__file__).resolve().parents[3]
MONTH_SECONDS = 730 * 3600


TEMPLATE = read_template(ROOT / "template.yaml")


@pytest.mark.parametrize("rides", [10**5, 10**7, 10**9])
def test_chunks_and_transitions_follow_bytes(rides: int) -> None:
    load = Load(rides, BATCH)
    assert (load.chunks - 1) * DEFAULT_CHUNK_BYTES < load.new * RAW_RIDE.value <= load.chunks * DEFAULT_CHUNK_BYTES
    usage = retraining.usage(load, "ml.m5.large")
    assert usage["state_transitions"] == retraining.TRANSITIONS + 2 * load.chunks
    assert usage["lambda_requests"] - load.chunks == retraining.FUNCTION_CALLS


def test_stream_has_no_chunks_and_a_call_for_each_quarter_of_an_hour_that_its_small_objects_take() -> None:
    few, many = (retraining.usage(Load(rides, STREAM), "ml.m5.large") for rides in (10**5, 10**9))
    assert few["state_transitions"] == retraining.TRANSITIONS
    calls = retraining.seconds(Load(10**9, STREAM))["arrange"] // 780
    assert calls == 2
    assert many["state_transitions"] == retraining.TRANSITIONS + 2 * calls
    assert many["lambda_requests"] == retraining.FUNCTION_CALLS + calls


def test_a_retraining_opens_the_bytes_of_a_stream_and_not_its_seconds() -> None:
    load = Load(10**7, STREAM)
    stored = load.stored * STORED_RIDE.value
    assert batches(load.rides).stored * load.months > 13_000_000
    last_hour = batches(load.rides).stored / 730
    assert stored / SMALL_BYTES < load.objects < stored / SMALL_BYTES + load.small / MOST_OBJECTS + last_hour + 3
    usage = retraining.usage(load, "ml.m5.large")
    assert usage["s3_gets"] == retraining.S3_GETS + 2 * load.objects + load.small
    assert Load(10**7, STREAM, retrainings=0).small == 0


def test_retraining_reads_all_rides_twice_whatever_is_new() -> None:
    one, twelve = (retraining.scanned_bytes(Load(10**8, BATCH, months)) for months in (1, 12))
    weather = 2 * 10 * (1 << 20)
    assert twelve - weather == 12 * (one - weather) == pytest.approx(2 * 12 * 10**8 * STORED_RIDE.value)


def test_one_ride_at_a_time_makes_an_object_each_and_many_share_them() -> None:
    assert batches(1000) == (1000, 1000)
    busy = batches(10**9)
    assert busy.stored < busy.located < 10**9 / 100
    # A first ride waits for a second, and so does a first pack: no more batches than seconds.
    assert busy.located < MONTH_SECONDS
    flood = batches(10**12)
    assert flood.located == 10**12 / LOCATED_AT_ONCE
    assert flood.stored == pytest.approx(flood.located / STORED_AT_ONCE)


@pytest.mark.parametrize("path", PATHS)
def test_more_rides_take_more_of_everything(path: str) -> None:
    amounts = [growth(Load(rides, path), "us-east-1") for rides in (10**5, 10**7, 10**9)]
    for fields in zip(*(each.month[1:6] for each in amounts), strict=True):
        assert list(fields) == sorted(fields)
        assert fields[0] < fields[2]
    for each in amounts:
        assert each.month.bill.total > each.load.retrainings * each.retraining.bill.total
        assert each.month.hours == pytest.approx(4 * each.retraining.hours)


def test_batch_keeps_the_files_beside_the_rides() -> None:
    batch, stream = (stored_bytes(Load(10**6, path, 1)) for path in PATHS)
    assert (float(batch - stream), float(stream)) == pytest.approx((RAW_RIDE.value * 10**6, STORED_RIDE.value * 10**6))


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_limit_is_reached_by_so_many_rides_and_by_none_fewer(limit: Limit) -> None:
    for path in limit.paths:
        load = Load(0, path)
        number = fewest(limit, load)
        assert number is not None
        assert limit.share(replace(load, rides=number)) >= 1 > limit.share(replace(load, rides=number - 1))


def test_limits_come_in_the_order_in_which_they_break() -> None:
    order = [each.first for each in reached(12, 4) if each.first is not None]
    assert order == sorted(order)
    assert len(order) == len(LIMITS)


def test_longer_history_breaks_sooner_what_reads_all_of_it_and_not_what_reads_the_new() -> None:
    one, twelve = ({each.limit.name: each.rides for each in reached(months, 4)} for months in (1, 12))
    evaluate = next(name for name in one if name.startswith("evaluate_model"))
    check = next(name for name in one if name.startswith("check_ingestion"))
    soon, late = twelve[evaluate][BATCH], one[evaluate][BATCH]
    assert soon is not None
    assert late == pytest.approx(12 * soon, rel=1e-6)
    assert one[check] == twelve[check]


def test_sources_of_the_rates_are_there() -> None:
    for rate in RATES:
        page = rate.source.partition(", ")[0]
        assert page.startswith(("https://docs.aws.amazon.com/", "python -m bench.")) or (ROOT / page).is_file()


def test_sample_takes_the_transitions_that_were_counted() -> None:
    # docs/costs.md: 89 with four files, of a chunk each.
    load = Load(5000, BATCH)
    usage = retraining.usage(load, "ml.m5.large")
    assert usage["state_transitions"] + 2 * (4 - load.chunks) == 89
    assert bill(usage, "us-east-1").unpriced == ()


@pytest.mark.parametrize(
    ("stage", "function"),
    [
        ("arrange", "ArrangeRidesFunction"),
        ("plan", "PlanIngestionFunction"),
        ("ingest", "IngestRidesFunction"),
        ("check", "CheckIngestionFunction"),
        ("list", "ListRidesFunction"),
        ("evaluate", "EvaluateModelFunction"),
    ],
)
def test_memory_and_time_of_functions_are_the_templates(stage: str, function: str) -> None:
    properties = TEMPLATE["Resources"][function]["Properties"]
    assert properties["MemorySize"] == retraining.MEMORY_MB[stage]
    assert properties["Timeout"] == (300 if stage == "ingest" else 900)


def test_batches_and_concurrency_are_the_templates() -> None:
    resources = TEMPLATE["Resources"]
    mappings = [resources[name]["Properties"] for name in ("RidesToLocate", "RidesToStore")]
    assert [each["BatchSize"] for each in mappings] == [LOCATED_AT_ONCE, STORED_AT_ONCE]
    assert [each["MaximumBatchingWindowInSeconds"] for each in mappings] == [1, 1]
    assert TEMPLATE["Parameters"]["IngestConcurrency"]["Default"] == str(retraining.AT_ONCE)
