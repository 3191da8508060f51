# ruff: noqa: S608 - the texts are the test's own
"""Which partitions are read: projection, Glue's partitions, and the conditions that leave some out.

Objects of partitions that must not be read hold what would fail the query.
"""

from datetime import UTC, datetime

import pytest

from athena_lake import JSON, Lake
from local.account import EmbeddedAws
from local.athena.catalog import Table
from local.athena.date_range import date_texts
from local.athena.errors import QueryError

YEARS = {
    "projection.enabled": "true",
    "projection.year.type": "integer",
    "projection.year.range": "1750,2100",
    "projection.element.type": "enum",
    "projection.element.values": "TMIN,TMAX,PRCP",
}


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    return Lake.create(server)


@pytest.fixture
def ghcn(lake: Lake) -> Lake:
    """Three partitions of two years, and one that no query below may read."""
    template = f"s3://{lake.name}/by_year/YEAR=${{year}}/ELEMENT=${{element}}/"
    properties = {**YEARS, "storage.location.template": template}
    lake.table("ghcn", {"v": "int"}, JSON, keys={"year": "int", "element": "string"}, properties=properties)
    lake.put("by_year/YEAR=2018/ELEMENT=TMIN/a.json", '{"v": 1}\n')
    lake.put("by_year/YEAR=2019/ELEMENT=TMIN/a.json", '{"v": 2}\n')
    lake.put("by_year/YEAR=2019/ELEMENT=TMAX/a.json", '{"v": 3}\n')
    lake.put("by_year/YEAR=2020/ELEMENT=TMIN/a.json", "not to be read")
    return lake


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT v, year, element FROM ghcn WHERE year = 2019 ORDER BY v",
            [["2", "2019", "TMIN"], ["3", "2019", "TMAX"]],
        ),
        (
            "SELECT v FROM ghcn WHERE year BETWEEN 2018 AND 2019 AND element IN ('TMIN', 'PRCP') ORDER BY v",
            [["1"], ["2"]],
        ),
        ("SELECT v FROM ghcn WHERE element = 'TMAX'", [["3"]]),
        ("SELECT v FROM ghcn WHERE year + 1 < 2020", [["1"]]),
        ("SELECT v FROM ghcn WHERE year < 2019 OR (year = 2019 AND element = 'TMAX') ORDER BY v", [["1"], ["3"]]),
        ("SELECT v FROM ghcn WHERE year = 1492", []),
        ("WITH g AS (SELECT v, year AS y FROM ghcn) SELECT v FROM g WHERE y = 2018", [["1"]]),
        ("SELECT n FROM (SELECT year, count(*) AS n FROM ghcn GROUP BY year) WHERE year = 2019", [["2"]]),
        ("SELECT v FROM (SELECT * FROM ghcn UNION ALL SELECT * FROM ghcn) WHERE year = 2018", [["1"], ["1"]]),
        ("SELECT a.v, b.v FROM ghcn a JOIN ghcn b ON b.year = 2018 AND a.year = 2019 AND a.v = 3", [["3", "1"]]),
        ("SELECT x FROM (VALUES 5) t(x) LEFT JOIN ghcn ON year = 2018 AND v = x", [["5"]]),
        ("SELECT count(*) FROM (VALUES 5) t(x) WHERE EXISTS (SELECT 1 FROM ghcn WHERE year = 2018)", [["1"]]),
    ],
)
def test_only_partitions_that_can_match_are_read(ghcn: Lake, sql: str, rows: list[list[str]]) -> None:
    finished = ghcn.query(sql)
    assert (finished.reason, finished.rows) == ("", rows)


def test_the_bytes_scanned_are_those_of_the_partitions_read(ghcn: Lake) -> None:
    assert ghcn.query("SELECT v FROM ghcn WHERE year = 2019").scanned == 2 * len('{"v": 2}\n')
    assert ghcn.query("SELECT v FROM ghcn WHERE year = 1800").scanned == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT v FROM ghcn",
        "SELECT v FROM (SELECT v, year FROM ghcn LIMIT 10) WHERE year = 2018",
        "SELECT v FROM (SELECT v, year, row_number() OVER (ORDER BY v) AS n FROM ghcn) WHERE year = 2018",
        "SELECT x FROM (VALUES 5) t(x) LEFT JOIN ghcn ON v = x WHERE year IS NULL",
        "WITH g AS (SELECT * FROM ghcn) SELECT 1 FROM g, g AS h WHERE g.year = 2018",
    ],
)
def test_what_the_result_depends_on_is_read(ghcn: Lake, sql: str) -> None:
    assert ghcn.query(sql).reason.startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")


def test_an_anti_join_on_a_partition_key_keeps_the_rows_without_partner(lake: Lake) -> None:
    properties = {**YEARS, "storage.location.template": f"s3://{lake.name}/y/${{year}}/${{element}}/"}
    lake.table("ghcn", {"v": "int"}, JSON, keys={"year": "int", "element": "string"}, properties=properties)
    lake.put("y/2018/TMIN/a.json", '{"v": 1}\n')
    sql = "SELECT x FROM (VALUES 1, 2) t(x) LEFT JOIN ghcn ON v = x AND year = 2018 WHERE year IS NULL"
    assert lake.query(sql).rows == [["2"]]


