# ruff: noqa: S608 - the texts are the test's own
"""The project's SQL on the embedded Athena: what each query makes of small data in view, and of the real files."""

import csv
import hashlib
import json
import math
import random
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from athena_lake import JSON, PARQUET, Finished, Lake
from local.account import EmbeddedAws
from statemachines import sql
from wildrydes.rides.partitions import FIRST_YEAR, LAST_YEAR

REPOSITORY = Path(__file__).resolve().parents[2]
QUERIES = REPOSITORY / "statemachines" / "queries"
STATIONS = REPOSITORY / "functions" / "wildrydes" / "rides" / "ground_stations.csv"
SHARED = REPOSITORY.parent / "shared" / "data"

FEATURES = "distance, healthpoints, magicpoints, tmin, tmax, prcp"
# On a line, so that it is plain which is nearest: west is 1 from middle, middle 2 from east.
LINE = {"WEST": (40.0, -74.0), "MIDDLE": (40.0, -73.0), "EAST": (40.0, -71.0)}


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    """The three tables of the template, over one bucket."""
    lake = Lake.create(server)
    rides = dict.fromkeys(("ride_id", "name", "statustime"), "string")
    rides |= dict.fromkeys(("latitude", "longitude", "distance", "healthpoints", "magicpoints"), "double")
    rides |= {"service_requested": "int", "groundstation": "string", "heavy_utilization": "int"}
    rides |= {"arrived_at": "string", "arrival_position": "bigint"}
    by_year = {
        "projection.enabled": "true",
        "projection.year.type": "integer",
        "projection.year.range": f"{FIRST_YEAR},{LAST_YEAR}",
        "storage.location.template": f"s3://{lake.name}/processed/year=${{year}}/",
    }
    lake.table("rides", rides, JSON, keys={"year": "int"}, properties=by_year)
    ghcn = {"id": "string", "date": "string", "data_value": "bigint"}
    ghcn |= dict.fromkeys(("m_flag", "q_flag", "s_flag", "obs_time"), "string")
    projection = {
        "projection.enabled": "true",
        "projection.year.type": "integer",
        "projection.year.range": "1750,2100",
        "projection.element.type": "enum",
        "projection.element.values": "TMIN,TMAX,PRCP",
        "storage.location.template": f"s3://{lake.name}/by_year/YEAR=${{year}}/ELEMENT=${{element}}/",
    }
    lake.table("ghcn", ghcn, PARQUET, keys={"year": "int", "element": "string"}, properties=projection)
    weather = {"station": "string", "day": "string", "tmin": "double", "tmax": "double", "prcp": "double"}
    weather |= {f"{element}_source": "string" for element in ("tmin", "tmax", "prcp")}
    injected = {
        "projection.enabled": "true",
        "projection.execution.type": "injected",
        "storage.location.template": f"s3://{lake.name}/weather/${{execution}}/",
    }
    lake.table("weather", weather, PARQUET, keys={"execution": "string"}, properties=injected)
    return lake


def run(lake: Lake, name: str, stations: dict[str, tuple[float, float]] | None = None, **values: str | int) -> Finished:
    """Run a query of the project, its comments left out and its placeholders filled as render.py fills them."""
    station_rows = ", ".join(
        f"('{station}', {lat!r}e0, {lon!r}e0)" for station, (lat, lon) in (stations or LINE).items()
    )
    defaults = {
        "bucket": lake.name,
        "execution": "e-1",
        "first_year": 2009,
        "last_year": 2026,
        "stations": station_rows,
        "label_column": "heavy_utilization",
        "label_type": "integer",
        "feature_columns": FEATURES,
    }
    text = re.sub(r"(?m)^\s*--.*\n", "", sql.source(name))
    for placeholder, value in {**defaults, **values}.items():
        text = text.replace(f"${{{placeholder}}}", str(value))
    finished = lake.query(text)
    assert (finished.state, finished.reason) == ("SUCCEEDED", "")
    return finished


