"""What a promotion relies on of versions, aliases and alarms."""

import json
import urllib.request
from collections import Counter
from typing import Any

import pytest

from local import account
from local.lambda_.aliases import choose_version
from machines import Client, allow, function, invoke, role, run, unique, until

CODE = """
import os
def handler(event, context):
    if event == "fail":
        raise ValueError("no ride")
    return os.environ["MODEL_PATH"]
"""


@pytest.fixture(scope="module")
def executor(client: Client) -> str:
    return role(client, "lambda.amazonaws.com")


def versioned(client: Client, executor: str, *paths: str) -> str:
    """A function with a version for each MODEL_PATH, 1 and on; its ARN."""
    arn = function(client, CODE, executor, Environment={"Variables": {"MODEL_PATH": "none"}})
    for path in paths:
        publish(client, arn, path)
    return arn


def publish(client: Client, arn: str, path: str) -> dict[str, Any]:
    functions = client("lambda")
    functions.update_function_configuration(FunctionName=arn, Environment={"Variables": {"MODEL_PATH": path}})
    settled = until(
        lambda: functions.get_function_configuration(FunctionName=arn),
        lambda configuration: configuration["LastUpdateStatus"] == "Successful",
    )
    return functions.publish_version(FunctionName=arn, RevisionId=settled["RevisionId"])


def test_version_keeps_the_variables_it_was_published_with(client: Client, executor: str) -> None:
    arn = versioned(client, executor, "a", "b")
    assert [invoke(client, f"{arn}:{version}", {})[0] for version in ("1", "2", "1")] == ["a", "b", "a"]
    variables = client("lambda").get_function_configuration(FunctionName=arn, Qualifier="1")["Environment"]["Variables"]
    assert variables == {"MODEL_PATH": "a"}


def test_version_is_published_of_the_revision_that_is_named_or_not_at_all(client: Client, executor: str) -> None:
    functions = client("lambda")
    arn = versioned(client, executor, "a")
    stale = functions.get_function_configuration(FunctionName=arn)["RevisionId"]
    functions.update_function_configuration(FunctionName=arn, Environment={"Variables": {"MODEL_PATH": "b"}})
    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.publish_version(FunctionName=arn, RevisionId=stale)
    with pytest.raises(functions.exceptions.InvalidParameterValueException):
        functions.publish_version(FunctionName=arn, CodeSha256="of something else")
    assert len(account.entries(functions, "list_versions_by_function", "Versions", FunctionName=arn)) == 2


def test_alias_is_moved_from_the_revision_that_is_named_or_not_at_all(client: Client, executor: str) -> None:
    functions = client("lambda")
    arn = versioned(client, executor, "a", "b", "c")
    alias = functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    moved = functions.update_alias(FunctionName=arn, Name="live", FunctionVersion="2", RevisionId=alias["RevisionId"])
    assert moved["RevisionId"] != alias["RevisionId"]
    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.update_alias(FunctionName=arn, Name="live", FunctionVersion="3", RevisionId=alias["RevisionId"])
    assert invoke(client, f"{arn}:live", {})[0] == "b"


def test_weights_divide_the_numbers_that_are_drawn() -> None:
    alias = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.2}}}
    drawn = [0.0, 0.099, 0.1, 0.299, 0.301, 0.999]
    assert [choose_version(alias, lambda number=number: number) for number in drawn] == ["2", "2", "3", "3", "1", "1"]
    assert choose_version({"FunctionVersion": "1"}, lambda: 0.0) == "1"


