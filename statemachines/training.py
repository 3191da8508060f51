"""The training job, and the image that it runs: by digest, so that the model's card names what trained it.

A tag may be moved at any time, so the workflow reads its digest from the registry, and starts the job with that.
The registry is SageMaker's and its policy decides who may ask. Where it refuses, the digest stays unknown: the reason
goes into the card, and the job is started by the tag. That one Catch does not end in Fail.

A job whose container was killed, or whose instance failed, is started again under another name, twice at most: a name
is taken for ever. What the algorithm itself refuses would be refused again, and fails the execution.
"""

import boto3
import stepfunctions.steps as sdk
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

import sagemaker
from statemachines.asl import Pass, TrainingTask
from statemachines.tasks import SAGEMAKER_FAULTS, Tasks, catch, retry

REPOSITORY = "linear-learner"
TAG = "1"
JOBS = 3
"""Training jobs that an execution starts at most."""

# What DescribeTrainingJob says of a job that did not fail by the algorithm: 137 is 128 + SIGKILL, of whoever it was, of
# the kernel for want of memory too.
_KILLED = ('*exit code: 137"*', '*"InternalServerError: *')

_ATTEMPT = "$.attempt"

rule = sdk.ChoiceRule

# The settings of the job, in the words of SageMaker itself: all that it takes to start it again.
_JOB_SETTINGS = {
    "job": "$.TrainingJobName",
    "role": "$.RoleArn",
    "image": "$.AlgorithmSpecification.TrainingImage",
    "input_mode": "$.AlgorithmSpecification.TrainingInputMode",
    "hyperparameters": "$.HyperParameters",
    "channels": "$.InputDataConfig",
    "resources": "$.ResourceConfig",
    "stopping": "$.StoppingCondition",
}


def train(tasks: Tasks) -> tuple[State, State]:
    """The first state and the last of the training; `$.image` and `$.training` describe what trained."""
    killed = sdk.Choice("Was the training killed?")
    job = _training_job(killed)
    killed.add_choice(_was_killed(), _another_job(job))
    killed.default_choice(tasks.failure)
    unpinned = _name_image("Name image by tag", f"${{TrainingRepository}}:{TAG}", unknown=True)
    no_image = Pass(
        "Image not found",
        parameters={"Error": "ImageNotFound", "Cause": f"{REPOSITORY} has no image of the tag {TAG}."},
        result_path="$.image_fault",
    )
    no_image.next(unpinned)
    digest = "$.image.Images[0].ImageId.ImageDigest"
    pinned = _name_image("Name image by digest", f"States.Format('${{TrainingRepository}}@{{}}', {digest})", digest)
    first = _first_job(job)
    for state in (unpinned, pinned):
        state.next(first)
    resolve = Tasks(unpinned, "$.image_fault").call(
        "Resolve image",
        "ecr:batchGetImage",
        {"RegistryId": "${TrainingRegistry}", "RepositoryName": REPOSITORY, "ImageIds": [{"ImageTag": TAG}]},
        "$.image",
    )
    choice = sdk.Choice("Is the image known?")
    choice.add_choice(sdk.ChoiceRule.IsPresent(variable=digest, value=True), pinned)
    choice.default_choice(no_image)
    resolve.next(choice)
    return resolve, job


def _name_image(state_id: str, uri: str, digest: str = "", *, unknown: bool = False) -> Pass:
    """Names the image to run; where its digest is unknown, the reason too."""
    reason = "States.Format('{}: {}', $.image_fault.Error, $.image_fault.Cause)" if unknown else ""
    return Pass(state_id, parameters={"uri": uri, "digest": digest, "unknown": reason}, result_path="$.image")


def _was_killed() -> BaseRule:
    """Whether the job that failed may succeed by another name, and one is left."""
    cause = "$.error.Cause"
    return rule.And(
        [
            rule.StringEquals(variable="$.error.Error", value="States.TaskFailed"),
            rule.NumericLessThan(variable=f"{_ATTEMPT}.number", value=JOBS),
            rule.IsPresent(variable=cause, value=True),
            rule.Or([rule.StringMatches(variable=cause, value=pattern) for pattern in _KILLED]),
        ]
    )


def _first_job(job: State) -> Pass:
    """The name that the execution gives, and the job."""
    first = Pass(
        "Name training job", parameters={"number": 1, "job": "$.parameters.training_job"}, result_path=_ATTEMPT
    )
    first.next(job)
    return first


def _another_job(job: State) -> Pass:
    """The next name, and the job once more."""
    number = f"States.MathAdd({_ATTEMPT}.number, 1)"
    another = Pass(
        "Name another training job",
        parameters={"number": number, "job": f"States.Format('{{}}-{{}}', $.parameters.training_job, {number})"},
        result_path=_ATTEMPT,
    )
    another.next(job)
    return another


def _training_job(failed: State) -> TrainingTask:
    # The session gives the SDK a region and makes no call; role and sizes are the template's.
    session = sagemaker.Session(boto3.Session(region_name="us-east-1"), default_bucket="unused")
    estimator = Estimator(
        image_uri="$.image.uri",
        role="${TrainingRoleArn}",
        instance_count=1,
        # The SDK takes no placeholder for it; the step's parameters put the template's in its place.
        instance_type="ml.m5.large",
        volume_size=10,
        max_run=3600,
        # What Athena writes is gzip, which SageMaker unpacks for a channel in Pipe mode, and in no other.
        input_mode="Pipe",
        output_path="States.Format('s3://${DataBucket}/{}{}/', $.parameters.models_prefix, $.parameters.execution)",
        disable_profiler=True,
        debugger_hook_config=False,
        sagemaker_session=session,
    )
    # The container refuses a batch larger than its data; a size given in the input takes precedence.
    batch = 'States.StringToJson(States.Format(\'\\{"mini_batch_size":"{}"\\}\', $.training_set.mini_batch_size))'
    return TrainingTask(
        "Train linear learner",
        estimator=estimator,
        job_name=f"{_ATTEMPT}.job",
        data=_channels(),
        parameters={
            "HyperParameters": f"States.JsonMerge({batch}, $.parameters.hyperparameters, false)",
            "ResourceConfig": {"InstanceType": "${TrainingInstanceType}"},
        },
        asl={"ResultSelector": _JOB_SETTINGS},
        result_path="$.training",
        timeout_seconds=5400,
        retry=retry(SAGEMAKER_FAULTS),
        catch=catch(failed),
    )


def _channels() -> dict[str, TrainingInput]:
    """The splits of the training set, as Athena wrote them."""
    return {
        name: TrainingInput(
            f"States.Format('s3://${{DataBucket}}/training-sets/{{}}/split={name}/', $.parameters.execution)",
            content_type="text/csv",
            compression="Gzip",
        )
        for name in ("train", "validation", "test")
    }
