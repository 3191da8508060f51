"""Lists that are longer than a page."""

import pytest

from local import account
from machines import Client, machine, role, unique

pytestmark = pytest.mark.races


def test_every_page_of_a_list_is_read(client: Client) -> None:
    gateway = client("apigateway")
    ids = {gateway.create_api_key(name=unique("key"))["id"] for _ in range(30)}
    assert len(gateway.get_api_keys()["items"]) == 25
    assert ids <= {key["id"] for key in account.entries(gateway, "get_api_keys", "items")}


def test_list_that_is_empty_has_no_entries(client: Client) -> None:
    nobody = role(client, "states.amazonaws.com")
    arn = machine(client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, nobody)
    assert account.entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=arn) == []
