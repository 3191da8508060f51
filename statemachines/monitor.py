"""Looks at a day's captured predictions next to the champions' cards: drift, and how good the champions were.

    in   {"date"?: "YYYY-MM-DD", by default yesterday, "task"?: by default every task}
    out  {"date", "outcomes": a task each: monitor_model's answer, or {"task", "failed": true, "error"},
          "left_out": captures that cannot be read: monitor_model's answer}

A task is an iteration of a Map. One that fails keeps no other from being looked at; the execution fails at the end, and
says which. What is live is read from the alias, as in a retraining. Athena joins predictions with what became of them
and writes the rows; MonitorModelFunction goes through them, since no statistic here is a query's.

One object that Athena cannot read would fail the queries of all tasks: what is damaged is set aside first. Nothing else
is changed, so it may run at any time and again: a day's document is written anew, with the truths that
have come since.
"""

from types import MappingProxyType

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines import sql
from statemachines.asl import InlineMap, Pass
from statemachines.inference import read_alias, read_version
from statemachines.task_choice import choose_task
from statemachines.tasks import TWO_WAITS_SECONDS, Tasks, failure, refusal
from wildrydes.tasks import SAMPLES

_PLAN = ("date", "first_date", "first_partition", "date_partition", "last_partition", "tasks")
_LEFT_OUT = ("objects", "lines", "keys", "unchecked", "remark")
_OUTCOME = ("task", "date", "model", "key", "drifted", "quality_loss", "outcomes", "predictions")
_PATHS = MappingProxyType(
    {name: f"$.plan.{name}" for name in _PLAN}
    | {"task": "$.task.task", "label_column": "$.task.label", "execution": "$.execution"}
)
_LONGEST_SECONDS = 3 * 3600 + TWO_WAITS_SECONDS
_AT_ONCE = 2

rule = sdk.ChoiceRule


def build() -> sdk.Graph:
    """The workflow as a graph of the SDK."""
    tasks = Tasks(failure("Monitoring failed"), is_redriven=True)
    plan = tasks.function(
        "Plan monitoring",
        {"input": "$", "started": "$$.Execution.StartTime"},
        _PLAN,
        "$",
        function="MonitorModel",
    )
    check = tasks.function(
        "Set damage aside",
        {"first_partition": "$.first_partition", "last_partition": "$.last_partition"},
        _LEFT_OUT,
        "$.left_out",
        function="MonitorModel",
    )
    each = InlineMap(
        "Monitor tasks",
        _task(),
        items_path="$.tasks",
        max_concurrency=_AT_ONCE,
        result_path="$.outcomes",
        asl={"ItemSelector": {"task": "$$.Map.Item.Value", "execution": "$$.Execution.Name", "plan": "$"}},
        catch=tasks.rest,
    )
    look_back = Pass(
        "Conclude",
        parameters={
            "date": "$.date",
            "outcomes": "$.outcomes",
            "left_out": "$.left_out",
            "failed": "States.ArrayContains($.outcomes[*].failed, true)",
        },
    )
    sdk.Chain([plan, check, each, look_back, _conclude(tasks)])
    return sdk.Graph(plan, comment="Look at what champions were asked", timeout_seconds=_LONGEST_SECONDS)


def _conclude(tasks: Tasks) -> sdk.Choice:
    some = refusal(
        "Some tasks failed",
        "MonitoringFailed",
        "'Not every task could be looked at: {}', States.JsonToString($.outcomes)",
        tasks.failure,
    )
    choice = sdk.Choice("Did every task succeed?")
    choice.add_choice(rule.BooleanEquals(variable="$.failed", value=True), some)
    choice.default_choice(
        Pass("Monitored", parameters={name: f"$.{name}" for name in ("date", "outcomes", "left_out")})
    )
    return choice


def _task() -> State:
    """One iteration, from its first state."""
    failed = Pass(
        "Task failed",
        parameters={
            "task": "$.task.task",
            "failed": True,
            "error": {"Error": "$.error.Error", "Cause": "$.error.Cause"},
        },
    )
    tasks = Tasks(failed, item="$.task.task")
    alias = read_alias(tasks, "Read live alias", "$.live", {"version": "$.FunctionVersion"})
    live = read_version(
        tasks, "Read champion", "$.live.version", "$.live", {"model_path": "$.Environment.Variables.MODEL_PATH"}
    )
    sdk.Chain([alias, live, _join(tasks, _judge(tasks))])
    return choose_task("$.task.task", alias)


def _join(tasks: Tasks, then: State) -> sdk.Choice:
    """The query of the task's source, which writes the rows."""
    choice = sdk.Choice("Of which source?")
    samples = tasks.query("Join samples", sql.query("monitor_samples", _PATHS), "$.rows_query")
    rides = tasks.query("Join rides", sql.query("monitor_rides", _PATHS), "$.rows_query")
    for query in (samples, rides):
        query.next(then)
    choice.add_choice(rule.StringEquals(variable="$.task.source", value=SAMPLES), samples)
    choice.default_choice(rides)
    return choice


def _judge(tasks: Tasks) -> State:
    """Count what could not be used, and look at the rows."""
    refused = tasks.query("Count refused", sql.query("monitor_refused", _PATHS), "$.refused_query")
    count = tasks.row("Read refused", "$.refused_query.query_execution", ("refused",), "$.counts")
    model = tasks.function(
        "Monitor model",
        {
            "task": "$.task.task",
            "date": "$.plan.date",
            "first_date": "$.plan.first_date",
            "live_model_path": "$.live.model_path",
            "rows_prefix": "States.Format('monitored/{}/{}/', $.execution, $.task.task)",
            "refused": "$.counts.refused",
            "left_out": "$.plan.left_out",
        },
        _OUTCOME,
        "$.outcome",
    )
    done = Pass("Task monitored", parameters={"failed": False} | {name: f"$.outcome.{name}" for name in _OUTCOME})
    sdk.Chain([refused, count, model, done])
    return refused
