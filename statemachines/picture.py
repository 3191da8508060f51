"""Draws a workflow as Mermaid flowcharts, which GitHub and the site show as pictures.

A workflow of many states is drawn in parts (`picture_parts`), with one more picture of how the parts follow each other.
What leads into a part, or out of it, has a flag with the state's name and the part it is in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from statemachines.conditions import words_of
from statemachines.picture_parts import leads_to_handler, parts_of

_MOST_NAMED = 0.75
"""The share of a part's failing Tasks from which on they are not named one by one."""

_LONGEST = 64
"""Letters of what an arrow asks: more would hide other arrows."""

_ITERATIONS = {"DISTRIBUTED": "one child execution a chunk", "INLINE": "one iteration an item"}

_SHAPES = {
    "Choice": '{{"{}"}}',
    "Map": '[["{}"]]',
    "Succeed": '(["{}"])',
    "Fail": '(["{}"])',
    "Wait": '("{}")',
    "Pass": '("{}")',
}
_FLAG = '>"{}"]'

_PURPOSES = {
    "retrain": "This workflow builds a training set from rides or samples, and trains the candidates. The best one "
    "replaces the champion if it passes [the gate](model-gate.md). To start the workflow, run `wildrydes retrain`. "
    "[Execution input](execution-input.md) has the fields of its input.",
    "promote": "This workflow makes a model the champion. If a step fails, it undoes its own changes. Retrainings and "
    "rollbacks start it. If it fails, see [the runbook](operations.md#when-a-promotion-fails).",
    "restore": "This workflow cleans up after a promotion that was stopped, timed out or failed. It completes the "
    "promotion if the alias `live` was already moved, and undoes it otherwise. EventBridge starts the workflow, and so "
    "does a retraining whose promotion failed. To start it by hand, see "
    "[the runbook](operations.md#when-a-promotion-fails).",
    "monitor": "This workflow checks a day of captured predictions for drift, and compares the champions' predictions "
    "with the known outcomes. To start it, run `wildrydes monitor`, or set the template's parameter `MonitorSchedule`. "
    "[Monitoring](monitoring.md) explains the results.",
}
"""What each workflow does, and what starts it."""

_KEY = (
    "A diamond is a Choice, and a box with double sides is a Map. A dotted arrow is taken after an error. A flag "
    "stands for states in other parts, and has the number of their part."
)


@dataclass(frozen=True)
class _Way:
    """A transition: `arrow` is Mermaid's, with what it asks."""

    source: str
    arrow: str
    target: str


@dataclass(frozen=True)
class _Part:
    """Some states of a machine, drawn together. `title` is empty where the machine is drawn whole."""

    states: list[str]
    title: str = ""


@dataclass(frozen=True)
class _Machine:
    """A workflow, or the iterations of a Map: its states have numbers in the order of definition."""

    name: str
    definition: dict[str, Any]
    parts: list[_Part] = field(default_factory=list)

    @property
    def states(self) -> dict[str, Any]:
        """The fields of each state."""
        return self.definition["States"]

    def part_of(self, state: str) -> _Part:
        """The part that a state is drawn in."""
        return next(part for part in self.parts if state in part.states)


def picture(name: str, definition: dict[str, Any]) -> str:
    """A Markdown page with the flowcharts of `definition` (ASL). States are numbered in the order of definition."""
    source = f"`make render` generates this page from `statemachines/{name}.py`."
    texts = [_PURPOSES[name], f"{_KEY} {source}"]
    head = [f"# The `{name}` workflow", *(fill(text, 120, break_on_hyphens=False) for text in texts)]
    return "\n\n".join([*head, *_sections(name, definition, "##")]) + "\n"


def _sections(name: str, definition: dict[str, Any], level: str) -> Iterator[str]:
    """The flowcharts of a machine, and of the iterations of its Maps, with their headings."""
    groups = parts_of(definition)
    parts = [_Part(group, f"{n}. {group[0]}" if len(groups) > 1 else "") for n, group in enumerate(groups, 1)]
    machine = _Machine(name, definition, parts)
    if len(parts) > 1:
        yield f"It has {len(machine.states)} states, drawn in {len(parts)} parts. This is how the parts are connected:"
        yield _fence(_overview(machine))
    for part in parts:
        if part.title:
            yield f"{level} {part.title}"
        yield _fence(_drawing(machine, part))
    for state, fields in machine.states.items():
        if "ItemProcessor" in fields:
            yield f"{level} An iteration of {state}"
            yield from _sections(state, fields["ItemProcessor"], f"{level}#")


def _fence(lines: list[str]) -> str:
    return "\n".join(["```mermaid", "flowchart TD", *(f"  {line}" for line in lines), "```"])


def _overview(machine: _Machine) -> list[str]:
    """The parts as boxes, with an arrow where a state of one leads to one of the other."""
    number = {part.title: f"p{index}" for index, part in enumerate(machine.parts)}
    lines = [f'start(("{machine.name}")) --> p0']
    lines += [
        f'{number[part.title]}["{part.title}<br/><small>{len(part.states)} states</small>"]' for part in machine.parts
    ]
    ways = [way for state in machine.states for way in _ways(state, machine.states[state])]
    pairs = ((machine.part_of(way.source).title, machine.part_of(way.target).title) for way in ways)
    return lines + [
        f"{number[source]} --> {number[target]}" for source, target in dict.fromkeys(pairs) if source != target
    ]


