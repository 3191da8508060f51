"""One way of ingesting a file of rides, in a process of its own: bench.ingest starts it, with the way, shape and file.

    ours     plan, then each chunk: checks, ground station, label, ride_id (SHA-256), gzip
    loop     the workshop's: json.loads, ground station, label, rows of CSV; no check, no id, no gzip
    polars   columns: checks, ground station, label, SHA-256 by hashlib (Polars has none), gzip
    polars_hash  the same with Polars' own 64-bit hash in its place
    duckdb   SQL: checks, ground station, label, SHA-256, gzip

Prints a JSON object: seconds of the processor and on the clock without imports, the plan's of them for ours, the most
memory in MB, and the rides written. What is imported here is next to nothing, so that memory is each way's own.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

STATIONS = {
    "US1NYNY0074": (40.7969, -73.9330),
    "USW00014732": (40.7794, -73.8803),
    "USW00094728": (40.7789, -73.9692),
    "USW00094789": (40.6386, -73.7622),
}
RADIAN = 0.017453292519943295
_BLOCK = 1 << 20


def main() -> None:
    """Ingests the file, and measures it."""
    way, shape, name = sys.argv[1:]
    measured = {"ours": ours, "loop": loop, "polars": with_polars, "polars_hash": with_polars, "duckdb": with_duckdb}[
        way
    ]
    ingest = measured(shape, Path(name))
    cpu, wall = process_time(), perf_counter()
    result = ingest()
    result |= {"cpu": process_time() - cpu, "wall": perf_counter() - wall, "memory": memory()}
    print(json.dumps(result))  # noqa: T201


def memory():
    """The most memory that the process had, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def ours(_shape, path):
    """The functions' code, without the requests to S3."""
    sys.path.insert(0, "functions")
    import isal.isal_zlib  # noqa: F401

    from wildrydes.bucket import Source
    from wildrydes.rides.files import records_and_runs_of_chunk
    from wildrydes.rides.ingestion import ingest
    from wildrydes.rides.plain_rides import ride_reader
    from wildrydes.rides.planning import manifest, plan_file

    def run():
        source, rides = Source("raw/rides.json", "e", "v", "2026-11-27T05:21:00.000Z"), 0
        began = process_time()
        chunks = manifest([plan_file(source, blocks(path), 8 << 20)])
        planned = process_time() - began
        for chunk in chunks:
            reader = ride_reader(1500.0, source.arrived_at)
            records = records_and_runs_of_chunk(blocks(path, chunk.start, chunk.end), chunk.start, reader)
            ingested = ingest(records, source, chunk.first_record, 1500.0)
            for year, of_year in ingested.processed.items():
                path.with_suffix(f".{chunk.chunk}.{year}.gz").write_bytes(of_year.data)
            rides += ingested.counts.accepted
        return {"rides": rides, "plan_cpu": planned}

    return run


def blocks(path, start=0, end=None):
    """Bytes [start, end) of a file, as S3 hands them over."""
    left = (path.stat().st_size if end is None else end) - start
    with path.open("rb") as file:
        file.seek(start)
        while left and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


def loop(shape, path):
    """The first workshop's way, ride by ride."""
    from math import asin, cos, sqrt

    def kilometres(here, there):
        north, south = here[0] * RADIAN, there[0] * RADIAN
        h = (1 - cos(south - north)) / 2 + cos(north) * cos(south) * (1 - cos((there[1] - here[1]) * RADIAN)) / 2
        return 12742 * asin(sqrt(h))

    def run():
        rides = read(shape, path.read_text(encoding="utf-8"))
        with path.with_suffix(".csv").open("w", encoding="utf-8") as file:
            for ride in rides:
                here = (ride["Latitude"], ride["Longitude"])
                ride["groundstation"] = min(STATIONS, key=lambda station, h=here: kilometres(h, STATIONS[station]))
                ride["heavy_utilization"] = int(ride["MagicPoints"] >= 50 * ride["Distance"])
                file.write(",".join(map(str, ride.values())) + "\n")
        return {"rides": len(rides)}

    return run


def read(shape, text):
    """The rides of a file by Python's own decoder."""
    if shape == "lines":
        return [json.loads(line) for line in text.splitlines()]
    if shape != "bare":
        value = json.loads(text)
        return value["travel_data"] if shape == "travel_data" else value
    rides, place, decode = [], 0, json.JSONDecoder().raw_decode
    while place < len(text):
        ride, end = decode(text, place)
        rides.append(ride)
        place = end + 1
    return rides


