"""The task of an execution, turned into the names of what serves it.

Every workflow comes through this Choice once, before it reads or writes anything of a champion. Each later state takes
function, SSM parameter, alarm and prefix from `$.serving`, so that no state can name another task's.
"""

from collections.abc import Callable

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from wildrydes.tasks import DEFAULT_TASK, TASKS, Task

SERVING = "$.serving"
"""Where these names are: `task`, `function`, `parameter`, `alarm`, `models_prefix`, which ends in a slash, `endpoint`,
and `unavailable`, a second alarm for it."""

NAMED = tuple(task for task in TASKS.values() if not task.is_default)
"""The tasks with a prefix of their own, below that of the default task."""

rule = sdk.ChoiceRule


def choose_task(
    path: str, then: State, otherwise: State | None = None, also: Callable[[Task], list[BaseRule]] = lambda _: []
) -> sdk.Choice:
    """The Choice by the task's name at `path`, and a Pass a task that leads to `then`.

    `also` are further rules that have to hold of a task. Where no task matches it is `otherwise`, by default the
    default task.
    """
    choice = sdk.Choice("Which task?")
    passes = {name: serve(task) for name, task in TASKS.items()}
    for name, names in passes.items():
        names.next(then)
        same = [rule.IsPresent(variable=path, value=True), rule.StringEquals(variable=path, value=name)]
        choice.add_choice(rule.And([*same, *also(TASKS[name])]), names)
    choice.default_choice(otherwise or passes[DEFAULT_TASK])
    return choice


def serve(task: Task) -> Pass:
    """Puts a task's names in their place."""
    return Pass(
        f"Serve {task.name}",
        parameters={
            "task": task.name,
            "function": f"${{{task.function}Name}}",
            "parameter": f"${{{task.model_path_name}}}",
            "alarm": f"${{{task.alarm}Name}}",
            "models_prefix": task.models_prefix,
            "unavailable": f"${{Predict{task.words}UnavailableName}}",
            "endpoint": f"${{Predict{task.words}Endpoint}}",
        },
        result_path=SERVING,
    )


def has_model_of(task: Task) -> list[BaseRule]:
    """That the model to promote is one of the task's, by its place in the bucket."""
    path = "$.request.model_path"
    if not task.is_default:
        return [rule.StringMatches(variable=path, value=f"{task.models_prefix}*/model.tar.gz")]
    others = [rule.StringMatches(variable=path, value=f"{each.models_prefix}*") for each in NAMED]
    return [rule.Not(rule.Or(others))]
