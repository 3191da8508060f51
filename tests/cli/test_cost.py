"""`wildrydes cost`: what it prints of a forecast, an execution and a month, and which usage is wrong."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli import cost, costs, month_costs, month_metrics, options
from cli.month_metrics import Month, usage_by_inventory, usage_by_metrics
from cli.stack import Stack
from histories import START, History
from wildrydes.cost.forecast import forecast

ROOT = Path(__file__).resolve().parents[2]
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rydes"
OUTPUTS = {
    "DataBucketName": "data",
    "ApiId": "api",
    "StateMachineArn": f"{MACHINE}-retrain",
}
NOW = datetime(2026, 11, 16, tzinfo=UTC)
OLD = {"Stacks": [{"CreationTime": NOW - timedelta(days=400)}]}

Output = pytest.CaptureFixture[str]


class Client:
    """Answers calls by their names; lists are of one page."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.meta = type("Meta", (), {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:1"})

    def __getattr__(self, name: str) -> Any:
        answer = self.answers[name]
        return lambda **request: answer(**request) if callable(answer) else answer

    def get_paginator(self, operation: str) -> Any:
        return type("Pages", (), {"paginate": lambda _, **request: [getattr(self, operation)(**request)]})()


def stack_of(**clients: Client) -> Stack:
    return Stack("rydes", OUTPUTS, lambda service: clients[service])


def history(seconds: float) -> list[Any]:
    made = History()
    made.task("lambda", "invoke", {"FunctionName": "any"}, seconds=seconds)
    return made.events


def states(**started: list[str]) -> Client:
    """Executions by workflow, each of a call of a function."""

    def listed(stateMachineArn: str) -> Any:  # noqa: N803 - boto3's names
        workflow = stateMachineArn.rpartition("-")[2]
        arn = stateMachineArn.replace(":stateMachine:", ":execution:")
        executions = [
            {
                "name": name,
                "executionArn": f"{arn}:{name}",
                "status": "SUCCEEDED",
                "startDate": START - timedelta(days=20),
            }
            for name in started.get(workflow, [])
        ]
        return {"executions": executions}

    def described(executionArn: str) -> Any:  # noqa: N803 - boto3's name
        name = executionArn.rpartition(":")[2]
        return {"output": json.dumps({"yielded_to": "run-1"} if name == "run-2" else {"promoted": True})}

    return Client(list_executions=listed, get_execution_history={"events": history(2)}, describe_execution=described)


FUNCTIONS = Client(get_function_configuration={"MemorySize": 1024})


