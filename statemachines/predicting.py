"""The predictions of a candidate that only its container can read: a transform job makes one for each row of the test
split, and what judges the candidates reads those.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.tasks import SAGEMAKER_FAULTS, Tasks, catch, retry

_FOLDER = "States.Format('s3://${DataBucket}/{}{}/predictions/{}/', $.models_prefix, $.execution, $.training.job)"


def predict(tasks: Tasks, trained: Pass) -> State:
    """Leads to the end of an iteration whose candidate has `predictions_prefix` besides what `trained` says of it."""
    # The model is the transform job's alone: a promotion defines its own.
    create = tasks.call(
        "Define candidate",
        "sagemaker:createModel",
        {
            "ModelName": "$.training.job",
            "PrimaryContainer": {
                "Image": "$.image.uri",
                "ModelDataUrl": "States.Format('s3://${DataBucket}/{}{}/{}/output/model.tar.gz', "
                "$.models_prefix, $.execution, $.training.job)",
            },
            "ExecutionRoleArn": "${TrainingRoleArn}",
        },
    )
    job = _transform_job(tasks.failure)
    delete = tasks.call("Forget candidate", "sagemaker:deleteModel", {"ModelName": "$.training.job"})
    predicted = Pass("Candidate predicted", parameters=trained.fields["parameters"] | {"predictions_prefix": _FOLDER})
    sdk.Chain([create, job, delete, predicted])
    return create


def _transform_job(failed: State) -> Task:
    return Task(
        "Predict test split",
        resource="arn:aws:states:::sagemaker:createTransformJob.sync",
        parameters={
            "TransformJobName": "$.training.job",
            "ModelName": "$.training.job",
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": "States.Format('s3://${DataBucket}/training-sets/{}/split=test/', $.execution)",
                    }
                },
                "ContentType": "text/csv",
                "CompressionType": "Gzip",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": _FOLDER, "Accept": "application/jsonlines", "AssembleWith": "Line"},
            # The label is the first column.
            "DataProcessing": {"InputFilter": "$[1:]"},
            "TransformResources": {"InstanceType": "${TrainingInstanceType}", "InstanceCount": 1},
        },
        result_path=None,
        timeout_seconds=3600,
        retry=retry(SAGEMAKER_FAULTS),
        catch=catch(failed),
    )
