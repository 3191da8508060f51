"""How the server starts, what it answers for, and what it refuses."""

import dataclasses
import json
import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import psutil
import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from cli import embedded
from local import account
from local.account import EmbeddedAws
from local.seams import MissingSeamError, replace, replace_everywhere
from local.server import ROOT
from machines import Client, unique


def owner_of(endpoint: str) -> int:
    """The process that serves `endpoint`."""
    port = int(endpoint.rsplit(":", 1)[1])
    connections: list[Any] = psutil.net_connections("inet")
    return next(each.pid for each in connections if each.status == psutil.CONN_LISTEN and each.laddr.port == port)


def test_server_listens_on_loopback_alone(endpoint: str) -> None:
    connections: list[Any] = psutil.Process(owner_of(endpoint)).net_connections("inet")
    assert {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_server_refuses_a_port_that_is_taken_and_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((account.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(embedded.ServerError, match=f"Port {port} of 127.0.0.1 is used by python"):
            embedded.launch(EmbeddedAws.on_port(port), tmp_path / "log")


def test_of_two_servers_that_start_at_once_on_a_port_one_ends_and_names_the_other(tmp_path: Path) -> None:
    server, other = EmbeddedAws.on_port(embedded.free_port()), EmbeddedAws.on_port(1)
    other = dataclasses.replace(other, endpoint=server.endpoint)
    processes = [embedded.spawn(each, tmp_path / str(index), tied=True) for index, each in enumerate((server, other))]
    ready, refusals = [], []
    try:
        for index, (process, each) in enumerate(zip(processes, (server, other), strict=True)):
            try:
                embedded.await_ready(process, each, tmp_path / str(index))
                ready.append(process.pid)
            except embedded.PortTakenError as fault:
                refusals.append(str(fault))
    finally:
        for process in processes:
            embedded.end(process)
    (pid,), (refusal,) = ready, refusals
    assert f"Port {server.port} of 127.0.0.1 is used by the embedded AWS of {ROOT} (pid {pid}, since " in refusal


def test_server_ends_with_the_block_and_takes_its_children_along(tmp_path: Path) -> None:
    with embedded.temporary_server(tmp_path / "log") as server:
        owner = owner_of(server.endpoint)
        assert psutil.pid_exists(owner)
    assert not embedded.answers(server)
    assert not psutil.pid_exists(owner)


def test_unknown_credentials_are_refused(endpoint: str) -> None:
    stranger = Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIASTRANGER",
        aws_secret_access_key="x",
    )
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


def test_environment_of_a_child_holds_no_real_credentials() -> None:
    inherited = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://real",
        "PATH": "/bin",
    }
    server = EmbeddedAws.on_port(1)
    isolated = server.isolated(inherited)
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"}.isdisjoint(isolated)
    assert (isolated["AWS_ENDPOINT_URL"], isolated["AWS_ACCESS_KEY_ID"]) == (server.endpoint, server.access_key_id)
    assert isolated["PATH"] == "/bin"


def test_function_is_replaced_where_it_was_imported_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, importer, other = (ModuleType(name) for name in ("owner", "importer", "other"))
    vars(owner)["part"] = vars(importer)["part"] = len
    vars(other)["part"] = max
    for module in (owner, importer, other):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    assert replace_everywhere(owner, "part", min) is len
    assert [vars(module)["part"] for module in (owner, importer, other)] == [min, min, max]


def test_part_that_is_gone_is_named() -> None:
    with pytest.raises(MissingSeamError, match="has no _worker_class_for"):
        replace(SimpleNamespace(), "_worker_class_for", None)


def stack(client: Client, resources: dict) -> str:
    name = unique("stack")
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    return name


def test_unsupported_property_is_reported_by_name(server: EmbeddedAws, client: Client) -> None:
    stack(client, {"Unplayed": {"Type": "AWS::S3::Bucket", "Properties": {"AnalyticsConfigurations": []}}})
    unread = server.request("/_local/unread-properties")
    assert unread["AWS::S3::Bucket Unplayed"] == ["AnalyticsConfigurations"]


def test_unsupported_resource_type_is_refused_by_name(client: Client) -> None:
    template = {"Resources": {"Model": {"Type": "AWS::SageMaker::Model", "Properties": {}}}}
    with pytest.raises(ClientError, match="AWS::SageMaker::Model"):
        client("cloudformation").create_stack(StackName=unique("stack"), TemplateBody=json.dumps(template))
