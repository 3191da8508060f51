"""A call of SageMaker that is repeated after a lost answer, and is answered then that it has been carried out already.

Retry would repeat it to no end: SageMaker gives a throttle, a denial and what is there already one and the same name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.tasks import SAGEMAKER_ERROR, Tasks

THERE = "*Cannot create already existing*"
"""The cause of the refusal to create a model, a configuration or an endpoint that is there."""

_LOST = "SageMaker.SdkClientException"

rule = sdk.ChoiceRule


@dataclass(frozen=True)
class Once:
    """A call that SageMaker answers by an error whose cause is one of `causes`: that leads to `refused`.

    By default that is `then`, which follows the call: an earlier one has done what it does. A throttle and a denial
    have the same name, and Retry cannot tell them apart. So the first Task does not retry that name. Whatever else it
    stands for leads to a second Task, which does.
    """

    state_id: str
    question: str
    causes: tuple[str, ...]
    then: State
    refused: State | None = None
    lost: Callable[[State], State] | None = None

    def call(
        self, tasks: Tasks, action: str, parameters: dict, result_path: str | None = None, selector: dict | None = None
    ) -> State:
        """The first Task. The second may be answered by that error, too: its own answer may have been lost before.

        `lost` makes from the second the state that looks what came of the first where its answer was lost.
        """
        late = self._ask(f"{self.question.removesuffix('?')} by now?", tasks.error_path, tasks.failure)
        call = partial(tasks.call, action=action, parameters=parameters, result_path=result_path, selector=selector)
        again = call(f"{self.state_id} once more", before=[late], also_retry=(SAGEMAKER_ERROR,))
        again.next(self.then)
        before = [self._ask(self.question, "$.refused", again)]
        if self.lost:
            before.append(sdk.Catch(error_equals=[_LOST], next_step=self.lost(again), result_path="$.lost"))
        first = call(self.state_id, before=before)
        first.next(self.then)
        return first

    def _ask(self, question: str, path: str, otherwise: State) -> sdk.Catch:
        choice = sdk.Choice(question)
        causes = [rule.StringMatches(variable=f"{path}.Cause", value=each) for each in self.causes]
        is_done = rule.Or(causes) if len(causes) > 1 else causes[0]
        choice.add_choice(
            rule.And([rule.IsPresent(variable=f"{path}.Cause", value=True), is_done]), self.refused or self.then
        )
        choice.default_choice(otherwise)
        return sdk.Catch(error_equals=[SAGEMAKER_ERROR], next_step=choice, result_path=path)
