"""What a stack's template has and the account has not, and how a deployment puts it back.

    every resource of the stack ─> its service is asked ─> missing, switched off
    missing ─> an update without it and what refers to it ─> the deployment once more
    switched off ─> switched on

CloudFormation compares templates, and never looks whether what it has made is still there: an update with the same
template changes nothing. An update without a resource lets CloudFormation forget it, and the next one makes it anew.
A resource that is part of another, such as a queue's policy, is looked at with what it is part of.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError
from rich.console import Console

from cli import remains, removal, switches
from cli.deploy import ARTIFACTS
from cli.errors import CommandError
from cli.remains import MAPPING, RULE, SCHEDULE
from cli.stack import Account, Client
from local.account import entries

_REMADE = frozenset(
    {
        RULE,
        SCHEDULE,
        MAPPING,
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::Policy",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Logs::SubscriptionFilter",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::WebACLAssociation",
    }
)
"""Types that lose nothing where they are deleted and made again: they hold neither data nor an address."""

_SUBSTITUTED = re.compile(r"\$\{\s*([^!}.\s][^}.\s]*)")
_WAIT = {"Delay": 1, "MaxAttempts": 1800}


class IncompleteStackError(CommandError):
    """Resources of the stack are gone, and a deployment cannot put them back; the message names them and what to do."""


@dataclass(frozen=True, order=True)
class StackResource:
    """A resource of a stack: its name in the template, its type, and its identifier in its service."""

    logical: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.logical} ({self.kind} {self.name})"


def complete(account: Account, stack: str, deploy_again: Callable[[], object], console: Console) -> None:
    """Put back what is missing of a stack that has just been deployed, switch on what is off, and say both.

    `deploy_again` repeats the deployment. Raises IncompleteStackError where something cannot be put back.
    """
    client = account.client
    template = client("cloudformation").get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    gone = missing(client, _looked_at(client, stack, template))
    if gone:
        _refuse_lossy(account, stack, template, gone)
        console.print(f"{len(gone)} resources of the stack {stack} were gone; they are made anew:")
        for resource in gone:
            console.print(f"  {resource}", markup=False, style="dim")
        _update(client, stack, without(template, {each.logical for each in gone}))
        deploy_again()
        if gone := missing(client, _looked_at(client, stack, template)):
            raise IncompleteStackError(_message(account, stack, gone, "are still gone"))
    resources = [remains.Resource(each.kind, each.name) for each in _meant_on(client, stack, template)]
    for resource in switches.switch_on(client, resources):
        console.print(f"{resource} was switched off; it is on again.", markup=False)


def resources_of(client: Client, stack: str) -> list[StackResource]:
    """The resources that CloudFormation has for a stack."""
    listed = entries(client("cloudformation"), "list_stack_resources", "StackResourceSummaries", StackName=stack)
    return sorted(
        StackResource(each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"])
        for each in listed
        if each.get("PhysicalResourceId")
    )


def _looked_at(client: Client, stack: str, template: Mapping[str, Any]) -> list[StackResource]:
    """A stack's resources but subscriptions by mail: whoever cancelled one, or never confirmed it, is left alone."""
    return [
        each
        for each in resources_of(client, stack)
        if template["Resources"].get(each.logical, {}).get("Properties", {}).get("Protocol") != "email"
    ]


def missing(client: Client, resources: Collection[StackResource]) -> list[StackResource]:
    """Those that their service does not know any more."""
    kinds = {each.kind for each in resources} - remains.PARTS
    there = {(kind, name) for kind in kinds for name in remains.present(client, kind, _names(resources, kind))}
    return [each for each in resources if each.kind in kinds and (each.kind, each.name) not in there]


def _names(resources: Collection[StackResource], kind: str) -> list[str]:
    return [each.name for each in resources if each.kind == kind]


