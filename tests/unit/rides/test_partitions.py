"""Where rides are under processed/, and what a listing tells of them."""

import gzip
import json
from collections.abc import Mapping

import pytest

from wildrydes.bucket import Source
from wildrydes.errors import UnreadableRides
from wildrydes.rides.arrangement import divide
from wildrydes.rides.files import records_and_runs_of_chunk
from wildrydes.rides.gzip_lines import gzipped
from wildrydes.rides.ingestion import Ingested, ingest
from wildrydes.rides.partitions import (
    FIRST_YEAR,
    LAST_YEAR,
    Years,
    empty_key,
    ingested_completely,
    is_empty,
    is_of_earlier_version,
    is_streamed,
    keys_of_chunk,
    keys_of_earlier,
    rides_of,
    staged_key,
    streamed_keys,
    year_of,
)
from wildrydes.rides.plain_rides import ride_reader

SOURCE, OTHER = Source("raw/a.json", "0123"), Source("raw/b.json", "4567")
FOLDER = SOURCE.digest


def keys(chunk: int, of: int, rides: Mapping[int, int], source: Source = SOURCE) -> list[str]:
    return list(keys_of_chunk(source, chunk, of, rides).values())


def ingest_times(*times: str) -> Ingested:
    """What rides of these times give, as a child of the Map reads them."""
    ride = {"HealthPoints": 100, "Latitude": 40.64, "Longitude": -73.77, "MagicPoints": 550, "Name": "Shadowfax"}
    rides = [ride | {"Distance": 10.5 + number, "StatusTime": time} for number, time in enumerate(times)]
    data = "\n".join(map(json.dumps, rides)).encode()
    return ingest(records_and_runs_of_chunk([data], 0, ride_reader(1500.0, None)), SOURCE)


def test_a_chunk_has_an_object_a_year_whose_names_say_how_many_there_are_and_how_many_rides_each_has() -> None:
    assert keys(2, 12, {2018: 7, 2017: 340}) == [
        f"processed/year=2017/{FOLDER}/00002-of-00012.1-of-2.340-rides.jsonl.gz",
        f"processed/year=2018/{FOLDER}/00002-of-00012.2-of-2.7-rides.jsonl.gz",
    ]
    assert empty_key(SOURCE, 2, 12) == f"processed/empty/{FOLDER}/00002-of-00012.jsonl.gz"
    assert staged_key("e1", keys(0, 1, {2017: 1})[0]) == (
        f"staged/e1/year=2017/{FOLDER}/00000-of-00001.1-of-1.1-rides.jsonl.gz"
    )


def test_a_source_is_done_when_every_year_of_every_chunk_of_one_plan_is_there() -> None:
    half = [*keys(0, 3, {2017: 5}), empty_key(SOURCE, 2, 3)]
    both = keys(1, 3, {2017: 5, 2018: 1})
    assert ingested_completely([*half, *keys(0, 2, {2017: 5}), *keys(0, 1, {2016: 1}, OTHER)]) == {OTHER.digest}
    assert ingested_completely([*half, both[0]]) == frozenset()
    assert ingested_completely([*half, *both]) == {SOURCE.digest}
    assert ingested_completely([empty_key(SOURCE, 0, 1)]) == {SOURCE.digest}


def test_parts_of_two_ingestions_of_a_chunk_do_not_make_a_whole_one() -> None:
    """The second had another bound of miles, and so rides of two years where the first had three."""
    first, second = keys(0, 1, {2015: 1, 2016: 1, 2017: 1}), keys(0, 1, {2016: 1, 2017: 1})
    assert ingested_completely([*first[:2], second[1]]) == frozenset()
    assert ingested_completely([*first[:2], *second]) == {SOURCE.digest}


def test_what_an_earlier_version_wrote_makes_no_source_done() -> None:
    assert ingested_completely([f"processed/{FOLDER}/00000-of-00001.jsonl.gz", "processed/"]) == frozenset()


