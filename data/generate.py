"""Writes the sample: rides of two years, the weather of their stations, and what a perfect model would reach on them.

    python data/generate.py

rewrites data/rides/*, data/weather/*.csv and data/best_auc.json, the same bytes each time (standard library, one seed).

    weather_of_a_day ─> rows as GHCN-Daily has them ─> what stations reported, gaps filled from the nearest other
    unicorns wandering around New York ─> rides ─> FieldService drawn with the probability below ─> four files

FieldService follows a logistic of what the ride's own record and its completed weather say (SERVICE_MODEL): long rides,
poor health, hot afternoons, cold nights and rain make service likelier. It is linear in a model's features, so that
the generating probability itself is the best score there is: best_auc.json has its AUC.
"""

import csv
import json
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import asin, cos, exp, pi, radians, sin, sqrt
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FUNCTIONS = HERE.parent / "functions"
SEED = 20180101
FIRST_DAY, LAST_DAY = date(2018, 1, 1), date(2019, 12, 31)
RIDES = 5000
FIRST_TEST_DIGITS = "e66"
"""A ride is in the test split when its ride_id's first three hex digits are these or later ones."""

SERVICE_MODEL = {
    "bias": -2.10,
    "distance": 0.055,  # a mile
    "healthpoints": -0.00022,  # a point
    "TMAX": 0.0140,  # a tenth of a degree: heat
    "TMIN": -0.0130,  # a tenth of a degree: cold
    "PRCP": 0.0100,  # a tenth of a millimetre: rain
}
UNICORNS = ("Shadowfax", "Bucephalus", "Rocinante", "Jörmundr", "Kirin 麒麟", "Twilight", "Zéphyr", "Pegasus")
HOMES = ((40.797, -73.934), (40.776, -73.885), (40.772, -73.975), (40.655, -73.790), (40.72, -73.99), (40.70, -73.85))

Day = dict[str, float]
Weather = dict[tuple[str, str], Day]
Ride = dict[str, Any]


def stations() -> list[tuple[str, float, float]]:
    """Id, latitude, longitude of the ground stations."""
    with (FUNCTIONS / "wildrydes" / "rides" / "ground_stations.csv").open(encoding="utf-8", newline="") as file:
        return [(row["id"], float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)]


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two positions in degrees (haversine)."""
    (north, east), (north_of, east_of) = map(radians, a), map(radians, b)
    h = sin((north_of - north) / 2) ** 2 + cos(north) * cos(north_of) * sin((east_of - east) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(h))


def days() -> list[date]:
    """Each day of the sample."""
    return [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def weather_of_the_city(chance: random.Random) -> list[Day]:
    """A day's TMAX, TMIN (tenths of °C), PRCP, SNOW (tenths of mm, mm) and AWND (tenths of m/s), like New York's.

    A cosine over the year, warmest in late July, and a first-order autoregression around it; a third of the days are
    wet, and clouds narrow the range between afternoon and night.
    """
    result, anomaly = [], 0.0
    for day in days():
        anomaly = 0.65 * anomaly + chance.gauss(0, 32)
        mean = 130 - 118 * cos(2 * pi * (day.timetuple().tm_yday - 25) / 365.25) + anomaly
        rain = chance.expovariate(1 / 85) + 1 if chance.random() < 0.33 else 0.0
        spread = max(12.0, chance.gauss(95, 48) - (18 if rain else 0))
        snow = rain if mean < 5 else 0.0
        result.append(
            {
                "TMAX": mean + spread / 2,
                "TMIN": mean - spread / 2,
                "PRCP": rain,
                "SNOW": snow,
                "AWND": 15 + chance.expovariate(1 / 20),
            }
        )
    return result


def observations(chance: random.Random) -> list[list[str]]:
    """Rows of eight fields: id, day, element, value, mflag, qflag, sflag, obstime.

    US1NYNY0074 is a rain gauge that reports four days of ten. LaGuardia misses some weeks. Some values failed a quality
    check (qflag), and some rain was a trace (mflag T, value 0).
    """
    offsets = {"USW00014732": 4, "USW00094728": 0, "USW00094789": -5, "US1NYNY0074": 0}
    rows = []
    for day, city in zip(days(), weather_of_the_city(chance), strict=True):
        for station, offset in offsets.items():
            silent = station == "USW00014732" and (day.month, day.year) in {(3, 2018), (11, 2018), (7, 2019)}
            if silent or (station == "US1NYNY0074" and chance.random() > 0.4):
                continue
            observed = observed_at(city, offset, chance)
            elements = ("PRCP",) if station == "US1NYNY0074" else ("AWND", "PRCP", "SNOW", "TMAX", "TMIN")
            rows += [row_of(station, day, element, observed[element], chance) for element in elements]
    return sorted(rows, key=lambda row: (row[0], row[1], row[2]))


def observed_at(city: Day, offset: float, chance: random.Random) -> dict[str, int]:
    """What one station measures of the city's day, as the whole numbers that are reported."""
    top = round(city["TMAX"] + offset + chance.gauss(0, 7))
    low = min(top, round(city["TMIN"] + offset + chance.gauss(0, 7)))
    wet = chance.uniform(0.85, 1.15)
    return {
        "TMAX": top,
        "TMIN": low,
        "PRCP": round(city["PRCP"] * wet),
        "SNOW": round(city["SNOW"] * wet),
        "AWND": round(city["AWND"]),
    }