def observe(lake: Lake, folder: Path, *rows: tuple[str, str, str, int, str | None]) -> None:
    """Store observations (station, yyyymmdd, element, value, quality flag) as NOAA's bucket has them."""
    groups: dict[tuple[str, str], list[tuple[str, str, int, str | None]]] = {}
    for station, date, element, value, flag in rows:
        groups.setdefault((date[:4], element), []).append((station, date, value, flag))
    for (year, element), group in groups.items():
        values = ", ".join(
            f"('{station}', '{date}', {value}, {'NULL' if flag is None else repr(flag)})"
            for station, date, value, flag in group
        )
        select = (
            'SELECT s AS "ID", d AS "DATE", CAST(v AS BIGINT) AS "DATA_VALUE", CAST(NULL AS VARCHAR) AS "M_FLAG", '
            'CAST(q AS VARCHAR) AS "Q_FLAG", \'W\' AS "S_FLAG", CAST(NULL AS VARCHAR) AS "OBS_TIME" '
            f"FROM (VALUES {values}) AS t(s, d, v, q)"
        )
        lake.put_parquet(f"by_year/YEAR={year}/ELEMENT={element}/part.snappy.parquet", select, folder)


def weather_of(lake: Lake, execution: str = "e-1") -> list[list[str | None]]:
    query = f"""SELECT station, day, tmin, tmin_source, tmax, tmax_source, prcp, prcp_source
        FROM weather WHERE execution = '{execution}' ORDER BY day, station"""
    return lake.query(query).rows


def ride(ride_id: str, **fields: object) -> dict[str, object]:
    """A processed ride of 2019-01-01 at the station WEST, a ride of its own by its name."""
    return {
        "ride_id": ride_id.ljust(32, "0"),
        "name": f"Shadowfax {ride_id}",
        "statustime": "2019-01-01 08:23:02.000",
        "latitude": 40.0,
        "longitude": -74.0,
        "distance": 30.25,
        "healthpoints": 100.0,
        "magicpoints": 2000.0,
        "service_requested": None,
        "groundstation": "WEST",
        "heavy_utilization": 1,
        "arrived_at": "2024-07-09T12:00:00.000Z",
        "arrival_position": 0,
    } | fields


def store_rides(lake: Lake, key: str, *rides: dict[str, object]) -> None:
    for year in sorted({str(one["statustime"])[:4] for one in rides}):
        of_year = [one for one in rides if str(one["statustime"])[:4] == year]
        lake.put(f"processed/year={year}/{key}.jsonl.gz", "".join(json.dumps(one) + "\n" for one in of_year))


def training_set(lake: Lake, execution: str = "e-1") -> dict[str, list[str]]:
    """The lines of each split."""
    keys = lake.keys(f"training-sets/{execution}/")
    return {re.findall(r"split=(\w+)/", key)[0]: lake.read(key).decode().splitlines() for key in keys}


def counts_of(lake: Lake, execution: str = "e-1", **values: Any) -> dict[str, Any]:
    finished = run(lake, "training_set_counts", execution=execution, **values)
    return {str(name): json.loads(str(value)) for name, value in zip(finished.header, finished.rows[0], strict=True)}


def test_a_gap_is_filled_from_the_nearest_station_that_reported_the_element(lake: Lake, tmp_path: Path) -> None:
    observe(
        lake,
        tmp_path,
        ("WEST", "20190101", "TMIN", -10, None),
        ("MIDDLE", "20190101", "TMIN", -20, None),
        ("EAST", "20190101", "TMAX", 30, None),
        ("EAST", "20190101", "PRCP", 5, None),
        ("MIDDLE", "20190101", "PRCP", 0, None),
    )
    run(lake, "weather")
    assert weather_of(lake) == [
        ["EAST", "2019-01-01", "-20.0", "MIDDLE", "30.0", "EAST", "5.0", "EAST"],
        ["MIDDLE", "2019-01-01", "-20.0", "MIDDLE", "30.0", "EAST", "0.0", "MIDDLE"],
        ["WEST", "2019-01-01", "-10.0", "WEST", "30.0", "EAST", "0.0", "MIDDLE"],
    ]