def test_forecast_needs_no_stack(capsys: Output) -> None:
    assert commands.main(["cost", "--requests", "1000000", "--region", "ap-northeast-1", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    lines = {line["service"]: line["usd"] for line in made["bill"]["lines"]}
    assert (lines["API Gateway"], made["bill"]["region"]) == (4.25, "ap-northeast-1")
    assert made["usd_with_free_tier"] < made["usd"]


@pytest.mark.parametrize("written", ["1000000000", "1e9", "1E+9", "1000e6"])
def test_numbers_may_have_an_exponent(written: str, capsys: Output) -> None:
    assert commands.main(["cost", "--rides", written, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert {path: made["scale"][path]["new_rides"] for path in ("batch", "stream")} == {
        "batch": 250_000_000,
        "stream": 250_000_000,
    }


def test_rides_are_compared_by_path_with_what_breaks_first(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    assert commands.main(["cost", "--rides", "1e9", "--months", "1", "--retrainings", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (read,) = [line for line in lines if line.startswith("rides read by a retraining")]
    assert read.split()[-2:] == ["1,000,000,000", "1,000,000,000"]
    (new,) = [line for line in lines if line.startswith("new rides")]
    assert new.split()[2:] == ["100,000,000"] * 2 + ["1,000,000,000"] * 2
    broken = lines.index("1,000,000,000 rides a month by batch are too many for:")
    assert lines[broken + 1].startswith("  evaluate_model: 900 s")


def test_amounts_that_the_workshop_names_are_those_of_its_forecast(capsys: Output) -> None:
    page = (ROOT / "docs/workshop/10-clean-up.md").read_text(encoding="utf-8")
    answer = page.partition("What costs most in a month")[2].partition("</details>")[0]
    assert commands.main(["cost", "--rides", "1000000", "--requests", "1000000", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    watch = {line["unit"]: line for line in made["bill"]["lines"] if line["service"] == "CloudWatch"}
    metrics, alarms = watch["custom metric and month"], watch["standard alarm and month"]
    assert f"{metrics['quantity']:.0f} metrics and {alarms['quantity']:.0f} alarms cost" in answer
    amounts = (metrics["usd"] + alarms["usd"], made["usd"], made["parts"]["retrainings"])
    assert re.findall(r"\$[0-9]+\.[0-9]+", answer) == [f"${amount:.2f}" for amount in amounts]


def test_months_change_what_a_retraining_reads(capsys: Output) -> None:
    scanned = []
    for months in ("1", "12"):
        assert commands.main(["cost", "--rides", "1e8", "--months", months, "--json"]) == 0
        scanned.append(json.loads(capsys.readouterr().out)["scale"]["batch"]["retraining"]["scanned_gb"])
    assert scanned[0] < scanned[1]


def test_commands_of_the_page_on_scale_work(capsys: Output) -> None:
    page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ {4}wildrydes (.+)$", page, re.MULTILINE)
    assert len(lines) >= 2
    for line in lines:
        assert commands.main(line.split()) == 0
        assert "what breaks first" in capsys.readouterr().out.lower() or "--json" in line


def test_page_on_costs_has_the_forecasts_figures() -> None:
    page = (ROOT / "docs/costs.md").read_text(encoding="utf-8")
    made = forecast(1_000_000, 1_000_000, "us-east-1")
    for name, title in {
        "requests": "a million requests",
        "rides": "a million rides, one at a time",
        "retrainings": "four retrainings on 12 million of these rides",
        "stack": "the stack by itself",
    }.items():
        (row,) = re.findall(rf"^\| {title} \|.*\| (\$[0-9.]+) \|$", page, re.MULTILINE)
        assert row == costs.dollars(float(made.parts[name].total))


def test_forecast_without_rides_says_nothing_of_them(capsys: Output) -> None:
    assert commands.main(["cost", "--requests", "1e6", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["scale"], made["limits"]) == ({}, {})


@pytest.mark.parametrize(("option", "line"), [("--endpoints", "SageMaker"), ("--retrainings", "Step Functions")])
def test_each_number_of_a_forecast_makes_one(option: str, line: str, capsys: Output) -> None:
    dollars = []
    for count in ("0", "2"):
        assert commands.main(["cost", option, count, "--json"]) == 0
        bill = json.loads(capsys.readouterr().out)["bill"]
        dollars.append(sum(each["usd"] for each in bill["lines"] if each["service"] == line))
    assert dollars[0] < dollars[1]


def test_forecast_is_shown_line_by_line(capsys: Output) -> None:
    assert commands.main(["cost", "--rides", "0", "--requests", "1000000"]) == 0
    output = capsys.readouterr().out
    (line,) = [line for line in output.splitlines() if line.startswith("API Gateway")]
    assert line.split()[-4:] == ["1,000,000", "0.0000035", "3.5000", "3.5000"]
    assert "a million requests" in output
    assert "List prices of us-east-1 as of 20" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rides", "1", "--month", "2026-10"], "A forecast takes neither an execution nor --month."),
        (["run-1", "--requests", "1"], "A forecast takes neither an execution nor --month."),
        (["run-1", "--endpoints", "1"], "A forecast takes neither an execution nor --month."),
        (["run-1", "--month", "2026-10"], "Name an execution or a month."),
        (["--month", "2026-13"], "is no month such as 2026-11 that has begun"),
        (["--month", "3026-01"], "is no month such as 2026-11 that has begun"),
        (["--rides", "-1"], "--rides"),
        (["--rides", "1.5"], "'1.5' is no whole number such as 250000 or 1e9"),
        (["--rides", "1e99"], "'1e99' is no whole number"),
        (["--rides", "nan"], "'nan' is no whole number"),
        (["--rides", "1e13"], "is not in the range 0<=x<=1000000000000"),
        (["--months", "1", "--month", "2026-10"], "A forecast takes neither an execution nor --month."),
        (["--rides", "1", "--region", "eu-north-1"], "none of the regions that prices are known of"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: Output) -> None:
    assert commands.main(["cost", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_execution_is_billed_by_its_history(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    stack = stack_of(stepfunctions=states(retrain=["run-1"]), **{"lambda": FUNCTIONS})
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(cost.Stack, "describe", lambda *_: stack)
    monkeypatch.setattr(cost.executions, "find", lambda *_: f"{MACHINE}-retrain:run-1".replace("Machine", ""))
    assert commands.main(["cost", "run-1", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["cost"]
    assert {line["unit"]: line["quantity"] for line in made["lines"]}["GB-second (x86)"] == 2.0
    assert commands.main(["cost", "run-1"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["Lambda", "request", "1", "0.0000002", "0.0000"]


def test_month_takes_executions_from_the_ledger_or_their_histories_and_nested_ones_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = json.dumps({"execution": "run-1", "cost": {"total_usd": 1.25}})
    bucket = Client(
        list_objects_v2={"Contents": [{"Key": "costs/2026-11/retrain-run-1.json"}]},
        get_object={"Body": type("Body", (), {"read": lambda _: body})()},
    )
    started = states(retrain=["run-1", "run-2"], promote=["run-1-0", "rollback-3"], restore=["run-2-0-1"])
    machines = [
        {"ResourceType": "AWS::StepFunctions::StateMachine", "LogicalResourceId": name, "PhysicalResourceId": name}
        for name in (f"{MACHINE}-restore", f"{MACHINE}-retrain", f"{MACHINE}-promote")
    ]
    resources = Client(list_stack_resources={"StackResourceSummaries": machines})
    stack = stack_of(stepfunctions=started, s3=bucket, cloudformation=resources, **{"lambda": FUNCTIONS})
    monkeypatch.setattr(month_costs, "usage_by_metrics", lambda *_: {"api_requests": Decimal(1_000_000)})
    monkeypatch.setattr(month_costs, "usage_by_inventory", lambda *_: {"alarm_months": Decimal(5)})
    made = month_costs.month_costs(stack, "2026-11", NOW)
    assert [(each.workflow, each.name, each.status) for each in made.executions] == [
        ("retrain", "run-1", "SUCCEEDED"),
        ("retrain", "run-2", "YIELDED"),
        ("promote", "rollback-3", "SUCCEEDED"),
    ]
    by_history = made.executions[1].usd or 0.0
    assert by_history == made.executions[2].usd
    assert by_history == pytest.approx(2 * 0.0000166667 + 0.0000002 + 0.000025 + 5 * 0.000005 + 5 * 0.0000004)
    assert made.usd == pytest.approx(1.25 + 2 * by_history + 3.5 + 0.5)
    assert made.to_json()["total_usd"] == pytest.approx(made.usd)
    assert month_costs.month_costs(stack, "2026-10", NOW).executions == []


@pytest.mark.parametrize(
    ("text", "end"),
    [("2026-11", NOW), ("2026-10", datetime(2026, 11, 1, tzinfo=UTC)), ("2025-12", datetime(2026, 1, 1, tzinfo=UTC))],
)
def test_month_ends_with_its_last_day_or_now(text: str, end: datetime) -> None:
    assert month_costs.month_of(text, NOW).end == end
    assert Month(NOW - timedelta(hours=73), NOW).share == Decimal("0.1")


def test_metrics_become_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {
        ("AWS/Lambda", "Invocations"): 10,
        ("AWS/Lambda", "Duration"): 4000,
        ("AWS/ApiGateway", "Count"): 7,
        ("AWS/SQS", "NumberOfEmptyReceives"): 3,
        ("AWS/Firehose", "IncomingRecords"): 100,
        ("AWS/Firehose", "IncomingBytes"): 100 * 6000,
        ("AWS/Logs", "IncomingBytes"): 1 << 29,
    }
    queries: list[Any] = []

    def get_metric_data(MetricDataQueries: list[Any], **_: Any) -> Any:  # noqa: N803 - boto3's names
        queries.extend(MetricDataQueries)
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            total = sums.get((metric["Namespace"], metric["MetricName"]), 0)
            results.append({"Id": query["Id"], "Values": [total / 2, total / 2]})
        return {"MetricDataResults": results}

    resources = [
        ("AWS::Lambda::Function", "PredictFunction", "predict"),
        ("AWS::Lambda::Function", "IngestRidesFunction", "ingest"),
        ("AWS::SQS::Queue", "RidesQueue", "http://sqs/1/rides"),
        ("AWS::KinesisFirehose::DeliveryStream", "SamplesStream", "samples"),
        ("AWS::SNS::Topic", "FailureTopic", "arn:aws:sns:us-east-1:1:failures"),
        ("AWS::Logs::LogGroup", "ApiLogs", "/aws/apigateway/rydes"),
    ]
    names = ("ResourceType", "LogicalResourceId", "PhysicalResourceId")
    listed = {"StackResourceSummaries": [dict(zip(names, each, strict=True)) for each in resources]}
    stack = stack_of(
        cloudformation=Client(list_stack_resources=listed),
        cloudwatch=Client(get_metric_data=get_metric_data),
        apigateway=Client(get_rest_api={"name": "rydes"}),
        **{"lambda": FUNCTIONS},
    )
    monkeypatch.setattr(month_metrics, "_QUERIES_A_CALL", 4)
    usage = usage_by_metrics(stack, Month(NOW - timedelta(days=1), NOW))
    assert {item: float(quantity) for item, quantity in usage.items() if quantity} == {
        "lambda_requests": 10,
        "lambda_gb_seconds": 4,
        "api_requests": 7,
        "sqs_requests": 3,
        # Of 6,000 bytes each, so 10 KB.
        "firehose_gb": 100 * 10 / 1024 / 1024,
        "log_gb": 0.5,
    }
    dimensions = {query["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for query in queries}
    # What the workflow calls is in the histories of executions.
    assert dimensions == {"predict", "rides", "samples", "failures", "/aws/apigateway/rydes", "rydes"}


def test_inventory_is_of_the_stacks_own_resources_whatever_they_are_called() -> None:
    kinds = ("Alarm", "Alarm", "Dashboard")
    resources = [
        {
            "ResourceType": f"AWS::CloudWatch::{kind}",
            "LogicalResourceId": f"R{number}",
            "PhysicalResourceId": f"{number}",
        }
        for number, kind in enumerate(kinds)
    ]
    # Another stack's has a name that begins with this one's.
    others = {"MetricAlarms": [{"AlarmName": "rydes-dev-spend"}], "DashboardEntries": [{"DashboardName": "rydes-dev"}]}
    stack = stack_of(
        cloudformation=Client(describe_stacks=OLD, list_stack_resources={"StackResourceSummaries": resources}),
        cloudwatch=Client(list_metrics={"Metrics": []}, describe_alarms=others, list_dashboards=others),
        s3=Client(list_objects_v2={"Contents": []}),
        sagemaker=Client(list_endpoints={"Endpoints": []}),
    )
    month = Month(NOW - timedelta(days=30), NOW)
    usage = usage_by_inventory(stack, month)
    assert (usage["alarm_months"], usage["dashboard_months"]) == (2 * month.share, month.share)


def test_inventory_is_of_the_stack_and_not_of_one_whose_name_begins_alike() -> None:
    began = NOW - timedelta(hours=73)
    kinds = ["AWS::CloudWatch::Alarm"] * 3 + ["AWS::CloudWatch::Dashboard", "AWS::KMS::Key"]
    listed = [
        {"ResourceType": kind, "LogicalResourceId": str(place), "PhysicalResourceId": f"rydes-{place}"}
        for place, kind in enumerate(kinds)
    ]
    endpoints = [
        {"EndpointName": name, "CreationTime": NOW - timedelta(hours=2)}
        for name in ("rydes-pick-duration", "rydes-dev-pick-duration")
    ]
    variants = {"ProductionVariants": [{"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]}
    stack = stack_of(
        cloudformation=Client(describe_stacks=OLD, list_stack_resources={"StackResourceSummaries": listed}),
        cloudwatch=Client(
            list_metrics={"Metrics": [{}, {}]},
            describe_alarms={"MetricAlarms": [{"AlarmName": "rydes-dev-spend"}]},
            list_dashboards={"DashboardEntries": [{"DashboardName": "rydes-dev-lifecycle"}]},
        ),
        s3=Client(list_objects_v2={"Contents": [{"Size": 1 << 30}]}),
        sagemaker=Client(
            list_endpoints={"Endpoints": endpoints},
            describe_endpoint={"EndpointConfigName": "any"},
            describe_endpoint_config=variants,
        ),
    )
    usage = month_metrics.usage_by_inventory(stack, Month(began, NOW))
    assert {item: float(quantity) for item, quantity in usage.items()} == {
        "alarm_months": pytest.approx(0.3),
        "dashboard_months": pytest.approx(0.1),
        "metric_months": pytest.approx(0.2),
        "kms_key_months": pytest.approx(0.1),
        "s3_gb_months": pytest.approx(0.1),
        "ml_hours/ml.m5.large": pytest.approx(2.0),
    }


@pytest.mark.parametrize(("hours", "share"), [(2000, 1.0), (73, 0.1), (-1, 0.0)])
def test_inventory_counts_since_the_stack_was_created(hours: int, share: float) -> None:
    alarm = {"ResourceType": "AWS::CloudWatch::Alarm", "LogicalResourceId": "Any", "PhysicalResourceId": "rydes-any"}
    created = {"Stacks": [{"CreationTime": NOW - timedelta(hours=hours)}]}
    stack = stack_of(
        cloudformation=Client(describe_stacks=created, list_stack_resources={"StackResourceSummaries": [alarm]}),
        cloudwatch=Client(list_metrics={"Metrics": [{}, {}]}),
        s3=Client(list_objects_v2={"Contents": [{"Size": 1 << 30}]}),
        sagemaker=Client(list_endpoints={"Endpoints": []}),
    )
    usage = usage_by_inventory(stack, Month(NOW - timedelta(hours=730), NOW))
    counted = [float(usage[item]) for item in ("alarm_months", "metric_months", "s3_gb_months")]
    assert counted == pytest.approx([share, 2 * share, share])


def test_sentence_names_what_is_dearest_and_what_has_no_price() -> None:
    lines = [
        {"service": "Lambda", "usd": 0.001},
        {"service": "SageMaker", "usd": 0.5},
        {"service": "Lambda", "usd": 0.002},
        {"service": "S3", "usd": 0.0001},
        {"service": "Athena", "usd": 0.01},
    ]
    made = {"total_usd": 0.5131, "lines": lines, "unpriced": [], "region": "us-east-1", "prices": "2026-11-26"}
    text = "$0.51 at list prices of us-east-1, 2026-11-26: SageMaker $0.50, Athena $0.010, Lambda $0.0030"
    assert costs.sentence(made) == text
    assert costs.sentence(made | {"unpriced": ["ml_hours/ml.p9.large"]}).endswith("whose price is not known")
    unknown = {"total_usd": None, "error": {"Error": "Lambda.Unknown", "Cause": "killed"}}
    assert costs.sentence(unknown) == "unknown: Lambda.Unknown, killed"
