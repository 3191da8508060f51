"""The candidates: an algorithm each, trained by an iteration of a Map, by an image that is named by its digest.

An iteration ends with what its candidate is, or with the error by which it lost: the others go on. It comes to

    {"algorithm", "model_key", "hyperparameters", "image": {"uri", "digest", "unknown"}, "training", "tuning"}
    the same with "predictions_prefix", of a model that only its container reads
    {"algorithm", "error": {"Error", "Cause"}}

`training` is what it takes to train the same model again, `tuning` how its hyperparameters were found (`{}`: they were
given).

A tag may be moved at any time, so the workflow reads its digest from the registry, and starts the job with that. The
registry is SageMaker's and its policy decides who may ask. Where it refuses, the digest stays unknown: the reason goes
into the card, and the job is started by the tag.

A job whose container was killed, or whose instance failed, is started again under another name, twice at most: a name
is taken for ever, also by a job that was stopped with an execution that goes on now. What the algorithm itself refuses
would be refused again, and loses.
"""

import boto3
import stepfunctions.steps as sdk
from sagemaker.estimator import Estimator
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

import sagemaker
from statemachines.algorithms import ALGORITHMS
from statemachines.asl import InlineMap, Pass, TrainingTask
from statemachines.encryption import chosen
from statemachines.predicting import PREFIX, Reader, predict_test_split
from statemachines.tasks import STACK_TAGS, Tasks, catch, job_retries
from statemachines.tuning import (
    ATTEMPT,
    JOB_SETTINGS,
    OUTPUT,
    STORAGE,
    VOLUME,
    another_job,
    is_left,
    is_taken,
    tune,
)

# What DescribeTrainingJob says of a job that did not fail by the algorithm: 137 is 128 + SIGKILL, of whoever it was, of
# the kernel for want of memory too.
_KILLED = ('*exit code: 137"*', '*"InternalServerError: *')

# The hyperparameter that follows the counted rows, unless the input has it -> where its value is.
_COUNTED = {"mini_batch_size": "$.training_set.mini_batch_size", "sample_size": "$.training_set.train_rows"}

rule = sdk.ChoiceRule


def train(tasks: Tasks) -> InlineMap:
    """The Map over the candidates; what each came to is at `$.candidates`."""
    return InlineMap(
        "Train candidates",
        _candidate(),
        items_path="$.parameters.candidates",
        max_concurrency=len(ALGORITHMS),
        result_path="$.candidates",
        asl={
            "ItemSelector": {
                "candidate": "$$.Map.Item.Value",
                "execution": "$.parameters.execution",
                "models_prefix": "$.parameters.models_prefix",
                "training_set": {
                    "mini_batch_size": "$.training_set.mini_batch_size",
                    "train_rows": "$.training_set.train_rows",
                },
                "counted": {},
                "tuning": {},
                "storage": STORAGE,
            }
        },
        catch=tasks.rest,
    )


def _candidate() -> State:
    """One iteration, from its first state."""
    failed = Pass(
        "Candidate failed",
        parameters={
            "algorithm": "$.candidate.algorithm",
            "error": {"Error": "$.error.Error", "Cause": "$.error.Cause"},
        },
    )
    trained = _end_trained(failed)
    job = _training_job(failed)
    job.next(trained)
    first = Pass("Name training job", parameters={"number": 1, "job": "$.candidate.training_job"}, result_path=ATTEMPT)
    first.next(job)
    tuned = sdk.Choice("Is it to be tuned?")
    tuned.add_choice(rule.IsPresent(variable="$.candidate.tuning", value=True), tune(Tasks(failed), trained))
    tuned.default_choice(first)
    return _check_rows(failed, _prepare(failed, _size(_resolve_image(tuned))))


def _end_trained(failed: State) -> sdk.Choice:
    """The end of an iteration that has a model: one that is read, or one whose predictions are."""
    trained = _trained()
    choice = sdk.Choice("Is it read by its container?")
    predicted = Pass("Candidate predicted", parameters=trained.fields["parameters"] | {"predictions_prefix": PREFIX})
    folder = "$.models_prefix, $.execution, $.training.job"
    reader = Reader(
        title="candidate",
        job="$.training.job",
        image="$.image.uri",
        data=f"States.Format('s3://${{DataBucket}}/{{}}{{}}/{{}}/output/model.tar.gz', {folder})",
        prefix=f"States.Format('s3://${{DataBucket}}/{{}}{{}}/predictions/{{}}/', {folder})",
        execution="$.execution",
    )
    container = predict_test_split(reader, predicted, failed)
    for algorithm in ALGORITHMS:
        if algorithm.is_read_by_container:
            choice.add_choice(rule.StringEquals(variable="$.candidate.algorithm", value=algorithm.name), container)
    choice.default_choice(trained)
    return choice


def _trained() -> Pass:
    """The end of an iteration whose model is read to be judged."""
    key = "States.Format('{}{}/{}/output/model.tar.gz', $.models_prefix, $.execution, $.training.job)"
    return Pass(
        "Candidate trained",
        parameters={
            "algorithm": "$.candidate.algorithm",
            "model_key": key,
            "hyperparameters": "$.training.hyperparameters",
            "image": "$.image",
            "training": "$.training",
            "tuning": "$.tuning",
        },
    )


