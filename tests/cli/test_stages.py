"""What a stack may be called and be deployed with, what `sam` is called with, and what the first deployment asks."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import deploy_command, sam, stages
from cli.deploy import DeploymentError
from cli.stack import Account, Stack
from cli.stages import Deployed, StageError
from cli.template_parameters import BadParameterError, Parameter, Template
from local.server import ROOT
from wildrydes.tasks import TASKS

TEMPLATE = Template.read(ROOT)
DEFAULTS = stages.champion_parameters(stages.default_champions("wildrydes"))


@pytest.mark.parametrize("name", ["wildrydes", "a", "stage-2", "a" * 40])
def test_name_of_a_stack(name: str) -> None:
    assert stages.check_name(name) == name


@pytest.mark.parametrize("name", ["", "Wildrydes", "2-stage", "a_b", "a" * 41, "a-", "-a", "a.b", "ä"])
def test_name_that_cannot_name_a_stack_is_refused(name: str) -> None:
    with pytest.raises(StageError, match="cannot name a stack"):
        stages.check_name(name)


def test_longest_name_leaves_room_for_every_name_of_the_template() -> None:
    limits = {
        "AWS::Athena::WorkGroup": 128,
        "AWS::Scheduler::Schedule": 64,
        "AWS::Serverless::StateMachine": 80,
    }
    longest = TEMPLATE.names("a" * stages.MOST_LETTERS)
    assert {kind for kind, _ in longest} >= limits.keys()
    assert [name for kind, name in longest if len(name) > limits.get(kind, 255)] == []
    endpoints = re.findall(r"ENDPOINT: !Sub \$\{AWS::StackName\}-(\S+)", (ROOT / "template.yaml").read_text())
    assert max(len(each) for each in endpoints) + 1 + stages.MOST_LETTERS <= 63


def test_template_names_nothing_without_its_stack() -> None:
    # Of a part these say which it is; a policy's name is its role's, a stage's its API's, a metric's its namespace's.
    of_parts = {"PolicyName", "StageName", "MetricName"}
    names = {
        (logical_id, key): value
        for logical_id, resource in TEMPLATE.document["Resources"].items()
        for key, value in resource.get("Properties", {}).items()
        if key.endswith("Name") and key not in of_parts
    }
    assert len(names) > 60
    assert [each for each, value in names.items() if isinstance(value, str)] == []
    assert TEMPLATE.names("one").isdisjoint(TEMPLATE.names("two"))


def test_each_stack_has_champions_of_its_own() -> None:
    one, two = stages.default_champions("wildrydes"), stages.default_champions("test")
    assert one["heavy_utilization"] == "/wildrydes/model-path"
    assert two["pick_duration"] == "/wildrydes/test/pick_duration/model-path"
    assert set(one.values()).isdisjoint(two.values())


def test_stacks_that_would_share_a_parameter_are_refused() -> None:
    other = Deployed("old", "CREATE_COMPLETE", DEFAULTS)
    with pytest.raises(StageError, match="'old' keeps its champions in /wildrydes/magic_points/model-path"):
        stages.refuse_shared(TEMPLATE, "wildrydes", stages.default_champions("wildrydes"), [other])
    stages.refuse_shared(TEMPLATE, "old", stages.default_champions("wildrydes"), [other])
    stages.refuse_shared(TEMPLATE, "new", stages.default_champions("new"), [other])


def test_stacks_that_would_share_a_name_are_refused() -> None:
    other = Deployed("a", "CREATE_COMPLETE")
    with pytest.raises(StageError, match="'a-located' and 'a' would both have the AWS::CloudWatch::Alarm a-located-"):
        stages.refuse_shared(TEMPLATE, "a-located", stages.default_champions("a-located"), [other])
    stages.refuse_shared(TEMPLATE, "a-b", stages.default_champions("a-b"), [other])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Nothing": "1"}, "no parameter 'Nothing'"),
        ({"ModelPath": "/a"}, "ModelPath is set by `wildrydes deploy` itself"),
        ({"LogRetentionDays": "8"}, "must be one of 1, 3, 5"),
        ({"MonthlyBudget": "-1"}, "must be 0 or more"),
        ({"MonthlyBudget": "much"}, "must be a number"),
        ({"CaptureFraction": "1.5"}, "must be from 0 to 1"),
        ({"NewRidesTasks": "foo"}, "must be names of tasks with commas between"),
        ({"NewRidesTasks": "magic_points,"}, "must be names of tasks with commas between"),
        ({"EdgeTask": "foo"}, "must be the name of a task, or empty"),
        ({"ScheduleExpression": "daily"}, r"must be empty, rate\(...\) or cron\(...\)"),
    ],
)
def test_wrong_parameter_is_refused_before_anything_starts(values: dict[str, str], message: str) -> None:
    with pytest.raises(BadParameterError, match=message):
        TEMPLATE.check(values)


def test_parameters_that_name_tasks_take_each_task_and_several() -> None:
    for task in TASKS:
        TEMPLATE.check({"NewRidesTasks": task, "EdgeTask": task})
    TEMPLATE.check({"NewRidesTasks": ",".join(TASKS), "EdgeTask": ""})


def test_value_is_held_to_every_rule_that_a_parameter_may_have() -> None:
    short = Parameter("Short", {"Type": "String", "MinLength": 2, "MaxLength": 3})
    assert short.check("ab") == "ab"
    for value in ("a", "abcd"):
        with pytest.raises(BadParameterError, match="must have from 2 to 3 characters"):
            short.check(value)
    rules = {name for each in TEMPLATE.parameters.values() for name in each.definition}
    assert rules <= {
        "Type", "Default", "Description", "ConstraintDescription", "NoEcho",
        "AllowedValues", "AllowedPattern", "MinValue", "MaxValue", "MinLength", "MaxLength",
    }  # fmt: skip


def test_template_takes_its_own_defaults() -> None:
    own = [each for each in TEMPLATE.parameters.values() if not each.name.endswith(("ModelPath", "ParameterName"))]
    assert len(own) > 20
    for each in own:
        assert each.check(each.default) == each.default


def test_questions_are_about_parameters() -> None:
    assert set(deploy_command.QUESTIONS) <= set(TEMPLATE.parameters)
    assert TEMPLATE.regions == tuple(
        TEMPLATE.document["Rules"]["SupportedRegion"]["Assertions"][0]["Assert"]["Fn::Contains"][0]
    )
    assert len(TEMPLATE.regions) == 7


class Calls:
    """Takes the commands instead of the shell; the one at `fails` ends with 1."""

    def __init__(self, fails: int = -1) -> None:
        self.commands: list[Sequence[str]] = []
        self.fails = fails

    def __call__(self, command: Sequence[str], _folder: Path, environment: Mapping[str, str]) -> int:
        assert environment["SAM_CLI_TELEMETRY"] == "0"
        self.commands.append(command)
        return int(len(self.commands) - 1 == self.fails)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a SAM CLI."""
    folder = tmp_path / ".venvs" / "sam" / "bin"
    folder.mkdir(parents=True)
    (folder / "sam").touch()
    return tmp_path