def row_of(station: str, day: date, element: str, value: int, chance: random.Random) -> list[str]:
    """One observation; one in 400 fails a quality check with an impossible value, one dry day in 15 had a trace."""
    gauge = station == "US1NYNY0074"
    source, time = ("N", "0700") if gauge else ("W", "2400")
    row = [station, f"{day:%Y%m%d}", element, str(value), "", "", source, time]
    if chance.random() < 1 / 400:
        row[3], row[5] = str(value + 900), "X"
    elif element == "PRCP" and value == 0 and chance.random() < 1 / 15:
        row[4] = "T"
    return row


def completed(rows: list[list[str]]) -> Weather:
    """TMAX, TMIN and PRCP of each station and day, from the nearest other station where it did not report itself."""
    reported: dict[tuple[str, str, str], float] = {}
    for station, day, element, value, _, qflag, _, _ in rows:
        if not qflag:
            reported[station, f"{day[:4]}-{day[4:6]}-{day[6:]}", element] = float(value)
    weather: Weather = {}
    for station, north, east in stations():
        near = sorted(stations(), key=lambda other: kilometres((north, east), other[1:]))
        for day in map(date.isoformat, days()):
            weather[station, day] = {
                element: next(
                    reported[other, day, element] for other, _, _ in near if (other, day, element) in reported
                )
                for element in ("TMAX", "TMIN", "PRCP")
            }
    return weather


def wander(chance: random.Random) -> list[Ride]:
    """Rides without FieldService, in order of time. Each unicorn wanders about, and returns to a home now and then."""
    places = {name: HOMES[n % len(HOMES)] for n, name in enumerate(UNICORNS)}
    seconds = (LAST_DAY - FIRST_DAY).days * 86400 + 86399
    rides = []
    for moment in sorted(chance.sample(range(seconds * 1000), RIDES)):
        name = chance.choice(UNICORNS)
        north, east = chance.choice(HOMES) if chance.random() < 0.08 else places[name]
        north, east = north + chance.gauss(0, 0.006), east + chance.gauss(0, 0.008)
        places[name] = min(max(north, 40.60), 40.86), min(max(east, -74.04), -73.72)
        time = datetime(2018, 1, 1) + timedelta(milliseconds=moment)  # noqa: DTZ001 producers send no zone
        rides.append(
            {
                "Distance": round(3 + chance.gammavariate(3.0, 7.0), 6),
                "HealthPoints": chance.randint(0, 9999),
                "Latitude": round(places[name][0], 6),
                "Longitude": round(places[name][1], 6),
                "MagicPoints": chance.randint(0, 2400),
                "Name": name,
                "StatusTime": time.isoformat(" ", "milliseconds"),
            }
        )
    return rides


def service_probability(ride: Ride, weather: Weather, list_of_stations: list[tuple[str, float, float]]) -> float:
    """The probability that the unicorn asks for service after the ride: SERVICE_MODEL with the weather it had."""
    here = ride["Latitude"], ride["Longitude"]
    station = min(list_of_stations, key=lambda s: kilometres(here, s[1:]))[0]
    features = {"distance": ride["Distance"], "healthpoints": ride["HealthPoints"]}
    features |= weather[station, ride["StatusTime"][:10]]
    return 1 / (
        1 + exp(-SERVICE_MODEL["bias"] - sum(SERVICE_MODEL[feature] * features[feature] for feature in features))
    )


