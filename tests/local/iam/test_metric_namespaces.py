"""Who may publish metrics to which namespace: the condition key `cloudwatch:namespace`."""

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws, entries, make_client
from local.iam.metric_namespaces import namespace_of
from machines import Client, unique

POLICY = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudwatch:PutMetricData",
  "Resource": "*", "Condition": {"StringEquals": {"cloudwatch:namespace": "WildRydes/Edge"}}}]}"""


def test_a_condition_on_the_namespace_lets_through_that_one_alone(server: EmbeddedAws, client: Client) -> None:
    iam, name = client("iam"), unique("publisher")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="publish", PolicyDocument=POLICY)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    cloudwatch = make_client(
        "cloudwatch",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    data = [{"MetricName": name, "Value": 1.0}]
    cloudwatch.put_metric_data(Namespace="WildRydes/Edge", MetricData=data)
    with pytest.raises(ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="WildRydes", MetricData=data)
    metrics = entries(client("cloudwatch"), "list_metrics", "Metrics", MetricName=name)
    assert [metric["Namespace"] for metric in metrics] == ["WildRydes/Edge"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"Namespace": 3}', b"\xbf\xff", b"Action=PutMetricData"])
def test_a_body_that_names_no_namespace_has_none(body: bytes) -> None:
    assert namespace_of(body) is None
