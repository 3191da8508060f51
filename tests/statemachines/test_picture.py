"""The pictures are true: every state of a workflow is drawn once, with a way in, and every transition has its arrow."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from statemachines import render
from statemachines.picture import picture
from statemachines.picture_parts import MOST_STATES, parts_of

ASL = {name: json.loads((render.HERE / f"{name}.asl.json").read_text(encoding="utf-8")) for name in render.WORKFLOWS}

_NODE = re.compile(r'^(\w+)(\{|\[\[|\(\[|\[|\(|>)"(.*)"(?:\}|\]\]|\]\)|\]|\))$')
_ARROW = re.compile(r'^(\w+)(?:>"(.*)"\])? (?:-- "(.*)" -->|-\. "(.*)" \.->|-->|-\.->) (\w+)$')


@dataclass
class Chart:
    """What a flowchart says: the states it draws by their ids, the flags to other parts, and the arrows."""

    states: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    arrows: list[tuple[str, str, str]] = field(default_factory=list)

    def leads(self, source: str, target: str) -> list[str]:
        """The labels of the arrows from a state, or a note, to a state, or to the flag of one in another part."""
        goals = {**self.states, **self.flags}
        return [
            label
            for start, label, end in self.arrows
            if self.states.get(start, start) == source and goals.get(end) == target
        ]


@cache
def drawn(name: str) -> list[Chart]:
    """The flowcharts of a workflow's page."""
    return charts(picture(name, ASL[name]))


