"""The template as the pages read it: its values as text, and the comments that say why a statement is there."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cli.template_document import read_template

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "template.yaml"

# What every ARN of the stack has in common says nothing.
_PLACES = ("${AWS::Partition}", "${AWS::Region}:${AWS::AccountId}", "${AWS::Region}:")


@cache
def template() -> Mapping[str, Any]:
    """The template's document; nobody changes it."""
    return read_template(FILE)


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a kind, by their logical ids."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def text_of(value: Any) -> str:
    """A value as text: what it refers to is written `${Name}`, and of a choice both sides."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, content),) = value.items()
        if name == "Ref":
            return f"${{{content}}}"
        if name == "Fn::GetAtt":
            return f"${{{'.'.join(content) if isinstance(content, list) else content}}}"
        if name == "Fn::Sub":
            return _substituted(content)
        if name == "Fn::If":
            return " or ".join(text for each in content[1:] if (text := text_of(each)) != "${AWS::NoValue}")
    if isinstance(value, Mapping | list):
        raise ValueError(f"{value} has no text")
    return str(value)


def _substituted(content: Any) -> str:
    """The text of Fn::Sub, with names of its own in place of what it puts in."""
    return str(content[0] if isinstance(content, list) else content)


def short_arn(arn: str) -> str:
    """An ARN without the partition, the region and the account, which are the stack's.

    >>> short_arn("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/x*")
    'arn:…:logs:…:log-group:/aws/x*'
    """
    for place in _PLACES:
        arn = arn.replace(place, "…:" if place.endswith(":") else "…")
    return arn


@cache
def reasons() -> Mapping[tuple[str, str], str]:
    """By resource and Sid, the comment above the statement: why it is there, or why it is as it is."""
    return dict(_reasons(FILE.read_text(encoding="utf-8").splitlines()))


def _reasons(lines: list[str]) -> Iterator[tuple[tuple[str, str], str]]:
    resource, comment = "", []
    for line in lines:
        if match := re.fullmatch(r"  (\w+):", line):
            resource = match[1]
        if match := re.fullmatch(r" +# (.*)", line):
            comment.append(match[1])
            continue
        if match := re.match(r" +- (?:\{ )?Sid: (\w+)", line):
            prose = [each for each in comment if not each.startswith(("<", "---"))]
            yield (resource, match[1]), " ".join(prose)
        comment = []