def test_days_on_which_nobody_reported_have_no_row_and_missing_elements_are_null(lake: Lake, tmp_path: Path) -> None:
    observe(lake, tmp_path, ("EAST", "20190103", "PRCP", 7, None))
    run(lake, "weather")
    assert weather_of(lake) == [
        [station, "2019-01-03", None, None, None, None, "7.0", "EAST"] for station in ("EAST", "MIDDLE", "WEST")
    ]


def test_bad_quality_other_stations_and_other_years_are_not_used(lake: Lake, tmp_path: Path) -> None:
    observe(
        lake,
        tmp_path,
        ("WEST", "20190101", "TMAX", 999, "X"),
        ("EAST", "20190101", "TMAX", -9999, None),
        ("MIDDLE", "20190101", "TMAX", 40, ""),
        ("ELSEWHERE", "20190101", "TMAX", 50, None),
        ("ELSEWHERE", "20190102", "TMAX", 50, None),
        ("WEST", "20180101", "TMAX", 60, None),
        ("WEST", "20210101", "TMAX", 60, None),
    )
    finished = run(lake, "weather", first_year=2019, last_year=2020)
    assert [row[:2] + row[4:6] for row in weather_of(lake)] == [
        [station, "2019-01-01", "40.0", "MIDDLE"] for station in ("EAST", "MIDDLE", "WEST")
    ]
    year = lake.s3.head_object(Bucket=lake.name, Key="by_year/YEAR=2019/ELEMENT=TMAX/part.snappy.parquet")
    assert finished.scanned == year["ContentLength"]


@pytest.fixture
def weathered(lake: Lake, tmp_path: Path) -> Lake:
    """The weather of 2019-01-01: WEST complete on its own, MIDDLE and EAST filled from it."""
    readings = [
        ("WEST", "20190101", element, value, None) for element, value in (("TMIN", -5), ("TMAX", 55), ("PRCP", 3))
    ]
    observe(lake, tmp_path, *readings)
    run(lake, "weather")
    return lake


def test_the_training_set_has_the_label_first_and_plain_numbers(weathered: Lake) -> None:
    store_rides(weathered, "a", ride("000", distance=1e7, magicpoints=1.5e-7, healthpoints=0.1))
    run(weathered, "training_set")
    (line,) = training_set(weathered)["train"]
    assert line == "1,10000000.000000000,0.100000000,0.000000150,-5.000000000,55.000000000,3.000000000"


def test_the_features_come_in_the_order_asked_for(weathered: Lake) -> None:
    store_rides(weathered, "a", ride("000", service_requested=0))
    run(weathered, "training_set", label_column="service_requested", feature_columns="distance, tmin, tmax, prcp")
    assert training_set(weathered) == {"train": ["0,30.250000000,-5.000000000,55.000000000,3.000000000"]}


def test_a_regression_has_its_number_first_and_two_different_ones_to_learn_from(weathered: Lake) -> None:
    points = {"000": 2000.5, "001": 1e7, "cce": 3.25, "fff": 0.0}
    store_rides(weathered, "a", *(ride(each, magicpoints=number) for each, number in points.items()))
    run(
        weathered,
        "training_set",
        label_column="magicpoints",
        label_type="decimal(28, 9)",
        feature_columns="distance, prcp",
    )
    assert training_set(weathered) == {
        "train": ["2000.500000000,30.250000000,3.000000000", "10000000.000000000,30.250000000,3.000000000"],
        "validation": ["3.250000000,30.250000000,3.000000000"],
        "test": ["0.000000000,30.250000000,3.000000000"],
    }
    counts = counts_of(weathered, label_column="magicpoints")
    assert (counts["train_rows"], counts["lowest_label"], counts["highest_label"]) == (2, 2000.5, 1e7)


def test_the_split_follows_the_first_hex_digits_of_the_ride(weathered: Lake) -> None:
    edges = {"000": 1, "ccc": 2, "ccd": 3, "e65": 4, "e66": 5, "fff": 6}
    store_rides(weathered, "a", *(ride(digits, distance=number) for digits, number in edges.items()))
    run(weathered, "training_set", feature_columns="distance")
    rides_by_split = {
        split: [float(line.split(",")[1]) for line in lines] for split, lines in training_set(weathered).items()
    }
    assert rides_by_split == {"train": [1, 2], "validation": [3, 4], "test": [5, 6]}