def _check_rows(failed: State, following: State) -> sdk.Choice:
    """Its jobs are not started where the container would refuse its hyperparameters for want of rows."""
    least, rows = "$.candidate.least_rows", "$.training_set.train_rows"
    too_few = Pass(
        "Too few rows",
        parameters={
            "Error": "TooFewRows",
            "Cause": "States.Format('There are {} rows to train on, and the hyperparameters of {} need {}: a batch of "
            "the linear learner and the k of k-NN are no larger than the rows.', "
            f"{rows}, $.candidate.algorithm, {least})",
        },
        result_path="$.error",
    )
    too_few.next(failed)
    choice = sdk.Choice("Are there rows enough?")
    choice.add_choice(rule.NumericGreaterThanPath(variable=least, value=rows), too_few)
    choice.default_choice(following)
    return choice


def _prepare(failed: State, following: State) -> sdk.Choice:
    """What is particular of the candidate's algorithm."""
    unknown = Pass(
        "Unknown algorithm",
        parameters={
            "Error": "UnknownAlgorithm",
            "Cause": "States.Format('No state prepares the algorithm {}.', $.candidate.algorithm)",
        },
        result_path="$.error",
    )
    unknown.next(failed)
    choice = sdk.Choice("Which algorithm?")
    for algorithm in ALGORITHMS:
        prepared = algorithm.prepare()
        prepared.next(following)
        choice.add_choice(rule.StringEquals(variable="$.candidate.algorithm", value=algorithm.name), prepared)
    choice.default_choice(unknown)
    return choice


def _size(following: State) -> sdk.Choice:
    """The hyperparameter that follows the counted rows: the container refuses a batch larger than its data."""
    choice = sdk.Choice("What follows the rows?")
    for name, path in _COUNTED.items():
        sized = Pass(f"Set {name}", parameters={name: f"States.Format('{{}}', {path})"}, result_path="$.counted")
        sized.next(following)
        choice.add_choice(rule.StringEquals(variable="$.candidate.follows_rows", value=name), sized)
    choice.default_choice(following)
    return choice


def _resolve_image(following: State) -> State:
    """`$.image`: what trains, by its digest or by its tag with the reason why."""
    digest = "$.image.Images[0].ImageId.ImageDigest"
    pinned = _name_image("Name image by digest", f"States.Format('{{}}@{{}}', $.algorithm.uri, {digest})", digest)
    tag = "States.Format('{}:{}', $.algorithm.uri, $.algorithm.tag)"
    unpinned = _name_image("Name image by tag", tag, unknown=True)
    for state in (unpinned, pinned):
        state.next(following)
    no_image = Pass(
        "Image not found",
        parameters={
            "Error": "ImageNotFound",
            "Cause": "States.Format('{} has no image of the tag {}.', $.algorithm.repository, $.algorithm.tag)",
        },
        result_path="$.image_fault",
    )
    no_image.next(unpinned)
    resolve = Tasks(unpinned, "$.image_fault").call(
        "Resolve image",
        "ecr:batchGetImage",
        {
            "RegistryId": "$.algorithm.registry",
            "RepositoryName": "$.algorithm.repository",
            "ImageIds": [{"ImageTag": "$.algorithm.tag"}],
        },
        "$.image",
    )
    choice = sdk.Choice("Is the image known?")
    choice.add_choice(rule.IsPresent(variable=digest, value=True), pinned)
    choice.default_choice(no_image)
    resolve.next(choice)
    return resolve


def _name_image(state_id: str, uri: str, digest: str = "", *, unknown: bool = False) -> Pass:
    """Names the image to run; where its digest is unknown, the reason too."""
    reason = "States.Format('{}: {}', $.image_fault.Error, $.image_fault.Cause)" if unknown else ""
    return Pass(state_id, parameters={"uri": uri, "digest": digest, "unknown": reason}, result_path="$.image")


def _was_killed() -> BaseRule:
    """Whether the job that failed, or whose name is taken, may succeed by another name, and one is left."""
    cause = "$.error.Cause"
    killed = [
        rule.StringEquals(variable="$.error.Error", value="States.TaskFailed"),
        rule.IsPresent(variable=cause, value=True),
        rule.Or([rule.StringMatches(variable=cause, value=pattern) for pattern in _KILLED]),
    ]
    return rule.And([is_left(), rule.Or([rule.And(killed), is_taken()])])


def _training_job(failed: State) -> TrainingTask:
    """The job; one that was killed is started again, and what else fails goes to `failed`."""
    killed = sdk.Choice("Was the training killed?")
    # The session gives the SDK a region and makes no call; role and sizes are the template's.
    session = sagemaker.Session(boto3.Session(region_name="us-east-1"), default_bucket="unused")
    estimator = Estimator(
        image_uri="$.image.uri",
        role="${TrainingRoleArn}",
        instance_count=1,
        # The SDK wants an instance and a place; the step's parameters put those of the Map in their place.
        instance_type="ml.m5.large",
        max_run=3600,
        input_mode="Pipe",
        output_path="s3://unused/",
        disable_profiler=True,
        debugger_hook_config=False,
        sagemaker_session=session,
    )
    job = TrainingTask(
        "Train candidate",
        estimator=estimator,
        job_name=f"{ATTEMPT}.job",
        parameters={
            "InputDataConfig": "$.algorithm.channels",
            # What is given in the input takes precedence.
            "HyperParameters": "States.JsonMerge($.counted, $.candidate.hyperparameters, false)",
            "ResourceConfig": chosen(VOLUME),
            "OutputDataConfig": chosen(OUTPUT),
            "Tags": list(STACK_TAGS),
        },
        asl={"ResultSelector": JOB_SETTINGS},
        result_path="$.training",
        timeout_seconds=5400,
        retry=job_retries(),
        catch=catch(killed),
    )
    another = another_job("Name another training job", "$.candidate.training_job", job)
    killed.add_choice(_was_killed(), another)
    killed.default_choice(failed)
    return job
