"""Who may touch which of SageMaker's models: the condition keys of tags."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws, entries, make_client
from machines import Client, unique

TAG = {"Key": "owner:stack", "Value": "ours"}


def policy_of(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def tagged(key: str, *actions: str) -> dict[str, Any]:
    """Leave to do so with what has the tag."""
    condition = {"StringEquals": {f"{key}/{TAG['Key']}": TAG["Value"]}}
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", "Condition": condition}


@pytest.fixture(scope="module")
def container(client: Client) -> dict[str, Any]:
    """A model's container and role, with an artefact that the role may read."""
    bucket, role = unique("models"), unique("models")
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=b"of no container")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    created = client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=policy_of(trust))
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    client("iam").put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=policy_of(read))
    image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
    return {
        "PrimaryContainer": {"Image": image, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"},
        "ExecutionRoleArn": created["Role"]["Arn"],
    }


def test_a_condition_on_tags_lets_through_what_has_them_alone(
    server: EmbeddedAws, client: Client, container: dict[str, Any]
) -> None:
    iam, name = client("iam"), unique("owner")
    iam.create_user(UserName=name)
    policy = policy_of(
        tagged("aws:RequestTag", "sagemaker:CreateModel"),
        tagged("aws:ResourceTag", "sagemaker:DeleteModel"),
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": container["ExecutionRoleArn"]},
    )
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = make_client(
        "sagemaker",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    for tags in ([], [TAG | {"Value": "others"}], [TAG | {"Key": "owner"}]):
        with pytest.raises(ClientError, match="not authorized to perform: sagemaker:CreateModel"):
            own.create_model(ModelName=name, Tags=tags, **container)
    own.create_model(ModelName=name, Tags=[TAG], **container)
    for other, tags in (("untagged", []), ("others", [TAG | {"Value": "others"}])):
        client("sagemaker").create_model(ModelName=f"{name}-{other}", Tags=tags, **container)
        with pytest.raises(ClientError, match="not authorized to perform: sagemaker:DeleteModel"):
            own.delete_model(ModelName=f"{name}-{other}")
    own.delete_model(ModelName=name)
    models = entries(client("sagemaker"), "list_models", "Models", NameContains=name)
    assert {model["ModelName"] for model in models} == {f"{name}-untagged", f"{name}-others"}
