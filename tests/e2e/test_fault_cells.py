"""The cells of the fault matrix, as they follow from the rendered ASL."""

from pathlib import Path

import pytest

from fault_cells import BEYOND, FIRST, ONCE, WITHIN, cells, definition, states
from fault_course import NOT_RUN, RECOVERED, Result, by_state
from fault_parts import Part, earlier
from fault_report import Matrix
from fault_transitions import all_transitions, taken

MACHINES = ("retrain", "promote", "restore", "monitor")


def modes_of(machine: str, state: str, kind: str) -> dict[str, int]:
    """How often a fault comes at a state, by mode."""
    return {cell.mode: cell.times for cell in cells(machine) if (cell.state, cell.fault.kind) == (state, kind)}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_task_has_cells_and_every_error_is_one_that_its_service_raises(machine: str) -> None:
    tasks = {name: state for name, state in states(definition(machine)) if state["Type"] == "Task"}
    own = cells(machine)
    assert set(tasks) <= {cell.state for cell in own}
    for name, state in tasks.items():
        kinds = {cell.fault.kind for cell in own if cell.state == name}
        throttle = "S3 503" if ":aws-sdk:s3:" in state["Resource"] else "throttle"
        assert {throttle, "timeout", "lost connection"} <= kinds
        # Whatever else it retries, a call that was turned away and one that was lost are retried, or looked at.
        (lost,) = {cell.fault.error for cell in own if (cell.state, cell.fault.kind) == (name, "lost connection")}
        is_looked_at = any(lost in each["ErrorEquals"] for each in state.get("Catch", []))
        assert is_looked_at or modes_of(machine, name, "lost connection").keys() - {ONCE}


def test_fault_comes_as_often_as_retry_says() -> None:
    assert modes_of("retrain", "Plan ingestion", "throttle") == {FIRST: 1, WITHIN: 60, BEYOND: 61}
    assert modes_of("retrain", "Plan ingestion", "killed worker") == {FIRST: 1, WITHIN: 2, BEYOND: 3}
    assert modes_of("retrain", "Plan ingestion", "full disk") == {ONCE: 1}
    for job in ("Train candidate", "Tune candidate", "Predict by candidate", "Predict by champion"):
        assert modes_of("retrain", job, "no capacity") == {FIRST: 1, WITHIN: 60, BEYOND: 61}
    assert modes_of("promote", "Update endpoint", "no capacity") == {ONCE: 1}
    assert modes_of("promote", "Record MODEL_PATH", "too many updates") == {FIRST: 1, WITHIN: 12, BEYOND: 13}
    assert modes_of("retrain", "Ingest rides", "S3 503") == {FIRST: 1, WITHIN: 12, BEYOND: 13}


def test_what_a_catch_takes_is_known() -> None:
    caught = {str(cell): cell.is_caught for cell in cells("retrain")}
    assert caught["retrain: Read parameter: timeout, once"]
    assert not caught["retrain: Read parameter: malformed output, once"]
    # A Choice looks for the cost before a path takes it.
    assert caught["retrain: Account costs: malformed output, once"]
    assert not caught["retrain: Read live alias: timeout, once"]


def test_one_execution_meets_each_fault_of_a_state_and_one_that_the_state_outlasts() -> None:
    own = [cell for cell in cells("retrain") if cell.state == "Read counts"]
    (queue,) = by_state(own).values()
    assert [cell.recovers for cell in queue] == [False] * (len(queue) - 1) + [True]
    assert {cell for cell in own if not cell.recovers} <= set(queue)


def test_transition_is_of_its_own_iteration() -> None:
    def event(number: int, before: int, name: str = "") -> dict:
        details = {"stateEnteredEventDetails": {"name": name}} if name else {}
        return {"id": number, "previousEventId": before} | details

    mixed = [event(1, 0, "Map"), event(2, 1, "A"), event(3, 1, "A"), event(4, 2), event(5, 3), event(6, 4, "B")]
    assert taken(mixed) == {("Map", "A"), ("A", "B")}
    # The exit from a Map follows the last event of an iteration, and what follows it comes from the Map.
    left = event(7, 6) | {"stateExitedEventDetails": {"name": "Map"}}
    assert ("Map", "C") in taken([*mixed, left, event(8, 7, "C")])


def test_transitions_are_those_of_every_level() -> None:
    retrain = all_transitions("retrain")
    assert {("Train candidate", "Was the training killed?"), ("Set input aside", "Read input")} <= retrain
    assert ("Read parameter", "Read live alias") in retrain


def test_parts_have_each_cell_once_and_each_of_them_nearly_all_states() -> None:
    for machine in MACHINES:
        own = [Part(number, 6).cells(machine) for number in range(1, 7)]
        assert sorted(str(cell) for each in own for cell in each) == sorted(str(cell) for cell in cells(machine))
        every = {cell.state for cell in cells(machine)}
        for each in own:
            assert len({cell.state for cell in each}) >= 0.8 * len(every)
    assert Part.parse("6/6") == Part(6, 6)
    for wrong in ("0/6", "7/6", "one/6", "6"):
        with pytest.raises(ValueError):
            Part.parse(wrong)


def test_matrix_goes_on_with_what_earlier_runs_wrote_of_the_same_workflows(tmp_path: Path) -> None:
    first, second, third = cells("monitor")[:3]
    before = Matrix(
        results=[Result(first, RECOVERED, "a"), Result(second, NOT_RUN, ""), Result(third, RECOVERED, "c")],
        transitions={"monitor": set()},
    )
    before.write(tmp_path)
    file = tmp_path / "faults.json"
    assert earlier(file, ["monitor"]) == [Result(first, RECOVERED, "a"), Result(third, RECOVERED, "c")]
    now = Matrix(
        results=[Result(first, RECOVERED, "b")],
        transitions={"monitor": set()},
        earlier=earlier(file, ["monitor"]),
    )
    assert now.injected == [Result(first, RECOVERED, "b"), Result(third, RECOVERED, "c")]
    assert (now.document()["totals"]["injected_now"], now.document()["totals"]["injected"]) == (1, 2)
    file.write_text(file.read_text(encoding="utf-8").replace('"monitor": "', '"monitor": "another'), encoding="utf-8")
    assert earlier(file, ["monitor"]) == earlier(tmp_path / "none.json", ["monitor"]) == []