def test_what_is_left_out_is_counted_and_the_counts_add_up(weathered: Lake, tmp_path: Path) -> None:
    observe(weathered, tmp_path, ("EAST", "20200101", "PRCP", 1, None))
    run(weathered, "weather", execution="e-2")
    rides = [
        ride("001"),
        ride("002", heavy_utilization=0),
        ride("003", groundstation="EAST"),
        ride("004", heavy_utilization=None),
        ride("005", statustime="2019-01-02 00:00:00.000"),
        ride("006", statustime="2020-01-01 00:00:00.000"),
        ride("cce", heavy_utilization=0),
        ride("e67"),
        ride("e68", groundstation="NOWHERE"),
    ]
    store_rides(weathered, "a", *rides)
    store_rides(weathered, "b", ride("001"), ride("001"), ride("004", heavy_utilization=None))
    counts = counts_of(weathered, execution="e-2")
    assert counts == {
        "processed_rows": 12,
        "rides": 9,
        "repeated": 3,
        "without_label": 1,
        "without_weather": 3,
        "without_weather_fraction": 0.375,
        "train_rows": 3,
        "validation_rows": 1,
        "test_rows": 1,
        "train_positives": 2,
        "train_negatives": 1,
        "validation_positives": 0,
        "validation_negatives": 1,
        "test_positives": 1,
        "test_negatives": 0,
        "lowest_label": 0,
        "highest_label": 1,
        "filled_days": 4,
        "filled_rides": 1,
        "far_rides": 1,
        "farthest_miles": 158.8,
        "mini_batch_size": 1,
    }
    run(weathered, "training_set", execution="e-2")
    lines = training_set(weathered, "e-2")
    assert {split: len(rows) for split, rows in lines.items()} == {"train": 3, "validation": 1, "test": 1}
    assert sum(line.startswith("1,") for line in lines["train"]) == counts["train_positives"]


TRAIN, TEST = "000", "fff"


def again(ride_id: str, service: int | None, minute: int | None, position: int = 0) -> dict[str, object]:
    """A row of one ride: its id, what it says of FieldService, and when it arrived; None for an old row."""
    arrival: dict[str, object] = {"arrived_at": None, "arrival_position": None}
    if minute is not None:
        arrival = {"arrived_at": f"2024-07-09T12:{minute:02}:00.000Z", "arrival_position": position}
    return ride(ride_id, name="Shadowfax", service_requested=service, **arrival)


@pytest.mark.parametrize(
    ("rows", "split", "label"),
    [
        ([again(TRAIN, None, 1), again(TRAIN, 1, 2)], "train", "1"),
        ([again(TRAIN, 1, 1), again(TRAIN, 0, 2), again(TRAIN, None, 3)], "train", "0"),
        ([again(TRAIN, 0, 1, 9), again(TRAIN, 1, 1, 80), again(TRAIN, 0, 1, 10)], "train", "1"),
        ([again(TRAIN, 0, None), again(TRAIN, 1, 1)], "train", "1"),
        # An old row with FieldService has an id of its own. It came first, so the ride stays where it was.
        ([again(TEST, 1, None), again(TRAIN, None, 1)], "test", "1"),
        ([again(TEST, 1, None), again(TRAIN, 0, 1)], "test", "0"),
        # Both generations of one ride, from before: it was in two splits, and stays in that of its id of today.
        ([again(TEST, 1, None), again(TRAIN, None, None)], "train", "1"),
        ([again(TRAIN, 1, None), again(TEST, None, None), again(TEST, 0, 1)], "test", "0"),
        ([again(TEST, 0, None), again(TRAIN, 1, None)], "test", "1"),
    ],
)
def test_copies_of_a_ride_are_one_row_of_one_split_with_the_last_word(
    weathered: Lake, rows: list[dict[str, object]], split: str, label: str
) -> None:
    store_rides(weathered, "forward", *rows[:-1])
    store_rides(weathered, "last", rows[-1])
    run(weathered, "training_set", label_column="service_requested", feature_columns="distance")
    assert training_set(weathered) == {split: [f"{label},30.250000000"]}
    counts = counts_of(weathered, label_column="service_requested")
    assert (counts["processed_rows"], counts["rides"], counts["repeated"]) == (len(rows), 1, len(rows) - 1)
    assert counts[f"{split}_rows"] == 1


