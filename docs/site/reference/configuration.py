"""docs/reference/configuration.md: the parameters of a stack, and what of it they set up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docs.site.reference.markdown import code, codes, number, page, sentence, table, with_part
from docs.site.reference.template import of_type, short_arn, template, text_of

_CAPTURE = "Captured predictions"
_KINDS = {"AWS::SSM::Parameter::Value<String>": "the name of an SSM parameter", "Number": "a number", "String": "text"}


def rendered() -> str:
    """The page."""
    body = "\n".join([*_groups(), _rules(), _schedules(), _functions(), _variables()])
    return page("Configuration", _INTRODUCTION, body, _SOURCE)


def with_parameters_of_capture(text: str) -> str:
    """docs/capture.md with the parameters of its group."""
    (names,) = [each["Parameters"] for each in _parameter_groups() if each["Label"]["default"] == _CAPTURE]
    return with_part(text, "parameters", _table(names))


def _parameter_groups() -> list[Mapping[str, Any]]:
    return template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]


def _table(names: Iterable[str]) -> str:
    rows = [_parameter(name, template()["Parameters"][name]) for name in names]
    return table(("parameter", "default", "takes", "meaning"), rows)


def _groups() -> Iterator[str]:
    """The parameters as the template groups them for a form."""
    for group in _parameter_groups():
        yield f"## {group['Label']['default']}\n\n{_table(group['Parameters'])}"


def _parameter(name: str, parameter: Mapping[str, Any]) -> tuple[str, str, str, str]:
    default = code(parameter["Default"]) or "empty"
    return code(name), default, _allowed(parameter), sentence(parameter["Description"])


def _allowed(parameter: Mapping[str, Any]) -> str:
    """What a parameter takes."""
    if "AllowedValues" in parameter:
        return ", ".join(code(each) or "empty" for each in parameter["AllowedValues"])
    if "MinValue" in parameter:
        most = f"to {number(parameter['MaxValue'])}" if "MaxValue" in parameter else "on"
        return f"a number from {number(parameter['MinValue'])} {most}"
    if "ConstraintDescription" in parameter:
        return parameter["ConstraintDescription"].removeprefix("must be ").removeprefix("must have ")
    if "AllowedPattern" in parameter:
        return f"what matches {code(parameter['AllowedPattern'])}"
    return _KINDS[parameter["Type"]]


def _rules() -> str:
    sentences = [
        f"- {sentence(each['AssertDescription'])}{_choice(each['Assert'])}"
        for rule in template()["Rules"].values()
        for each in rule["Assertions"]
    ]
    return "## What CloudFormation refuses\n\n" + "\n".join(sentences) + "\n"


def _choice(assertion: Mapping[str, Any]) -> str:
    """What an assertion lets pass, where it is one of a list."""
    return f" It takes {codes(assertion['Fn::Contains'][0])}." if "Fn::Contains" in assertion else ""


def _schedules() -> str:
    rows = []
    for name, schedule in of_type("AWS::Scheduler::Schedule").items():
        properties = schedule["Properties"]
        rows.append(
            (
                code(name),
                code(text_of(properties["ScheduleExpression"])),
                _needs(schedule["Condition"]),
                sentence(properties["Description"]),
                code(text_of(properties["Target"]["Arn"])),
            )
        )
    head = ("schedule", "when", "is there", "meaning", "starts")
    return f"## Schedules\n\n{table(head, rows)}"


def _needs(condition: str) -> str:
    """What a stack has to have been given for a resource with the condition: that a parameter is not empty."""
    ((_, (negated,)),) = template()["Conditions"][condition].items()
    (parameter, _) = negated["Fn::Equals"]
    return f"with {_article(parameter['Ref'])} {code(parameter['Ref'])}"


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _functions() -> str:
    rows = [
        (
            code(name),
            sentence(each["Properties"]["Description"]),
            number(each["Properties"]["Timeout"]),
            number(each["Properties"]["MemorySize"]),
        )
        for name, each in of_type("AWS::Serverless::Function").items()
    ]
    return f"## Functions\n\n{_OF_FUNCTIONS}\n\n{table(('function', 'meaning', 'seconds at most', 'MB'), rows)}"


def _variables() -> str:
    """The environment variables of the functions: by name and value, which functions have it."""
    everywhere = template()["Globals"]["Function"]["Environment"]["Variables"]
    functions: dict[tuple[str, str], list[str]] = {
        (name, _value(value)): ["every function"] for name, value in everywhere.items()
    }
    for name, function in of_type("AWS::Serverless::Function").items():
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        for variable, value in variables.items():
            functions.setdefault((variable, _value(value)), []).append(code(name))
    rows = [(code(name), code(value), ", ".join(names)) for (name, value), names in sorted(functions.items())]
    return f"## Environment variables\n\n{_OF_VARIABLES}\n\n{table(('variable', 'value', 'of'), rows)}"


def _value(value: Any) -> str:
    return short_arn(text_of(value))


_INTRODUCTION = """
A stack is configured by the parameters of its template. Name them at a deployment: what you do not name stays as it is
([deploy](../deploy.md)).

    wildrydes deploy --parameter LogRetentionDays=90 --yes

`wildrydes deploy` asks for those that matter, unless you give `--yes`. `make up` and `make run` take every default.
What an execution is started with is [its input](../execution-input.md), and `PORT=` and the like are variables of
[the commands](../commands.md).
"""

_OF_FUNCTIONS = (
    "Each runs for the seconds and has the memory below. Its log group is `/aws/lambda/<stack>-<function>`, and its "
    "role [may do](grants.md) what its code asks for."
)

_OF_VARIABLES = (
    "The template sets them, and the code reads them once. `${Name}` is a parameter, or what the resource of that name "
    "is called. Lambda adds its own, and the embedded AWS adds `AWS_ENDPOINT_URL`."
)

_SOURCE = """
All of it is in [`template.yaml`](../../template.yaml). What there is once a task is rendered into it from
[`functions/wildrydes/tasks.py`](../../functions/wildrydes/tasks.py). The functions read their variables in
[`functions/aws/settings.py`](../../functions/aws/settings.py).
"""
