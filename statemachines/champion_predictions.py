"""The champion's predictions of the new test split, where only its container can read it: so it can be compared.

What trained the champion is read from its training job, which its artefact's key names: the job's image says more than
any name. A champion without such a job is read from its artefact, or it cannot be.

What cannot be predicted stops no retraining. `Evaluate model` gets the error, and the gate says that the champion
cannot be read: only `force` replaces it then.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.algorithms import ALGORITHMS
from statemachines.asl import Pass
from statemachines.predicting import PREFIX, Reader, predict_test_split
from statemachines.tasks import Tasks

_PREDICTIONS = "$.live_predictions"
_JOB = "States.ArrayGetItem($.champion.parts, States.MathAdd(States.ArrayLength($.champion.parts), -3))"

rule = sdk.ChoiceRule


def predict_by_champion(then: State) -> State:
    """`prefix` at `$.live_predictions` is of the champion's predictions, empty without any; `error` says why."""
    none = Pass("No predictions by champion", result={"prefix": "", "error": {}}, result_path=_PREDICTIONS)
    parts = Pass(
        "Split key of champion",
        parameters={"parts": "States.StringSplit($.live.model_path, '/')"},
        result_path="$.champion",
    )
    job = Pass("Name training job of champion", parameters={"job": _JOB}, result_path="$.champion")
    failed = _not_predicted(then)
    read = Tasks(failed).call(
        "Read training job of champion",
        "sagemaker:describeTrainingJob",
        {"TrainingJobName": "$.champion.job"},
        "$.champion",
        {"image": "$.AlgorithmSpecification.TrainingImage"},
    )
    trained = sdk.Choice("Was champion trained by a job?")
    pattern = "models/*/*/output/model.tar.gz"
    trained.add_choice(rule.StringMatches(variable="$.live.model_path", value=pattern), parts)
    trained.default_choice(then)
    sdk.Chain([none, trained])
    sdk.Chain([parts, job, read, _by_container(_predict(then, failed), then)])
    return none


def _by_container(predict: State, then: State) -> sdk.Choice:
    """To `predict` if the image is that of an algorithm whose artefacts only its container reads."""
    choice = sdk.Choice("Is champion read by its container?")
    for algorithm in ALGORITHMS:
        if algorithm.is_read_by_container:
            images = [f"*/{algorithm.repository}{mark}*" for mark in "@:"]
            same = rule.Or([rule.StringMatches(variable="$.champion.image", value=image) for image in images])
            choice.add_choice(same, predict)
    choice.default_choice(then)
    return choice


def _predict(then: State, failed: State) -> State:
    folder = "$.parameters.models_prefix, $.parameters.execution, $.parameters.champion_job"
    reader = Reader(
        title="champion",
        job="$.parameters.champion_job",
        image="$.champion.image",
        data="States.Format('s3://${DataBucket}/{}', $.live.model_path)",
        prefix=f"States.Format('s3://${{DataBucket}}/{{}}{{}}/predictions/{{}}/', {folder})",
        execution="$.parameters.execution",
    )
    predicted = Pass("Champion predicted", parameters={"prefix": PREFIX, "error": {}}, result_path=_PREDICTIONS)
    predicted.next(then)
    return predict_test_split(reader, predicted, failed)


def _not_predicted(then: State) -> Pass:
    error = {"Error": "$.error.Error", "Cause": "$.error.Cause"}
    state = Pass("Champion did not predict", parameters={"prefix": "", "error": error}, result_path=_PREDICTIONS)
    state.next(then)
    return state