def test_rides_that_differ_in_one_of_the_seven_fields_are_different(weathered: Lake) -> None:
    changes: list[dict[str, object]] = [{}, {"name": "Bucephalus"}, {"statustime": "2019-01-01 08:23:02.001"}]
    changes.extend({field: 39.5} for field in ("latitude", "longitude", "distance", "healthpoints", "magicpoints"))
    store_rides(weathered, "a", *(ride("000", **({"name": "Shadowfax"} | change)) for change in changes))
    counts = counts_of(weathered)
    assert (counts["processed_rows"], counts["rides"], counts["train_rows"]) == (8, 8, 8)


def test_the_farthest_rides_of_the_training_set_are_counted(weathered: Lake) -> None:
    rides = [
        ride("001", latitude=40.86),
        ride("002", latitude=40.87),
        ride("003", latitude=45.0, heavy_utilization=None),
        ride("004", latitude=41.0, groundstation="NOWHERE"),
        ride("005", latitude=41.0, name="twice"),
        ride("005", latitude=41.0, name="twice"),
    ]
    store_rides(weathered, "a", *rides)
    counts = counts_of(weathered)
    assert (counts["train_rows"], counts["far_rides"], counts["farthest_miles"]) == (3, 2, 69.1)


def test_objects_of_other_years_are_not_opened(weathered: Lake) -> None:
    store_rides(weathered, "a", *(ride(f"00{number}") for number in range(3)))
    bounds: dict[str, Any] = {"first_year": 2019, "last_year": 2019}
    scanned = run(weathered, "training_set_counts", **bounds).scanned
    for name in ("2018/a", "2020/a"):
        # Who opens them reads no rides.
        weathered.s3.put_object(
            Bucket=weathered.name, Key=f"processed/year={name}.jsonl.gz", Body=random.Random(1).randbytes(9_999)
        )
    weathered.put("processed/empty/a.jsonl.gz", "no row\n")
    weathered.put("processed/a.jsonl.gz", "no row either\n")
    assert run(weathered, "training_set_counts", **bounds).scanned == scanned
    run(weathered, "training_set", **bounds)
    counts = counts_of(weathered, **bounds)
    assert (counts["processed_rows"], counts["rides"], counts["train_rows"]) == (3, 3, 3)


def test_each_year_that_is_asked_for_is_read_and_the_counts_add_up(weathered: Lake) -> None:
    for year in (2018, 2019, 2020):
        store_rides(weathered, "a", *(ride(f"00{n}", statustime=f"{year}-01-01 08:00:00.000") for n in range(3)))
    for bounds, read in (((2019, 2019), 3), ((2018, 2019), 6), ((2018, 2020), 9), ((2021, 2021), 0)):
        counts = counts_of(weathered, first_year=bounds[0], last_year=bounds[1])
        assert counts["processed_rows"] == read
        rows = sum(counts[f"{split}_rows"] for split in ("train", "validation", "test"))
        assert read == rows + counts["repeated"] + counts["without_label"] + counts["without_weather"]


def test_no_rides_and_no_weather_count_as_nothing(lake: Lake) -> None:
    assert set(counts_of(lake).values()) == {0, 1}
    run(lake, "training_set")
    assert training_set(lake) == {}
    store_rides(lake, "a", ride("001"))
    counts = counts_of(lake)
    assert (counts["processed_rows"], counts["without_weather"], counts["train_rows"]) == (1, 1, 0)


