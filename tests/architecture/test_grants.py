"""Grants that AWS's documents ask for, and the embedded AWS does not."""

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
_STATES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
_GLUE = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}"


def resources_of(role: str, action: str) -> set[str]:
    """The resources on which a role may do something without a condition; what GetAtt names is `<name>.Arn`."""
    statements = [
        statement
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        and "Condition" not in statement
    ]
    return {_text(resource) for each in statements for resource in _list(each["Resource"])}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    return resource["Fn::Sub"] if "Fn::Sub" in resource else ".".join(resource.get("Fn::GetAtt", [resource.get("Ref")]))


@pytest.mark.parametrize("role", ["RetrainRole", "MonitorRole"])
def test_role_that_queries_may_ask_for_all_that_athena_looks_up_on_its_behalf(role: str) -> None:
    """https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html."""
    table = f"{_GLUE}:table/${{Database}}/*"
    for action in ("glue:GetTable", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"):
        assert table in resources_of(role, action)
    for action in ("glue:GetDatabase", "glue:GetDatabases"):
        assert {f"{_GLUE}:catalog", f"{_GLUE}:database/default"} <= resources_of(role, action)
    (catalog,) = resources_of(role, "athena:GetDataCatalog")
    assert catalog.endswith(":datacatalog/AwsDataCatalog")


@pytest.mark.parametrize("role", ["RetrainRole", "MonitorRole", "TrainingRole"])
def test_head_of_the_bucket_is_allowed_where_a_service_asks_for_it(role: str) -> None:
    """HeadBucket needs s3:ListBucket, and has no prefix."""
    assert "DataBucket.Arn" in resources_of(role, "s3:ListBucket")


def test_children_of_a_map_are_followed_by_both_forms_of_arn_and_redriven() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html."""
    children, by_the_guide = (f"{_STATES}:execution:${{AWS::StackName}}-retrain{form}" for form in ("/*", ":*"))
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert {children, by_the_guide} <= resources_of("RetrainRole", action)
    assert resources_of("RetrainRole", "states:RedriveExecution") == {children}
