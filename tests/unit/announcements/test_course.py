"""Where an execution went wrong, and how long it stayed in which state."""

import pytest

from courses import History
from wildrydes.announcements.course import read_history
from wildrydes.errors import EndNotSeen


def test_stopped_execution_went_wrong_in_the_state_it_was_in() -> None:
    history = History()
    history.add("ExecutionStarted", 0)
    history.run("Apply defaults", 2)
    history.enter("Plan ingestion")
    history.schedule("lambda", FunctionName="f")
    history.wait(3)
    course = read_history(history.end("Aborted"))
    assert course.where is not None
    assert (course.where.state, course.where.parameters, course.where.seconds) == (
        "Plan ingestion",
        {"FunctionName": "f"},
        3,
    )
    assert [(stay.state, stay.seconds) for stay in course.stays] == [("Apply defaults", 2), ("Plan ingestion", 3)]
    assert not course.is_announced


def test_error_that_no_catch_gets_belongs_to_the_state_that_is_never_left() -> None:
    history = History()
    history.run("Read", 1, end="TaskFailed")
    history.enter("Is it better?", "Choice")
    course = read_history(history.end("Failed"))
    assert course.where is not None
    assert (course.where.state, course.where.takes_time) == ("Is it better?", False)


@pytest.mark.parametrize(("published", "is_announced"), [("TaskSucceeded", True), ("TaskFailed", False)])
def test_caught_error_belongs_to_the_state_that_failed_and_not_to_its_notice(
    published: str, *, is_announced: bool
) -> None:
    history = History()
    history.run("Train candidate", 4, "sagemaker", "TaskFailed")
    history.run("Notify failure", 1, "sns", published)
    history.enter("Retraining failed", "Fail")
    course = read_history(history.end("Failed"))
    assert course.where is not None
    assert (course.where.state, course.is_announced) == ("Train candidate", is_announced)


def test_redriven_execution_has_to_be_announced_again() -> None:
    history = History()
    history.run("Train candidate", 4, "sagemaker", "TaskFailed")
    history.run("Notify failure", 1, "sns")
    history.enter("Retraining failed", "Fail")
    history.add("ExecutionFailed")
    history.add("ExecutionRedriven")
    history.enter("Train candidate")
    course = read_history(history.end("Aborted"))
    assert course.where is not None
    assert (course.where.state, course.is_announced) == ("Train candidate", False)


def test_state_that_a_redrive_goes_on_in_has_two_stays_and_neither_is_the_time_between() -> None:
    history = History()
    history.enter("Read counts")
    history.wait(3)
    history.add("ExecutionFailed")
    history.wait(3600)
    history.add("ExecutionRedriven")
    history.run("Read counts", 2)
    history.run("Promote", 4, "states", "TaskFailed")
    history.enter("Retraining failed", "Fail")
    course = read_history(history.end("Failed"))
    assert [(stay.state, round(stay.seconds)) for stay in course.stays[:3]] == [
        ("Read counts", 3),
        ("Read counts", 2),
        ("Promote", 4),
    ]
    assert course.where is course.stays[2]


def test_iterations_that_run_side_by_side_are_told_apart() -> None:
    history = History()
    outer = history.enter("Train candidates", "Map")
    entered = [history.enter("Train candidate", after=outer) for _ in range(2)]
    history.wait(5)
    history.leave("Train candidate", after=entered[1])
    history.wait(5)
    last = history.leave("Train candidate", after=entered[0])
    history.leave("Train candidates", "Map", after=last)
    course = read_history(history.end("Succeeded"))
    assert [(stay.state, stay.seconds) for stay in course.stays] == [
        ("Train candidates", 10),
        ("Train candidate", 10),
        ("Train candidate", 5),
    ]
    assert course.where is None


def test_execution_that_was_stopped_before_its_first_state_has_none() -> None:
    history = History()
    history.add("ExecutionStarted", 0)
    assert read_history(history.end("Aborted")).where is None


def test_history_that_lags_behind_the_end_is_refused() -> None:
    history = History()
    history.enter("Apply defaults")
    with pytest.raises(EndNotSeen, match="TaskStateEntered"):
        read_history(history.events)
