"""What a query answers: rows, types, names, pages, parameters, errors and cancellation."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from athena_lake import JSON, Lake
from local.account import EmbeddedAws
from local.athena import install
from local.athena.results import parse_rows
from local.seams import MissingSeamError


@pytest.fixture(scope="module")
def lake(server: EmbeddedAws) -> Lake:
    lake = Lake.create(server)
    lake.table("rides", {"ride_id": "string", "distance": "double"}, JSON)
    lake.put("rides/a.json", '{"ride_id": "a", "distance": 1.5}\n{"ride_id": "b", "distance": null}\n')
    return lake


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1", "1"),
        ("7 / 2", "3"),
        ("7 / 2e0", "3.5"),
        ("1.50", "1.50"),
        ("1e7", "1.0E7"),
        ("12345678.9e0", "1.23456789E7"),
        ("-1.5e-5", "-1.5E-5"),
        ("1e-3", "0.001"),
        ("123e0", "123.0"),
        ("CAST(1e16 AS varchar)", "1.0E16"),
        ("true", "true"),
        ("NULL", None),
        ("''", ""),
        ("'it''s, \"so\"'", 'it\'s, "so"'),
        ("'two\nlines'", "two\nlines"),
        ("DATE '2019-07-10'", "2019-07-10"),
        ("TIMESTAMP '2019-07-10 12:30:00'", "2019-07-10 12:30:00.000"),
        ("ARRAY[1, 2]", "[1, 2]"),
        ("MAP(ARRAY['a'], ARRAY[1e0])", "{a=1.0}"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar))", "{a=1, b=x}"),
        ("greatest(1, NULL)", None),
        ("concat('a', NULL)", None),
        ("substr('abcdef', 2, 3)", "bcd"),
        ("date_diff('day', DATE '2019-01-01', DATE '2019-03-01')", "59"),
        ("date_format(TIMESTAMP '2019-01-02 03:04:05', '%Y/%m/%d %H:%i')", "2019/01/02 03:04"),
        ("CAST(date_parse('20190102', '%Y%m%d') AS date)", "2019-01-02"),
        ("regexp_like('unicorn', 'c.r')", "true"),
        ("regexp_extract('ride-42', '(\\d+)', 1)", "42"),
        ("split_part('a,b,c', ',', 2)", "b"),
        ("json_extract_scalar('{\"a\": {\"b\": 5}}', '$.a.b')", "5"),
        ("element_at(ARRAY[7, 8], 2)", "8"),
        ("cardinality(sequence(1, 5))", "5"),
        ("array_join(transform(ARRAY[1, 2], x -> x * 10), '-')", "10-20"),
        ("codepoint('a')", "97"),
        ("if(2 > 1, 'yes', 'no')", "yes"),
        ("try_cast('x' AS integer)", None),
        ("lower(to_hex(md5(to_utf8('a'))))", "0cc175b9c0f1b6a831c399e269772661"),
    ],
)
def test_values_are_spelled_as_athena_spells_them(lake: Lake, expression: str, text: str | None) -> None:
    assert lake.query(f"SELECT {expression} AS v").rows == [[text]]


def test_columns_have_athenas_names_and_types(lake: Lake) -> None:
    query_id = lake.start(
        "SELECT 1, count(*) AS n, sum(a), 1e0 AS d, CAST(1 AS decimal(10, 2)) AS p FROM (VALUES 1) t(a)"
    )
    lake.wait(query_id)
    metadata = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Name"], column["Type"]) for column in metadata] == [
        ("_col0", "integer"),
        ("n", "bigint"),
        ("_col2", "bigint"),
        ("d", "double"),
        ("p", "decimal"),
    ]
    assert (metadata[4]["Precision"], metadata[4]["Scale"]) == (10, 2)


def test_joins_windows_with_and_values_work_together(lake: Lake) -> None:
    sql = """
        WITH numbered (ride, n) AS (
            SELECT ride_id, row_number() OVER (ORDER BY ride_id DESC) FROM rides
        )
        SELECT n, ride, label, lag(ride) OVER (ORDER BY n) AS before
        FROM numbered LEFT JOIN (VALUES ('a', 'first')) AS labels (id, label) ON id = ride
        ORDER BY n
    """
    finished = lake.query(sql)
    assert finished.header == ["n", "ride", "label", "before"]
    assert finished.rows == [["1", "b", None, None], ["2", "a", "first", "b"]]


def test_several_arrays_go_side_by_side_and_the_shorter_ends_in_null(lake: Lake) -> None:
    arrays = "(VALUES (1, ARRAY[7, 8], ARRAY['a']), (2, ARRAY[], ARRAY[])) AS t (id, numbers, texts)"
    crossed = lake.query(f"SELECT id, n, x FROM {arrays} CROSS JOIN UNNEST(numbers, texts) AS u (n, x) ORDER BY n")  # noqa: S608
    assert crossed.rows == [["1", "7", "a"], ["1", "8", None]]
    left = lake.query(f"SELECT id, n FROM {arrays} LEFT JOIN UNNEST(numbers, texts) AS u (n, x) ON true ORDER BY id, n")  # noqa: S608
    assert left.rows == [["1", "7"], ["1", "8"], ["2", None]]


def test_several_arrays_with_ordinality_are_refused(lake: Lake) -> None:
    refused = lake.query("SELECT n FROM UNNEST(ARRAY[1], ARRAY[2]) WITH ORDINALITY AS u (n, m, place)")
    assert (refused.state, refused.reason.partition(":")[0]) == ("FAILED", "NOT_SUPPORTED")


def test_the_result_file_lies_at_the_output_location_with_every_value_quoted(lake: Lake) -> None:
    finished = lake.query("SELECT ride_id, distance FROM rides ORDER BY ride_id")
    query_id = finished.execution["QueryExecutionId"]
    location = finished.execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{lake.name}/results/{query_id}.csv"
    assert lake.read(f"results/{query_id}.csv") == b'"ride_id","distance"\n"a","1.5"\n"b",\n'
    assert f"results/{query_id}.csv.metadata" in lake.keys("results/")


def test_results_come_in_pages_of_which_the_first_begins_with_the_names(lake: Lake) -> None:
    query_id = lake.start("SELECT x, 'ünï\"\n' AS t FROM UNNEST(sequence(1, 2500)) AS u(x)")
    lake.wait(query_id)
    pages = list(lake.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
    rows = [[datum["VarCharValue"] for datum in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    assert rows[0] == ["x", "t"]
    assert rows[1:] == [[str(x), 'ünï"\n'] for x in range(1, 2501)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_result_file_is_read_alike_in_pieces_of_any_size(size: int) -> None:
    file = '"a","b"\n"say ""é""",\n"","two\nlines"\n'.encode()
    pieces = iter([file[i : i + size] for i in range(0, len(file), size)])
    assert list(parse_rows(pieces)) == [(["a", "b"], 8), (['say "é"', None], 22), (["", "two\nlines"], 37)]


