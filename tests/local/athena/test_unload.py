# ruff: noqa: S608 - the texts are the test's own
"""UNLOAD and CREATE TABLE AS: what is written, where, and what is refused."""

import json
from pathlib import Path

import duckdb
import pytest

from athena_lake import JSON, Lake
from local.account import EmbeddedAws


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    return Lake.create(server)


def unload(lake: Lake, select: str, properties: str, folder: str = "out") -> str:
    return f"UNLOAD ({select}) TO 's3://{lake.name}/{folder}/' WITH ({properties})"


def test_text_files_have_no_header_no_quotes_and_are_gzip(lake: Lake) -> None:
    select = """SELECT * FROM (VALUES (1, 1e7, 'a "b"', true), (2, 1.5e0, NULL, false)) AS t (n, d, s, b) ORDER BY n"""
    finished = lake.query(unload(lake, select, "format = 'TEXTFILE', field_delimiter = ','"))
    (key,) = lake.keys("out/")
    assert finished.state == "SUCCEEDED"
    assert key.endswith(".gz")
    assert lake.read(key) == b'1,1.0E7,a "b",true\n2,1.5,\\N,false\n'


def test_the_delimiter_is_ctrl_a_unless_told(lake: Lake) -> None:
    lake.query(unload(lake, "SELECT 1 AS a, DATE '2019-01-02' AS b", "format = 'TEXTFILE', compression = 'NONE'"))
    (key,) = lake.keys("out/")
    assert not key.endswith(".gz")
    assert lake.read(key) == b"1\x012019-01-02\n"


def test_partitions_are_folders_and_their_columns_are_not_in_the_files(lake: Lake) -> None:
    select = """SELECT x AS n, CASE WHEN x < 3 THEN 'train' WHEN x = 3 THEN 'a/b' END AS split
        FROM UNNEST(ARRAY[1, 2, 3, 4]) u(x)"""
    properties = "format = 'TEXTFILE', field_delimiter = ',', partitioned_by = ARRAY['split']"
    lake.query(unload(lake, select, properties))
    folders = {key.rpartition("/")[0]: lake.read(key) for key in lake.keys("out/")}
    assert folders == {
        "out/split=train": b"1\n2\n",
        "out/split=a%2Fb": b"3\n",
        "out/split=__HIVE_DEFAULT_PARTITION__": b"4\n",
    }


def test_parquet_keeps_types_and_sums_of_integers_are_bigint(lake: Lake, tmp_path: Path) -> None:
    select = (
        "SELECT sum(x) AS Total, CAST(1.5 AS decimal(10, 2)) AS p, 1e0 AS d, 'x' AS s FROM UNNEST(ARRAY[1, 2]) u(x)"
    )
    lake.query(unload(lake, select, "format = 'PARQUET', compression = 'SNAPPY'"))
    (key,) = lake.keys("out/")
    path = tmp_path / "read.parquet"
    path.write_bytes(lake.read(key))
    reader = duckdb.connect()
    described = reader.execute(f"DESCRIBE FROM '{path}'").fetchall()
    assert [column[:2] for column in described] == [
        ("total", "BIGINT"),
        ("p", "DECIMAL(10,2)"),
        ("d", "DOUBLE"),
        ("s", "VARCHAR"),
    ]
    assert reader.execute(f"SELECT DISTINCT compression FROM parquet_metadata('{path}')").fetchall() == [("SNAPPY",)]


def test_json_has_one_object_a_line(lake: Lake) -> None:
    lake.query(unload(lake, "SELECT 'é' AS a, NULL AS b, 1.5e0 AS c", "format = 'json'"))
    (key,) = lake.keys("out/")
    assert json.loads(lake.read(key)) == {"a": "é", "b": None, "c": 1.5}


def test_the_manifest_lists_what_was_written(lake: Lake) -> None:
    finished = lake.query(unload(lake, "SELECT 1 AS a, 'x' AS p", "format = 'JSON', partitioned_by = ARRAY['p']"))
    query_id = finished.execution["QueryExecutionId"]
    manifest = f"results/{query_id}-manifest.csv"
    assert finished.execution["Statistics"]["DataManifestLocation"] == f"s3://{lake.name}/{manifest}"
    assert lake.read(manifest).decode().split() == [f"s3://{lake.name}/{key}" for key in lake.keys("out/")]
    answer = lake.athena.get_query_results(QueryExecutionId=query_id)
    assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (1, [])