def charts(page: str) -> list[Chart]:
    """The flowcharts of a page, but for those of how the parts follow each other."""
    fences = re.findall(r"^```mermaid\nflowchart TD\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [chart_of(each) for each in fences if "<small>" not in each.partition("p0[")[2].partition("\n")[0]]


def chart_of(text: str) -> Chart:
    chart = Chart()
    for line in (each.strip() for each in text.splitlines()):
        if node := _NODE.match(line):
            name = node[3].partition("<br/>")[0]
            if node[2] == ">":
                chart.flags[node[1]] = re.sub(r"^to (.*) \(\d+\)$", r"\1", name)
            else:
                chart.states[node[1]] = name
        elif arrow := _ARROW.match(re.sub(r'^start\(\(".*"\)\)', "start", line)):
            chart.arrows.append((arrow[2] or arrow[1], arrow[3] or arrow[4] or "", arrow[5]))
        else:
            raise AssertionError(f"a line that is neither a state nor an arrow: {line}")
    return chart


def machines(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A definition and, of each Map in it, that of its iterations."""
    yield definition
    for fields in definition["States"].values():
        if "ItemProcessor" in fields:
            yield from machines(fields["ItemProcessor"])


@pytest.mark.parametrize("name", ASL)
def test_every_state_is_drawn_once_and_has_a_way_in(name: str) -> None:
    states = [
        (state, any(end == node for _, _, end in chart.arrows))
        for chart in drawn(name)
        for node, state in chart.states.items()
    ]
    expected = sorted(state for machine in machines(ASL[name]) for state in machine["States"])
    assert sorted(state for state, _ in states) == expected
    assert [state for state, has_way_in in states if not has_way_in] == []


@pytest.mark.parametrize("name", ASL)
def test_every_branch_of_a_choice_and_every_catch_is_drawn(name: str) -> None:
    missing = []
    for machine in machines(ASL[name]):
        for state, fields in machine["States"].items():
            (chart,) = [each for each in drawn(name) if state in each.states.values()]
            for rule in fields.get("Choices", []):
                labels = chart.leads(state, rule["Next"])
                missing += [] if labels and all(labels) else [(state, rule["Next"])]
            missing += [(state, "default")] * ("Default" in fields and not chart.leads(state, fields["Default"]))
            missing += [(state, "next")] * ("Next" in fields and not chart.leads(state, fields["Next"]))
            for catch in fields.get("Catch", []):
                missing += [] if chart_has_catch(chart, state, catch["Next"]) else [(state, catch["ErrorEquals"])]
    assert missing == []


def chart_has_catch(chart: Chart, state: str, target: str) -> bool:
    """Whether an arrow leads there from the state, from a note that names it, or from one that means every Task."""
    if chart.leads(state, target):
        return True
    notes = [start for start, _, _ in chart.arrows if state in start.removesuffix(" fails").split(",<br/>")]
    notes += ["any Task here that can fail", "any other Task here that fails"]
    return any(chart.leads(note, target) for note in notes)


@pytest.mark.parametrize("name", ASL)
def test_branches_of_a_choice_are_told_apart(name: str) -> None:
    for chart in drawn(name):
        labels = [(start, label) for start, label, _ in chart.arrows if label and label != "fails"]
        assert len(labels) == len(set(labels))


def test_state_without_a_way_in_would_be_noticed() -> None:
    chart = chart_of('start(("a")) --> s0\ns0["Do"]\ns1("Else")\ns0 -- "no" --> s0')
    assert [state for node, state in chart.states.items() if all(end != node for _, _, end in chart.arrows)] == ["Else"]


def test_catch_of_one_error_has_an_arrow_with_its_name() -> None:
    states = {
        "Do": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "End": True,
            "Catch": [
                {"ErrorEquals": ["Lambda.ResourceConflictException"], "ResultPath": "$.conflict", "Next": "Look"},
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.not_done", "Next": "Go on"},
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"},
            ],
        },
        **{name: {"Type": "Pass", "End": True} for name in ("Look", "Go on", "Tell")},
    }
    (chart,) = charts(picture("retrain", {"StartAt": "Do", "States": states}))
    assert chart.leads("Do", "Look") == ["ResourceConflict"]
    assert chart.leads("Do", "Go on") == ["fails"]
    assert chart.leads("Do fails", "Tell") == [""]


@pytest.mark.parametrize("name", ASL)
def test_no_part_has_more_states_than_can_be_read(name: str) -> None:
    for machine in machines(ASL[name]):
        parts = parts_of(machine)
        assert sorted(state for part in parts for state in part) == sorted(machine["States"])
        assert max(map(len, parts)) <= MOST_STATES
        assert machine["StartAt"] in parts[0]


def test_parts_are_what_hangs_together() -> None:
    states: dict[str, Any] = {
        f"{room}{n}": {"Type": "Pass", "Next": f"{room}{n + 1}"} for room in "ab" for n in range(3)
    }
    states |= {"a3": {"Type": "Pass", "Next": "b0"}, "b3": {"Type": "Pass", "End": True}}
    assert parts_of({"StartAt": "a0", "States": states}, most=4) == [["a0", "a1", "a2", "a3"], ["b0", "b1", "b2", "b3"]]
    assert parts_of({"StartAt": "a0", "States": states}) == [list(states)]


def labels(*rules: dict[str, Any]) -> list[str]:
    """What the arrows ask that lead from a Choice with these rules to its next states."""
    states: dict[str, Any] = {
        "Ask": {"Type": "Choice", "Choices": list(rules), "Default": "End"},
        **{name: {"Type": "Pass", "Next": "End"} for name in dict.fromkeys(rule["Next"] for rule in rules)},
        "End": {"Type": "Succeed"},
    }
    (chart,) = charts(picture("retrain", {"StartAt": "Ask", "States": states}))
    return [label for start, label, _ in chart.arrows if chart.states.get(start) == "Ask"]


def test_long_condition_is_cut_off_or_left_to_the_name_of_the_state() -> None:
    long = {"And": [{"Variable": f"$.value_{n}", "NumericEquals": n} for n in range(9)], "Next": "Do"}
    other = {"Variable": "$.value", "StringMatches": "*x*", "Next": "Do else"}
    assert labels(long, other) == [
        "value_0 = 0 and value_1 = 1 and value_2 = 2 and value_3 = 3 and…",
        # A label of Mermaid's ends at a double quote.
        "value has 'x'",
        "otherwise",
    ]
    assert labels(long) == ["yes", "otherwise"]
