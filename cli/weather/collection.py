"""Weather files -> `Weather`: all that the embedded AWS needs of them, converted and checked before a server starts.

Of several values of one station, day and element one counts, by this rule: NOAA's own tenths with quality flags come
before values in tenths or with flags alone, and these before converted values without flags; of equals the last one
counts, by the files' paths and then by line.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from cli.errors import CommandError, UnreadableFileError
from cli.progress import Show, late_bar
from cli.ride_files import files_of
from cli.weather.observations import ELEMENTS, BadValueError, Observation, Units
from cli.weather.shapes import shape_of
from cli.weather.text import Advance, Lines
from wildrydes.rides.stations import ground_stations

# NOAA's documents, which lie beside its data, and what file systems and jobs leave behind.
_DOCUMENTS = (
    *("readme", "readme*.txt", "readme*.md", "status.txt", "mingle-list.txt", "index.html"),
    *(f"ghcnd-{name}.*" for name in ("stations", "inventory", "countries", "states", "version")),
    *("_success", ".*", "*.crc"),
)
_MEGABYTE = 1_000_000
_MOST_NAMED = 5
_STATIONS = tuple(station.id for station in ground_stations())

LEFT_OUT = (
    "rows of other stations",
    "rows of other elements",
    "missing values",
    "repeated values",
    "of these with another value",
)
_TABLE = """
    CREATE TABLE readings AS
    SELECT *, row_number() OVER copies AS copy, first_value(value) OVER copies AS first_value
    FROM read_csv(?, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {
        'precision': 'INTEGER', 'position': 'BIGINT', 'id': 'VARCHAR', 'date': 'VARCHAR', 'element': 'VARCHAR',
        'value': 'BIGINT', 'm': 'VARCHAR', 'q': 'VARCHAR', 's': 'VARCHAR', 'time': 'VARCHAR'})
    WINDOW copies AS (PARTITION BY id, date, element ORDER BY precision DESC, position DESC)
"""
# The columns and types of NOAA's bucket, where an absent flag is NULL.
_PARTITIONS = """
    COPY (SELECT id AS ID, date AS DATE, value AS DATA_VALUE, nullif(m, '') AS M_FLAG, nullif(q, '') AS Q_FLAG,
            nullif(s, '') AS S_FLAG, nullif(time, '') AS OBS_TIME, substr(date, 1, 4) AS YEAR, element AS ELEMENT
        FROM readings WHERE copy = 1 ORDER BY id, date)
"""
_PARQUET = "FORMAT parquet, COMPRESSION snappy, PARTITION_BY (YEAR, ELEMENT), OVERWRITE true"
_REPEATS = """
    SELECT count(*) FILTER (copy = 1), count(*) FILTER (copy > 1), count(*) FILTER (copy > 1 AND value <> first_value)
    FROM readings
"""
_SPANS = """
    SELECT element, min(date), max(date), min(value), max(value)
    FROM readings WHERE copy = 1 AND coalesce(q, '') = '' GROUP BY element
