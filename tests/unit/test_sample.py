"""The sample under data/ is what its generator makes, and what its README says."""

import csv
import json
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from wildrydes.bucket import Source
from wildrydes.errors import BadRide
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.ride import FIELDS, parse
from wildrydes.rides.stations import nearest_station

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def rides() -> list[Any]:
    values = [value for path in sorted((DATA / "rides").iterdir()) for _, _, value, _ in records([path.read_bytes()])]
    return [value for value in values if set(FIELDS) <= set(value) and value["Latitude"] != 123]


def test_the_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("generate.py", "laws.py", "best_scores.py"):
        (tmp_path / "data" / name).write_bytes((DATA / name).read_bytes())
    (tmp_path / "functions").symlink_to(DATA.parent / "functions")
    subprocess.run([sys.executable, "-B", "data/generate.py"], cwd=tmp_path, check=True, capture_output=True)
    copies = {path.relative_to(tmp_path / "data"): path for path in (tmp_path / "data").rglob("*.*") if path.is_file()}
    assert len(copies) == 10
    assert {name: path.read_bytes() for name, path in copies.items()} == {
        name: (DATA / name).read_bytes() for name in copies
    }


def test_both_labels_have_both_classes_and_every_station_has_rides(rides: list[Any]) -> None:
    limits = json.loads((DATA / "best_auc.json").read_text())
    assert 0.2 < limits["share_of_positives"] < 0.5
    assert limits["rides_in_the_test_split"] > 400
    assert 0.7 < limits["best_auc_on_the_test_split"] < 0.9
    heavy = [float(ride["MagicPoints"]) >= 50 * float(ride["Distance"]) for ride in rides if ride["Distance"] != "far"]
    assert 0.3 < sum(heavy) / len(heavy) < 0.7
    nearest = nearest_station()
    stations = Counter(nearest(float(ride["Latitude"]), float(ride["Longitude"])) for ride in rides)
    assert len(stations) == 4
    assert min(stations.values()) > 300


def test_magic_points_follow_the_law_of_the_readme_but_for_600_points(rides: list[Any]) -> None:
    with (DATA / "weather" / "ghcnd_nyc_2018-2019.csv").open(newline="") as file:
        reported = {(row[0], row[1], row[2]): int(row[3]) for row in csv.reader(file) if not row[5]}
    nearest, apart = nearest_station(), []
    for ride in rides:
        station = nearest(float(ride["Latitude"]), float(ride["Longitude"]))
        day = str(ride["StatusTime"])[:10].replace("-", "")
        tmin, tmax, rain = (reported.get((station, day, element)) for element in ("TMIN", "TMAX", "PRCP"))
        with suppress(BadRide):
            checked = parse(ride)
            if tmin is not None and tmax is not None and rain is not None:
                law = 555 + 17 * checked.distance + 5 * max(0, tmax - 250) + 7 * max(0, -tmin) + 3 * rain
                apart.append(checked.magicpoints - law)
    assert len(apart) > 3500
    assert max(map(abs, apart)) <= 600.5
    assert fmean(apart) == pytest.approx(0, abs=20)


def test_the_best_rmse_is_what_chance_leaves_and_a_rule_of_equal_total_charges_too_much_in_fine_weather() -> None:
    limits = json.loads((DATA / "best_rmse.json").read_text())
    # Of a uniform distribution from -600 to 600.
    assert limits["best_rmse_on_all_rides"] == pytest.approx(600 / 3**0.5, rel=0.01)
    assert limits["best_rmse_on_the_test_split"] == pytest.approx(600 / 3**0.5, rel=0.05)
    for rows in ("the_test_split", "all_rides"):
        bands = limits[f"true_overcharge_on_{rows}"]
        assert list(bands) == ["fine", "hot", "cold", "rain"]
        assert [band["overcharge"] > 0 for band in bands.values()] == [True, False, False, False]
        assert all(abs(band["overcharge"]) > 100 for band in bands.values())
        assert sum(band["rides"] * band["overcharge"] for band in bands.values()) == pytest.approx(0, abs=50)
    assert sum(band["rides"] for band in limits["true_overcharge_on_all_rides"].values()) == limits["rides"]


def test_fewer_than_two_in_a_hundred_records_are_bad_or_repeated() -> None:
    counts: Counter[str] = Counter()
    for path in (DATA / "rides").iterdir():
        ingested = ingest(records([path.read_bytes()]), Source(path.name, ""))
        counts.update(read=ingested.counts.read, rejected=ingested.counts.rejected, accepted=ingested.counts.accepted)
    assert counts == {"read": 5048, "rejected": 12, "accepted": 5016}


def test_the_weather_is_rows_of_ghcn_with_the_gaps_that_the_readme_names() -> None:
    with (DATA / "weather" / "ghcnd_nyc_2018-2019.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {8}
    elements = {(row[0], row[2]) for row in rows}
    assert {element for station, element in elements if station == "US1NYNY0074"} == {"PRCP"}
    assert {element for station, element in elements if station == "USW00094728"} == {
        "AWND",
        "PRCP",
        "SNOW",
        "TMAX",
        "TMIN",
    }
    days = Counter(row[0] for row in rows if row[2] == "PRCP")
    assert (days["USW00094728"], days["USW00014732"]) == (730, 638)
    assert sum(row[5] != "" for row in rows) > 10
    assert all(row[3] == "0" for row in rows if row[4] == "T")


def test_unicorns_have_names_beyond_ascii(rides: list[Any]) -> None:
    assert {"Zéphyr", "Kirin 麒麟"} <= {ride["Name"] for ride in rides if ride["Name"]}
    assert parse(rides[0]).statustime.startswith("2018-01-0")