def test_statistics_are_of_this_query(lake: Lake) -> None:
    finished = lake.query("SELECT count(*) FROM rides")
    size = lake.s3.head_object(Bucket=lake.name, Key="rides/a.json")["ContentLength"]
    statistics = finished.execution["Statistics"]
    assert statistics["DataScannedInBytes"] == size
    assert 0 < statistics["EngineExecutionTimeInMillis"] <= statistics["TotalExecutionTimeInMillis"] < 60000
    assert finished.execution["Status"]["CompletionDateTime"] >= finished.execution["Status"]["SubmissionDateTime"]
    assert finished.execution["StatementType"] == "DML"


def test_a_workgroup_that_enforces_its_configuration_decides_the_location(lake: Lake) -> None:
    enforced = {
        "ResultConfiguration": {"OutputLocation": f"s3://{lake.name}/enforced/"},
        "EnforceWorkGroupConfiguration": True,
    }
    lake.athena.create_work_group(Name="enforcing", Configuration=enforced)
    finished = lake.query("SELECT 1", WorkGroup="enforcing")
    query_id = finished.execution["QueryExecutionId"]
    assert finished.execution["ResultConfiguration"]["OutputLocation"] == f"s3://{lake.name}/enforced/{query_id}.csv"
    assert lake.read(f"enforced/{query_id}.csv") == b'"_col0"\n"1"\n'


