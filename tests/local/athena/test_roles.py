# ruff: noqa: S608 - the texts are the test's own
"""A query reads and writes with the permissions of the principal that started it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_lake import JSON, Lake
from local import account
from local.account import EmbeddedAws


@pytest.fixture(scope="module")
def lake(server: EmbeddedAws) -> Lake:
    lake = Lake.create(server)
    lake.table("t", {"n": "int"}, JSON)
    lake.put("t/a.json", '{"n": 1}\n')
    return lake


def grants(bucket: str) -> dict[str, dict[str, Any]]:
    """The statements that a role needs to query the lake and unload below out/, by a name."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "athena": {"Action": ["athena:StartQueryExecution", "athena:Get*"], "Resource": "*"},
        "glue": {"Action": ["glue:GetTable", "glue:GetDatabase", "glue:GetPartitions"], "Resource": "*"},
        "bucket": {"Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": arn},
        "read": {"Action": "s3:GetObject", "Resource": [f"{arn}/t/*", f"{arn}/results/*"]},
        "results": {"Action": "s3:PutObject", "Resource": f"{arn}/results/*"},
        "out": {"Action": "s3:PutObject", "Resource": f"{arn}/out/*"},
    }


def acting_without(lake: Lake, *missing: str) -> Lake:
    """The lake as a role that has all grants but `missing`."""
    name = f"{lake.name}-{'-'.join(['without', *missing]) if missing else 'complete'}"
    statements = [{"Effect": "Allow", **grant} for key, grant in grants(lake.name).items() if key not in missing]
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam, sts = lake.client("iam"), lake.client("sts")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))
    iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy(statements))
    role = f"arn:aws:iam::{account.ACCOUNT_ID}:role/{name}"
    return lake.acting_as(sts.assume_role(RoleArn=role, RoleSessionName="query")["Credentials"])


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_role_with_these_grants_can_query_and_unload(lake: Lake) -> None:
    role = acting_without(lake)
    assert role.query("SELECT n FROM t").rows == [["1"]]
    finished = role.query(f"UNLOAD (SELECT n FROM t) TO 's3://{lake.name}/out/' WITH (format = 'JSON')")
    assert (finished.state, finished.reason) == ("SUCCEEDED", "")
    assert len(lake.keys("out/")) == 1


@pytest.mark.parametrize(
    ("missing", "sql", "words"),
    [
        ("glue", "SELECT n FROM t", ["PERMISSION_DENIED", "without-glue", "glue:GetTable"]),
        ("read", "SELECT n FROM t", ["PERMISSION_DENIED", "Permission denied on S3 path: s3://{lake}/t/a.json"]),
        ("bucket", "SELECT n FROM t", ["PERMISSION_DENIED", "s3:GetBucketLocation"]),
        ("results", "SELECT n FROM t", ["PERMISSION_DENIED", "writing output to url: s3://{lake}/results/"]),
        (
            "out",
            "UNLOAD (SELECT n FROM t) TO 's3://{lake}/out/elsewhere/' WITH (format = 'JSON')",
            ["PERMISSION_DENIED", "writing output to url: s3://{lake}/out/elsewhere/", "s3:PutObject"],
        ),
    ],
)
def test_a_missing_grant_fails_the_query_and_is_named(lake: Lake, missing: str, sql: str, words: list[str]) -> None:
    finished = acting_without(lake, missing).query(sql.format(lake=lake.name))
    assert finished.state == "FAILED"
    for word in words:
        assert word.format(lake=lake.name) in finished.reason


def test_a_role_that_may_not_call_athena_is_refused(lake: Lake) -> None:
    with pytest.raises(ClientError, match="athena:StartQueryExecution"):
        acting_without(lake, "athena").start("SELECT 1")


def test_who_may_not_read_the_result_file_gets_no_results(lake: Lake) -> None:
    query_id = lake.start("SELECT n FROM t")
    lake.wait(query_id)
    with pytest.raises(ClientError, match=f"reading s3://{lake.name}/results/{query_id}.csv"):
        acting_without(lake, "read", "results").athena.get_query_results(QueryExecutionId=query_id)