def _drawing(machine: _Machine, part: _Part) -> list[str]:
    """The lines of a part: its states, what leads to them and where they lead."""
    number = {state: f"s{index}" for index, state in enumerate(machine.states)}
    lines = [f"{number[state]}{_shape(state, machine.states[state])}" for state in part.states]
    if machine.definition["StartAt"] in part.states:
        lines.insert(0, f'start(("{machine.name}")) --> {number[machine.definition["StartAt"]]}')
    ways = [way for state in part.states for way in _ways(state, machine.states[state])]
    notes = _failures(machine, part)
    outside = dict.fromkeys(target for target in (*(way.target for way in ways), *notes) if target not in part.states)
    lines += [f"{number[state]}{_flag(machine, 'to', state)}" for state in outside]
    lines += [f"{number[way.source]} {way.arrow} {number[way.target]}" for way in ways]
    lines += [f"fails{n}{_FLAG.format(text)} -.-> {number[to]}" for n, (to, text) in enumerate(notes.items())]
    return lines + _ways_in(machine, part, number)


def _ways_in(machine: _Machine, part: _Part, number: dict[str, str]) -> list[str]:
    """A flag for each state that other parts lead to, with the states that do."""
    sources: dict[str, list[str]] = {}
    for other in machine.parts:
        if other is part:
            continue
        for state in other.states:
            for way in _ways(state, machine.states[state]):
                sources.setdefault(way.target, []).append(_at(machine, state))
        for handler in _failures(machine, other):
            sources.setdefault(handler, []).append(f"what fails in {other.title}")
    return [
        f"in{number[state]}{_FLAG.format('from ' + ',<br/>'.join(dict.fromkeys(sources[state])))} -.-> {number[state]}"
        for state in part.states
        if state in sources
    ]


def _at(machine: _Machine, state: str) -> str:
    """A state with the number of its part."""
    return f"{state} ({machine.part_of(state).title.partition('.')[0]})"


def _flag(machine: _Machine, word: str, state: str) -> str:
    return _FLAG.format(f"{word} {_at(machine, state)}")


def _failures(machine: _Machine, part: _Part) -> dict[str, str]:
    """Each handler of errors with the Tasks of the part that lead to it: an arrow from each would hide the way."""
    failing: dict[str, list[str]] = {}
    for state in part.states:
        for catch in machine.states[state].get("Catch", []):
            if leads_to_handler(catch):
                failing.setdefault(catch["Next"], []).append(state)
    tasks = sum(map(len, failing.values()))
    return {handler: _note(names, tasks) for handler, names in failing.items()}


def _note(names: list[str], tasks: int) -> str:
    """Which Tasks fail; those that are all of them, or nearly, have no names."""
    if len(names) == tasks and tasks > 1:
        return "any Task here that can fail"
    if len(names) > _MOST_NAMED * tasks and tasks > 1:
        return "any other Task here that fails"
    return f"{',<br/>'.join(names)} fails"


def _shape(state: str, fields: dict[str, Any]) -> str:
    label = state
    if fields["Type"] == "Task":
        label = f"{state}<br/><small>{_service(fields['Resource'])}</small>"
    elif fields["Type"] == "Map":
        label = f"{state}<br/><small>{_ITERATIONS[fields['ItemProcessor']['ProcessorConfig']['Mode']]}</small>"
    return _SHAPES.get(fields["Type"], '["{}"]').format(label)


def _service(resource: str) -> str:
    """`arn:aws:states:::athena:startQueryExecution.sync` as `athena startQueryExecution.sync`."""
    return " ".join(resource.removeprefix("arn:aws:states:::").removeprefix("aws-sdk:").split(":"))


def _ways(state: str, fields: dict[str, Any]) -> Iterator[_Way]:
    """Every transition of a state, but for those to a handler of all errors."""
    if "Next" in fields:
        yield _Way(state, "-->", fields["Next"])
    targets = list(dict.fromkeys(rule["Next"] for rule in fields.get("Choices", [])))
    for target in targets:
        rules = [rule for rule in fields["Choices"] if rule["Next"] == target]
        yield _Way(state, f'-- "{_question(rules, is_alone=len(targets) == 1)}" -->', target)
    if "Default" in fields:
        yield _Way(state, '-- "otherwise" -->', fields["Default"])
    for catch in fields.get("Catch", []):
        if not leads_to_handler(catch):
            yield _Way(state, f'-. "{_errors(catch["ErrorEquals"])}" .->', catch["Next"])


def _question(rules: list[dict[str, Any]], *, is_alone: bool) -> str:
    """What the rules that lead to one state ask, cut off where it is too long.

    Where these are the only rules of their Choice, the state's name asks it, and a long question becomes "yes".
    """
    text = words_of(rules).replace('"', "'")
    if len(text) <= _LONGEST:
        return text
    return "yes" if is_alone else f"{text[: _LONGEST - 1].rstrip()}…"


def _errors(names: list[str]) -> str:
    """`Lambda.PreconditionFailedException` as `PreconditionFailed`."""
    if names == ["States.ALL"]:
        return "fails"
    return ", ".join(name.rpartition(".")[2].removesuffix("Exception") for name in names)