@pytest.mark.parametrize("properties", ["format = 'JSON'", "format = 'JSON', partitioned_by = ARRAY['p']"])
def test_a_location_that_holds_data_is_refused_and_left_alone(lake: Lake, properties: str) -> None:
    lake.put("out/p=x/there", "data")
    lake.put("out2/beside", "data")
    finished = lake.query(unload(lake, "SELECT 1 AS a, 'x' AS p", properties))
    expected = f"HIVE_PATH_ALREADY_EXISTS: Target directory already exists: s3://{lake.name}/out/ "
    assert finished.reason.startswith(expected)
    assert lake.keys("out/") == ["out/p=x/there"]


@pytest.mark.parametrize(
    ("select", "properties", "reason"),
    [
        ("SELECT 1 AS a", "format = 'ORC'", "INVALID_TABLE_PROPERTY: format 'ORC' is not supported"),
        ("SELECT 1 AS a", "compression = 'GZIP'", "INVALID_TABLE_PROPERTY: the property 'format' is required"),
        ("SELECT 1 AS a", "format = 'JSON', compression = 'LZO'", "INVALID_TABLE_PROPERTY: compression 'LZO'"),
        ("SELECT 1 AS a", "format = 'JSON', wings = '2'", "INVALID_TABLE_PROPERTY: the property 'wings'"),
        ("SELECT 1 AS a", "format = 'TEXTFILE', field_delimiter = '||'", "INVALID_TABLE_PROPERTY: field_delimiter"),
        ("SELECT 1 AS a, 2 AS p", "format = 'JSON', partitioned_by = ARRAY['a']", "HIVE_COLUMN_ORDER_MISMATCH: "),
        ("SELECT 1 AS a, 2 AS a", "format = 'JSON'", "DUPLICATE_COLUMN_NAME: Column name 'a'"),
        ("SELECT 1", "format = 'JSON'", "MISSING_COLUMN_NAME: Column name not specified at position 1"),
        ("SELECT ARRAY[1] AS a", "format = 'TEXTFILE'", "NOT_SUPPORTED: column a of type array in a TEXTFILE"),
        (
            "SELECT x, x AS p FROM UNNEST(sequence(1, 101)) u(x)",
            "format = 'JSON', partitioned_by = ARRAY['p']",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers",
        ),
        ("SELECT a FROM nowhere", "format = 'JSON'", "TABLE_NOT_FOUND: line 1:23: Table"),
    ],
)
def test_what_athena_does_not_write_is_refused(lake: Lake, select: str, properties: str, reason: str) -> None:
    finished = lake.query(unload(lake, select, properties))
    assert finished.state == "FAILED"
    assert finished.reason.startswith(reason)
    assert lake.keys("out/") == []


def test_no_rows_are_no_files(lake: Lake) -> None:
    finished = lake.query(unload(lake, "SELECT 1 AS a WHERE FALSE", "format = 'PARQUET'"))
    assert (finished.state, lake.keys("out/")) == ("SUCCEEDED", [])


def test_parameters_work_in_unload(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, JSON)
    lake.put("t/a.json", '{"n": 1}\n{"n": 2}\n')
    finished = lake.query(unload(lake, "SELECT n FROM t WHERE n > ?", "format = 'JSON'"), ["1"])
    (key,) = lake.keys("out/")
    assert (finished.state, lake.read(key)) == ("SUCCEEDED", b'{"n":2}\n')


@pytest.mark.parametrize("form", ["PARQUET", "JSON", "TEXTFILE"])
def test_a_table_made_from_a_query_can_be_queried(lake: Lake, form: str) -> None:
    sql = f"""CREATE TABLE made WITH (format = '{form}', external_location = 's3://{lake.name}/made/',
        partitioned_by = ARRAY['year']) AS SELECT * FROM (VALUES ('a', 1.5e0, 2018), ('b', NULL, 2019)) t(s, d, year)"""
    assert lake.query(sql).state == "SUCCEEDED"
    assert lake.query("SELECT s, d, year FROM made ORDER BY s").rows == [["a", "1.5", "2018"], ["b", None, "2019"]]
    assert lake.query("SELECT s FROM made WHERE year = 2019").rows == [["b"]]
    assert (
        lake.query(sql).reason
        == f"TABLE_ALREADY_EXISTS: Destination table 'awsdatacatalog.{lake.name}.made' already exists"
    )


def test_a_table_with_no_data_has_the_columns(lake: Lake) -> None:
    assert lake.query("CREATE TABLE shape AS SELECT 1 AS n, 'x' AS s WITH NO DATA").state == "SUCCEEDED"
    finished = lake.query("SELECT * FROM shape")
    assert (finished.header, finished.rows) == (["n", "s"], [])