def test_sam_builds_and_deploys_without_a_question(clone: Path) -> None:
    calls = Calls()
    values = {"ScheduleExpression": "cron(0 3 ? * MON *)", "CorsOrigin": ""}
    sam.deploy(clone, "test", "eu-west-1", "work", values, run=calls)
    build, deployment = calls.commands
    assert build[1:] == ["build"]
    line = " ".join(deployment[1:])
    assert line.startswith("deploy --stack-name test --region eu-west-1 --profile work --resolve-s3 --s3-prefix test")
    assert "--no-confirm-changeset --no-fail-on-empty-changeset" in line
    assert deployment[-3:] == ["--parameter-overrides", 'CorsOrigin=""', 'ScheduleExpression="cron(0 3 ? * MON *)"']


@pytest.mark.parametrize(("fails", "what"), [(0, "sam build"), (1, "sam deploy")])
def test_failure_of_sam_ends_the_deployment(clone: Path, fails: int, what: str) -> None:
    calls = Calls(fails)
    with pytest.raises(DeploymentError, match=f"`{what}` failed with exit code 1"):
        sam.deploy(clone, "test", "eu-west-1", None, {}, run=calls)
    assert len(calls.commands) == fails + 1


def test_without_the_sam_cli_it_says_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(sam.NoSamError, match="`make build` installs it"):
        sam.deploy(tmp_path, "test", "eu-west-1", None, {}, run=Calls())


def test_value_that_the_sam_cli_cannot_read_is_refused() -> None:
    with pytest.raises(BadParameterError, match="neither quotes nor backslashes"):
        sam.arguments("test", "eu-west-1", None, {"NotificationEmail": 'a"b'})


