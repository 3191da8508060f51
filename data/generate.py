"""Writes the sample: rides of two years, the weather of their stations, and what a perfect model would reach on them.

    python data/generate.py

rewrites data/rides/*, data/weather/*.csv, data/best_auc.json and data/best_rmse.json, the same bytes each time
(standard library, one seed).

    weather_of_a_day ─> rows as GHCN-Daily has them ─> what stations reported, gaps filled from the nearest other
    unicorns wandering around New York ─> rides ─> MagicPoints by distance and weather ─> four files
                                                └> FieldService drawn with the probability below ┘

FieldService follows a logistic of what the ride's own record and its completed weather say (SERVICE_MODEL): long rides,
poor health, hot afternoons, cold nights and rain make service likelier. It is linear in a model's features, so that
the generating probability itself is the best score there is: best_auc.json has its AUC.

MagicPoints grow with distance, with heat and cold beyond a limit each, and with rain (MAGIC_MODEL); the rest is chance.
best_rmse.json has the error that is left to a model which knows the law, and what a rule by distance alone charges too
much in fine weather and too little in bad.
"""

import csv
import json
import random
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import asin, cos, pi, radians, sin, sqrt
from pathlib import Path

from laws import MOST_BY_CHANCE, Day, Ride, magic_points, service_probability

HERE = Path(__file__).resolve().parent
FUNCTIONS = HERE.parent / "functions"
SEED = 20180101
FIRST_DAY, LAST_DAY = date(2018, 1, 1), date(2019, 12, 31)
RIDES = 5000
UNICORNS = ("Shadowfax", "Bucephalus", "Rocinante", "Jörmundr", "Kirin 麒麟", "Twilight", "Zéphyr", "Pegasus")
HOMES = ((40.797, -73.934), (40.776, -73.885), (40.772, -73.975), (40.655, -73.790), (40.72, -73.99), (40.70, -73.85))

Weather = dict[tuple[str, str], Day]


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
    """Rides without FieldService and without the law's MagicPoints, in order of time.

    Each unicorn wanders about, and returns to a home now and then.
    """
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
                # Twice what chance adds. The law's part follows, once the weather is there.
                "MagicPoints": chance.randint(-2 * MOST_BY_CHANCE, 2 * MOST_BY_CHANCE),
                "Name": name,
                "StatusTime": time.isoformat(" ", "milliseconds"),
            }
        )
    return rides


def weather_of(ride: Ride, weather: Weather, list_of_stations: list[tuple[str, float, float]]) -> Day:
    """The completed weather of a ride's day at the station that is nearest to it."""
    here = ride["Latitude"], ride["Longitude"]
    station = min(list_of_stations, key=lambda s: kilometres(here, s[1:]))[0]
    return weather[station, ride["StatusTime"][:10]]


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


def main() -> None:
    """Rewrites the sample and prints what the best scores reach."""
    chance = random.Random(SEED)
    rows = observations(chance)
    weather = completed(rows)
    rides = wander(chance)
    station_list = stations()
    days_of_rides = [weather_of(ride, weather, station_list) for ride in rides]
    for ride, day in zip(rides, days_of_rides, strict=True):
        ride["MagicPoints"] = round(magic_points(ride, day) + ride["MagicPoints"] / 2)
    probabilities = [service_probability(ride, day) for ride, day in zip(rides, days_of_rides, strict=True)]
    for ride, probability in zip(rides, probabilities, strict=True):
        ride["FieldService"] = int(chance.random() < probability)
    for name, text in four_files(rides, chance).items():
        write(HERE / "rides" / name, text)
    write(HERE / "weather" / "ghcnd_nyc_2018-2019.csv", "".join(",".join(row) + "\n" for row in rows))
    write_limits(rides, days_of_rides, probabilities)


def write_limits(rides: list[Ride], days_of_rides: list[Day], probabilities: list[float]) -> None:
    """Writes and prints what the best score of each kind reaches."""
    # What says which split a ride is in is the functions' code.
    sys.path.insert(0, str(FUNCTIONS))
    from best_scores import best_auc, best_rmse

    limits = {"best_auc.json": best_auc(rides, probabilities), "best_rmse.json": best_rmse(rides, days_of_rides)}
    for name, values in limits.items():
        write(HERE / name, json.dumps(values, indent=2) + "\n")
        print(json.dumps(values, indent=2))


def write(path: Path, text: str) -> None:
    """Writes a text file with line feeds, in UTF-8, on every system."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
