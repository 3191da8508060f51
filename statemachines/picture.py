"""Draws a workflow as a Mermaid flowchart, which GitHub shows as a picture."""

from typing import Any

_MOST_NAMED = 0.75
"""The share of a workflow's Tasks from which on they are not named one by one."""

_ITERATIONS = {"DISTRIBUTED": "one child execution a chunk", "INLINE": "one iteration an item"}

_SHAPES = {
    "Choice": '{{"{}"}}',
    "Map": '[["{}"]]',
    "Succeed": '(["{}"])',
    "Fail": '(["{}"])',
    "Wait": '("{}")',
    "Pass": '("{}")',
}


def picture(name: str, definition: dict[str, Any]) -> str:
    """A Markdown page with the flowchart of `definition` (ASL). States are numbered in the order of definition."""
    lines = ["flowchart TD", f'  start(("{name}")) --> s{list(definition["States"]).index(definition["StartAt"])}']
    body = "\n".join([*lines, *_drawing(definition["States"], "s", "")])
    return (
        f"# The `{name}` workflow\n\nGenerated from `statemachines/{name}.py` by `make render`.\n\n"
        f"```mermaid\n{body}\n```\n"
    )


def _drawing(states: dict[str, Any], prefix: str, notes: str) -> list[str]:
    """The lines of some states, numbered after `prefix`; a Map's own iterations are in a box of their own."""
    number = {state: f"{prefix}{index}" for index, state in enumerate(states)}
    lines = [f"  {number[state]}{_shape(state, fields)}" for state, fields in states.items()]
    for state, fields in states.items():
        lines += [f"  {number[state]} {arrow} {number[target]}" for arrow, target in _edges(fields)]
    lines += [f'  {notes}{note}>"{text}"] -.-> {number[handler]}' for note, text, handler in _failures(states)]
    for state, fields in states.items():
        if _mode(fields) == "INLINE":
            box = f"{number[state]}i"
            lines += [f'  subgraph {box}["An iteration of {state}"]']
            lines += [f"  {line}" for line in _drawing(fields["ItemProcessor"]["States"], f"{box}s", box)]
            lines += ["  end", f"  {number[state]} -.-> {box}"]
    return lines


def _mode(fields: dict[str, Any]) -> str:
    return fields.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode", "")


def _failures(states: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Notes on which Tasks lead to which handler of their errors: an arrow from each would hide the way.

    What fails after a handler has been reached, in the states it leads to, is left out.
    """
    failing: dict[str, list[str]] = {}
    for state, fields in states.items():
        for catch in fields.get("Catch", []):
            everything = catch.get("ErrorEquals", ["States.ALL"]) == ["States.ALL"]
            if everything and catch.get("ResultPath", "$.error") == "$.error":
                failing.setdefault(catch["Next"], []).append(state)
    if len(failing) == 1:
        return [("any", "any Task that fails", handler) for handler in failing]
    return [
        (f"fails{index}", _note(names, sum(map(len, failing.values()))), handler)
        for index, (handler, names) in enumerate(failing.items())
    ]


def _note(names: list[str], all_tasks: int) -> str:
    """Which Tasks fail; those that are nearly all of them have no names."""
    if len(names) > _MOST_NAMED * all_tasks:
        return "any other Task that fails"
    return f"{' or '.join(names)} fails"


def _shape(state: str, fields: dict[str, Any]) -> str:
    label = state
    if fields["Type"] == "Task":
        label = f"{state}<br/><small>{_service(fields['Resource'])}</small>"
    elif fields["Type"] == "Map":
        label = f"{state}<br/><small>{_ITERATIONS[_mode(fields)]}</small>"
    return _SHAPES.get(fields["Type"], '["{}"]').format(label)


def _service(resource: str) -> str:
    """`arn:aws:states:::athena:startQueryExecution.sync` as `athena startQueryExecution.sync`."""
    return " ".join(resource.removeprefix("arn:aws:states:::").removeprefix("aws-sdk:").split(":"))


def _edges(fields: dict[str, Any]) -> list[tuple[str, str]]:
    edges = [("-->", fields["Next"])] if "Next" in fields else []
    targets = [rule["Next"] for rule in fields.get("Choices", [])]
    edges += [(f'-- "{_answer(fields, target)}" -->', target) for target in dict.fromkeys(targets)]
    return edges + ([('-- "otherwise" -->', fields["Default"])] if "Default" in fields else [])


def _answer(fields: dict[str, Any], target: str) -> str:
    rules = [rule for rule in fields["Choices"] if rule["Next"] == target]
    return " or ".join(dict.fromkeys(_condition(rule) for rule in rules))


def _condition(rule: dict[str, Any]) -> str:
    if "Variable" not in rule:
        # Several conditions: what they ask together is the state's name.
        return "yes"
    operator, value = next((key, value) for key, value in rule.items() if key not in ("Variable", "Next"))
    words = {
        "NumericGreaterThan": ">",
        "NumericLessThanPath": "<",
        "NumericEquals": "=",
        "NumericEqualsPath": "=",
        "StringEquals": "=",
        "BooleanEquals": "is",
    }
    short = str(value).rsplit(".", 1)[-1]
    return f"{rule['Variable'].rsplit('.', 1)[-1]} {words.get(operator, operator)} {short}"
