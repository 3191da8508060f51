"""The simulated Map: its time, and what it takes of the quotas in its busiest second."""

import pytest

from wildrydes.cost.map_run import simulate
from wildrydes.cost.quotas import CHILDREN_STARTED, FUNCTIONS, TRANSITIONS


def test_map_without_children_takes_no_time() -> None:
    assert simulate(0, 5.0, 40)[:3] == (0, 0.0, 0)


def test_children_beyond_the_places_wait_for_the_first_to_end() -> None:
    run = simulate(3, 10.0, 2)
    assert run.seconds == pytest.approx(20.0, abs=0.1)
    assert run.at_once == 2


def test_map_takes_as_long_as_its_children_in_turns() -> None:
    assert simulate(4000, 2.0, 40).seconds == pytest.approx(4000 / 40 * 2.0, rel=0.01)


def test_no_more_children_start_in_a_second_than_step_functions_starts() -> None:
    run = simulate(5000, 1.0, 1000)
    assert run.started_a_second == pytest.approx(CHILDREN_STARTED.value, abs=1)
    assert run.seconds == pytest.approx(5000 / CHILDREN_STARTED.value, rel=0.03)
    assert run.transitions_a_second < TRANSITIONS.value


def test_no_more_run_at_once_than_lambda_runs() -> None:
    assert simulate(5000, 60.0, 10_000).at_once == FUNCTIONS.value


def test_transitions_wait_for_the_bucket_once_it_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wildrydes.cost.map_run.TRANSITIONS", TRANSITIONS._replace(value=20))
    run = simulate(1000, 0.1, 1000)
    assert run.seconds == pytest.approx(1000 * 2 / 20, rel=0.03)
