"""The workflow: from raw rides to a trained model that the inference function serves.

`build` returns the steps as the `stepfunctions` SDK chains them. Values in `${…}` are filled in by CloudFormation
(`DefinitionSubstitutions` of the state machine in template.yaml). Order, retries and catches are all defined here.

Each Task retries what may pass and has a timeout. Any other error ends the execution in that Task: the function
`announce` tells of it, and `wildrydes redrive` goes on there. What the workflow itself refuses goes to
`Notify failure`, which ends in a Fail state with the reason, and so does a promotion that failed, once it is put in
order. No execution succeeds after an error.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import DistributedMap, LambdaTask, Pass
from statemachines.judging import judge
from statemachines.longest import whole_hours
from statemachines.samples import build_samples
from statemachines.task_choice import choose_task
from statemachines.tasks import Tasks, failure, function_retries, refusal, retry
from statemachines.training import train
from statemachines.training_set import build_training_set
from statemachines.training_set_check import check_training_set
from statemachines.turn import take_turn
from wildrydes.tasks import SAMPLES

# What apply_defaults, arrange_rides and plan_ingestion answer.
PARAMETERS = (
    "execution",
    "task",
    "target",
    "kind",
    "label",
    "label_type",
    "source",
    "models_prefix",
    "candidates",
    "serving",
    "features",
    "feature_columns",
    "first_year",
    "last_year",
    "chunk_bytes",
    "max_rejected_fraction",
    "max_station_miles",
    "max_without_weather_fraction",
    "min_training_rows",
    "min_improvement",
    "max_score_change",
    "promote",
    "force",
    "champion_job",
    "started_by",
)
ARRANGED = ("objects", "rides", "merged", "merged_into", "postponed", "left")
PLAN = (
    "bucket",
    "manifest",
    "chunks",
    "objects",
    "already_ingested",
    "rejected_file_count",
    "rejected_files",
    "message",
)
# What check_ingestion answers: counts of rides and of files, and an excerpt of the lines of files.
RIDES = (
    "read",
    "accepted",
    "rejected",
    "rejected_by_reason",
    "repeated",
    "files_read",
    "files_skipped",
    "files_rejected",
    "file_lines",
    "file_lines_omitted",
)


def build() -> sdk.Graph:
    """The whole workflow as a graph of the SDK, with a timeout over all of it: its longest path is not cut off."""
    tasks = Tasks(failure("Retraining failed"), is_redriven=True)
    check = check_training_set(tasks)
    source = _data(tasks, check)
    sdk.Chain([check, train(tasks), judge(tasks)])
    start = _start(tasks, source)
    return sdk.Graph(
        start,
        comment="Retrain the model that answers for the unicorns",
        timeout_seconds=whole_hours(sdk.Graph(start).to_dict()),
    )


def _start(tasks: Tasks, then: State) -> State:
    """The execution's parameters, checked, the names of what serves its task, and its turn."""
    # Its input as text: what a state gets has been decoded, and of a key that is there twice has the last value alone.
    execution_input = tasks.call(
        "Read input",
        "sfn:describeExecution",
        {"ExecutionArn": "$$.Execution.Id"},
        "$.started",
        {"input": "$.Input"},
        # What is described may be some moments old, and then there is no such execution yet.
        also_retry=("Sfn.ExecutionDoesNotExistException",),
    )
    defaults = tasks.function(
        "Apply defaults",
        {"execution": "$$.Execution.Name", "input": "$.started.input"},
        PARAMETERS,
        "$.parameters",
    )
    unknown = refusal("Unknown task", "UnknownTask", "'There is no task {}.', $.parameters.task", tasks.failure)
    # What no state can reach needs no check: the input, which may be any JSON, is read by `Apply defaults` alone.
    start = Pass("Set input aside", result={})
    turn = take_turn(tasks, then)
    sdk.Chain([start, execution_input, defaults, choose_task("$.parameters.task", turn, unknown)])
    return start


def _data(tasks: Tasks, then: State) -> State:
    """The training set, of the task's source; then on to `then`."""
    rides, samples = [*_ingestion(tasks), *build_training_set(tasks)], build_samples(tasks)
    for states in (rides, samples):
        sdk.Chain([*states, then])
    choice = sdk.Choice("Rides or samples?")
    choice.add_choice(sdk.ChoiceRule.StringEquals(variable="$.parameters.source", value=SAMPLES), samples[0])
    choice.default_choice(rides[0])
    return choice


def _ingestion(tasks: Tasks) -> list[State]:
    """What is there arranged, a manifest of what is new, and a child execution for each chunk."""
    plan = tasks.function(
        "Plan ingestion",
        {
            "execution": "$.parameters.execution",
            "chunk_bytes": "$.parameters.chunk_bytes",
            "arranged": "$.arranged",
        },
        PLAN,
        "$.plan",
    )
    check = tasks.function(
        "Check ingestion",
        {
            "execution": "$.parameters.execution",
            "max_rejected_fraction": "$.parameters.max_rejected_fraction",
        },
        RIDES,
        "$.rides",
    )
    # A substitution is text, and MaxConcurrency a number.
    plan.asl["ResultSelector"] |= {"at_once": "States.StringToJson('${IngestConcurrency}')"}
    ingest = _ingest_rides(tasks)
    ingest.next(check)
    any_new = sdk.Choice("Any new rides?")
    any_new.add_choice(sdk.ChoiceRule.NumericGreaterThan(variable="$.plan.chunks", value=0), ingest)
    return [*_arrangement(tasks), plan, any_new, check]


def _arrangement(tasks: Tasks) -> list[State]:
    """Objects of an earlier version into their years, and small ones put together, in as many calls as it takes."""
    start = Pass("Arrange nothing yet", result=dict.fromkeys(ARRANGED, 0), result_path="$.arranged")
    arrange = tasks.function(
        "Arrange rides",
        {"execution": "$.parameters.execution", "arranged": "$.arranged"},
        ARRANGED,
        "$.arranged",
    )
    done = sdk.Choice("All arranged?")
    done.add_choice(sdk.ChoiceRule.NumericGreaterThan(variable="$.arranged.left", value=0), arrange)
    return [start, arrange, done]


def _ingest_rides(tasks: Tasks) -> DistributedMap:
    child = LambdaTask(
        "Ingest chunk",
        parameters={"FunctionName": "${IngestRidesFunctionArn}", "Payload": "$"},
        # The counts are in the chunk's report under ingestions/: what all children return must stay below 256 KB.
        output_path=None,
        timeout_seconds=900,
        retry=function_retries(),
    )
    return DistributedMap(
        "Ingest rides",
        child,
        result_path=None,
        asl={
            "MaxConcurrencyPath": "$.plan.at_once",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {"Bucket.$": "$.plan.bucket", "Key.$": "$.plan.manifest"},
            },
            "ItemSelector": {
                "execution": "$.parameters.execution",
                "max_station_miles": "$.parameters.max_station_miles",
                "chunk": "$$.Map.Item.Value",
            },
        },
        retry=retry(("States.ItemReaderFailed",)),
        catch=tasks.rest,
    )