def test_parameters_stand_for_the_question_marks_of_where(lake: Lake) -> None:
    sql = "SELECT ride_id FROM rides WHERE ride_id = ? AND distance < ?"
    assert lake.query(sql, ["'a'", "2"]).rows == [["a"]]
    assert lake.query(sql, ["'a'", "CAST('1' AS double)"]).rows == []
    assert lake.query(sql, ["'a''; DROP'", "2"]).rows == []


@pytest.mark.parametrize(
    ("sql", "parameters", "reason"),
    [
        ("SELECT 1 WHERE 1 = ?", [], "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters"),
        ("SELECT 1 WHERE 1 = ?", ["1", "2"], "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters"),
        ("SELECT 1 WHERE 'a' = ?", ["a"], "INVALID_PARAMETER_USAGE: line 1:1: the parameter a is no value"),
        (
            "SELECT 1 WHERE 1 = ?",
            ["(SELECT 1)"],
            "INVALID_PARAMETER_USAGE: line 1:1: the parameter (SELECT 1) is no value",
        ),
        ("SELECT ?", ["1"], "SYNTAX_ERROR: line 1:1: a parameter ? is allowed in the WHERE clause only"),
        (
            "SELECT *\nFROM nowhere",
            [],
            "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.{lake}.nowhere' does not exist",
        ),
        ("SELECT * FROM no_db.t", [], "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist"),
        ("SELECT ride_id,\n speed FROM rides", [], "COLUMN_NOT_FOUND: line 2:2: Column 'speed' cannot be resolved"),
        ("SELECT r.speed FROM rides r", [], "COLUMN_NOT_FOUND: line 1:10: Column 'speed' cannot be resolved"),
        ("SELECT ride_id FROM rides WHERE distance = '1.5'", [], "TYPE_MISMATCH: line 1:33: Cannot apply operator"),
        ("SELECT CAST('x' AS integer)", [], "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
        ("SELECT 1 / 0", [], "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT frobnicate(1)", [], "FUNCTION_NOT_FOUND: line 1:8: Function 'frobnicate' not registered"),
        (
            "SELECT word_stem('rides')",
            [],
            "NOT_SUPPORTED: The function 'word_stem' is not supported by the embedded Athena",
        ),
    ],
)
def test_a_query_that_cannot_run_fails_with_athenas_words(
    lake: Lake, sql: str, parameters: list[str], reason: str
) -> None:
    finished = lake.query(sql, parameters)
    expected = reason.format(lake=lake.name)
    assert finished.state == "FAILED"
    assert finished.reason.startswith(expected)
    assert "LINE 1" not in finished.reason
    assert finished.execution["Status"]["AthenaError"]["ErrorMessage"] == finished.reason


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM \"read_csv\"('/etc/passwd')",
        "WITH read_text (content) AS (SELECT 'x') SELECT content FROM read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM duckdb_settings()",
        'SELECT * FROM "t0_rides keys"',
        "SELECT * FROM parquet_scan('/tmp/x')",
    ],
)
def test_nothing_but_tables_of_the_catalog_can_be_read(lake: Lake, sql: str) -> None:
    finished = lake.query(sql)
    assert finished.state == "FAILED"
    assert finished.reason.split(":")[0] in ("FUNCTION_NOT_FOUND", "TABLE_NOT_FOUND")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "line 1:1"),
        ("SELECT a FROM (SELECT 1", "line 1:23: mismatched input"),
        ("SELECT 'a", "line 1:1"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("INSERT INTO rides VALUES (1)", "INSERT statements are not supported by the embedded Athena"),
        ("EXPLAIN SELECT 1", "EXPLAIN statements are not supported by the embedded Athena"),
        ("COPY rides TO '/tmp/x'", "COPY statements are not supported by the embedded Athena"),
        ("ATTACH '/tmp/x'", "ATTACH statements are not supported by the embedded Athena"),
        ("UNLOAD (SELECT 1) 's3://x/'", "line 1:19: mismatched input 's3://x/'"),
    ],
)
def test_a_text_that_is_no_statement_is_refused_at_once(lake: Lake, sql: str, message: str) -> None:
    with pytest.raises(ClientError) as refusal:
        lake.start(sql)
    assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"
    assert message in refusal.value.response["Error"]["Message"]


