"""Predictions of the test split by a model that only its container can read: a transform job makes one for each row.

The model is defined for the job alone, and deleted after it, however it ended: a promotion defines its own. Names
follow from the execution's, so that a call that is repeated after a lost answer meets what it made the first time. A
definition that is there already is this one. The name of a job is taken for ever, so another is started under the next
name; it writes the same predictions into the same place. So it is with a job whose container or instance failed.

Amazon's own algorithms answer in JSON Lines; the label, the first column, is not sent.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from dataclasses import dataclass
from typing import Any

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.encryption import chosen, variants
from statemachines.once import THERE, Once
from statemachines.tasks import STACK_TAGS, Tasks, catch, job_retries
from statemachines.tuning import is_left, is_taken

PREFIX = "$.transform.prefix"
"""Where the place of the predictions is, an S3 URI that ends in a slash."""

_SECONDS = 3600
# How DescribeTransformJob tells of a job that the data did not fail.
_MAY_SUCCEED = ('*"AlgorithmError: *', '*"InternalServerError: *')

rule = sdk.ChoiceRule


@dataclass(frozen=True)
class Reader:
    """A model and the split that it predicts: paths and intrinsic functions of the States Language.

    `title` is what states call it; `job` the transform job's first name, and the model's; `prefix` the S3 URI that the
    predictions go to, `data` that of the artefact; `execution` the execution whose test split it is.
    """

    title: str
    job: str
    image: str
    data: str
    prefix: str
    execution: str


def predict_test_split(reader: Reader, then: State, failed: State) -> State:
    """Leads to `then` with the place of the predictions at `PREFIX`, or to `failed` with `$.error`."""
    title = reader.title
    predicted = sdk.Choice(f"Did {title} predict?")
    predicted.add_choice(rule.IsPresent(variable="$.transformed.job", value=True), then)
    predicted.default_choice(failed)
    forget = Tasks(predicted, "$.not_forgotten").call(
        f"Forget {title}", "sagemaker:deleteModel", {"ModelName": "$.transform.model"}
    )
    forget.next(predicted)
    again = sdk.Choice(f"Is {title} to predict again?")
    job = _transform_job(reader, again)
    again.add_choice(_may_succeed(), _another_job(reader, job))
    again.default_choice(forget)
    job.next(forget)
    names = {"number": 1, "model": reader.job, "job": reader.job, "prefix": reader.prefix}
    first = Pass(f"Name transform job of {title}", parameters=names | _storage(reader), result_path="$.transform")
    sdk.Chain([first, _define(reader, job, failed), job])
    return first


def _storage(reader: Reader) -> dict[str, Any]:
    """What the job runs on, and where it writes."""
    output = {"S3OutputPath": reader.prefix, "Accept": "application/jsonlines", "AssembleWith": "Line"}
    resources = {"InstanceType": "${TrainingInstanceType}", "InstanceCount": 1}
    return {"output": variants(output, "KmsKeyId"), "resources": variants(resources, "VolumeKmsKeyId")}


def _define(reader: Reader, then: State, failed: State) -> State:
    """The model of the job. One that is there was defined by an earlier call, whose answer was lost."""
    return Once(f"Define {reader.title}", f"Is {reader.title} defined?", (THERE,), then).call(
        Tasks(failed),
        "sagemaker:createModel",
        {
            "ModelName": "$.transform.model",
            "PrimaryContainer": {"Image": reader.image, "ModelDataUrl": reader.data},
            "ExecutionRoleArn": "${TrainingRoleArn}",
            "Tags": list(STACK_TAGS),
        },
    )


def _transform_job(reader: Reader, failed: State) -> Task:
    split = f"States.Format('s3://${{DataBucket}}/training-sets/{{}}/split=test/', {reader.execution})"
    return Task(
        f"Predict by {reader.title}",
        resource="arn:aws:states:::sagemaker:createTransformJob.sync",
        parameters={
            "TransformJobName": "$.transform.job",
            "ModelName": "$.transform.model",
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": split}},
                "ContentType": "text/csv",
                "CompressionType": "Gzip",
                "SplitType": "Line",
            },
            "TransformOutput": chosen("$.transform.output"),
            # The label is the first column.
            "DataProcessing": {"InputFilter": "$[1:]"},
            "TransformResources": chosen("$.transform.resources"),
            "Tags": list(STACK_TAGS),
        },
        asl={"ResultSelector": {"job": "$.TransformJobName"}},
        result_path="$.transformed",
        timeout_seconds=_SECONDS,
        retry=job_retries(),
        catch=catch(failed),
    )


def _may_succeed() -> BaseRule:
    """Whether another job may go better than the one that failed, or that there was already, and a name is left."""
    cause = "$.error.Cause"
    broken = [
        rule.StringEquals(variable="$.error.Error", value="States.TaskFailed"),
        rule.IsPresent(variable=cause, value=True),
        rule.Or([rule.StringMatches(variable=cause, value=pattern) for pattern in _MAY_SUCCEED]),
    ]
    return rule.And([is_left("$.transform"), rule.Or([is_taken(), rule.And(broken)])])


def _another_job(reader: Reader, job: State) -> Pass:
    """The next name, and the job once more."""
    number = "States.MathAdd($.transform.number, 1)"
    another = Pass(
        f"Name another transform job of {reader.title}",
        parameters={
            "number": number,
            "model": "$.transform.model",
            "job": f"States.Format('{{}}-{{}}', $.transform.model, {number})",
            "prefix": PREFIX,
            "output": "$.transform.output",
            "resources": "$.transform.resources",
        },
        result_path="$.transform",
    )
    another.next(job)
    return another
