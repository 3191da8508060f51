"""The stack that a command works on."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.stack import Account, NoStackError, Stack, is_of_aws
from cli.template_document import read_template
from stacks import ROOT


def test_stack_of_another_project_is_named_as_one(client: Callable[[str], Any]) -> None:
    stack = Stack("another", {"Other": "x"}, client)
    for ask in (lambda: stack.bucket, lambda: stack.machine("promote"), lambda: stack.api_url):
        with pytest.raises(NoStackError, match="'another' is another project's: it has no output"):
            ask()


def test_machines_of_a_stack_are_those_of_its_template(client: Callable[[str], Any]) -> None:
    template = read_template(ROOT / "template.yaml")
    arns = {name: each["Value"].get("Ref", "") for name, each in template["Outputs"].items()}
    deployed = {name for name, each in template["Resources"].items() if each["Type"].endswith("::StateMachine")}
    machines = Stack("rydes", arns, client).machines()
    assert set(machines.values()) == deployed
    assert {name: arn.lower() for name, arn in machines.items()} == {name: name for name in machines}
    assert next(iter(machines)) == "retrain"


@pytest.mark.parametrize(
    ("account_options", "name", "command"),
    [
        ("", "wildrydes", "`wildrydes watch run-1`"),
        ("", "test", "`wildrydes watch run-1 --stack test`"),
        (" --aws --profile work", "test", "`wildrydes watch run-1 --aws --profile work --stack test`"),
    ],
)
def test_a_command_that_a_message_names_works_on_the_same_stack(account_options: str, name: str, command: str) -> None:
    class CloudFormation:
        def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - boto3's name
            return {"Stacks": [{"StackName": StackName}]}

    account = Account(lambda _: CloudFormation(), "a cloud", options=account_options)
    assert Stack.describe(account, name).command("watch run-1") == command


@pytest.mark.parametrize("remembered", [False, True])
def test_stack_that_was_destroyed_is_not_there_and_the_command_that_deploys_it_is_named(*, remembered: bool) -> None:
    class CloudFormation:
        def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - boto3's name
            if remembered:
                return {"Stacks": [{"StackName": StackName, "StackStatus": "DELETE_COMPLETE", "Outputs": []}]}
            fault = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": fault}, "DescribeStacks")

    with pytest.raises(
        NoStackError, match=r"no stack 'test' in a cloud: .* `wildrydes deploy --stack test` deploys it"
    ):
        Stack.describe(Account(lambda _: CloudFormation(), "a cloud"), "test")


def test_options_of_an_account_on_aws_are_those_that_were_given() -> None:
    assert Account.on_aws(region="eu-west-1").options == " --aws --region eu-west-1"


@pytest.mark.parametrize(
    ("endpoint", "words", "is_on_this_machine"),
    [
        (None, "", False),
        ("http://127.0.0.1:4733", " at http://127.0.0.1:4733 (AWS_ENDPOINT_URL), which is not AWS", True),
        ("http://localhost:4733/", " at http://localhost:4733/ (AWS_ENDPOINT_URL), which is not AWS", True),
        ("https://aws.example.org", " at https://aws.example.org (AWS_ENDPOINT_URL)", False),
    ],
)
def test_account_on_aws_names_another_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, words: str, *, is_on_this_machine: bool
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    account = Account.on_aws(region="eu-west-1")
    assert (account.where, account.is_on_this_machine) == (f"eu-west-1 (profile default){words}", is_on_this_machine)


def test_endpoint_of_one_service_is_named_without_the_variable_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://[::1]:4733")
    assert Account.on_aws(region="eu-west-1").where == (
        "eu-west-1 (profile default) at http://[::1]:4733, which is not AWS"
    )


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://sts.amazonaws.com", True),
        ("https://apigateway.us-east-1.amazonaws.com", True),
        ("https://apigateway.us-east-1.api.aws", True),
        ("https://states.cn-north-1.amazonaws.com.cn", True),
        ("http://127.0.0.1:4566", False),
        ("http://s3.amazonaws.com.example.org", False),
        ("http://example.org/s3.amazonaws.com", False),
        ("https://notamazonaws.com", False),
    ],
)
def test_endpoints_of_aws_are_recognized_by_their_hosts(endpoint: str, expected: bool) -> None:
    assert is_of_aws(endpoint) == expected


def test_api_is_at_the_stage_that_the_stack_says_wherever_it_is_served() -> None:
    class Gateway:
        def __init__(self, endpoint: str) -> None:
            self.meta = SimpleNamespace(endpoint_url=endpoint)

    outputs = {"ApiId": "abc", "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/beta/"}
    on_aws = Stack("any", outputs, lambda _: Gateway("https://apigateway.us-east-1.amazonaws.com"))
    assert on_aws.api_url == outputs["ApiUrl"]
    embedded = Stack("any", outputs, lambda _: Gateway("http://127.0.0.1:4566"))
    assert embedded.api_url == "http://127.0.0.1:4566/_aws/execute-api/abc/beta/"