def test_a_key_tells_the_year_the_rides_and_the_way_they_came() -> None:
    (of_file,), of_stream = keys(0, 1, {2017: 5}), streamed_keys("2024-07-09", ["a"], {2018: 1})[2018]
    assert [(year_of(key), rides_of(key), is_streamed(key)) for key in (of_file, of_stream)] == [
        (2017, 5, False),
        (2018, 1, True),
    ]
    earlier = f"processed/stream/2024-07-09/{FOLDER}.jsonl.gz"
    assert (year_of(earlier), rides_of(earlier), is_streamed(earlier)) == (None, 0, True)
    assert (year_of(empty_key(SOURCE, 0, 1)), is_empty(empty_key(SOURCE, 0, 1))) == (None, True)
    assert Years(2017, 2017).has(of_file)
    assert not Years(2018, 2019).has(of_file)
    assert not Years(FIRST_YEAR, LAST_YEAR).has(earlier)


def test_rides_go_into_the_year_of_their_local_time_in_the_order_of_the_file() -> None:
    times = ("2018-01-01 00:00:00.000", "2017-12-31 23:59:59.999", "2018-01-01T04:59:00Z", "2018-06-01 10:00:00.000")
    ingested = ingest_times(*times)
    lines = {year: gzip.decompress(each.data).splitlines() for year, each in ingested.processed.items()}
    assert {year: [json.loads(line)["statustime"][:10] for line in each] for year, each in lines.items()} == {
        2017: ["2017-12-31", "2017-12-31"],
        2018: ["2018-01-01", "2018-06-01"],
    }
    assert {year: each.rides for year, each in ingested.processed.items()} == {2017: 2, 2018: 2}


def test_the_partitions_hold_every_year_that_a_ride_can_have() -> None:
    """A date of 1980 to 2099 as it is written may be a year apart by New York's clock."""
    ingested = ingest_times("1980-01-01T00:00:00Z", "2099-12-31T23:00:00-14:00", "2099-12-31 23:00:00.000")
    assert list(ingested.processed) == [FIRST_YEAR, 2099, LAST_YEAR]


def test_an_object_of_an_earlier_version_is_divided_by_year_and_its_rows_stay_as_they_are() -> None:
    ingested = ingest_times("2018-01-01 00:00:00.000", "2017-12-31 23:59:59.999", "2018-06-01 10:00:00.000")
    rows = sorted(line for each in ingested.processed.values() for line in gzip.decompress(each.data).splitlines())
    earlier = gzip.compress(b"".join(row + b"\n" for row in rows))
    divided = divide("processed/x", earlier)
    assert sorted(line for each in divided.values() for line in gzip.decompress(each.data).splitlines()) == rows
    assert {year: each.rides for year, each in divided.items()} == {2017: 1, 2018: 2}
    assert divide("processed/x", earlier) == divided
    assert divide("processed/x", gzipped(())) == divide("processed/x", b"") == {}


def packed(text: str) -> bytes:
    """Without the time, which would be in the tests' names."""
    return gzip.compress(text.encode(), mtime=0)


@pytest.mark.parametrize(
    "data",
    [b"rides", *map(packed, ("rides\n", "{}\n", "[]\n")), packed("{}\n")[:-9]]
    + [packed(json.dumps({"statustime": time})) for time in ("noon", 7, "1978-01-01 00:00:00.000")],
)
def test_an_object_that_holds_something_else_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableRides, match=r"^processed/x holds no rides as an earlier version wrote them"):
        divide("processed/x", data)


def test_objects_of_an_earlier_version_go_where_this_one_looks_for_them() -> None:
    chunk, streamed = f"processed/{FOLDER}/00001-of-00002.jsonl.gz", f"processed/stream/2024-07-09/{FOLDER}.jsonl.gz"
    assert is_of_earlier_version(chunk)
    assert is_of_earlier_version(streamed)
    rides = {2018: 7, 2017: 5}
    assert keys_of_earlier(chunk, rides) == list(keys_of_chunk(SOURCE, 1, 2, rides).items())
    assert keys_of_earlier(chunk, {}) == [(None, empty_key(SOURCE, 1, 2))]
    assert keys_of_earlier(streamed, rides) == [
        (2017, f"processed/year=2017/stream/2024-07-09/{FOLDER}.5-rides.jsonl.gz"),
        (2018, f"processed/year=2018/stream/2024-07-09/{FOLDER}.7-rides.jsonl.gz"),
    ]
    every = [*keys(0, 1, rides), empty_key(SOURCE, 0, 1), *streamed_keys("2024-07-09", ["a"], rides).values()]
    assert not any(map(is_of_earlier_version, [*every, "processed/stream/", "processed/a.json"]))
    with pytest.raises(ValueError, match="processed/year=2017"):
        keys_of_earlier(every[0], rides)
