"""What bad input gets: the execution fails, says why, and nothing is trained."""

import dataclasses
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cli import weather as noaa
from local import account
from local.account import EmbeddedAws
from notices import listen
from redefinitions import shorten_pauses
from stacks import DIVERGING, SAMPLE_RIDES, MakeStack, Stack
from wildrydes.tasks import TASKS

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """A stack in which executions fail before anything is ingested."""
    return shorten_pauses(make_stack())


@pytest.mark.parametrize(
    ("execution_input", "field"),
    [
        ({"target": "speed"}, "target"),
        ({"features": ["distance", "'); DROP TABLE rides; --"]}, "features"),
        ({"years": {"first": 1700, "last": 2019}}, "years"),
        ({"chunk_bytes": "many"}, "chunk_bytes"),
        ({"hyperparameters": {"learning_rate": "-1"}}, "learning_rate"),
        ({"no_such_field": 1}, "no_such_field"),
    ],
)
def test_wrong_input_fails_at_once_and_names_the_field(
    stack: Stack, execution_input: dict[str, Any], field: str
) -> None:
    error, cause = stack.fail(**execution_input)
    assert error == "BadExecutionInput"
    assert field in json.loads(cause)["errorMessage"]
    assert stack.keys("manifests/") == {}


def test_input_that_is_no_object_is_refused_by_name(stack: Stack) -> None:
    machine = stack.outputs["StateMachineArn"]
    started = stack.client("stepfunctions").start_execution(stateMachineArn=machine, input='["target"]')
    assert stack.ended(started["executionArn"])["error"] == "BadExecutionInput"


@pytest.mark.parametrize("more", ['"target": "service_requested"', '"years": {"first": 2018, "first": 2019}'])
def test_input_that_has_a_field_twice_is_refused_by_its_name_and_kept_as_it_was_sent(stack: Stack, more: str) -> None:
    text = f'{{"target":  "heavy_utilization", {more}}}'
    client, machine = stack.client("stepfunctions"), stack.outputs["StateMachineArn"]
    started = client.start_execution(stateMachineArn=machine, input=text)
    ended = stack.ended(started["executionArn"])
    assert (ended["error"], ended["input"]) == ("BadExecutionInput", text)
    field = "first" if "first" in more else "target"
    assert f"the input cannot be taken: {field} is there more than once: " in json.loads(ended["cause"])["errorMessage"]


def test_failure_is_told_of_with_its_state_and_error(stack: Stack) -> None:
    heard, arn = listen(stack), stack.start(target="speed")
    subject, message = heard.about(arn)
    assert (subject, stack.ended(arn)["status"]) == ("Retraining failed", "FAILED")
    assert {"state    Apply defaults", "error    BadExecutionInput"} <= set(message.splitlines())


