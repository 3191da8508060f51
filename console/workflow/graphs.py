"""A state machine's definition as a graph: a node a state, an edge a way from one to the next.

https://states-language.net/spec.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from statemachines.conditions import words_of

NEXT, CHOICE, CATCH = "next", "choice", "catch"


@dataclass(frozen=True)
class Node:
    """A state. `parent` is the Map or Parallel that it is in, empty at the top; `service` is what a Task calls."""

    name: str
    kind: str
    parent: str
    service: str
    comment: str
    is_start: bool


@dataclass(frozen=True)
class Edge:
    """A way from a state to the next; `label` names the errors of a Catch, and the answers of a Choice."""

    source: str
    target: str
    kind: str
    label: str


@dataclass(frozen=True)
class Graph:
    """All states of a definition, those inside of Maps and branches too: a name occurs once in all of it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(definition: Mapping[str, Any]) -> Graph:
    """The graph of a definition.

    >>> graph({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}).edges
    (Edge(source='A', target='B', kind='next', label=''),)
    """
    nodes, edges = [], []
    for parent, states, start in _levels(definition, ""):
        for name, state in states.items():
            nodes.append(
                Node(name, state["Type"], parent, _service(state), state.get("Comment", ""), is_start=name == start)
            )
            edges += _edges(name, state)
    return Graph(tuple(nodes), tuple(edges))


def _levels(definition: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """The states of a definition, and below them those of its Maps and branches, with what they are in."""
    yield parent, definition["States"], definition["StartAt"]
    for name, state in definition["States"].items():
        inner = [state.get("ItemProcessor") or state.get("Iterator"), *state.get("Branches", ())]
        for each in filter(None, inner):
            yield from _levels(each, name)


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    if "Next" in state:
        yield Edge(name, state["Next"], NEXT, "")
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for choice in state.get("Choices", ()):
        rules.setdefault(choice["Next"], []).append(choice)
    answers = {target: [words_of(each)] for target, each in rules.items()}
    if "Default" in state:
        answers.setdefault(state["Default"], []).append("otherwise")
    for target, texts in answers.items():
        yield Edge(name, target, CHOICE, ", or ".join(texts))
    for catch in state.get("Catch", ()):
        yield Edge(name, catch["Next"], CATCH, ", ".join(catch["ErrorEquals"]))


def _service(state: Mapping[str, Any]) -> str:
    """What a Task calls, in two words: `lambda invoke`, `sagemaker createTrainingJob`."""
    resource = str(state.get("Resource", ""))
    if ":lambda:" in resource and ":function:" in resource:
        return "lambda invoke"
    _, _, call = resource.partition(":states:::")
    service, _, action = call.removeprefix("aws-sdk:").partition(":")
    return f"{service} {action.partition('.')[0]}".strip()
