"""The roles' policies next to the length that IAM allows, with the longest names that a deployment can have.

CloudFormation creates half a stack before IAM refuses a policy that is too long, and the embedded AWS refuses none.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]

MOST_CHARACTERS = 10_240
"""Of all inline policies of a role together, spaces left aside: "IAM and AWS STS quotas" in the IAM User Guide."""

STACK = "w" * 40
"""The longest name of a stack whose endpoints still have names that SageMaker takes."""

REGION, ACCOUNT = "ap-northeast-1", "1" * 12
PSEUDO = {"Partition": "aws", "Region": REGION, "AccountId": ACCOUNT, "StackName": STACK, "URLSuffix": "amazonaws.com"}
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/",
    "AWS::Serverless::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:",
}
OTHER_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"


def name_of(resource: str) -> str:
    """As CloudFormation makes it: the stack, the resource, and 12 random letters."""
    return f"{STACK}-{resource}-{'x' * 12}"[:64]


def arn_of(resource: str) -> str:
    return ARNS.get(RESOURCES[resource]["Type"], OTHER_ARN) + name_of(resource)


def filled_in(text: str, values: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        name, _, attribute = match[1].partition(".")
        if name in values:
            return str(resolved(values[name]))
        if name.startswith("AWS::"):
            return PSEUDO[name.removeprefix("AWS::")]
        if name in TEMPLATE["Parameters"]:
            return str(TEMPLATE["Parameters"][name]["Default"])
        return arn_of(name) if attribute == "Arn" else name_of(name)

    return re.sub(r"\$\{([\w:.]+)\}", value, text)


def resolved(value: Any) -> Any:
    """A part of a policy as IAM gets it, or longer."""
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        text, values = (value["Fn::Sub"], {}) if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"]
        return filled_in(text, values)
    if "Fn::GetAtt" in value:
        return arn_of(value["Fn::GetAtt"][0])
    if "Ref" in value:
        name = value["Ref"]
        return PSEUDO[name.removeprefix("AWS::")] if name.startswith("AWS::") else arn_of(name)
    if "Fn::FindInMap" in value:
        return ACCOUNT
    return {key: resolved(each) for key, each in value.items()}


def policies() -> dict[str, list[Any]]:
    """The documents of each role, and of each function, of which SAM makes a role."""
    documents = {
        name: [policy.get("PolicyDocument", policy) for policy in resource["Properties"].get("Policies", [])]
        for name, resource in RESOURCES.items()
        if resource["Type"] in ("AWS::IAM::Role", "AWS::Serverless::Function")
    }
    for resource in RESOURCES.values():
        if resource["Type"] == "AWS::IAM::Policy":
            for role in resource["Properties"]["Roles"]:
                documents[role["Ref"]].append(resource["Properties"]["PolicyDocument"])
    return documents


def length(document: Any) -> int:
    return len(re.sub(r"\s", "", json.dumps(resolved({"Version": "2012-10-17"} | document))))


@pytest.mark.parametrize("role", policies())
def test_policies_of_a_role_are_no_longer_than_iam_allows(role: str) -> None:
    assert sum(map(length, policies()[role])) <= MOST_CHARACTERS


def test_names_are_as_long_as_they_are_on_aws() -> None:
    statement = {"Resource": [{"Fn::GetAtt": ["PredictFunction", "Arn"]}, {"Fn::Sub": "${DataBucket.Arn}/models/*"}]}
    function, models = resolved(statement)["Resource"]
    assert function == f"arn:aws:lambda:ap-northeast-1:111111111111:function:{STACK}-PredictFunction-xxxxxxx"
    assert models == f"arn:aws:s3:::{STACK}-DataBucket-{'x' * 12}/models/*"
