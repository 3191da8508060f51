"""Grants that AWS's documents ask for, and the embedded AWS does not."""

import re
from pathlib import Path
from typing import Any

import pytest

from audit_grants import compare, is_of, template_grants, used_grants
from cli.template_document import read_template
from cli.unused_grants import unused_grants

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = read_template(ROOT / "template.yaml")["Resources"]
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


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Each policy of a role, with whose it is."""
    of_functions = [
        (name, policy)
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::Serverless::Function"
        for policy in resource["Properties"].get("Policies", [])
    ]
    of_roles = [
        (name, policy["PolicyDocument"])
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", [])
    ]
    by_themselves = [
        (name, resource["Properties"]["PolicyDocument"])
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::IAM::Policy"
    ]
    return of_functions + of_roles + by_themselves


def test_each_statement_has_a_name_of_its_own_by_which_its_use_is_noted() -> None:
    for name, document in documents():
        names = [statement.get("Sid") for statement in document["Statement"]]
        assert None not in names, name
        assert len(set(names)) == len(names), name


@pytest.mark.parametrize(
    ("name", "role", "is_its"),
    [
        ("rydes-1f-RetrainRole-0A1B2C3D4E5F6", "RetrainRole", True),
        ("rydes-1f-ScheduleRole-0A1B2C3D4E5F6", "EdgeScheduleRole", False),
        ("rydes-1f-Predict-0A1B2C3D4E5F6", "PredictFunctionRole", False),
        # Too long for a name: its end is cut off.
        ("rydes-1f2e3d-PredictServiceRequestedFunct0A1B2C3D4E5F6", "PredictServiceRequestedFunctionRole", True),
        ("another", "RetrainRole", False),
    ],
)
def test_role_is_known_by_the_name_that_cloudformation_makes(name: str, role: str, is_its: bool) -> None:
    assert is_of(name, role) == is_its


def test_use_is_compared_with_the_reasons() -> None:
    granted = {("Role", "Read", "s3:GetObject"), ("Role", "Trace", "xray:Put"), ("Role", "End", "states:Stop")}
    noted = [{"grants": [{"role": "rydes-Role-0A1B2C3D4E5F6", "statement": "Read", "action": "s3:GetObject"}]}]
    used = used_grants(noted, granted)
    assert used == {("Role", "Read", "s3:GetObject")}
    report = compare(granted, used, {("Role", "Read", "s3:GetObject"), ("Role", "Trace", "xray:Put")})
    assert report["unused"] == [("Role", "End", "states:Stop"), ("Role", "Trace", "xray:Put")]
    assert report["without_reason"] == [("Role", "End", "states:Stop")]
    assert report["used_with_reason"] == [("Role", "Read", "s3:GetObject")]


def test_reasons_are_of_grants_that_there_are_and_the_page_has_each() -> None:
    granted = template_grants(RESOURCES)
    page = (ROOT / "docs/reference/grants.md").read_text(encoding="utf-8")
    for each in unused_grants():
        assert each.grants() <= granted, each.statement
        for role in each.roles:
            section = page.partition(f"\n## {role}\n")[2].partition("\n## ")[0]
            (row,) = re.findall(rf"^\| `{each.statement}` \|.*$", section, re.MULTILINE)
            assert f"{', '.join(f'`{action}`' for action in each.actions)}: {each.reason}" in row
