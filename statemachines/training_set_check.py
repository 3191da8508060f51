"""Whether one can train on the training set, of whichever source: the last look at it before the training."""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.tasks import Tasks, refusal
from wildrydes.tasks import SAMPLES

rule = sdk.ChoiceRule

_ROWS = (
    "There are {} rows to train on, with labels from {} to {}, {} to validate and {} to test on. At least {} rows to "
    "train on, two different labels among them, and a row to validate and to test on are needed."
)
_COUNTS = (
    "$.training_set.train_rows, $.training_set.lowest_label, $.training_set.highest_label, "
    "$.training_set.validation_rows, $.training_set.test_rows, $.parameters.min_training_rows"
)
_LEFT_OUT = (
    "Of {} different rides {} were left out because they have no {}, and {} because their day has no weather. "
    "{} rides of other years than {} to {} were not read."
)


def check_training_set(tasks: Tasks) -> sdk.Choice:
    """Fails an execution whose rows are too few or all alike; a model of either kind learns nothing from those."""
    rows, unusable = "$.training_set.train_rows", _unusable(tasks.failure)
    choice = sdk.Choice("Check training set")
    for fault in (
        rule.NumericLessThanPath(variable=rows, value="$.parameters.min_training_rows"),
        rule.NumericEqualsPath(variable="$.training_set.lowest_label", value="$.training_set.highest_label"),
        rule.NumericEquals(variable="$.training_set.test_rows", value=0),
        rule.NumericEquals(variable="$.training_set.validation_rows", value=0),
    ):
        choice.add_choice(fault, unusable)
    return choice


def _unusable(failure: State) -> sdk.Choice:
    """Says what there is and what it takes; of rides, also why others were left out."""
    error = "UnusableTrainingSet"
    samples = refusal("Unusable samples", error, f"'{_ROWS}', {_COUNTS}", failure)
    left_out = (
        "$.training_set.rides, $.training_set.without_label, $.parameters.label, $.training_set.without_weather, "
        "$.rides_listed.other_years.rides, $.parameters.first_year, $.parameters.last_year"
    )
    rides = refusal("Unusable training set", error, f"'{_ROWS} {_LEFT_OUT}', {_COUNTS}, {left_out}", failure)
    choice = sdk.Choice("Unusable of which source?")
    choice.add_choice(rule.StringEquals(variable="$.parameters.source", value=SAMPLES), samples)
    choice.default_choice(rides)
    return choice
