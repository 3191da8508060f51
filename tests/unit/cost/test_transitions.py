"""State transitions, counted as AWS bills them."""

from histories import History
from wildrydes.cost.transitions import count_transitions


def test_each_state_that_is_entered_counts_once() -> None:
    history = History()
    history.event("ExecutionStarted")
    for kind in ("Pass", "Choice", "Wait"):
        history.enter(kind)
        history.event(f"{kind}StateExited")
    history.task("lambda", "invoke")
    history.event("ExecutionSucceeded")
    assert count_transitions(history.events) == 4


def test_each_retry_counts_once_more() -> None:
    history = History()
    history.enter()
    history.call("lambda", "invoke", failed="killed")
    history.call("lambda", "invoke", failed="killed")
    history.call("lambda", "invoke")
    history.event("TaskStateExited")
    # Entering the same state again is no retry.
    history.task("lambda", "invoke")
    assert count_transitions(history.events) == 1 + 2 + 1


def test_iterations_of_an_inline_map_cost_the_states_in_them_alone() -> None:
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html: no charge for an iteration.
    history = History()
    entered = history.enter("Map")
    started = history.event("MapStateStarted", entered)
    for _ in range(2):
        history.event("MapIterationStarted", started)
        history.task("lambda", "invoke")
        history.event("MapIterationSucceeded")
    history.event("MapStateSucceeded")
    assert count_transitions(history.events) == 1 + 2


def test_attempts_side_by_side_belong_each_to_its_own_state() -> None:
    history = History()
    started = history.event("MapStateStarted", history.enter("Map"))
    first, second = history.enter(previous=started), history.enter(previous=started)
    history.event("TaskScheduled", first)
    history.event("TaskScheduled", second)
    assert count_transitions(history.events) == 3
    history.event("TaskScheduled", first)
    assert count_transitions(history.events) == 4


def test_a_map_that_begins_again_is_a_retry_and_a_redrive_counts() -> None:
    history = History()
    history.enter("Map")
    history.event("MapStateStarted")
    history.event("MapRunStarted", mapRunArn="a")
    assert count_transitions(history.events) == 1
    history.event("MapRunFailed")
    history.event("MapRunStarted", mapRunArn="b")
    history.event("ExecutionRedriven")
    assert count_transitions(history.events) == 3