def test_too_many_rejected_rides_fail_before_anything_is_trained(make_stack: MakeStack) -> None:
    stack = make_stack()
    good = SAMPLE_RIDES[0].read_text(encoding="utf-8")
    rides = json.loads(good)[:50] + [{"Distance": "far"}] * 10
    stack.put("raw/with spaces + ünïcode.json", json.dumps(rides))
    stack.put("raw/truncated.json", good[: len(good) // 2])
    stack.put("raw/empty.json", b"")
    error, cause = stack.fail()
    assert error == "TooManyRejectedRides"
    assert "truncated_file" in cause
    assert stack.keys("training-sets/") == {}
    truncated = next(each for each in stack.rejected() if each["source"]["key"] == "raw/truncated.json")
    assert truncated["position"]["byte"] > 0
    # The same files are refused again, with the same numbers, and nothing of them is ever trained on.
    again = json.loads(stack.fail()[1])
    assert (again["errorType"], again["errorMessage"]) == (error, json.loads(cause)["errorMessage"])
    assert stack.keys("processed/") == {}
    assert all(key.startswith("ingested/refused/") for key in stack.keys("ingested/"))
    # A higher bound lets the same rides through, though fifty are too few to train on.
    error, cause = stack.fail(max_rejected_fraction=1)
    assert error == "UnusableTrainingSet"
    assert "100 rows" in cause


@pytest.fixture(scope="module")
def rainless(make_stack: MakeStack, server: EmbeddedAws, weather: noaa.Weather) -> Stack:
    """A stack with rides, whose weather lacks the PRCP of 2018."""
    objects = {key: body for key, body in weather.objects.items() if "YEAR=2018/ELEMENT=PRCP" not in key}
    noaa.fill(server, dataclasses.replace(weather, objects=objects), "noaa-without-rain")
    stack = make_stack(WeatherBucket="noaa-without-rain")
    stack.upload(SAMPLE_RIDES[:1])
    return stack


def test_year_of_an_element_missing_fails_and_is_named(rainless: Stack) -> None:
    error, cause = rainless.fail()
    assert error == "TooManyRidesWithoutWeather"
    match = re.match(
        r"(\d+) of (\d+) rides \((\d+(?:\.\d\d?)?)%\) have no weather on their day; at most 10% may lack it\. ", cause
    )
    assert match
    left_out, rides = int(match[1]), int(match[2])
    assert 0.4 < left_out / rides < 0.6
    assert float(match[3]) == pytest.approx(100 * left_out / rides, abs=0.01)
    gaps = cause[match.end() :].partition(" The ground stations of these rides: ")
    rainless_days, others = gaps[0].split(" TMIN ")
    assert re.fullmatch(
        rf"PRCP \(precipitation\): reported on 365 days, 2019-01-01 to 2019-12-31; missing for {left_out} rides on \d+ "
        r"days, 2018-01-\d\d to 2018-12-\d\d\.",
        rainless_days,
    )
    # What is the same of two elements is said once.
    assert others.startswith("(lowest temperature), TMAX (highest temperature): reported on 730 days, 2018-01-01 to ")
    assert others.endswith("; missing for no ride.")
    stations = dict(re.findall(r"(\w+) \((\d+) rides\)", gaps[2]))
    assert sorted(stations) == ["US1NYNY0074", "USW00014732", "USW00094728", "USW00094789"]
    assert sum(map(int, stations.values())) == rides
    assert re.search(r"\. Stations that reported in \d{4} to \d{4}: US1NYNY0074 \(PRCP\), ", cause)
    assert "USW00094728 (PRCP, TMAX, TMIN), USW00094789 (PRCP, TMAX, TMIN). Rides count once, " in cause
    assert cause.endswith("and only with a heavy_utilization.")
    assert len(cause) < 1000
    assert not any(key.endswith("model.tar.gz") for key in rainless.keys("models/"))
    # A higher bound lets the others through, and the counts stay true.
    error, cause = rainless.fail(max_without_weather_fraction=0.6, min_training_rows=1_000_000)
    assert error == "UnusableTrainingSet"
    assert (
        f"because they have no heavy_utilization, and {left_out} because their day has no weather. 0 rides of " in cause
    )


def test_samples_that_are_too_few_or_all_alike_are_unusable_whatever_rides_there_are(rainless: Stack) -> None:
    error, cause = rainless.fail(task="pick_duration")
    assert (error, cause.partition(", with")[0]) == ("UnusableTrainingSet", "There are 0 rows to train on")
    fields = dict.fromkeys(TASKS["pick_duration"].features, 10)
    common = {"arrived_at": "2024-07-09T12:00:00.000Z", "message_id": "m"}
    lines = [json.dumps({"sample_id": f"{each:x}00", "duration": 1200, **fields, **common}) for each in range(16)]
    rainless.put("samples/2024-07-09/alike.gz", gzip.compress("\n".join(lines).encode() + b"\n"))
    error, cause = rainless.fail(task="pick_duration", min_training_rows=1)
    assert error == "UnusableTrainingSet"
    assert cause == (
        "There are 13 rows to train on, with labels from 1200 to 1200, 2 to validate and 1 to test on. At least 1 rows "
        "to train on, two different labels among them, and a row to validate and to test on are needed."
    )
    listed = [key for key in rainless.keys("models/") if key.endswith("/lineage/rides.jsonl.gz")]
    keys = [json.loads(line)["key"] for key in listed for line in gzip.decompress(rainless.read(key)).splitlines()]
    assert keys.count("samples/2024-07-09/alike.gz") == 1


def test_rides_of_other_years_are_not_read_and_their_number_is_named(rainless: Stack) -> None:
    error, cause = rainless.fail(years={"first": 1990, "last": 1991})
    assert error == "UnusableTrainingSet"
    assert cause.startswith("There are 0 rows to train on")
    number = re.search(r" ([\d,]+) rides of other years than 1990 to 1991 were not read\.", cause)
    assert number
    assert int(number[1]) > 1000


def test_one_class_alone_is_unusable(make_stack: MakeStack) -> None:
    stack = make_stack()
    rides = [
        ride | {"MagicPoints": 0}
        for ride in json.loads(SAMPLE_RIDES[0].read_text(encoding="utf-8"))
        if "MagicPoints" in ride
    ]
    stack.put("raw/lame.json", json.dumps(rides))
    error, cause = stack.fail()
    assert error == "UnusableTrainingSet"
    assert re.search(r"with labels from 0(\.0+)? to 0(\.0+)?, ", cause)


@pytest.fixture(scope="module")
def rides(make_stack: MakeStack) -> Stack:
    """A stack with rides, of which no execution gets to its end."""
    stack = make_stack()
    stack.upload(SAMPLE_RIDES[:1])
    return stack


def test_execution_whose_every_training_job_fails_fails_with_their_reasons(rides: Stack) -> None:
    stack = rides
    # By its counts it has rows enough; the container refuses them for the labels that a weight cannot balance.
    arn = stack.start(hyperparameters={"mini_batch_size": 100_000})
    ended, execution = stack.ended(arn), arn.rpartition(":")[2]
    error, cause = ended["error"], ended["cause"]
    assert error == "AllCandidatesFailed"
    reason = json.loads(cause)["errorMessage"]
    assert reason.startswith("linear-learner: TooFewRows: There are ")
    assert "the hyperparameters of linear-learner need 100000" in reason
    # What its rows do not allow is not even started.
    own = {"NameContains": execution}
    assert not account.entries(stack.client("sagemaker"), "list_training_jobs", "TrainingJobSummaries", **own)
    error, cause = stack.fail(hyperparameters=DIVERGING)
    assert error == "AllCandidatesFailed"
    reason = json.loads(cause)["errorMessage"]
    assert reason.startswith("linear-learner: AlgorithmError: Training diverged")
    # Nothing went live.
    assert stack.ask({"distance": 1})[0] == 503


@contextmanager
def without_table(stack: Stack, name: str) -> Iterator[None]:
    """The stack's database without this table."""
    glue, table = stack.client("glue"), {"DatabaseName": stack.outputs["GlueDatabaseName"], "Name": name}
    described = glue.get_table(**table)["Table"]
    wanted = ("Name", "TableType", "Parameters", "StorageDescriptor", "PartitionKeys")
    glue.delete_table(**table)
    try:
        yield
    finally:
        glue.create_table(
            DatabaseName=table["DatabaseName"],
            TableInput={field: described[field] for field in wanted if field in described},
        )


def test_query_that_fails_fails_the_state_with_the_engines_message(rides: Stack) -> None:
    stack = rides
    # As an UNLOAD that died half-way leaves files: nothing is ever written beside them, and read twice.
    name = "interrupted"
    stack.put(f"weather/{name}/part-0.parquet", b"a part")
    machine = stack.outputs["StateMachineArn"]
    started = stack.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input="{}")
    ended = stack.ended(started["executionArn"])
    assert ended["error"] == "States.TaskFailed"
    assert "HIVE_PATH_ALREADY_EXISTS" in json.loads(ended["cause"])["Status"]["StateChangeReason"]
    assert set(stack.keys(f"weather/{name}/")) == {f"weather/{name}/part-0.parquet"}
    with without_table(stack, "ghcn"):
        error, cause = stack.fail()
    assert error == "States.TaskFailed"
    assert "ghcn" in json.loads(cause)["Status"]["StateChangeReason"]


def test_missing_grant_fails_here_as_on_aws(rides: Stack) -> None:
    role = rides.client("cloudformation").describe_stack_resource(
        StackName=rides.name, LogicalResourceId="TrainingRole"
    )
    policy = {"RoleName": role["StackResourceDetail"]["PhysicalResourceId"], "PolicyName": "Train"}
    iam = rides.client("iam")
    document = iam.get_role_policy(**policy)["PolicyDocument"]
    iam.delete_role_policy(**policy)
    try:
        error, cause = rides.fail()
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
    assert error == "AllCandidatesFailed"
    assert "SageMaker." in cause or "States." in cause
    assert "s3" in cause.lower()
