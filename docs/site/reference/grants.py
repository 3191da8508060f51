"""docs/reference/grants.md: what each role of the stack may do, by statements, and who may use its resources."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.unused_grants import unused_grants
from docs.site.reference.markdown import code, codes, page, sentence, table
from docs.site.reference.template import of_type, reasons, short_arn, text_of

_HEAD = ("statement", "may", "on", "only where", "why", "never used by a test, because")
_RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")


@dataclass(frozen=True)
class Role:
    """A role of the stack: what acts as it, and the statements of its policies, each with the resource it is from."""

    name: str
    meaning: str
    statements: tuple[tuple[str, Mapping[str, Any]], ...]
    managed: tuple[str, ...] = ()


def rendered() -> str:
    """The page."""
    sections = [_section(role) for role in roles()]
    body = "\n".join([*sections, *_with_a_key(), _by_resources(), _invocations()])
    return page("Grants", _INTRODUCTION, body, _SOURCE)


def roles() -> Iterator[Role]:
    """Every role, in the template's order: those of functions first."""
    attached = _attached()
    for name, function in of_type("AWS::Serverless::Function").items():
        properties, role = function["Properties"], f"{name}Role"
        documents = [(name, each) for each in properties.get("Policies", [])]
        yield _role(role, f"{code(name)} acts as it. {sentence(properties['Description'])}", documents, attached)
    for name, role in of_type("AWS::IAM::Role").items():
        properties = role["Properties"]
        documents = [(name, each["PolicyDocument"]) for each in properties.get("Policies", [])]
        yield _role(name, _meaning(role), documents, attached, properties.get("ManagedPolicyArns", []))


def _role(
    name: str,
    meaning: str,
    documents: Iterable[tuple[str, Mapping[str, Any]]],
    attached: Mapping[str, list[tuple[str, Mapping[str, Any]]]],
    managed: Iterable[Any] = (),
) -> Role:
    every = [*documents, *attached.get(name, [])]
    statements = tuple((source, each) for source, document in every for each in document["Statement"])
    return Role(name, meaning, statements, tuple(text_of(each) for each in managed))


def _attached() -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """By role, the policies that are resources of their own."""
    policies: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, policy in of_type("AWS::IAM::Policy").items():
        for role in policy["Properties"]["Roles"]:
            policies.setdefault(role["Ref"], []).append((name, policy["Properties"]["PolicyDocument"]))
    return policies


def _meaning(role: Mapping[str, Any]) -> str:
    """What acts as a role, for what, and whether every stack has it."""
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    condition = f" It is there {_WHERE[role['Condition']]}." if "Condition" in role else ""
    principal = code(trust["Principal"]["Service"])
    return f"{principal} acts as it. {sentence(role['Properties']['Description'])}{condition}"


_WHERE = {
    "HasSchedule": "with a `ScheduleExpression`",
    "HasMonitorSchedule": "with a `MonitorSchedule`",
    "HasEdgeTask": "with an `EdgeTask`",
    "CreatesLogsRole": "with `ApiGatewayLogsRole=create`",
    "HasKey": "with a `KmsKeyArn`",
}
"""When a role or a policy is there, by its condition."""


def _section(role: Role) -> str:
    rows = [_statement(role.name, source, each) for source, each in role.statements]
    managed = f"It has AWS's policy {codes(map(short_arn, role.managed))}.\n" if role.managed else ""
    statements = table(_HEAD, rows) if rows else managed or "It may write its log and its traces, and nothing else.\n"
    return f"## {role.name}\n\n{role.meaning}\n\n{statements}"


def _statement(role: str, source: str, statement: Mapping[str, Any]) -> tuple[str, ...]:
    actions = _list(statement["Action"])
    never = {
        each.reason: [action for action in each.actions if action in actions]
        for each in unused_grants()
        if role in each.roles and each.statement == statement["Sid"]
    }
    return (
        code(statement["Sid"]),
        _may(statement),
        codes(short_arn(text_of(each)) for each in _list(statement["Resource"])),
        code(_condition(statement.get("Condition"))),
        sentence(reasons().get((source, statement["Sid"]), "")),
        " ".join(f"{codes(unused)}: {sentence(reason)}" for reason, unused in never.items()),
    )


