"""Refuses the definitions that AWS refuses at creation, before an execution meets what is wrong with them.

moto takes whatever its grammar can read. Step Functions also wants each transition to lead to a state of the same
level, each state to be reached, an end, names that occur once, and `States.ALL` in the last rule. Sources: the Amazon
States Language (states-language.net/spec.html), "ValidateStateMachineDefinitionDiagnostic" in AWS's API reference,
which has the codes, and messages that AWS has answered with. AWS says that their words may change.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.protocols.strict_json import NotJsonError, decode
from local.seams import replace, seam

_check_grammar = seam(StepFunctionsParserBackend, "_validate_definition")

_LONGEST_NAME = 80
_ENDS = ("Succeed", "Fail")
# The fields of a state in which a name that ends in `.$` stands for what its value leads to.
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_ANY_ERROR = "States.ALL"


class Fault(NamedTuple):
    """What is wrong: AWS's code, a sentence, and where, as a path of the definition."""

    code: str
    message: str
    location: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}"


def install() -> None:
    """Let moto check definitions when a state machine is created or updated."""

    def validate(definition: str) -> None:
        if wrong := check(definition):
            raise InvalidDefinition(message=f"Invalid State Machine Definition: '{', '.join(map(str, wrong))}'")

    replace(StepFunctionsParserBackend, "_validate_definition", staticmethod(validate))


def diagnostics(definition: str) -> dict[str, Any]:
    """The answer of ValidateStateMachineDefinition."""
    entries = [{"severity": "ERROR"} | fault._asdict() for fault in check(definition)]
    return {"result": "FAIL" if entries else "OK", "diagnostics": entries, "truncated": False}


def check(definition: str) -> list[Fault]:
    """What is wrong with the text of a definition; its grammar first."""
    try:
        document = decode(definition)
        _check_grammar(definition)
    except NotJsonError as error:
        return [Fault("INVALID_JSON_DESCRIPTION", str(error), "/")]
    except InvalidDefinition as error:
        return [Fault("SCHEMA_VALIDATION_FAILED", error.message, "/")]
    return list(faults(document))


def faults(definition: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a definition whose grammar is right.

    >>> states = {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}
    >>> print(*faults({"StartAt": "A", "States": states}), sep="\\n")
    MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next
    MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C
    """
    levels = list(_levels(definition, ""))
    for level, location in levels:
        yield from _faults_of_level(level, location)
    counts = Counter(name for level, _ in levels for name in level["States"])
    for level, location in levels:
        for name in level["States"]:
            if counts[name] > 1:
                yield Fault("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", f"{location}/States/{name}")


def _levels(level: Mapping[str, Any], location: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The states of the machine itself, those of each branch and those of each Map's items, with their locations."""
    yield level, location
    for name, state in level["States"].items():
        here = f"{location}/States/{name}"
        for number, branch in enumerate(state.get("Branches", [])):
            yield from _levels(branch, f"{here}/Branches[{number}]")
        for field in ("Iterator", "ItemProcessor"):
            if field in state:
                yield from _levels(state[field], f"{here}/{field}")


def _faults_of_level(level: Mapping[str, Any], location: str) -> Iterator[Fault]:
    states = level["States"]
    targets = {f"{location}/StartAt": level["StartAt"]}
    for name, state in states.items():
        here = f"{location}/States/{name}"
        yield from _faults_of_state(name, state, here)
        for field in _TEMPLATES:
            yield from _faults_of_template(state.get(field), f"{here}/{field}")
        targets |= {f"{here}/{path}": target for path, target in _transitions(state)}
    for path, target in targets.items():
        if target not in states:
            field = path.rpartition("/")[2]
            yield Fault("MISSING_TRANSITION_TARGET", f"Missing '{field}' target: {target}", path)
    for name in states:
        if name not in targets.values():
            message = f'State "{name}" is not reachable.'
            yield Fault("MISSING_TRANSITION_TARGET", message, f"{location}/States/{name}")
    if not any(state.get("End") or state["Type"] in _ENDS for state in states.values()):
        yield Fault("MISSING_END_STATE", "The workflow does not have a terminal state.", f"{location}/States")


def _transitions(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a state leads to, by the path of the field that says so."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for number, rule in enumerate(state.get(field, [])):
            if "Next" in rule:
                yield f"{field}[{number}]/Next", rule["Next"]


def _faults_of_template(template: Any, here: str) -> Iterator[Fault]:
    """What is neither a path nor an intrinsic function, where one of the two is wanted."""
    if isinstance(template, list):
        for number, entry in enumerate(template):
            yield from _faults_of_template(entry, f"{here}[{number}]")
    for name, value in template.items() if isinstance(template, dict) else ():
        if not name.endswith(".$"):
            yield from _faults_of_template(value, f"{here}/{name}")
        elif not (isinstance(value, str) and value.startswith(("$", "States."))):
            message = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
            yield Fault("SCHEMA_VALIDATION_FAILED", message, f"{here}/{name}")


def _faults_of_state(name: str, state: Mapping[str, Any], here: str) -> Iterator[Fault]:
    if len(name) > _LONGEST_NAME:
        yield Fault("INVALID_STATE_NAME", f"The name has more than {_LONGEST_NAME} characters.", here)
    if state["Type"] not in (*_ENDS, "Choice") and ("Next" in state) == bool(state.get("End")):
        yield Fault("SCHEMA_VALIDATION_FAILED", "A state has either 'Next' or 'End'.", here)
    for field in ("Retry", "Catch"):
        rules = state.get(field, [])
        for number, rule in enumerate(rules):
            errors = rule["ErrorEquals"]
            if _ANY_ERROR in errors and number + 1 < len(rules):
                message = f"{_ANY_ERROR} must be in the last rule."
                yield Fault("SCHEMA_VALIDATION_FAILED", message, f"{here}/{field}[{number}]/ErrorEquals")