@pytest.mark.parametrize(("rows", "size"), [(5, 1), (95, 9), (10030, 1000)])
def test_the_mini_batch_is_a_tenth_of_the_training_rows_and_at_most_a_thousand(
    weathered: Lake, rows: int, size: int
) -> None:
    store_rides(weathered, "a", *(ride(f"0{number:08x}") for number in range(rows)))
    assert counts_of(weathered)["mini_batch_size"] == size


def test_every_placeholder_is_one_that_the_renderer_knows_and_none_is_in_a_comment() -> None:
    values = {"bucket", "execution", "first_year", "last_year", "stations", "copies"}
    values |= {"label_column", "label_type", "feature_columns", "max_without_weather_fraction"}
    # Of samples, and of the monitor.
    values |= {
        "arrivals",
        "task",
        "date",
        "captured",
        "first_date",
        "date_partition",
        "first_partition",
        "last_partition",
    }
    for path in sorted(QUERIES.glob("*.sql")):
        code = re.sub(r"(?m)--.*$", "", path.read_text())
        assert set(re.findall(r"\$\{(\w+)\}", code)) <= values
        assert code.count("${") == path.read_text().count("${")


def real_stations() -> dict[str, tuple[float, float]]:
    with STATIONS.open() as file:
        return {row["id"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)}


def nearest(latitude: float, longitude: float) -> str:
    def square(station: tuple[float, float]) -> float:
        return (station[0] - latitude) ** 2 + (math.cos(math.radians(latitude)) * (station[1] - longitude)) ** 2

    stations = real_stations()
    return min(stations, key=lambda name: square(stations[name]))


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is absent")
def test_the_real_files_keep_their_rides(lake: Lake, tmp_path: Path) -> None:
    observed = tmp_path / "observed"
    duckdb.connect().execute(
        f"""COPY (SELECT c0 AS "ID", c1 AS "DATE", CAST(c3 AS BIGINT) AS "DATA_VALUE", c4 AS "M_FLAG", c5 AS "Q_FLAG",
                c6 AS "S_FLAG", c7 AS "OBS_TIME", substr(c1, 1, 4) AS "YEAR", c2 AS "ELEMENT"
            FROM read_csv('{SHARED}/weather/ghcnd_nyc_2009-2019.csv', header = false, all_varchar = true,
                names = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']) WHERE c2 IN ('TMIN', 'TMAX', 'PRCP'))
            TO '{observed}' (FORMAT parquet, PARTITION_BY ("YEAR", "ELEMENT"))"""
    )
    for path in observed.rglob("*.parquet"):
        lake.put(f"by_year/{path.relative_to(observed)}", path.read_bytes())
    raw = json.loads((SHARED / "rides" / "ride_data.array.json").read_text())
    rides = [
        ride(
            hashlib.md5(json.dumps(one).encode(), usedforsecurity=False).hexdigest(),
            statustime=one["StatusTime"],
            latitude=one["Latitude"],
            longitude=one["Longitude"],
            distance=one["Distance"],
            healthpoints=one["HealthPoints"],
            magicpoints=one["MagicPoints"],
            groundstation=nearest(one["Latitude"], one["Longitude"]),
            heavy_utilization=int(one["MagicPoints"] >= 50 * one["Distance"]),
        )
        for one in raw
    ]
    store_rides(lake, "real", *rides)
    run(lake, "weather", stations=real_stations())
    run(lake, "training_set")
    counts = counts_of(lake, stations=real_stations())
    row_counts = {split: len(lines) for split, lines in training_set(lake).items()}
    assert sum(row_counts.values()) >= 7700
    assert row_counts == {split: counts[f"{split}_rows"] for split in ("train", "validation", "test")}
    left_out = counts["repeated"] + counts["without_label"] + counts["without_weather"]
    assert counts["processed_rows"] == len(rides) == sum(row_counts.values()) + left_out
    # US1NYNY0074 never reports; every ride nearest to it lives on a neighbour's weather.
    assert counts["filled_rides"] >= 7653
    assert (counts["far_rides"], counts["farthest_miles"]) == (4490, 144.1)
    assert counts["train_rows"] / sum(row_counts.values()) == pytest.approx(0.8, abs=0.02)
