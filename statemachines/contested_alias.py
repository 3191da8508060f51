"""What a promotion does when a write of `live` finds another revision: its own write may have been made already.

Each write is conditional on the revision that the promotion saw. Where the answer is lost, Retry repeats the call, and
the repeated one finds the revision that the first has made. So the alias is read. The promotion goes on where all that
it was to write is there: its description, which names the step and this execution, the version, and the weights.
Anything else is somebody else's, and the promotion fails with PromotionConflict, as it does where nothing was lost.
Nothing is written again. Each write has a look of its own, so that none leads to what another write is followed by.
"""

from dataclasses import dataclass

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from statemachines.inference import read_alias, signed
from statemachines.tasks import CONFLICTS, Tasks

CLEARED, A_TENTH, MOVED = "cleared", "a_tenth", "moved"
"""The steps that write the alias."""

SIGNATURES = {CLEARED: signed("Weights cleared"), A_TENTH: signed("A tenth moved"), MOVED: signed("Moved")}
"""By step the description that the alias has after it."""

A_TENTH_TEXT = r"""States.Format('\{"{}":0.1\}', $.published.version)"""
"""The weights of a tenth of the requests for the new version, as JSON."""

_DESCRIPTION, _WEIGHTS = "$.alias.is.Description", "$.alias.is.RoutingConfig.AdditionalVersionWeights"

rule = sdk.ChoiceRule


@dataclass(frozen=True)
class Look:
    """The look at the alias after a conflict of the write that `step` names, by the names of its two states.

    `version` is the path of the version that the write puts it on. Somebody else's write leads to `taken_over`, and an
    error of the look to `handler`.
    """

    step: str
    read: str
    question: str
    version: str
    taken_over: State
    handler: State

    def catch(self, then: State) -> sdk.Catch:
        """Leads a write to the look, and on to `then` where the alias is as the write was to leave it.

        A tenth's weights are compared as text: their key is the new version, which no path can have in it.
        """
        look = read_alias(
            Tasks(self.handler),
            self.read,
            "$.alias",
            # The next write is conditional on this one.
            {"version": "$.FunctionVersion", "revision": "$.RevisionId", "is": "$"},
        )
        is_a_tenth = self.step == A_TENTH
        choice = sdk.Choice(self.question)
        choice.add_choice(rule.And(self._own(weights=is_a_tenth)), self._compare_weights(then) if is_a_tenth else then)
        choice.default_choice(self.taken_over)
        look.next(choice)
        return sdk.Catch(error_equals=list(CONFLICTS), next_step=look, result_path="$.conflict")

    def _own(self, *, weights: bool) -> list[BaseRule]:
        return [
            rule.IsPresent(variable=_DESCRIPTION, value=True),
            rule.StringEqualsPath(variable=_DESCRIPTION, value=f"$.own.descriptions.{self.step}"),
            rule.StringEqualsPath(variable="$.alias.version", value=self.version),
            rule.IsPresent(variable=_WEIGHTS, value=weights),
        ]

    def _compare_weights(self, then: State) -> Pass:
        texts = Pass(
            "Write out weights",
            parameters={"found": f"States.JsonToString({_WEIGHTS})", "own": A_TENTH_TEXT},
            result_path="$.weights",
        )
        same = sdk.Choice("Is it a tenth for its version?")
        same.add_choice(rule.StringEqualsPath(variable="$.weights.found", value="$.weights.own"), then)
        same.default_choice(self.taken_over)
        texts.next(same)
        return texts
