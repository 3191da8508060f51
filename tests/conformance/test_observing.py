"""Amazon CloudWatch, CloudWatch Logs, Firehose, Athena."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caller import Caller, allow, patiently, refusal, until

LOGS = "Amazon CloudWatch Logs API Reference: "
METRICS = "Amazon CloudWatch API Reference: "
SQL = "Amazon Athena User Guide: "

WORDS_ALONE = pytest.mark.differs("FilterLogEvents knows words alone")
TIMESTAMP = pytest.mark.differs("date_add of a date is a timestamp")
NO_FORMAT = pytest.mark.differs("format_datetime is refused by name")


def group(caller: Caller) -> str:
    logs, name = caller.client("logs"), caller.name("group")
    logs.create_log_group(logGroupName=name)
    caller.at_end(logs.delete_log_group, logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="a")
    return name


def log(caller: Caller, name: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": each} for number, each in enumerate(messages)]
    caller.client("logs").put_log_events(logGroupName=name, logStreamName="a", logEvents=events)


@pytest.mark.document("Amazon CloudWatch Logs User Guide: Filter pattern syntax")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param('{ $.level = "ERROR" && $.ride > 1 }', ['{"level": "ERROR", "ride": 2}'], marks=WORDS_ALONE),
        ('"plain text"', ["some plain text"]),
        pytest.param("?plain ?other", ["some plain text", "the other"], marks=WORDS_ALONE),
        ("the -plain", ["the other"]),
    ],
)
def test_events_by_a_pattern(caller: Caller, pattern: str, expected: list[str]) -> None:
    name = group(caller)
    log(caller, name, '{"level": "ERROR", "ride": 1}', '{"level": "ERROR", "ride": 2}', "some plain text", "the other")
    logs = caller.client("logs")
    until(lambda: len(logs.filter_log_events(logGroupName=name)["events"]) == 4)
    events = logs.filter_log_events(logGroupName=name, filterPattern=pattern)["events"]
    assert [each["message"] for each in events] == expected


@pytest.mark.document(LOGS + "PutRetentionPolicy, CreateLogGroup (ResourceAlreadyExistsException)")
def test_group_that_there_is_and_retention_that_is_none(caller: Caller) -> None:
    logs, name = caller.client("logs"), group(caller)
    assert refusal(logs.create_log_group, logGroupName=name) == "ResourceAlreadyExistsException"
    assert refusal(logs.put_retention_policy, logGroupName=name, retentionInDays=2) == "InvalidParameterException"
    assert (
        refusal(logs.get_log_events, logGroupName=caller.name("none"), logStreamName="a") == "ResourceNotFoundException"
    )


@pytest.mark.document("Amazon CloudWatch Logs User Guide: CloudWatch Logs Insights language query syntax")
def test_query_of_logs(caller: Caller) -> None:
    logs, name = caller.client("logs"), group(caller)
    log(caller, name, "a ride", "the weather")
    now = int(time.time())
    settings = {"logGroupName": name, "startTime": now - 60, "endTime": now + 60}
    text = "fields @message | filter @message like /ride/"
    rows = until(lambda: queried(logs, text, settings), seconds=120)
    assert [field["value"] for field in rows[0] if field["field"] == "@message"] == ["a ride"]


def queried(logs: Any, text: str, settings: dict[str, Any]) -> Any:
    query = logs.start_query(queryString=text, **settings)["queryId"]
    answer = until(lambda: logs.get_query_results(queryId=query), lambda each: each["status"] in ("Complete", "Failed"))
    return answer["results"]


def points(caller: Caller, *values: float) -> dict[str, Any]:
    """A metric with these values in the last whole minute but one; what asks for its statistics."""
    metrics, namespace = caller.client("cloudwatch"), caller.name("metrics")
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    data = [{"MetricName": "Fare", "Timestamp": at, "Value": value} for value in values]
    metrics.put_metric_data(Namespace=namespace, MetricData=data)
    return {
        "Namespace": namespace,
        "MetricName": "Fare",
        "StartTime": at,
        "EndTime": at + timedelta(minutes=1),
        "Period": 60,
    }


def points_of(caller: Caller, series: dict[str, Any]) -> Any:
    return until(lambda: caller.client("cloudwatch").get_metric_statistics(**series)["Datapoints"], seconds=120)[0]


@pytest.mark.document(METRICS + "GetMetricStatistics")
def test_statistics_of_a_metric(caller: Caller) -> None:
    series = points(caller, 1, 2, 6)
    point = points_of(caller, series | {"Statistics": ["Average", "Maximum", "SampleCount", "Sum"]})
    assert (point["Average"], point["Maximum"], point["SampleCount"], point["Sum"]) == (3, 6, 3, 9)


@pytest.mark.document("Amazon CloudWatch User Guide: CloudWatch statistics definitions (percentiles)")
def test_percentile_of_a_metric(caller: Caller) -> None:
    point = points_of(caller, points(caller, *range(1, 101)) | {"ExtendedStatistics": ["p90"]})
    assert point["ExtendedStatistics"]["p90"] == pytest.approx(90, abs=1)


@pytest.mark.document("Amazon CloudWatch User Guide: CloudWatch statistics definitions (trimmed mean)")
@pytest.mark.differs("trimmed means are refused by name")
def test_trimmed_mean_of_a_metric(caller: Caller) -> None:
    point = points_of(caller, points(caller, *[1] * 9, 1000) | {"ExtendedStatistics": ["tm80"]})
    assert point["ExtendedStatistics"]["tm80"] == pytest.approx(1, abs=0.1)


@pytest.mark.document("Amazon CloudWatch User Guide: Using math expressions with CloudWatch metrics")
def test_metric_math(caller: Caller) -> None:
    series = points(caller, 2, 4)
    metric = {"Namespace": series["Namespace"], "MetricName": "Fare"}
    queries = [
        {"Id": "sum", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "double", "Expression": "sum * 2"},
    ]
    metrics = caller.client("cloudwatch")

    def values() -> Any:
        span = {"StartTime": series["StartTime"], "EndTime": series["EndTime"]}
        return metrics.get_metric_data(MetricDataQueries=queries, **span)["MetricDataResults"][0]["Values"]

    assert until(values, seconds=120) == [12]


@pytest.mark.document("Amazon CloudWatch User Guide: Alarms on metric math expressions")
@pytest.mark.differs("an alarm on an expression is refused")
def test_alarm_on_an_expression(caller: Caller) -> None:
    metrics, name = caller.client("cloudwatch"), caller.name("alarm")
    stat = {"Metric": {"Namespace": "conformance", "MetricName": "Fare"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "sum", "MetricStat": stat, "ReturnData": False},
        {"Id": "double", "Expression": "sum * 2", "ReturnData": True},
    ]
    metrics.put_metric_alarm(
        AlarmName=name, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", Metrics=queries
    )
    caller.at_end(metrics.delete_alarms, AlarmNames=[name])
    (alarm,) = metrics.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [each["Id"] for each in alarm["Metrics"]] == ["sum", "double"]


@pytest.mark.document("Amazon CloudWatch User Guide: Using Amazon CloudWatch alarms")
def test_alarm_on_a_metric_goes_off(caller: Caller) -> None:
    metrics, name, series = caller.client("cloudwatch"), caller.name("alarm"), points(caller, 9)
    metrics.put_metric_alarm(
        AlarmName=name, Namespace=series["Namespace"], MetricName="Fare", Statistic="Maximum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    caller.at_end(metrics.delete_alarms, AlarmNames=[name])
    metrics.put_metric_data(Namespace=series["Namespace"], MetricData=[{"MetricName": "Fare", "Value": 9}])
    until(lambda: metrics.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM", seconds=180)


@pytest.mark.document("Amazon Data Firehose Developer Guide: Deliver data to Amazon S3 (buffering hints)")
def test_stream_writes_to_a_bucket(caller: Caller) -> None:
    streams, bucket, name = caller.client("firehose"), caller.bucket(), caller.name("stream")
    destination = {
        "RoleARN": caller.role("firehose", allow("s3:*")),
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": "rides/",
        "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
    }
    patiently(
        lambda: streams.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
    )
    caller.at_end(streams.delete_delivery_stream, DeliveryStreamName=name)
    until(
        lambda: (
            streams.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"][
                "DeliveryStreamStatus"
            ]
            == "ACTIVE"
        ),
        seconds=180,
    )

    def put() -> bool:
        # "Slow down" is an answer of streams at any time, here to a tenth of the records: whoever puts tries again.
        try:
            streams.put_record(DeliveryStreamName=name, Record={"Data": b"ride\n"})
        except streams.exceptions.ServiceUnavailableException:
            return False
        return True

    until(put)
    objects = caller.client("s3")
    (stored,) = until(lambda: objects.list_objects_v2(Bucket=bucket).get("Contents", []), seconds=120)
    assert stored["Key"].startswith("rides/2")
    assert objects.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read() == b"ride\n"


def answers(caller: Caller, text: str, **settings: Any) -> list[list[str | None]]:
    """The rows of a query, without its headings. A query that fails fails the case."""
    bucket, queries = caller.bucket(), caller.client("athena")
    location = {"OutputLocation": f"s3://{bucket}/results/"}
    query = queries.start_query_execution(QueryString=text, ResultConfiguration=location, **settings)[
        "QueryExecutionId"
    ]
    execution = until(
        lambda: queries.get_query_execution(QueryExecutionId=query)["QueryExecution"],
        lambda each: each["Status"]["State"] not in ("QUEUED", "RUNNING"),
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    rows = queries.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [[field.get("VarCharValue") for field in row["Data"]] for row in rows[1:]]


@pytest.mark.document(SQL + "Functions in Amazon Athena")
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("date_add('day', 30, date '2026-01-31')", "2026-03-02", marks=TIMESTAMP),
        ("date_diff('hour', timestamp '2026-01-01 00:00', timestamp '2026-01-02 01:30')", "25"),
        ("regexp_extract('ride-17', '(\\d+)', 1)", "17"),
        ("cardinality(split('a,b,c', ','))", "3"),
        ("json_extract_scalar('{\"a\": {\"b\": 7}}', '$.a.b')", "7"),
        ("element_at(map(ARRAY['a'], ARRAY[3]), 'a')", "3"),
        ("array_join(transform(ARRAY[1, 2], x -> x * 2), '-')", "2-4"),
        ("try_cast('x' AS integer)", None),
        ("approx_distinct(x) FROM (VALUES 1, 1, 2) AS t(x)", "2"),
        pytest.param("format_datetime(timestamp '2026-01-02 03:04', 'yyyy/MM')", "2026/01", marks=NO_FORMAT),
    ],
)
def test_function_of_sql(caller: Caller, expression: str, value: str | None) -> None:
    assert answers(caller, f"SELECT {expression}") == [[value]]


@pytest.mark.document("Trino documentation: Conversion functions (rounding of casts)")
@pytest.mark.differs("CAST(2.5e0 AS integer) is 2")
def test_cast_rounds_half_up(caller: Caller) -> None:
    assert answers(caller, "SELECT CAST(2.5e0 AS integer)") == [["3"]]


@pytest.mark.document(SQL + "Use parameterized queries")
def test_query_has_parameters(caller: Caller) -> None:
    text = "SELECT x FROM (VALUES 1, 2) AS t(x) WHERE x > ?"
    assert answers(caller, text, ExecutionParameters=["1"]) == [["2"]]


def lake(caller: Caller) -> tuple[str, str]:
    """A database with a table `rides` of a CSV object; its name, and the bucket's."""
    bucket, glue, name = caller.bucket(), caller.client("glue"), caller.name("lake").replace("-", "_")
    caller.client("s3").put_object(Bucket=bucket, Key="rides/a.csv", Body=b"1,Angel\n2,Shadowfax\n")
    glue.create_database(DatabaseInput={"Name": name})
    caller.at_end(glue.delete_database, Name=name)
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}],
        "Location": f"s3://{bucket}/rides/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        },
    }
    table = {"Name": "rides", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    glue.create_table(DatabaseName=name, TableInput=table)
    caller.at_end(glue.delete_table, DatabaseName=name, Name="rides")
    return name, bucket


@pytest.mark.document(SQL + "Run SQL queries in Amazon Athena")
def test_query_of_a_table_in_a_bucket(caller: Caller) -> None:
    name, _ = lake(caller)
    context = {"QueryExecutionContext": {"Database": name}}
    assert answers(caller, "SELECT name, id + 1 FROM rides WHERE id > 1", **context) == [["Shadowfax", "3"]]


@pytest.mark.document(SQL + 'Get the file locations for source data in Amazon S3 ("$path")')
@pytest.mark.differs('"$path" is refused by name')
def test_query_of_the_objects_name(caller: Caller) -> None:
    name, bucket = lake(caller)
    context = {"QueryExecutionContext": {"Database": name}}
    assert answers(caller, 'SELECT DISTINCT "$path" FROM rides', **context) == [[f"s3://{bucket}/rides/a.csv"]]


@pytest.mark.document(SQL + "Query the AWS Glue Data Catalog (information_schema)")
@pytest.mark.differs("information_schema is refused by name")
def test_query_of_the_catalogue(caller: Caller) -> None:
    name, _ = lake(caller)
    text = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}'"  # noqa: S608
    assert answers(caller, text) == [["rides"]]


@pytest.mark.document("Amazon Athena API Reference: GetQueryExecution (Status)")
def test_query_that_fails_says_why(caller: Caller) -> None:
    bucket, queries = caller.bucket(), caller.client("athena")
    location = {"OutputLocation": f"s3://{bucket}/results/"}
    query = queries.start_query_execution(
        QueryString="SELECT none FROM (VALUES 1) AS t(x)", ResultConfiguration=location
    )
    state = until(
        lambda: queries.get_query_execution(QueryExecutionId=query["QueryExecutionId"])["QueryExecution"]["Status"],
        lambda each: each["State"] not in ("QUEUED", "RUNNING"),
    )
    assert state["State"] == "FAILED"
    assert "COLUMN_NOT_FOUND" in state["StateChangeReason"]
    assert json.dumps(state["AthenaError"]["ErrorCategory"]) == "2"
