# ruff: noqa: S608 - the texts are the test's own
"""How objects become rows: SerDes, Glue's column types, and which objects count."""

import json
from pathlib import Path

import pytest

from athena_lake import JSON, OPEN_CSV, PARQUET, TEXT, Lake
from local.account import EmbeddedAws


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    return Lake.create(server)


def test_json_rows_take_glues_types_and_not_the_types_of_the_values(lake: Lake) -> None:
    lake.table("t", {"s": "string", "d": "double", "i": "int", "b": "boolean"}, JSON)
    rows = [
        {"s": "x", "d": 1.5, "i": 2, "b": True},
        {"s": 7, "d": "2.5", "i": "3", "b": "TRUE"},
        {"s": {"k": [1]}, "d": "none", "i": 3000000000, "b": "no"},
        {"D": 3.25, "I": 4.9, "extra": 1},
        {"s": None, "d": None, "i": None, "b": None},
    ]
    lake.put("t/a.json.gz", "".join(json.dumps(row) + "\n" for row in rows))
    assert lake.query("SELECT * FROM t").rows == [
        ["x", "1.5", "2", "true"],
        ["7", "2.5", "3", "true"],
        ['{"k":[1]}', None, None, "false"],
        [None, "3.25", "4", None],
        [None, None, None, None],
    ]


def test_json_columns_nest_and_may_be_mapped_from_other_keys(lake: Lake) -> None:
    columns = {"where": "struct<lat:double,lon:double>", "names": "array<string>", "kind": "string"}
    lake.table("t", columns, JSON, serde={"mapping.kind": "Type-Of"})
    lake.put("t/a.json", '{"where": {"lat": 1, "lon": 2.5}, "names": ["a", "b"], "Type-Of": "unicorn"}\n')
    sql = 'SELECT t."where".lon, names[2], cardinality(names), kind, "where" FROM t'
    assert lake.query(sql).rows == [["2.5", "b", "2", "unicorn", "{lat=1.0, lon=2.5}"]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"d": {"x": 1}}', 'HIVE_BAD_DATA: Invalid JSON: {"x":1} can not be coerced to DOUBLE'),
        ('{"d": 1', "HIVE_CURSOR_ERROR: Row is not a valid JSON Object"),
    ],
)
def test_json_that_cannot_be_read_fails_the_query(lake: Lake, line: str, reason: str) -> None:
    lake.table("t", {"d": "double"}, JSON)
    lake.put("t/a.json", f'{{"d": 1}}\n{line}\n')
    finished = lake.query("SELECT sum(d) FROM t")
    assert finished.reason.startswith(reason)
    assert ("HIVE_CURSOR_ERROR" in finished.reason) == finished.reason.endswith(f"in s3://{lake.name}/t/a.json")


def test_malformed_json_is_a_row_of_nulls_where_the_serde_ignores_it(lake: Lake) -> None:
    lake.table("t", {"d": "double"}, JSON, serde={"ignore.malformed.json": "true"})
    lake.put("t/a.json", '{"d": 1}\n{"d": \n{"d": 3}\n')
    assert lake.query("SELECT d FROM t ORDER BY d").rows == [["1.0"], ["3.0"], [None]]


def test_parquet_columns_match_whatever_the_case_and_absent_ones_are_null(lake: Lake, tmp_path: Path) -> None:
    lake.table("t", {"id": "string", "data_value": "bigint", "added_later": "double"}, PARQUET)
    lake.put_parquet("t/a.parquet", 'SELECT \'X\' AS "ID", CAST(3 AS INTEGER) AS "DATA_VALUE"', tmp_path)
    lake.put_parquet("t/b.parquet", "SELECT 4::BIGINT AS data_value, 'Y' AS id, 1.5::DOUBLE AS ADDED_LATER", tmp_path)
    rows = [["X", "3", None], ["Y", "4", "1.5"]]
    assert lake.query("SELECT id, data_value, added_later FROM t ORDER BY id").rows == rows


def test_a_parquet_type_that_does_not_fit_names_column_and_object(lake: Lake, tmp_path: Path) -> None:
    lake.table("t", {"n": "bigint"}, PARQUET)
    lake.put_parquet("t/a.parquet", "SELECT 'seven' AS n", tmp_path)
    assert lake.query("SELECT n FROM t").reason == (
        f"HIVE_BAD_DATA: Field n's type BYTE_ARRAY in parquet file s3://{lake.name}/t/a.parquet is incompatible with "
        "type bigint defined in table schema"
    )
    lake.put("t/a.parquet", "no parquet at all")
    reason = f"HIVE_BAD_DATA: Not valid Parquet file: s3://{lake.name}/t/a.parquet"
    assert lake.query("SELECT n FROM t").reason == reason


def test_open_csv_unquotes_and_refuses_what_is_no_number(lake: Lake) -> None:
    header = {"skip.header.line.count": "1"}
    lake.table("t", {"name": "string", "n": "int"}, OPEN_CSV, properties=header)
    lake.put("t/a.csv", 'name,n\n"Shadow,fax",1\n"say ""neigh""",2\n')
    assert lake.query("SELECT * FROM t ORDER BY n").rows == [["Shadow,fax", "1"], ['say "neigh"', "2"]]
    lake.put("t/b.csv", "name,n\nx,many\n")
    expected = "HIVE_BAD_DATA: Error parsing field value 'many' for field 1: For input string: \"many\""
    assert lake.query("SELECT n FROM t").reason == expected


def test_delimited_text_is_not_unquoted_and_gives_null_for_what_does_not_parse(lake: Lake) -> None:
    lake.table("t", {"name": "string", "n": "double"}, TEXT, serde={"field.delim": ","})
    lake.put("t/a.csv.gz", '"a",1\n\\N,many\nshort\nlong,2,3,4\n')
    assert lake.query("SELECT * FROM t").rows == [['"a"', "1.0"], [None, None], ["short", None], ["long", "2.0"]]


def test_hidden_and_empty_objects_and_those_beside_the_location_are_no_data(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, JSON)
    size = lake.put("t/deep/er/a.json", '{"n": 1}\n')
    lake.put("t/_SUCCESS", "no json")
    lake.put("t/.hidden/a.json", "no json")
    lake.put("t/empty.json", "")
    lake.put("t2/a.json", '{"n": 2}\n')
    finished = lake.query("SELECT n FROM t")
    assert finished.rows == [["1"]]
    assert finished.scanned == size


def test_a_table_without_objects_has_no_rows_and_its_columns(lake: Lake) -> None:
    lake.table("t", {"n": "int", "a": "array<string>"}, PARQUET)
    finished = lake.query("SELECT * FROM t")
    assert (finished.header, finished.rows) == (["n", "a"], [])


def test_an_object_that_two_references_read_is_fetched_once(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, JSON)
    size = lake.put("t/a.json", '{"n": 1}\n{"n": 2}\n')
    finished = lake.query(f"SELECT x.n, t.n FROM t AS x JOIN {lake.name}.t ON x.n = t.n + 1")
    assert finished.rows == [["2", "1"]]
    assert finished.scanned == size


def test_a_missing_bucket_is_named(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, JSON)
    table = lake.glue.get_table(DatabaseName=lake.name, Name="t")["Table"]
    storage = {**table["StorageDescriptor"], "Location": "s3://no-such-bucket/t/"}
    lake.glue.update_table(DatabaseName=lake.name, TableInput={"Name": "t", "StorageDescriptor": storage})
    finished = lake.query("SELECT * FROM t")
    assert finished.state == "FAILED"
    assert "s3://no-such-bucket/t/" in finished.reason