"""


class WeatherError(CommandError):
    """The weather could not be put in place, as on a full disk; the message says why."""


class WeatherFileError(UnreadableFileError):
    """A weather file is not what it should be, or no file has what is needed; nothing was started."""

    exit_code = 2


@dataclass(frozen=True)
class Weather:
    """The observations of the ground stations, and what the files hold beside them.

    `objects` are Parquet files by their keys in NOAA's bucket. `days` has for each element the first and the last day
    (YYYY-MM-DD) with a value that failed no quality check, `ranges` the least and the greatest of these values, in
    tenths. `left_out` counts by kind, `idle` are files of which nothing is used, `skipped` those that were not read.
    """

    objects: Mapping[str, bytes] = field(repr=False)
    values: int
    stations: tuple[str, ...]
    days: Mapping[str, tuple[str, str]]
    ranges: Mapping[str, tuple[int, int]]
    left_out: Mapping[str, int]
    idle: tuple[Path, ...] = ()
    skipped: tuple[Path, ...] = ()


def collect(path: Path, units: str | None = None) -> Weather:
    """Read the weather files at `path`; daily summaries that do not say their units are in `units`, one of Units.

    Raises WeatherFileError, UnreadableFileError and WeatherError.
    """
    files, skipped = _split(path)
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "readings.csv"
        idle = _write_rows(rows, files, Units(units) if units else None, counts)
        try:
            return _converted(rows, Path(folder) / "parquet", counts, idle, skipped)
        except duckdb.Error as fault:
            raise WeatherError(f"The weather could not be converted below {folder}: {fault}") from fault


def _split(path: Path) -> tuple[list[Path], tuple[Path, ...]]:
    """The weather files at `path`, and those of a folder that are none by their names."""
    files = files_of(path)
    skipped = tuple(
        file for file in files if file != path and any(fnmatch(file.name.lower(), name) for name in _DOCUMENTS)
    )
    weather = [file for file in files if file not in skipped]
    if not weather:
        raise WeatherFileError(f"{path} holds no weather file.")
    return weather, skipped


def _write_rows(target: Path, files: list[Path], units: Units | None, counts: Counter[str]) -> tuple[Path, ...]:
    """Write the observations of all files to one CSV, with their precision and position. Gives the idle files."""
    idle: list[Path] = []
    total, done, position = sum(file.stat().st_size for file in files), 0, 0
    with (
        target.open("w", encoding="utf-8", newline="") as content,
        late_bar("Reading weather (MB)", total // _MEGABYTE) as show,
    ):
        writer = csv.writer(content, lineterminator="\n")
        for file in files:
            before = position
            for precision, observation in _read(file, units, counts, _advance(show, done)):
                position += 1
                writer.writerow((precision, position, *observation))
            if position == before:
                idle.append(file)
            done += file.stat().st_size
    return tuple(idle)


def _advance(show: Show, before: int) -> Advance:
    return lambda at: show((before + at) // _MEGABYTE)


def _read(file: Path, units: Units | None, counts: Counter[str], advance: Advance) -> Iterator[tuple[int, Observation]]:
    """The needed observations of a file, with their precision. Raises WeatherFileError, UnreadableFileError."""
    number = 0
    try:
        with file.open("rb") as raw:
            lines = Lines(raw, advance)
            try:
                shape = shape_of(lines, units)
                for observation in shape.read(lines, _STATIONS, counts):
                    yield shape.precision, observation
            finally:
                number = lines.number
    except BadValueError as fault:
        where = f"{file}, line {number}" if number else f"{file}"
        raise WeatherFileError(f"{where}: {fault}.") from None
    except OSError as fault:
        raise UnreadableFileError(f"{file} cannot be read: {fault.strerror}.") from None


def _converted(
    rows: Path, folder: Path, counts: Counter[str], idle: tuple[Path, ...], skipped: tuple[Path, ...]
) -> Weather:
    with duckdb.connect() as database:
        database.execute(_TABLE, [str(rows)])
        values, repeated, differing = _row(database, _REPEATS)
        if not values:
            raise WeatherFileError(
                f"No weather file has {', '.join(ELEMENTS)} of the ground stations {', '.join(_STATIONS)}: "
                f"{listed(counts) or 'there is no row'}."
            )
        database.execute(f"{_PARTITIONS} TO '{folder}' ({_PARQUET})")
        spans = database.execute(_SPANS).fetchall()
        stations = database.execute("SELECT DISTINCT id FROM readings ORDER BY id").fetchall()
    objects = {
        f"parquet/by_year/{file.parent.relative_to(folder).as_posix()}/{file.stem}.snappy.parquet": file.read_bytes()
        for file in sorted(folder.rglob("*.parquet"))
    }
    left_out = dict(counts) | {"repeated values": repeated, "of these with another value": differing}
    return Weather(
        objects,
        values,
        tuple(station for (station,) in stations),
        {element: (_iso(first), _iso(last)) for element, first, last, _, _ in spans},
        {element: (least, most) for element, _, _, least, most in spans},
        left_out,
        idle,
        skipped,
    )


def listed(counts: Mapping[str, int]) -> str:
    """What was left out, kind by kind; empty where nothing was."""
    return ", ".join(f"{kind} {counts[kind]:,}" for kind in LEFT_OUT if counts.get(kind))


def ranges(weather: Weather) -> str:
    """The range of each element's values, in °C and mm: it shows units that are wrong. Empty without a value."""
    return ", ".join(
        f"{element} {least / 10:.1f} to {most / 10:.1f} {'mm' if element == 'PRCP' else '°C'}"
        for element, (least, most) in sorted(weather.ranges.items(), key=lambda item: ELEMENTS.index(item[0]))
    )


def left_out(weather: Weather) -> list[str]:
    """Lines that say what of the files is not used."""
    lines = [f"left out: {listed(weather.left_out)}"] if listed(weather.left_out) else []
    for files, what in ((weather.idle, "nothing of a ground station in"), (weather.skipped, "skipped, as no weather:")):
        if files:
            more = f" and {len(files) - _MOST_NAMED:,} more" if len(files) > _MOST_NAMED else ""
            lines.append(f"{what} {', '.join(file.name for file in files[:_MOST_NAMED])}{more}")
    return lines


def _row(database: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    (row,) = database.execute(query).fetchall()
    return row


def _iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
