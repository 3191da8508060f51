"""The template's parameters, and whether a value is one that CloudFormation takes: looked at before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

from cli.errors import CommandError
from cli.template_document import read_template
from wildrydes.tasks import TASKS


class BadParameterError(CommandError):
    """A parameter has no such name, or may not have such a value; the message says what it may be."""

    exit_code = 2


@dataclass(frozen=True)
class Parameter:
    """A parameter of the template, as its section `Parameters` defines it."""

    name: str
    definition: Mapping[str, Any]

    @property
    def default(self) -> str:
        """The value where none is given."""
        return str(self.definition.get("Default", ""))

    @property
    def description(self) -> str:
        """What it is, for people."""
        return " ".join(str(self.definition.get("Description", "")).split())

    def check(self, value: str) -> str:
        """The value itself. Raises BadParameterError for one that CloudFormation refuses."""
        rules = self._choice_fault, self._pattern_fault, self._length_fault, self._number_fault
        for fault in (rule(value) for rule in rules):
            if fault:
                raise BadParameterError(f"{self.name} is {value!r}, and {fault}.")
        return value

    def answer(self, value: str) -> str:
        """The value that somebody typed. Raises click.BadParameter, after which click asks again."""
        try:
            return self.check(value.strip())
        except BadParameterError as bad:
            raise click.BadParameter(str(bad)) from None

    def _choice_fault(self, value: str) -> str | None:
        allowed = [str(each) for each in self.definition.get("AllowedValues", ())]
        return None if not allowed or value in allowed else f"must be one of {', '.join(allowed)}"

    def _pattern_fault(self, value: str) -> str | None:
        pattern = self.definition.get("AllowedPattern")
        if pattern is None or re.fullmatch(pattern, value):
            return None
        return self.definition.get("ConstraintDescription", f"must match {pattern}")

    def _length_fault(self, value: str) -> str | None:
        least, most = int(self.definition.get("MinLength", 0)), int(self.definition.get("MaxLength", 4096))
        return None if least <= len(value) <= most else f"must have from {least} to {most} characters"

    def _number_fault(self, value: str) -> str | None:
        if self.definition["Type"] != "Number":
            return None
        least, most = self.definition.get("MinValue"), self.definition.get("MaxValue")
        try:
            number = float(value)
        except ValueError:
            return "must be a number"
        if (least is not None and number < least) or (most is not None and number > most):
            return f"must be from {least} to {most}" if most is not None else f"must be {least} or more"
        return None


@dataclass(frozen=True)
class Template:
    """A template as deployments look at it: its document, and its parameters by name."""

    document: Mapping[str, Any]

    @classmethod
    def read(cls, root: Path) -> "Template":
        """The template of the project in `root`."""
        return _read(root / "template.yaml")

    @property
    def parameters(self) -> dict[str, Parameter]:
        """All parameters by name."""
        return {name: Parameter(name, definition) for name, definition in self.document["Parameters"].items()}

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in which the template knows the algorithms' images."""
        return tuple(self.document["Mappings"]["LinearLearner"])

    def check(self, values: Mapping[str, str]) -> None:
        """Raise BadParameterError for a name that there is not, one that `deploy` sets itself, or a wrong value."""
        parameters = self.parameters
        for name, value in values.items():
            if name not in parameters:
                raise BadParameterError(f"The template has no parameter {name!r}: it has {', '.join(parameters)}.")
            if name in {each for task in TASKS.values() for each in (task.model_path, task.model_path_name)}:
                raise BadParameterError(f"{name} is set by `wildrydes deploy` itself: it keeps the stack's champions.")
            parameters[name].check(value)

    def names(self, stack: str) -> set[tuple[str, str]]:
        """Types and names of what has a name of the stack's in the template."""
        return {
            (resource["Type"], value["Fn::Sub"].replace("${AWS::StackName}", stack))
            for resource in self.document["Resources"].values()
            for key, value in resource.get("Properties", {}).items()
            if key.endswith("Name") and isinstance(value, dict) and "${AWS::StackName}" in str(value.get("Fn::Sub"))
        }


@cache
def _read(path: Path) -> Template:
    return Template(read_template(path))