def test_requests_that_athena_refuses_are_refused(lake: Lake) -> None:
    with pytest.raises(ClientError, match="WorkGroup nobody is not found"):
        lake.start("SELECT 1", WorkGroup="nobody")
    with pytest.raises(ClientError, match="No output location provided"):
        lake.athena.start_query_execution(QueryString="SELECT 1")
    with pytest.raises(ClientError, match="was not found"):
        lake.athena.get_query_results(QueryExecutionId="nothing")
    failed = lake.query("SELECT * FROM nowhere").execution["QueryExecutionId"]
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        lake.athena.get_query_results(QueryExecutionId=failed)


def test_the_same_request_token_starts_one_query(lake: Lake) -> None:
    token = "t" * 40
    first, second = (lake.start("SELECT 1", ClientRequestToken=token) for _ in range(2))
    assert first == second
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lake.start("SELECT 2", ClientRequestToken=token)


def test_a_running_query_can_be_stopped_and_blocks_nobody(lake: Lake) -> None:
    endless = """SELECT count(*) FROM UNNEST(sequence(1, 100000)) a(x) CROSS JOIN UNNEST(sequence(1, 100000)) b(y)
        WHERE x * y % 7 = 3"""
    query_id = lake.start(endless)
    assert lake.query("SELECT 1").rows == [["1"]]
    assert lake.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] == "RUNNING"
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    assert lake.wait(query_id)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        lake.athena.get_query_results(QueryExecutionId=query_id)


def test_show_and_describe_answer_from_the_catalog(lake: Lake) -> None:
    def lines(sql: str) -> list[str]:
        finished = lake.query(sql)
        return [row[0] or "" for row in ([finished.header, *finished.rows] if finished.header else [])]

    assert lines("SHOW TABLES") == ["rides"]
    assert lake.name in lines("SHOW DATABASES")
    assert [line.split() for line in lines("DESCRIBE rides")] == [["ride_id", "string"], ["distance", "double"]]


def test_external_tables_are_created_queried_and_dropped(lake: Lake) -> None:
    lake.put("sightings/a.txt", "Bucephalus|3\nShadowfax|4\n")
    create = f"""CREATE EXTERNAL TABLE sightings (name string, n int)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION 's3://{lake.name}/sightings/'"""
    assert lake.query(create).state == "SUCCEEDED"
    assert "already exists" in lake.query(create).reason
    assert lake.query("SELECT name, n + 1 FROM sightings ORDER BY n").rows == [["Bucephalus", "4"], ["Shadowfax", "5"]]
    assert lake.query("DROP TABLE sightings").state == "SUCCEEDED"
    assert lake.query("SELECT * FROM sightings").reason.startswith("TABLE_NOT_FOUND")


def test_install_names_what_a_new_ministack_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(install.ministack_athena, "_create_table_input")
    with pytest.raises(MissingSeamError, match="_create_table_input"):
        install.install("http://127.0.0.1:1", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