def with_polars(shape, path):
    """The way of Polars: whole columns."""
    from hashlib import sha256

    # In an environment of its own.
    import polars as pl  # pyright: ignore[reportMissingImports]

    def stations():
        north, east = pl.col("Latitude") * RADIAN, pl.col("Longitude") * RADIAN
        return {
            name: ((latitude * RADIAN - north) / 2).sin().pow(2)
            + north.cos() * pl.lit(latitude * RADIAN).cos() * ((longitude * RADIAN - east) / 2).sin().pow(2)
            for name, (latitude, longitude) in STATIONS.items()
        }

    def frame():
        if shape == "lines":
            return pl.read_ndjson(path, infer_schema_length=1000)
        if shape == "bare":
            return pl.read_json(b"[" + path.read_bytes().rstrip().replace(b"}\n{", b"},{") + b"]")
        if shape == "array":
            return pl.read_json(path)
        return pl.read_json(path).explode("travel_data").unnest("travel_data")

    def run():
        angles = stations()
        names = pl.lit(list(angles), dtype=pl.List(pl.String))
        rides = frame().filter(
            pl.col("Latitude").is_between(-90, 90)
            & pl.col("Longitude").is_between(-180, 180)
            & pl.col("Distance").is_between(0, 1e9, closed="right")
            & pl.col("Name").str.len_chars().is_between(1, 200)
            & pl.col("StatusTime").str.to_datetime("%Y-%m-%d %H:%M:%S%.3f", strict=False).is_not_null()
        )
        fields = pl.struct(pl.exclude("FieldService"))
        ids = fields.hash()
        if sys.argv[1] == "polars":
            texts = rides.select(fields.struct.json_encode()).to_series()
            ids = pl.Series([sha256(text.encode()).hexdigest()[:32] for text in texts])
        rides = rides.with_columns(
            ids.alias("ride_id"),
            names.list.get(pl.concat_list(*angles.values()).list.arg_min()).alias("groundstation"),
            (pl.col("MagicPoints") >= 50 * pl.col("Distance")).cast(pl.Int8).alias("heavy_utilization"),
        )
        rides.write_ndjson(
            path.with_suffix(".polars.gz"), compression="gzip", compression_level=4, check_extension=False
        )
        return {"rides": rides.height}

    return run


def with_duckdb(shape, path):
    """The way of DuckDB: SQL."""
    import duckdb

    def run():
        database = duckdb.connect(config={"threads": 1})
        form = {"array": "array", "lines": "newline_delimited", "bare": "unstructured"}.get(shape, "auto")
        source = f"read_json('{path}', format='{form}', maximum_object_size=2000000000)"
        if shape == "travel_data":
            source = f"(SELECT unnest(travel_data, recursive := true) FROM {source})"  # noqa: S608
        least = f"least({', '.join(angle(*each) for each in STATIONS.values())})"
        nearest = " ".join(f"WHEN {angle(*STATIONS[name])} = {least} THEN '{name}'" for name in STATIONS)
        rides = database.execute(
            f"""COPY (SELECT sha256(concat_ws('|', "Name", "StatusTime", "Latitude", "Longitude", "Distance",
                "HealthPoints", "MagicPoints")) AS ride_id, *, CASE {nearest} END AS groundstation,
                CAST("MagicPoints" >= 50 * "Distance" AS INTEGER) AS heavy_utilization FROM {source}
                WHERE "Latitude" BETWEEN -90 AND 90 AND "Longitude" BETWEEN -180 AND 180 AND "Distance" > 0
                AND "Distance" <= 1e9 AND length("Name") BETWEEN 1 AND 200
                AND TRY_CAST("StatusTime" AS TIMESTAMP) IS NOT NULL)
                TO '{path.with_suffix(".duckdb.gz")}' (FORMAT JSON, COMPRESSION GZIP)"""  # noqa: S608
        ).fetchall()
        return {"rides": rides[0][0]}

    return run


def angle(latitude, longitude):
    """The haversine of a position and a station, in SQL."""
    return (
        f"""(pow(sin(({latitude * RADIAN} - "Latitude" * {RADIAN}) / 2), 2) + cos("Latitude" * {RADIAN})"""
        f""" * cos({latitude * RADIAN}) * pow(sin(({longitude * RADIAN} - "Longitude" * {RADIAN}) / 2), 2))"""
    )


if __name__ == "__main__":
    main()