def faulty(rides: list[Ride], chance: random.Random) -> list[Ride]:
    """Records that are no rides, one or a few for each documented reason."""
    faults: list[Callable[[Ride], Ride]] = [
        lambda ride: ride | {"MagicPoints": float("nan")},
        lambda ride: ride | {"Distance": float("nan")},
        lambda ride: {field: value for field, value in ride.items() if field != "Latitude"},
        lambda ride: {field: value for field, value in ride.items() if field != "StatusTime"},
        lambda ride: ride | {"Latitude": 123.0},
        lambda ride: ride | {"Longitude": -200.5},
        lambda ride: ride | {"StatusTime": "yesterday at noon"},
        lambda ride: ride | {"StatusTime": "2019-02-30 10:00:00.000"},
        lambda ride: ride | {"HealthPoints": "a lot"},
        lambda ride: ride | {"Distance": -4.5},
        lambda ride: ride | {"FieldService": 2},
        lambda ride: ride | {"Name": None},
    ]
    return [fault(ride) for fault, ride in zip(faults, chance.sample(rides, len(faults)), strict=True)]


def spelled_differently(ride: Ride, chance: random.Random) -> Ride:
    """The same ride as another producer's file has it: a number in a string, or fields in lower case."""
    if chance.random() < 0.5:
        return ride | {"MagicPoints": str(ride["MagicPoints"]), "Distance": repr(ride["Distance"])}
    return {field.lower(): value for field, value in ride.items()}


def four_files(rides: list[Ride], chance: random.Random) -> dict[str, str]:
    """File name -> text. Some records are faulty, some spelled differently, some repeated within and across files."""
    quarters = [list(rides[start::4]) for start in range(4)]
    for number, quarter in enumerate(quarters):
        for place in chance.sample(range(len(quarter)), 5):
            quarter[place] = spelled_differently(quarter[place], chance)
        within = chance.sample(quarter, 5)
        across = chance.sample(rides[(number + 1) % 4 :: 4], 4)
        for extra in within + across + faulty(quarter, chance)[number::4]:
            quarter.insert(chance.randrange(len(quarter)), extra)
    array, travel_data, bare, lines = quarters
    return {
        "2018-2019.array.json": json.dumps(array, indent=1) + "\n",
        "2018-2019.travel_data.json": json.dumps({"travel_data": travel_data}, ensure_ascii=False) + "\n",
        "2018-2019.bare.json": "\n".join(json.dumps(ride, indent=2, ensure_ascii=False) for ride in bare) + "\n",
        "2018-2019.lines.json": "".join(json.dumps(ride) + "\n" for ride in lines),
    }


def auc(pairs: list[tuple[float, int]]) -> float:
    """The probability that a positive scores higher than a negative; a tie counts half."""
    negatives = sorted(score for score, label in pairs if not label)
    positives = [score for score, label in pairs if label]
    wins = sum(bisect_left(negatives, score) + bisect_right(negatives, score) for score in positives)
    return wins / 2 / len(positives) / len(negatives)


def best_auc(rides: list[Ride], probabilities: list[float]) -> dict[str, Any]:
    """What the generating probability reaches against the labels that were drawn from it."""
    sys.path.insert(0, str(FUNCTIONS))
    from wildrydes.rides.ride import canonical, parse, ride_id

    pairs = [(score, ride["FieldService"]) for score, ride in zip(probabilities, rides, strict=True)]
    in_test = [ride_id(canonical(parse(ride)))[:3] >= FIRST_TEST_DIGITS for ride in rides]
    test = [pair for pair, is_test in zip(pairs, in_test, strict=True) if is_test]
    return {
        "target": "service_requested",
        "best_auc_on_the_test_split": round(auc(test), 6),
        "best_auc_on_all_rides": round(auc(pairs), 6),
        "rides": len(pairs),
        "rides_in_the_test_split": len(test),
        "share_of_positives": round(sum(label for _, label in pairs) / len(pairs), 4),
    }


def main() -> None:
    """Rewrites the sample and prints what the best score reaches."""
    chance = random.Random(SEED)
    rows = observations(chance)
    weather = completed(rows)
    rides = wander(chance)
    station_list = stations()
    probabilities = [service_probability(ride, weather, station_list) for ride in rides]
    for ride, probability in zip(rides, probabilities, strict=True):
        ride["FieldService"] = int(chance.random() < probability)
    limits = best_auc(rides, probabilities)
    for name, text in four_files(rides, chance).items():
        write(HERE / "rides" / name, text)
    write(HERE / "weather" / "ghcnd_nyc_2018-2019.csv", "".join(",".join(row) + "\n" for row in rows))
    write(HERE / "best_auc.json", json.dumps(limits, indent=2) + "\n")
    print(json.dumps(limits, indent=2))


def write(path: Path, text: str) -> None:
    """Writes a text file with line feeds, in UTF-8, on every system."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