def without(template: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A template without these resources and what refers to them."""
    left_out = dependents(template, names)
    resources = {name: each for name, each in template["Resources"].items() if name not in left_out}
    outputs = {
        name: each for name, each in template.get("Outputs", {}).items() if left_out.isdisjoint(references(each))
    }
    return {**template, "Resources": _without_order(resources, left_out), "Outputs": outputs}


def _without_order(resources: Mapping[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """The resources, none of which waits for one that is left out."""
    rest: dict[str, Any] = {}
    for name, resource in resources.items():
        after = resource.get("DependsOn", [])
        order = [each for each in ([after] if isinstance(after, str) else after) if each not in left_out]
        plain = {key: value for key, value in resource.items() if key != "DependsOn"}
        rest[name] = plain | ({"DependsOn": order} if order else {})
    return rest


def dependents(template: Mapping[str, Any], names: Collection[str]) -> set[str]:
    """These resources of a template, and those that refer to them, to those in turn, and so on."""
    refers = {
        name: set(references({key: value for key, value in each.items() if key != "DependsOn"}))
        for name, each in template["Resources"].items()
    }
    reached = set(names)
    while further := {name for name, others in refers.items() if name not in reached and others & reached}:
        reached |= further
    return reached


def references(value: Any) -> Iterator[str]:
    """The names that Ref, Fn::GetAtt and Fn::Sub have anywhere in a part of a template.

    >>> sorted(references({"a": [{"Ref": "One"}, {"Fn::GetAtt": "Two.Arn"}], "b": {"Fn::Sub": "${Three.Arn}/${!No}"}}))
    ['One', 'Three', 'Two']
    """
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    if not isinstance(value, Mapping):
        return
    for key, each in value.items():
        if key == "Ref":
            yield each
        elif key == "Fn::GetAtt":
            yield (each if isinstance(each, list) else each.split("."))[0]
        elif key == "Fn::Sub" and (text := each[0] if isinstance(each, list) else each):
            yield from _SUBSTITUTED.findall(text)
            yield from references(each)
        else:
            yield from references(each)


def _refuse_lossy(account: Account, stack: str, template: Mapping[str, Any], gone: list[StackResource]) -> None:
    """Raise IncompleteStackError where something that is there would have to go, and may hold data or an address."""
    names = {each.logical for each in gone}
    kinds = {name: template["Resources"][name]["Type"] for name in dependents(template, names) - names}
    if any(kind not in _REMADE for kind in kinds.values()):
        raise IncompleteStackError(_message(account, stack, gone, "are gone, and others are built on them"))


def _message(account: Account, stack: str, gone: list[StackResource], what: str) -> str:
    lines = "".join(f"\n  {each}" for each in gone)
    again = f"wildrydes destroy{account.options_of(stack)}"
    return (
        f"{len(gone)} resources of the stack {stack!r} in {account.where} {what}:{lines}\n"
        f"Make each again under its name, or remove the stack with its data by `{again}` and deploy it anew."
    )


def _update(client: Client, stack: str, template: Mapping[str, Any]) -> None:
    """Let the stack have this template, with the values that its parameters have."""
    cloudformation = client("cloudformation")
    request = {
        "StackName": stack,
        "TemplateURL": _uploaded(client, stack, json.dumps(template).encode()),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "UsePreviousValue": True} for key in template.get("Parameters", {})],
    }
    try:
        cloudformation.update_stack(**request)
        cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig=_WAIT)
    except (ClientError, WaiterError) as fault:
        raise IncompleteStackError(f"What is gone of the stack {stack!r} could not be put back: {fault}") from fault


def _uploaded(client: Client, stack: str, template: bytes) -> str:
    """Where a template is that is too large for a request: in the bucket that the deployment has just used."""
    s3 = client("s3")
    bucket = next(iter(removal.sam_buckets(client)), ARTIFACTS)
    key = f"{stack}/{hashlib.sha256(template).hexdigest()[:32]}.template"
    s3.put_object(Bucket=bucket, Key=key, Body=template)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def _meant_on(client: Client, stack: str, template: Mapping[str, Any]) -> Iterator[StackResource]:
    """The resources that the template does not switch off; what a function of CloudFormation decides is left alone."""
    for resource in resources_of(client, stack):
        properties = template["Resources"].get(resource.logical, {}).get("Properties", {})
        if properties.get("State", "ENABLED") != "DISABLED" and properties.get("Enabled", True) is True:
            yield resource
