"""What a stack's parameters protect: the boundary of every role, and the web ACL before the API."""

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
BOUNDARY = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}


def test_every_role_has_the_boundary_and_by_default_there_is_none() -> None:
    roles = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::IAM::Role"]
    assert len(roles) > 10
    assert all(role["PermissionsBoundary"] == BOUNDARY for role in roles)
    assert TEMPLATE["Globals"]["Function"]["PermissionsBoundary"] == BOUNDARY
    assert TEMPLATE["Parameters"]["PermissionsBoundary"]["Default"] == ""


def test_web_acl_has_managed_rules_and_lets_large_bodies_through_to_the_function() -> None:
    assert TEMPLATE["Parameters"]["ManagedWebAcl"]["Default"] == "false"
    acl = RESOURCES["WebAcl"]
    assert acl["Condition"] == "CreatesWebAcl"
    groups = {rule["Name"]: rule["Statement"]["ManagedRuleGroupStatement"] for rule in acl["Properties"]["Rules"]}
    assert {group["VendorName"] for group in groups.values()} == {"AWS"}
    assert groups["common"]["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    priorities = [rule["Priority"] for rule in acl["Properties"]["Rules"]]
    assert priorities == sorted(set(priorities))


def test_every_queue_and_topic_and_the_bucket_refuse_what_is_not_encrypted_on_its_way() -> None:
    covered: set[str] = set()
    for resource in RESOURCES.values():
        properties = resource.get("Properties", {})
        if resource["Type"] not in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            continue
        denials = [each for each in properties["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert [each["Condition"] for each in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]
        named = properties.get("Queues") or properties.get("Topics") or [properties["Bucket"]]
        covered |= {each["Ref"] for each in named}
    kinds = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
    assert covered == {name for name, resource in RESOURCES.items() if resource["Type"] in kinds}