def test_weighted_alias_sends_each_version_its_share(client: Client, executor: str) -> None:
    functions = client("lambda")
    arn = versioned(client, executor, "a", "b")
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion="1", RoutingConfig=weights)

    def answer() -> str:
        return json.loads(functions.invoke(FunctionName=arn, Qualifier="live", Payload=b"{}")["Payload"].read())

    answers = Counter(answer() for _ in range(60))
    # Outside of this once in some 10^8 runs.
    assert set(answers) == {"a", "b"}
    assert answers["a"] > 8 < answers["b"]
    executed = functions.invoke(FunctionName=arn, Qualifier="live", Payload=b"{}")
    assert executed["ExecutedVersion"] in ("1", "2")
    # Its configuration is that of the version it points to, always.
    read = functions.get_function_configuration
    assert {read(FunctionName=arn, Qualifier="live")["Version"] for _ in range(10)} == {"1"}
    functions.update_alias(
        FunctionName=arn, Name="live", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    assert "RoutingConfig" not in functions.get_alias(FunctionName=arn, Name="live")
    assert {answer() for _ in range(10)} == {"b"}


def test_version_that_is_live_no_more_still_answers(client: Client, executor: str) -> None:
    """By another process: the one it had is ended with the move."""
    code = "import os\ndef handler(event, context):\n    return [os.environ['MODEL_PATH'], os.getpid()]\n"
    arn = function(client, code, executor, Environment={"Variables": {"MODEL_PATH": "none"}})
    for path in ("a", "b"):
        publish(client, arn, path)
    client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    (first, before), (second, survivor) = invoke(client, f"{arn}:1", {})[0], invoke(client, f"{arn}:2", {})[0]
    client("lambda").update_alias(FunctionName=arn, Name="live", FunctionVersion="2")
    again, after = invoke(client, f"{arn}:1", {})[0]
    assert (first, second, again) == ("a", "b", "a")
    assert after != before
    assert invoke(client, f"{arn}:2", {})[0] == ["b", survivor]


def test_api_asks_the_version_its_alias_points_to(client: Client, executor: str, endpoint: str) -> None:
    code = "import os\ndef handler(event, context):\n    return {'statusCode': 200, 'body': os.environ['MODEL_PATH']}\n"
    arn = function(client, code, executor, Environment={"Variables": {"MODEL_PATH": "none"}})
    for path in ("a", "b"):
        publish(client, arn, path)
    client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    apis = client("apigateway")
    api = apis.create_rest_api(name=unique("api"))["id"]
    root = account.entries(apis, "get_resources", "items", restApiId=api)[0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    apis.put_method(**method, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}:live/invocations"
    apis.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    apis.create_deployment(restApiId=api, stageName="live")
    client("lambda").add_permission(
        FunctionName=arn,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )

    def answer() -> str:
        url = f"{endpoint}/_aws/execute-api/{api}/live/"
        with urllib.request.urlopen(urllib.request.Request(url, data=b"{}"), timeout=30) as response:
            return response.read().decode()

    assert answer() == "a"
    client("lambda").update_alias(FunctionName=arn, Name="live", FunctionVersion="2")
    assert answer() == "b"


def call(action: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::{action}"
    return {"Call": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}}


def test_aliases_and_versions_have_grants_of_their_own(client: Client, executor: str) -> None:
    arn = versioned(client, executor, "a")
    client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    reader = role(client, "states.amazonaws.com", allow("lambda:GetAlias", resource=arn))
    assert run(client, call("aws-sdk:lambda:getAlias", FunctionName=arn, Name="live"), reader)["status"] == "SUCCEEDED"
    refused = run(client, call("aws-sdk:lambda:updateAlias", FunctionName=arn, Name="live"), reader)
    assert "lambda:UpdateAlias" in refused["cause"]
    of_versions = role(client, "states.amazonaws.com", allow("lambda:InvokeFunction", resource=f"{arn}:*"))
    arguments = {"FunctionName": arn, "Payload": {}}
    assert run(client, call("lambda:invoke", **arguments, Qualifier="1"), of_versions)["status"] == "SUCCEEDED"
    assert "lambda:InvokeFunction" in run(client, call("lambda:invoke", **arguments), of_versions)["cause"]


def alarm(client: Client, name: str, resource: str) -> str:
    """An alarm on the errors of an alias (`function:alias`); its name."""
    dimensions = {"FunctionName": resource.split(":")[0], "Resource": resource}
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def state_of(client: Client, name: str) -> str:
    (entry,) = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return entry["StateValue"]


def test_alarm_goes_off_by_the_errors_of_its_own_alias(client: Client, executor: str) -> None:
    arn = versioned(client, executor, "a")
    name = arn.rsplit(":", 1)[-1]
    for alias in ("live", "other"):
        client("lambda").create_alias(FunctionName=arn, Name=alias, FunctionVersion="1")
    watching = alarm(client, unique("errors"), f"{name}:live")
    assert state_of(client, watching) == "OK"
    for qualifier in ("other", "1", "$LATEST"):
        assert invoke(client, f"{arn}:{qualifier}", "fail")[1]
    assert state_of(client, watching) == "OK"
    assert invoke(client, f"{arn}:live", "fail")[1]
    assert state_of(client, watching) == "ALARM"
    # Asked for by its name alone, as a role may that has the grant for it and for no other.
    arn_of_it = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{watching}"
    reader = role(client, "states.amazonaws.com", allow("cloudwatch:DescribeAlarms", resource=arn_of_it))
    described = run(client, call("aws-sdk:cloudwatch:describeAlarms", AlarmNames=[watching]), reader)
    assert json.loads(described["output"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    refused = run(client, call("aws-sdk:cloudwatch:describeAlarms", AlarmNames=["another"]), reader)
    assert "cloudwatch:DescribeAlarms" in refused["cause"]
