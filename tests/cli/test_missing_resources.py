"""A template without what is gone: what refers to it goes too, and what only waits for it stays."""

from typing import Any

import pytest

from cli import missing_resources, stages
from cli.stack import Account
from cli.stages import Deployed, StageError

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"Targets": [{"Arn": {"Fn::GetAtt": ["Function", "Arn"]}}]},
        },
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Name": "${Rule}"}},
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"SourceArn": {"Fn::Sub": ["${Which}:${!Function}", {"Which": {"Fn::GetAtt": "Rule.Arn"}}]}},
        },
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "DependsOn": "Rule", "Properties": {}},
        "Last": {"Type": "AWS::CloudWatch::Alarm", "DependsOn": ["Permission", "Function"], "Properties": {}},
        "Third": {"Type": "AWS::Budgets::Budget", "Properties": {"Name": {"Fn::Sub": "of ${ Permission.Id }"}}},
    },
    "Outputs": {
        "Rule": {"Value": {"Fn::If": ["Has", {"Ref": "Rule"}, ""]}},
        "Function": {"Value": {"Ref": "Function"}},
    },
}


def test_what_refers_to_a_resource_goes_with_it() -> None:
    assert missing_resources.dependents(TEMPLATE, {"Rule"}) == {"Rule", "Permission", "Third"}
    assert missing_resources.dependents(TEMPLATE, {"Last"}) == {"Last"}
    assert missing_resources.dependents(TEMPLATE, {"Function"}) == {"Function", "Rule", "Permission", "Third"}


def test_what_waits_for_a_resource_stays() -> None:
    rest = missing_resources.without(TEMPLATE, {"Rule"})
    assert rest["Resources"] == {
        "Function": TEMPLATE["Resources"]["Function"],
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Last": {"Type": "AWS::CloudWatch::Alarm", "DependsOn": ["Function"], "Properties": {}},
    }
    assert rest["Outputs"] == {"Function": {"Value": {"Ref": "Function"}}}


def test_stack_whose_removal_stopped_on_the_way_is_not_deployed_to() -> None:
    account = Account(lambda _: None, "a cloud", options=" --aws")
    stages.refuse_half_removed(Deployed("a", "UPDATE_COMPLETE"), account)
    stages.refuse_half_removed(None, account)
    with pytest.raises(StageError, match="`wildrydes destroy --aws --stack a` goes on"):
        stages.refuse_half_removed(Deployed("a", "DELETE_FAILED"), account)
