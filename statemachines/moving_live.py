"""What a promotion does to the alias `live`: clears weights that are left, and moves it to the version that passed."""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.contested_alias import A_TENTH, A_TENTH_TEXT, CLEARED, MOVED, SIGNATURES, Look
from statemachines.inference import NO_WEIGHTS, alias_of, read_alias
from statemachines.putting_back import Handlers
from statemachines.serving_endpoint import BEFORE, NOTHING, is_for_endpoint
from statemachines.task_choice import SERVING
from statemachines.tasks import Tasks, conflict, refusal

_WEIGHTS = f"States.StringToJson({A_TENTH_TEXT})"

_ALARM = f"{SERVING}.alarm"

rule = sdk.ChoiceRule


def clear_weights(then: State, handlers: Handlers) -> State:
    """No requests for any version but the live one; then on.

    A promotion that was stopped while it baked leaves its version a tenth of them. Whoever holds the function puts that
    in order: `restore` finds for the stopped one that it holds nothing any more.
    """
    tasks, taken_over = Tasks(handlers.from_alias), _taken_over("Weights taken over", handlers)
    contested = Look(
        CLEARED, "Read weights again", "Were they cleared?", "$.previous.version", taken_over, handlers.from_alias
    )
    look = read_alias(tasks, "Read weights", "$.weighted")
    clear = tasks.call(
        "Clear weights",
        "lambda:updateAlias",
        alias_of("$.previous.version", NO_WEIGHTS, "$.alias.revision", SIGNATURES[CLEARED]),
        "$.alias",
        {"revision": "$.RevisionId"},
        before=[contested.catch(then)],
    )
    clear.next(then)
    left = sdk.Choice("Are weights left?")
    left.add_choice(rule.IsPresent(variable="$.weighted.RoutingConfig", value=True), clear)
    left.default_choice(then)
    look.next(left)
    return look


def move_live(record: list[State], handlers: Handlers) -> State:
    """`live` on the new version: at once, or for a tenth of the requests first. Then the states of `record`."""
    tasks, taken_over = Tasks(handlers.from_alias), _taken_over("Alias taken over", handlers)
    moved = Look(MOVED, "Read moved alias", "Was it moved?", "$.published.version", taken_over, handlers.from_alias)
    move = tasks.call(
        "Move live",
        "lambda:updateAlias",
        alias_of("$.published.version", NO_WEIGHTS, "$.alias.revision", SIGNATURES[MOVED]),
        before=[moved.catch(record[0])],
    )
    sdk.Chain([move, *record])
    bake = sdk.Wait("Bake", seconds_path="$.bake.seconds")
    weighted = Look(
        A_TENTH, "Read weighted alias", "Was a tenth moved?", "$.previous.version", taken_over, handlers.from_alias
    )
    a_tenth = tasks.call(
        "Move a tenth",
        "lambda:updateAlias",
        alias_of("$.previous.version", {"AdditionalVersionWeights": _WEIGHTS}, "$.alias.revision", SIGNATURES[A_TENTH]),
        "$.alias",
        {"revision": "$.RevisionId"},
        before=[weighted.catch(bake)],
    )
    alarm = tasks.call(
        "Read error alarm",
        "cloudwatch:describeAlarms",
        {"AlarmNames": f"States.Array({_ALARM})"},
        "$.alarm",
    )
    sdk.Chain([a_tenth, bake, alarm, _errors(move, handlers)])
    steps = sdk.Choice("In steps?")
    # An endpoint that was there has baked already, and answers whichever version asks it.
    updated = rule.And([is_for_endpoint(), rule.Not(rule.StringEquals(variable=BEFORE, value=NOTHING))])
    steps.add_choice(
        rule.And([rule.NumericGreaterThan(variable="$.bake.seconds", value=0), rule.Not(updated)]), a_tenth
    )
    steps.default_choice(move)
    return steps


def _taken_over(state_id: str, handlers: Handlers) -> State:
    cause = "'Somebody else has changed it in between: {}', $.conflict.Cause"
    return conflict(state_id, cause, handlers.from_alias)


def _errors(move: State, handlers: Handlers) -> sdk.Choice:
    """On where the alarm is quiet. An alarm that is gone has watched nothing.

    It is looked for here, since a path to nothing in the Task would be an error that no Catch gets.
    """
    errors = sdk.Choice("Any errors?")
    state = "$.alarm.MetricAlarms[0].StateValue"
    cause = f"'With a tenth of the requests on version {{}} the alarm {{}} went off.', $.published.version, {_ALARM}"
    missing = f"'There is no alarm {{}} that would have watched version {{}}.', {_ALARM}, $.published.version"
    errors.add_choice(
        rule.IsPresent(variable=state, value=False),
        refusal("No alarm", "ErrorsWhileBaking", missing, handlers.from_alias),
    )
    errors.add_choice(
        rule.StringEquals(variable=state, value="ALARM"),
        refusal("Errors while baking", "ErrorsWhileBaking", cause, handlers.from_alias),
    )
    errors.default_choice(move)
    return errors
