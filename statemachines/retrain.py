"""The workflow: from raw rides to a trained model that the inference function serves.

`build` returns the steps as the `stepfunctions` SDK chains them. Values in `${…}` are filled in by CloudFormation
(`DefinitionSubstitutions` of the state machine in template.yaml). Order, retries and catches are all defined here.

Each Task retries what may pass, has a timeout, and hands every other error to `Notify failure`, which ends in a Fail
state that carries the error on: no execution succeeds after an error.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines import sql
from statemachines.asl import DistributedMap, Fail, LambdaTask, Pass
from statemachines.judging import judge
from statemachines.task_choice import choose_task
from statemachines.tasks import Tasks, catch, failure, function_retries, refusal, retry
from statemachines.training import train

# What apply_defaults and plan_ingestion answer.
PARAMETERS = (
    "execution",
    "training_job",
    "task",
    "target",
    "kind",
    "label",
    "label_type",
    "source",
    "models_prefix",
    "candidates",
    "features",
    "feature_columns",
    "hyperparameters",
    "first_year",
    "last_year",
    "chunk_bytes",
    "max_rejected_fraction",
    "max_station_miles",
    "max_without_weather_fraction",
    "min_training_rows",
    "min_improvement",
    "promote",
    "force",
)
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
# The columns of queries/training_set_counts.sql, in their order.
COUNTS = (
    "processed_rows",
    "rides",
    "repeated",
    "without_label",
    "without_weather",
    "without_weather_fraction",
    "train_rows",
    "validation_rows",
    "test_rows",
    "train_positives",
    "train_negatives",
    "validation_positives",
    "validation_negatives",
    "test_positives",
    "test_negatives",
    "lowest_label",
    "highest_label",
    "filled_days",
    "filled_rides",
    "far_rides",
    "farthest_miles",
    "mini_batch_size",
)
# The columns of queries/weather_coverage.sql, in their order.
COVERAGE = ("labelled_rides", "stations_wanted", "stations_reporting", "tmin", "tmax", "prcp")


def build() -> sdk.Graph:
    """The whole workflow as a graph of the SDK, with a timeout over all of it."""
    tasks = Tasks(failure("Retraining failed"))
    ingestion = _ingestion(tasks)
    training_set = _training_set(tasks)
    first, job = train(tasks)
    sdk.Chain([*ingestion, *training_set, first])
    sdk.Chain([job, judge(tasks)])
    return sdk.Graph(
        _start(tasks, ingestion[0]), comment="Retrain the model that answers for the unicorns", timeout_seconds=21_600
    )


def _start(tasks: Tasks, then: State) -> State:
    """The execution's parameters, checked, and the names of what serves its task."""
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
    sdk.Chain([start, execution_input, defaults, choose_task("$.parameters.task", then, unknown)])
    return start


def _ingestion(tasks: Tasks) -> list[State]:
    """A manifest of chunks, and a child execution for each chunk."""
    plan = tasks.function(
        "Plan ingestion",
        {"execution": "$.parameters.execution", "chunk_bytes": "$.parameters.chunk_bytes"},
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
    ingest = _ingest_rides(tasks)
    ingest.next(check)
    any_new = sdk.Choice("Any new rides?")
    any_new.add_choice(sdk.ChoiceRule.NumericGreaterThan(variable="$.plan.chunks", value=0), ingest)
    return [plan, any_new, check]


def _ingest_rides(tasks: Tasks) -> DistributedMap:
    failed = Fail("Ingesting failed", asl={"ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"})
    child = LambdaTask(
        "Ingest chunk",
        parameters={"FunctionName": "${IngestRidesFunctionArn}", "Payload": "$"},
        # The counts are in the chunk's report under ingestions/: what all children return must stay below 256 KB.
        output_path=None,
        timeout_seconds=900,
        retry=function_retries(),
        # The execution that started the children reports their failure.
        catch=catch(failed),
    )
    return DistributedMap(
        "Ingest rides",
        child,
        max_concurrency=40,
        result_path=None,
        asl={
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
        catch=catch(tasks.failure),
    )


def _training_set(tasks: Tasks) -> list[State]:
    """The weather at each station and day, the rides joined to it, and a look at whether one can train on that."""
    weather = tasks.query("Select weather", sql.query("weather"), "$.weather_query")
    # Right before the query that reads them, so that later rides can be recognised.
    listing = tasks.function(
        "List rides",
        {"execution": "$.parameters.execution"},
        ("prefix", "objects", "sha256", "list"),
        "$.rides_listed",
    )
    rides = tasks.query("Build training set", sql.query("training_set"), "$.training_set_query")
    count = tasks.query("Count training set", sql.query("training_set_counts"), "$.counts_query")
    counts = tasks.row("Read counts", "$.counts_query.query_execution", COUNTS, "$.training_set")
    return [weather, listing, rides, count, counts, _check_weather(tasks), _check_training_set(tasks)]


def _check_weather(tasks: Tasks) -> sdk.Choice:
    """Fails an execution of which too many rides have no weather, and then alone asks what there is."""
    describe = tasks.query("Describe weather", sql.query("weather_coverage"), "$.coverage_query")
    read = tasks.row("Read weather", "$.coverage_query.query_execution", COVERAGE, "$.coverage", texts=True)
    too_many = refusal(
        "Too little weather",
        "TooManyRidesWithoutWeather",
        "'{} of {} rides with {} have no weather on their day; max_without_weather_fraction is {}. "
        "Ground stations of these rides: {}. Stations that reported in the years {} to {}: {}. {} {} {}', "
        "$.training_set.without_weather, $.coverage.labelled_rides, $.parameters.label, "
        "$.parameters.max_without_weather_fraction, $.coverage.stations_wanted, $.parameters.first_year, "
        "$.parameters.last_year, $.coverage.stations_reporting, $.coverage.tmin, $.coverage.tmax, $.coverage.prcp",
        tasks.failure,
    )
    sdk.Chain([describe, read, too_many])
    choice = sdk.Choice("Check weather")
    fraction, bound = "$.training_set.without_weather_fraction", "$.parameters.max_without_weather_fraction"
    choice.add_choice(sdk.ChoiceRule.NumericGreaterThanPath(variable=fraction, value=bound), describe)
    return choice


def _check_training_set(tasks: Tasks) -> sdk.Choice:
    unusable = Pass(
        "Unusable training set",
        parameters={
            "Error": "UnusableTrainingSet",
            "Cause": (
                "States.Format('There are {} rows to train on, with labels from {} to {}, {} to validate and {} to "
                "test on. At least {} rows to train on, two different labels among them, and a row to validate and to "
                "test on are needed. Of {} different rides {} were left out because they have no {}, and {} because "
                "their day has no weather.', $.training_set.train_rows, $.training_set.lowest_label, "
                "$.training_set.highest_label, $.training_set.validation_rows, $.training_set.test_rows, "
                "$.parameters.min_training_rows, $.training_set.rides, $.training_set.without_label, "
                "$.parameters.label, $.training_set.without_weather)"
            ),
        },
        result_path="$.error",
    )
    unusable.next(tasks.failure)
    rule = sdk.ChoiceRule
    choice = sdk.Choice("Check training set")
    rows = "$.training_set.train_rows"
    for fault in (
        rule.NumericLessThanPath(variable=rows, value="$.parameters.min_training_rows"),
        rule.NumericEqualsPath(variable="$.training_set.lowest_label", value="$.training_set.highest_label"),
        rule.NumericEquals(variable="$.training_set.test_rows", value=0),
        rule.NumericEquals(variable="$.training_set.validation_rows", value=0),
    ):
        choice.add_choice(fault, unusable)
    return choice