def _may(statement: Mapping[str, Any]) -> str:
    """The actions of a statement."""
    return ("not " if statement["Effect"] == "Deny" else "") + codes(_list(statement["Action"]))


def _condition(condition: Any) -> str:
    """The condition of a statement as JSON, with text for what it refers to."""
    return json.dumps(_plain(condition), ensure_ascii=False) if condition else ""


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping) and not any(name == "Ref" or name.startswith("Fn::") for name in value):
        return {name: _plain(each) for name, each in value.items()}
    return short_arn(text_of(value))


def _with_a_key() -> Iterator[str]:
    """The policies that many roles have."""
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        properties = policy["Properties"]
        attached = [each["Fn::If"][1] if "Fn::If" in each else each for each in properties["Roles"]]
        rows = [_statement(name, name, each) for each in properties["PolicyDocument"]["Statement"]]
        meaning = text_of(properties["Description"]).replace("${AWS::StackName}", "the stack")
        meaning = f"{sentence(meaning)} It is there {_WHERE[policy['Condition']]}."
        yield f"## {name}\n\n{meaning} Its roles are {codes(each['Ref'] for each in attached)}.\n\n{table(_HEAD, rows)}"


def _by_resources() -> str:
    """The policies of buckets, queues, topics and keys: who else may use them."""
    policies = [(name, each, "PolicyDocument") for kind in _RESOURCE_POLICIES for name, each in of_type(kind).items()]
    policies += [(name, each, "KeyPolicy") for name, each in of_type("AWS::KMS::Key").items()]
    rows = [
        (
            code(name),
            code(each["Sid"]),
            code(_principal(each["Principal"])),
            _may(each),
            code(_condition(each.get("Condition"))),
            sentence(reasons().get((name, each["Sid"]), "")),
        )
        for name, resource, document in policies
        for each in resource["Properties"][document]["Statement"]
    ]
    head = ("policy", "statement", "who", "may", "only where", "why")
    return f"## Policies of resources\n\n{_OF_RESOURCES}\n\n{table(head, rows)}"


def _principal(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    ((_, value),) = principal.items()
    return ", ".join(short_arn(text_of(each)) for each in _list(value))


def _invocations() -> str:
    """Who may invoke functions: permissions of Lambda."""
    rows = [
        (
            code(name),
            code(each["Properties"]["Principal"]),
            code(text_of(each["Properties"]["FunctionName"])),
            code(short_arn(text_of(each["Properties"]["SourceArn"]))),
        )
        for name, each in of_type("AWS::Lambda::Permission").items()
    ]
    return f"## Permissions to invoke\n\n{table(('permission', 'who', 'may invoke', 'only for'), rows)}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_INTRODUCTION = """
Each function and each workflow has a role of its own. This page lists what each may do, statement by statement, as
`template.yaml` has it. [Security](../security.md) says who else may do what. On a stack that runs, ask IAM:

    wildrydes iam
    wildrydes iam --unused

`…` in an ARN stands for the partition, the region and the account of the stack; `${Name}` is a parameter, or what the
resource of that name is called. **Why** is there where the statement's name does not say it. The last column lists
grants that no test of this project ever used: `make grants` learns which. `PermissionsBoundary` bounds all roles, and
each function may also write its log and its traces.
"""

_OF_RESOURCES = "A bucket, a queue, a topic or a key has a policy of its own: who may use it, besides whom IAM lets."

_SOURCE = """
Grants are in [`template.yaml`](../../template.yaml), and a comment above a statement is its reason here. Those that
there are once a task are rendered into it from
[`statemachines/task_resources.py`](../../statemachines/task_resources.py) and
[`statemachines/template_parts.py`](../../statemachines/template_parts.py). The reasons of grants that no test uses are
in [`cli/unused_grants.json`](../../cli/unused_grants.json).
"""
