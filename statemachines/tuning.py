"""The hyperparameter tuning job of a candidate: the best of its training jobs is the candidate's model.

The configuration of the search (`HyperParameterTuningJobConfig`) comes checked from `Apply defaults`. How the best job
ran is read from SageMaker, so that a tuned model's card says as much as any other's.

A name is taken for ever: by a call whose answer was lost, or by a job that was stopped with an execution that goes on
now. So a job whose name is taken is started again under another name, as training jobs are.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.encryption import chosen, variants
from statemachines.tasks import NAME_TAKEN, STACK_TAGS, Tasks, catch, job_retries

# The settings of a training job, in the words of SageMaker itself: all that it takes to start it again.
JOB_SETTINGS = {
    "job": "$.TrainingJobName",
    "role": "$.RoleArn",
    "image": "$.AlgorithmSpecification.TrainingImage",
    "input_mode": "$.AlgorithmSpecification.TrainingInputMode",
    "hyperparameters": "$.HyperParameters",
    "channels": "$.InputDataConfig",
    "resources": "$.ResourceConfig",
    "stopping": "$.StoppingCondition",
}

VOLUME, OUTPUT = "$.storage.volume", "$.storage.output"

# Where each iteration of the Map has what its jobs run on and where they write, by the paths above. Of the Map's input.
STORAGE = {
    "volume": variants(
        {"InstanceType": "${TrainingInstanceType}", "InstanceCount": 1, "VolumeSizeInGB": 10}, "VolumeKmsKeyId"
    ),
    "output": variants(
        {
            "S3OutputPath": "States.Format('s3://${DataBucket}/{}{}/', "
            "$.parameters.models_prefix, $.parameters.execution)"
        },
        "KmsKeyId",
    ),
}

# Of a tuning job as `.sync` describes it, what the candidate's result has.
_TUNING = {
    "job": "$.tuning.HyperParameterTuningJobName",
    "strategy": "$.tuning.HyperParameterTuningJobConfig.Strategy",
    "ranges": "$.tuning.HyperParameterTuningJobConfig.ParameterRanges",
    "jobs": "$.tuning.TrainingJobStatusCounters",
    "best": "$.tuning.BestTrainingJob.TrainingJobName",
    "chosen": "$.tuning.BestTrainingJob.TunedHyperParameters",
    "objective": "$.tuning.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric",
}

ATTEMPT = "$.attempt"
"""Where an iteration has the name of the job that it starts, and which one of its candidate that is."""
JOBS = 3
"""Jobs of one kind that are started for a model at most, one after the other."""

# Four hours: a search that takes longer is stopped, and its candidate loses.
_SECONDS = 14_400


def tune(tasks: Tasks, trained: State) -> Pass:
    """The tuning job, which leads to `trained` with `$.training` of its best job and `$.tuning`."""
    job = _tuning_job(tasks.failure)
    first = Pass("Name tuning job", parameters={"number": 1, "job": "$.candidate.tuning.job"}, result_path=ATTEMPT)
    first.next(job)
    none = Pass(
        "No job was the best",
        parameters={
            "Error": "NoBestTrainingJob",
            "Cause": "States.Format('The tuning job {} ended without a training job that has its objective metric.', "
            f"{ATTEMPT}.job)",
        },
        result_path="$.error",
    )
    none.next(tasks.failure)
    best = Pass("Take best job", parameters=_TUNING, result_path="$.tuning")
    describe = tasks.call(
        "Describe best job",
        "sagemaker:describeTrainingJob",
        {"TrainingJobName": "$.tuning.best"},
        "$.training",
        JOB_SETTINGS,
        also_retry=("SageMaker.SageMakerException", "SageMaker.SdkClientException"),
    )
    sdk.Chain([best, describe, trained])
    choice = sdk.Choice("Is there a best job?")
    choice.add_choice(sdk.ChoiceRule.IsPresent(variable="$.tuning.BestTrainingJob.TrainingJobName", value=True), best)
    choice.default_choice(none)
    job.next(choice)
    return first


def another_job(state_id: str, name: str, job: State) -> Pass:
    """The next name, after the candidate's own, and the job once more."""
    number = f"States.MathAdd({ATTEMPT}.number, 1)"
    another = Pass(
        state_id,
        parameters={"number": number, "job": f"States.Format('{{}}-{{}}', {name}, {number})"},
        result_path=ATTEMPT,
    )
    another.next(job)
    return another


def is_left(attempt: str = ATTEMPT) -> BaseRule:
    """Whether one more job may be started, by the number at `attempt`."""
    return sdk.ChoiceRule.NumericLessThan(variable=f"{attempt}.number", value=JOBS)


def is_taken() -> BaseRule:
    """Whether the error is that there is a job of that name."""
    return sdk.ChoiceRule.StringEquals(variable="$.error.Error", value=NAME_TAKEN)


def _tuning_job(failed: State) -> Task:
    choice = sdk.Choice("Is the tuning job's name taken?")
    job = Task(
        "Tune candidate",
        resource="arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
        parameters={
            "HyperParameterTuningJobName": f"{ATTEMPT}.job",
            "HyperParameterTuningJobConfig": "$.candidate.tuning.config",
            "TrainingJobDefinition": {
                "StaticHyperParameters": "States.JsonMerge($.counted, $.candidate.hyperparameters, false)",
                "AlgorithmSpecification": {"TrainingImage": "$.image.uri", "TrainingInputMode": "Pipe"},
                "RoleArn": "${TrainingRoleArn}",
                "InputDataConfig": "$.algorithm.channels",
                "OutputDataConfig": chosen(OUTPUT),
                "ResourceConfig": chosen(VOLUME),
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            },
            # Its training jobs have them too.
            "Tags": list(STACK_TAGS),
        },
        result_path="$.tuning",
        timeout_seconds=_SECONDS,
        retry=job_retries(),
        catch=catch(choice),
    )
    another = another_job("Name another tuning job", "$.candidate.tuning.job", job)
    choice.add_choice(sdk.ChoiceRule.And([is_left(), is_taken()]), another)
    choice.default_choice(failed)
    return job