class Client:
    """A cloud with these stacks, and a role for API Gateway's logs or none; every SSM parameter is missing."""

    def __init__(self, role: str = "", *stacks: Mapping[str, Any]) -> None:
        self.role, self.stacks = role, stacks
        self.meta = type("Meta", (), {"region_name": "eu-central-1"})

    def get_paginator(self, _operation: str) -> Any:
        return type("Pages", (), {"paginate": lambda _: [{"Stacks": self.stacks}]})()

    def get_account(self) -> Any:
        return {"cloudwatchRoleArn": self.role}


@pytest.fixture
def deployments(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was handed to the deployment, which does nothing."""
    there: list[tuple[Any, ...]] = []

    def deployment(place: Any, account: Any, name: str, values: dict[str, str], _console: Any) -> Stack:
        there.append((place.region, name, values))
        return Stack(name, {"DataBucketName": "data", "ApiUrl": "https://x/", "ApiId": "x"}, account.client)

    client = Client()
    monkeypatch.setattr(deploy_command, "_deploy", deployment)
    monkeypatch.setattr(deploy_command, "_tell", lambda *_, **__: None)
    monkeypatch.setattr(deploy_command.options, "account", lambda *_: Account(lambda _: client, "a cloud"))
    return there


def invoke(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(deploy_command.deploy_command, arguments, input=typed, catch_exceptions=False)


def test_first_deployment_asks_for_what_matters(deployments: list[tuple[Any, ...]]) -> None:
    # An address, a schedule that is none and one that is, and Enter for the rest.
    result = invoke("--aws", typed="test\neu-central-1\nme@example.com\ndaily\nrate(7 days)\n\n50\n\n\n")
    assert result.exit_code == 0, result.output
    assert "must be empty, rate(...) or cron(...)" in result.output
    ((region, name, values),) = deployments
    assert (region, name) == ("eu-central-1", "test")
    assert values["NotificationEmail"] == "me@example.com"
    assert (values["ScheduleExpression"], values["MonthlyBudget"]) == ("rate(7 days)", "50")
    assert values["ModelPathParameterName"] == "/wildrydes/test/model-path"
    assert values["ApiGatewayLogsRole"] == "create"


def test_yes_asks_nothing(deployments: list[tuple[Any, ...]]) -> None:
    assert invoke("--yes", "--email", "me@example.com", "--parameter", "LogRetentionDays=7").exit_code == 0
    ((_, name, values),) = deployments
    assert name == "wildrydes"
    assert {"NotificationEmail": "me@example.com", "LogRetentionDays": "7"}.items() <= values.items()
    assert "MonthlyBudget" not in values


def complete(client: Client, name: str, **values: str) -> dict[str, str]:
    account = Account(lambda _: client, "a cloud")
    return deploy_command.complete_values(TEMPLATE, account, name, values, stages.deployed(account.client))


def stack_of(name: str, **values: str) -> dict[str, Any]:
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    return {"StackName": name, "StackStatus": "UPDATE_COMPLETE", "Parameters": parameters}


def test_second_stack_leaves_the_role_of_the_account_alone() -> None:
    assert complete(Client("arn:aws:iam::1:role/any"), "two")["ApiGatewayLogsRole"] == "account"


def test_update_keeps_what_is_not_named() -> None:
    by_hand = {"ModelPathParameterName": "/my/champion", "MonthlyBudget": "50", "ApiGatewayLogsRole": "create"}
    client = Client("arn:aws:iam::1:role/any", stack_of("old", **by_hand, OfAnEarlierTemplate="1"))
    values = complete(client, "old", LogRetentionDays="7")
    assert (values["ModelPath"], values["ModelPathParameterName"]) == ("/my/champion", "/my/champion")
    # A task that the stack did not know.
    assert values["PickDurationModelPath"] == "/wildrydes/old/pick_duration/model-path"
    assert (values["MonthlyBudget"], values["LogRetentionDays"]) == ("50", "7")
    assert values["ApiGatewayLogsRole"] == "create"
    assert "OfAnEarlierTemplate" not in values


def test_stack_that_is_being_changed_is_left_alone(
    deployments: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = stack_of("wildrydes", ModelPathParameterName="/a") | {"StackStatus": "UPDATE_IN_PROGRESS"}
    monkeypatch.setattr(deploy_command.options, "account", lambda *_: Account(lambda _: Client("", busy), "a cloud"))
    with pytest.raises(StageError, match="is UPDATE_IN_PROGRESS"):
        invoke("--yes")
    assert deployments == []
