"""`wildrydes load`, on a plan so small that no clock matters: the burst is answered, and nothing beyond it."""

from collections import Counter

import pytest

from cli import load
from cli.api import Api
from promotions import WriteArtefact, promote, trained
from stacks import MakeStack


@pytest.mark.proof
def test_excess_is_refused_and_nothing_else(make_stack: MakeStack, write_artefact: WriteArtefact) -> None:
    stack = make_stack(ThrottleRate="0.001", ThrottleBurst="25")
    assert load.questions_for(stack.command_stack) == []
    promote(stack, trained(stack, write_artefact, 0.25))
    questions = load.questions_for(stack.command_stack)
    assert len({question.probability for question in questions}) > 100
    assert load.plan_of(stack.command_stack) == (0.001, 25)
    target = Api.of(stack.command_stack)

    steady = load.send("steady", target, questions, rate=100, count=20)
    assert Counter(reply.status for reply in steady.replies) == {200: 20}
    assert load.faults_of(steady, None) == []
    excess = load.send("excess", target, questions, rate=500, count=100)
    assert Counter(reply.status for reply in excess.replies) == {200: 5, 429: 95}
    assert load.faults_of(excess, 5) == []
    facts = excess.to_json()
    assert (facts["phase"], facts["requests"]) == ("excess", 100)
    assert {status: of["requests"] for status, of in facts["statuses"].items()} == {200: 5, 429: 95}

    # What would be wrong is told.
    assert load.faults_of(excess, 4) == ["excess: 5 requests were answered, 95 refused; the plan allows 4"]
    assert load.faults_of(excess, None) == ["excess: 95 requests were refused that the plan allows"]
    wrong = [load.Question(question.ride, 2.0) for question in questions]
    unlimited = make_stack()
    promote(unlimited, trained(unlimited, write_artefact, 0.25))
    (fault,) = load.faults_of(load.send("wrong", Api.of(unlimited.command_stack), wrong, 10, 1), None)
    assert fault.endswith("not 2.0")


def test_percentile_is_one_of_the_times() -> None:
    times = [place / 1000 for place in range(100, 0, -1)]
    assert (load.percentile(times, 50), load.percentile(times, 99), load.percentile([0.5], 99)) == (50, 99, 500)