@pytest.fixture
def weather(lake: Lake) -> Lake:
    properties = {
        "projection.enabled": "true",
        "projection.execution.type": "injected",
        "storage.location.template": f"s3://{lake.name}/weather/${{execution}}/",
    }
    lake.table("weather", {"tmin": "double"}, JSON, keys={"execution": "string"}, properties=properties)
    lake.put("weather/e-1/a.json", '{"tmin": 1}\n')
    lake.put("weather/e-2/a.json", '{"tmin": 2}\n')
    lake.put("weather/e-3/a.json", "not to be read")
    return lake


@pytest.mark.parametrize(
    ("where", "parameters", "rows"),
    [
        ("execution = 'e-1'", [], [["1.0", "e-1"]]),
        ("'e-' || '2' = execution", [], [["2.0", "e-2"]]),
        ("execution IN ('e-1', 'e-2') AND tmin > 0", [], [["1.0", "e-1"], ["2.0", "e-2"]]),
        ("execution = ?", ["'e-2'"], [["2.0", "e-2"]]),
        ("execution = 'e-9'", [], []),
    ],
)
def test_an_injected_key_takes_its_values_from_the_query(
    weather: Lake, where: str, parameters: list[str], rows: list[list[str]]
) -> None:
    assert weather.query(f"SELECT tmin, execution FROM weather WHERE {where} ORDER BY tmin", parameters).rows == rows


@pytest.mark.parametrize("where", ["tmin > 0", "execution > 'e-1'", "execution = CAST(tmin AS varchar)", "TRUE"])
def test_an_injected_key_without_static_equality_is_refused(weather: Lake, where: str) -> None:
    assert weather.query(f"SELECT tmin FROM weather WHERE {where}").reason == (
        "CONSTRAINT_VIOLATION: For the injected projected partition column execution, the WHERE clause must contain "
        "only static equality conditions, and at least one such condition must be present."
    )


def test_projected_dates_and_padded_integers_make_the_hive_path_without_a_template(lake: Lake) -> None:
    properties = {
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2019-01-01,NOW",
        "projection.hour.type": "integer",
        "projection.hour.range": "0,23",
        "projection.hour.digits": "2",
    }
    lake.table("t", {"n": "int"}, JSON, keys={"day": "string", "hour": "string"}, properties=properties)
    lake.put("t/day=2019-07-10/hour=03/a.json", '{"n": 1}\n')
    lake.put("t/day=2019-07-11/hour=03/a.json", "not to be read")
    finished = lake.query("SELECT n, day, hour FROM t WHERE day = '2019-07-10' AND hour < '12'")
    assert finished.rows == [["1", "2019-07-10", "03"]]


@pytest.mark.parametrize(
    ("properties", "texts"),
    [
        (
            {"range": "2019-01-30,2019-02-02", "format": "yyyy-MM-dd"},
            ["2019-01-30", "2019-01-31", "2019-02-01", "2019-02-02"],
        ),
        ({"range": "2019/11,2020/02", "format": "yyyy/MM"}, ["2019/11", "2019/12", "2020/01", "2020/02"]),
        ({"range": "NOW-2YEARS,NOW", "format": "yyyy"}, ["2018", "2019", "2020"]),
        ({"range": "NOW-1DAY,NOW+1DAYS", "format": "yyyyMMdd"}, ["20200228", "20200229", "20200301"]),
        (
            {"range": "2019-01-01,2019-01-20", "format": "'d='yyyy-MM-dd", "interval": "1", "interval.unit": "WEEKS"},
            None,
        ),
        ({"range": "2019-01-01,2019-01-20", "format": "yyyy-MM-dd", "interval": "10"}, ["2019-01-01", "2019-01-11"]),
    ],
)
def test_dates_of_a_range(properties: dict[str, str], texts: list[str] | None) -> None:
    named = {f"projection.day.{name}": value for name, value in properties.items()}
    table = Table("db", "t", (), (), "s3://b/t/", "", "", {}, named)
    now = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
    if texts is None:
        with pytest.raises(QueryError, match=r"db\.t needs valid projection\.day properties"):
            date_texts(table, "day", now)
    else:
        assert date_texts(table, "day", now) == texts


def test_partitions_of_glue_are_read_where_they_lie(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, JSON, keys={"year": "int", "kind": "string"})
    storage = lake.glue.get_table(DatabaseName=lake.name, Name="t")["Table"]["StorageDescriptor"]
    for year, kind, folder in (("2018", "a", "first"), ("2019", "b", "second"), ("2020", "b", "third")):
        location = f"s3://{lake.name}/elsewhere/{folder}/"
        partition = {"Values": [year, kind], "StorageDescriptor": {**storage, "Location": location}}
        lake.glue.create_partition(DatabaseName=lake.name, TableName="t", PartitionInput=partition)
    lake.put("elsewhere/first/x.json", '{"n": 1}\n')
    lake.put("elsewhere/second/x.json", '{"n": 2}\n')
    lake.put("elsewhere/third/x.json", "not to be read")
    assert lake.query("SELECT n, year, kind FROM t WHERE year < 2020 ORDER BY n").rows == [
        ["1", "2018", "a"],
        ["2", "2019", "b"],
    ]
    assert lake.query("SELECT n FROM t WHERE kind = 'a'").rows == [["1"]]


def test_projection_properties_without_sense_are_named(lake: Lake) -> None:
    properties = {"projection.enabled": "true", "projection.year.type": "integer", "projection.year.range": "ever"}
    lake.table("t", {"n": "int"}, JSON, keys={"year": "int"}, properties=properties)
    expected = f"INVALID_TABLE_PROPERTY: Table {lake.name}.t needs a valid property projection.year.range"
    assert lake.query("SELECT n FROM t").reason == expected
