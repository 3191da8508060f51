"""Makers of the workflow's Tasks. Whatever one makes retries what may pass and has a timeout.

What is left it hands to a state that mends it. Where nothing is to be mended the error ends the execution in the state
that it came up in: a redrive goes on there, while it would enter a Fail state again and fail again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Fail, LambdaTask, Pass, Retry, Task

LAMBDA_FAULTS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
# As many functions, queries and jobs run as the account may run at once: ten functions in a new one, four jobs. What is
# turned away waits for the others to end, a minute between two attempts; bounded all the same, since a limit of none is
# a fault. docs/retries.md has the numbers, and statemachines/limits.py the limits.
LAMBDA_THROTTLES = ("Lambda.TooManyRequestsException",)
ATHENA_THROTTLES = ("Athena.TooManyRequestsException",)
SAGEMAKER_LIMITS = ("SageMaker.ResourceLimitExceededException",)
# The function's process died or was killed, or did not answer in time. `Lambda.Unknown` is how Step Functions names
# what no runtime has named: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
LAMBDA_KILLS = ("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout")
ATTEMPTS_AFTER_KILLS = 2
# A minute above the longest Timeout of a function: it ends by Lambda's error, which is retried, and not by
# States.Timeout, which is not.
FUNCTION_SECONDS = 960
# A call whose connection was lost may have been carried out, and is repeated all the same: a query is known by its
# token, a job and an execution by their names.
ATHENA_FAULTS = (
    "Athena.InternalServerException",
    "Athena.AmazonAthenaException",
    "Athena.SdkClientException",
)
# A job of that name was started before: by a call whose answer was lost, or before a redrive.
NAME_TAKEN = "SageMaker.ResourceInUseException"
SAGEMAKER_FAULTS = (
    "SageMaker.AmazonSageMakerException",
    "SageMaker.ThrottlingException",
    "SageMaker.SdkClientException",
)
_SDK_SERVICES = ("CloudWatch", "Ecr", "Lambda", "S3", "SageMaker", "Sfn", "Ssm")
# A connection that was lost has the same name for every service, after the service's own.
# `<Service>.<Service>Exception` is what the service's SDK has no class for, as many of its throttles and faults:
# https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
SDK_FAULTS = (
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Ssm.ThrottlingException",
    "Ssm.TooManyUpdatesException",
    "Ssm.InternalServerErrorException",
    "Ecr.ServerException",
    *(f"{service}.SdkClientException" for service in _SDK_SERVICES),
    *(f"{service}.{service}Exception" for service in _SDK_SERVICES),
)
# What SageMaker has no name for, such as a denial, and that something is there already.
SAGEMAKER_ERROR = "SageMaker.SageMakerException"
# Somebody else has changed the function or the alias, or is about to.
CONFLICTS = ("Lambda.PreconditionFailedException", "Lambda.ResourceConflictException")
# By which grants tell what a stack has made in SageMaker from what others have: names are those of executions.
STACK_TAGS = ({"Key": "wildrydes:stack", "Value": "${StackName}"},)
STATES_FAULTS = (
    "StepFunctions.ThrottlingException",
    "StepFunctions.AWSStepFunctionsException",
    "StepFunctions.SdkClientException",
)
# AmazonDynamoDBException is what the service has no name for, such as a fault of its own.
DYNAMODB_FAULTS = (
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceeded",
    "DynamoDB.ThrottlingException",
    "DynamoDB.InternalServerError",
    "DynamoDB.AmazonDynamoDBException",
    "DynamoDB.SdkClientException",
)
SNS_FAULTS = (
    "SNS.InternalErrorException",
    "SNS.ThrottledException",
    "SNS.AmazonSNSException",
    "SNS.SdkClientException",
)
_WAITS, _LONGEST_PAUSE_SECONDS = 60, 120
TWO_WAITS_SECONDS = 2 * sum(min(2**attempt, _LONGEST_PAUSE_SECONDS) for attempt in range(_WAITS))
"""How long two states may wait for what others use, one after the other, by the bounds of all their pauses."""


_HELP = (
    "The state, and its log: wildrydes watch {} (with --aws on AWS). The log of the workflow: "
    "/aws/vendedlogs/states/{}. What to do: docs/operations.md#executions-failed"
)


def retry(errors: tuple[str, ...], attempts: int = 12, longest_pause: int = 30) -> Retry:
    """Up to so many more attempts, after up to 1, 2, 4 … seconds, and `longest_pause` at most."""
    return Retry(list(errors), attempts, longest_pause)


def wait_for_others(errors: tuple[str, ...]) -> Retry:
    """Attempts for three quarters of an hour: what is turned away because others run waits for them.

    A promotion and a look at a day have time for two such waits, each as long as it can be. After more of them they
    may be out of time: `restore` puts in order what a promotion left, and the monitor is redriven.
    """
    return retry(errors, _WAITS, _LONGEST_PAUSE_SECONDS)


def function_retries() -> list[Retry]:
    """What a state that invokes a function retries.

    A function whose process was killed may have written a part of what it writes: each writes the same again. What dies
    of its data or its size dies each time, so it is tried less often than what the service failed to start.
    """
    return [retry(LAMBDA_FAULTS), wait_for_others(LAMBDA_THROTTLES), retry(LAMBDA_KILLS, ATTEMPTS_AFTER_KILLS)]


def query_retries() -> list[Retry]:
    """What a state that calls Athena retries."""
    return [retry(ATHENA_FAULTS), wait_for_others(ATHENA_THROTTLES)]


def job_retries() -> list[Retry]:
    """What a state that starts a job of SageMaker retries."""
    return [retry(SAGEMAKER_FAULTS), wait_for_others(SAGEMAKER_LIMITS)]


def catch(handler: State, result_path: str = "$.error") -> sdk.Catch:
    """Every error that is left goes to `handler`."""
    return sdk.Catch(error_equals=["States.ALL"], result_path=result_path, next_step=handler)


def failure(subject: str, more: str = "", *values: str) -> Task:
    """Publishes what failed, then fails the execution with it; a topic that cannot be reached changes nothing.

    `more` is added to the message, with its placeholders filled by `values`. It ends with where the log is, and the
    command that shows which state failed.
    """
    fail = Fail(subject, asl={"ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"})
    text = " ".join(filter(None, ["Execution {} failed. {}: {}", more, _HELP]))
    what = ["$$.Execution.Id", "$.error.Error", "$.error.Cause", *values]
    message = [f"'{text}'", *what, "$$.Execution.Id", "$$.StateMachine.Name"]
    notify = Task(
        "Notify failure",
        resource="arn:aws:states:::sns:publish",
        parameters={
            "TopicArn": "${FailureTopicArn}",
            "Subject": subject,
            "Message": f"States.Format({', '.join(message)})",
        },
        result_path=None,
        timeout_seconds=60,
        retry=retry(SNS_FAULTS),
        catch=catch(fail, "$.notification_error"),
    )
    notify.next(fail)
    return notify


def refusal(state_id: str, error: str, cause: str, handler: State, *, whole: bool = False) -> Pass:
    """Goes to `handler` with an error of the workflow's own; `cause` holds the arguments of States.Format.

    `whole` makes the error all there is in the execution's state.
    """
    described = {"Error": error, "Cause": f"States.Format({cause})"}
    state = Pass(
        state_id,
        parameters={"error": described, "not_put_back": {}} if whole else described,
        result_path="$" if whole else "$.error",
    )
    state.next(handler)
    return state


@dataclass(frozen=True)
class Tasks:
    """Makes Tasks whose errors go to one handler, with the error at `error_path`; `before` catches some first.

    With `is_redriven` they go to no handler: `failure` is for what the workflow itself refuses. `item` is the path of
    what tells the items of a Map apart, in whose iteration the Tasks are.
    """

    failure: State
    error_path: str = "$.error"
    before: tuple[sdk.Catch, ...] = ()
    is_redriven: bool = False
    item: str = ""

    @property
    def rest(self) -> list[sdk.Catch]:
        """What becomes of every error that is left."""
        return [] if self.is_redriven else [catch(self.failure, self.error_path)]

    def function(
        self, state_id: str, payload: dict, selector: tuple[str, ...], result_path: str, function: str = ""
    ) -> LambdaTask:
        """Invoke `function`, by default that of the state's name; keep what `selector` names of its answer."""
        name = function or "".join(word.capitalize() for word in state_id.split())
        return LambdaTask(
            state_id,
            parameters={"FunctionName": f"${{{name}FunctionArn}}", "Payload": payload},
            asl={"ResultSelector": {name: f"$.Payload.{name}" for name in selector}},
            result_path=result_path,
            timeout_seconds=FUNCTION_SECONDS,
            retry=function_retries(),
            catch=self.rest,
        )

    def query(self, state_id: str, query: str, result_path: str) -> Task:
        """Run an Athena query to its end.

        The call may be repeated: by its token it finds the query that an earlier one has started, so that two never
        write to one place. A query that failed is not repeated. An UNLOAD leaves files behind, and Athena refuses to
        write to a place that holds any. Two iterations may enter a state in the same millisecond: each has its item in
        the token.
        """
        what = ["$$.Execution.Id", "$$.State.Name", "$$.State.EnteredTime", "$$.Execution.RedriveCount"]
        what += [self.item] if self.item else []
        entered = f"States.Format('{' '.join(['{}'] * len(what))}', {', '.join(what)})"
        return Task(
            state_id,
            resource="arn:aws:states:::athena:startQueryExecution.sync",
            parameters={
                "QueryString": query,
                "ClientRequestToken": f"States.Hash({entered}, 'SHA-256')",
                "QueryExecutionContext": {"Database": "${GlueDatabase}"},
                "WorkGroup": "${AthenaWorkGroup}",
            },
            asl={
                "ResultSelector": {
                    "query_execution": "$.QueryExecution.QueryExecutionId",
                    "scanned_bytes": "$.QueryExecution.Statistics.DataScannedInBytes",
                }
            },
            result_path=result_path,
            timeout_seconds=1800,
            retry=query_retries(),
            catch=self.rest,
        )

    def row(
        self,
        state_id: str,
        query_path: str,
        columns: tuple[str, ...],
        result_path: str,
        *,
        texts: bool = False,
        absent: Mapping[str, int] = MappingProxyType({}),
    ) -> Task:
        """Read the one row that the query whose id is at `query_path` gave, by its columns: numbers, or texts.

        `absent` has values for columns that the query does not give.
        """
        text = "$.ResultSet.Rows[1].Data[{}].VarCharValue"
        cell = text if texts else f"States.StringToJson({text})"
        return Task(
            state_id,
            resource="arn:aws:states:::athena:getQueryResults",
            parameters={"QueryExecutionId": query_path},
            asl={"ResultSelector": {name: cell.format(index) for index, name in enumerate(columns)} | dict(absent)},
            result_path=result_path,
            timeout_seconds=60,
            retry=query_retries(),
            catch=self.rest,
        )

    def call(
        self,
        state_id: str,
        action: str,
        parameters: dict,
        result_path: str | None = None,
        selector: dict | None = None,
        before: Sequence[sdk.Catch] = (),
        also_retry: tuple[str, ...] = (),
    ) -> Task:
        """Make one call of an AWS service (`lambda:getFunctionConfiguration`); without a path its answer is dropped.

        What `before` catches is an answer, and retried only where `also_retry` names it.
        """
        answers = {error for each in before for error in each.to_dict()["ErrorEquals"]} - set(also_retry)
        faults = (error for error in SDK_FAULTS if error not in answers)
        return Task(
            state_id,
            resource=f"arn:aws:states:::aws-sdk:{action}",
            parameters=parameters,
            asl={"ResultSelector": selector} if selector else {},
            result_path=result_path,
            timeout_seconds=60,
            retry=retry((*faults, *(error for error in also_retry if error not in SDK_FAULTS))),
            catch=[*before, *self.before, *self.rest],
        )


def conflicting(handler: State, state_id: str) -> Tasks:
    """Tasks that distinguish a conflict, somebody else's change in between, from other errors."""
    pass_on = conflict(state_id, "'Somebody else has changed it in between: {}', $.error.Cause", handler)
    return Tasks(handler, before=(sdk.Catch(error_equals=list(CONFLICTS), result_path="$.error", next_step=pass_on),))


def conflict(state_id: str, cause: str, handler: State) -> Pass:
    """Goes to `handler` with a PromotionConflict; `cause` holds the arguments of States.Format."""
    return refusal(state_id, "PromotionConflict", cause, handler)
