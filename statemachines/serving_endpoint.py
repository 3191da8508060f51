"""The endpoint of a task: made or updated by a promotion, before the version that asks it is tested.

Model and configuration are named by a digest of the promotion's ARN: no promotion meets another's, and SageMaker takes
the name whatever the execution is called. The variant has the name of the training job. SageMaker says with each answer
which variant gave it; whose model that is, the promotion writes down beside the models before the endpoint is changed.

A call whose answer was lost is repeated, and SageMaker refuses then what the first has done. Only this promotion makes
what has these names, so what is there already is its own. Of an endpoint that is being changed the look after it says
whose configuration comes of it.

An update is blue/green. All requests go over at once, since an endpoint of one instance has no smaller part; the alarm
takes them back while the new fleet bakes. https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from statemachines.encryption import CHOICE, ENCRYPTED, KEY
from statemachines.task_choice import SERVING
from statemachines.tasks import SAGEMAKER_ERROR, STACK_TAGS, Tasks, refusal

ENDPOINT = f"{SERVING}.endpoint"
BEFORE = "$.endpoint.config"
"""Where the configuration is that the endpoint had before, `none` where there was no endpoint."""

NOTHING = "none"
_JOB = "States.ArrayGetItem($.artefact.parts, States.MathAdd(States.ArrayLength($.artefact.parts), -3))"
_LONGEST_DEPLOYMENT_SECONDS = 4200
LONGEST_SECONDS = _LONGEST_DEPLOYMENT_SECONDS + 900
"""Of an execution that waits for a deployment to end, and then for the endpoint to be put back."""
_IN_PROGRESS = ("Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting")

# SageMaker has no names of its own for these errors.
THERE = "*Cannot create already existing*"
CHANGING = "*Cannot update in-progress endpoint*"
GONE = "*Could not find endpoint*"

rule = sdk.ChoiceRule


def done_before(state_id: str, cause: str, then: State, tasks: Tasks, *more: str) -> sdk.Catch:
    """Leads a call that SageMaker refuses by this cause, or by one of `more`, to `then`: an earlier one has done it.

    A throttle has the same name, so the call retries it first.
    """
    path = f"{tasks.error_path}.Cause"
    choice = sdk.Choice(state_id)
    described = rule.IsPresent(variable=path, value=True)
    causes = [rule.StringMatches(variable=path, value=each) for each in (cause, *more)]
    choice.add_choice(rule.And([described, rule.Or(causes) if more else causes[0]]), then)
    choice.default_choice(tasks.failure)
    return sdk.Catch(error_equals=[SAGEMAKER_ERROR], next_step=choice, result_path=tasks.error_path)


def name_definitions(promotion: str) -> str:
    """The name of the model and the configuration of the promotion whose ARN is at this path.

    SageMaker takes 63 letters, digits and hyphens, an execution's name may have 80 characters and others.
    """
    return f"States.Format('promotion-{{}}', States.Hash({promotion}, 'SHA-1'))"


def is_for_endpoint(request: str = "$.request") -> BaseRule:
    """Whether the promotion's request asks for an endpoint."""
    path = f"{request}.serving"
    return rule.And([rule.IsPresent(variable=path, value=True), rule.StringEquals(variable=path, value="endpoint")])


def is_in_progress(path: str) -> BaseRule:
    """Whether the endpoint whose status is at `path` is being changed."""
    return rule.Or([rule.StringEquals(variable=path, value=status) for status in _IN_PROGRESS])


def read_endpoint(tasks: Tasks, then: State) -> State:
    """The configuration of the task's endpoint is at `$.endpoint.config` afterwards, `none` where there is none."""
    nothing = Pass("No endpoint", result={"config": NOTHING}, result_path="$.endpoint")
    nothing.next(then)
    absent = sdk.Choice("Is there no endpoint?")
    absent.add_choice(rule.StringMatches(variable="$.error.Cause", value=GONE), nothing)
    absent.default_choice(tasks.failure)
    read = tasks.call(
        "Read endpoint",
        "sagemaker:describeEndpoint",
        {"EndpointName": ENDPOINT},
        "$.endpoint",
        {"config": "$.EndpointConfigName"},
        before=[sdk.Catch(error_equals=[SAGEMAKER_ERROR], next_step=absent, result_path="$.error")],
    )
    read.next(then)
    return read


def deploy_endpoint(then: State, handler: State) -> State:
    """The model on the task's endpoint, where the request asks for one; then on."""
    tasks = Tasks(handler)
    names = Pass(
        "Name artefact",
        parameters={
            "parts": "States.StringSplit($.request.model_path, '/')",
            "config": name_definitions("$$.Execution.Id"),
            "encryption": CHOICE,
        },
        result_path="$.artefact",
    )
    job = Pass("Name training job", parameters={"name": _JOB}, result_path="$.job")
    image = tasks.call(
        "Read training job",
        "sagemaker:describeTrainingJob",
        {"TrainingJobName": "$.job.name"},
        "$.trained",
        {"image": "$.AlgorithmSpecification.TrainingImage"},
    )
    sdk.Chain([names, job, image, _definitions(tasks, _put_on_endpoint(tasks, _await(then, handler)))])
    served = sdk.Choice("Served by an endpoint?")
    served.add_choice(is_for_endpoint(), names)
    served.default_choice(then)
    return served


def _definitions(tasks: Tasks, then: State) -> State:
    """The model and the configuration of the endpoint, and whose model its variant is; then on."""
    record = _record_variant(tasks, then)
    configuration = _configuration(tasks, record)
    model = tasks.call(
        "Create model",
        "sagemaker:createModel",
        {
            "ModelName": "$.artefact.config",
            "PrimaryContainer": {
                "Image": "$.trained.image",
                "ModelDataUrl": "States.Format('s3://${DataBucket}/{}', $.request.model_path)",
            },
            "ExecutionRoleArn": "${ModelRoleArn}",
            "Tags": list(STACK_TAGS),
        },
        before=[done_before("Is the model there?", THERE, configuration, tasks)],
        also_retry=(SAGEMAKER_ERROR,),
    )
    model.next(configuration)
    return model


def _record_variant(tasks: Tasks, then: State) -> State:
    record = tasks.call(
        "Record variant",
        "s3:putObject",
        {
            "Bucket": "${DataBucket}",
            "Key": f"States.Format('{{}}variants/{{}}.json', {SERVING}.models_prefix, $.job.name)",
            "Body": {"model_path": "$.request.model_path"},
            "ContentType": "application/json",
        },
    )
    record.next(then)
    return record


def _configuration(tasks: Tasks, then: State) -> sdk.Choice:
    """The configuration of the endpoint, with the stack's key if it has one; then on."""
    variant = {
        "VariantName": "$.job.name",
        "ModelName": "$.artefact.config",
        "InstanceType": "${EndpointInstanceType}",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }
    settings = {"EndpointConfigName": "$.artefact.config", "ProductionVariants": [variant], "Tags": list(STACK_TAGS)}
    made = done_before("Is the configuration there?", THERE, then, tasks)
    plain, encrypted = (
        tasks.call(name, "sagemaker:createEndpointConfig", each, before=[made], also_retry=(SAGEMAKER_ERROR,))
        for name, each in (
            ("Create endpoint configuration", settings),
            ("Create encrypted configuration", settings | {"KmsKeyId": KEY}),
        )
    )
    for config in (plain, encrypted):
        config.next(then)
    key = sdk.Choice("Has the stack a key?")
    key.add_choice(rule.StringEquals(variable="$.artefact.encryption", value=ENCRYPTED), encrypted)
    key.default_choice(plain)
    return key


def _put_on_endpoint(tasks: Tasks, then: State) -> sdk.Choice:
    name = {"EndpointName": ENDPOINT, "EndpointConfigName": "$.artefact.config"}
    made = done_before("Is the endpoint there?", THERE, then, tasks)
    create = tasks.call(
        "Create endpoint", "sagemaker:createEndpoint", name, before=[made], also_retry=(SAGEMAKER_ERROR,)
    )
    create.next(then)
    shifting = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": "$.bake.seconds"}
    policy = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": shifting,
            "MaximumExecutionTimeoutInSeconds": _LONGEST_DEPLOYMENT_SECONDS,
        },
        "AutoRollbackConfiguration": {
            "Alarms": [{"AlarmName": f"{SERVING}.alarm"}, {"AlarmName": f"{SERVING}.unavailable"}]
        },
    }
    begun = done_before("Is the endpoint changing?", CHANGING, then, tasks)
    update = tasks.call(
        "Update endpoint",
        "sagemaker:updateEndpoint",
        {**name, "DeploymentConfig": policy},
        before=[begun],
        also_retry=(SAGEMAKER_ERROR,),
    )
    update.next(then)
    exists = sdk.Choice("Is there an endpoint?")
    exists.add_choice(rule.StringEquals(variable=BEFORE, value=NOTHING), create)
    exists.default_choice(update)
    return exists


def _await(then: State, handler: State) -> State:
    """On when the endpoint is in service with the new configuration: a rollback leaves it so with the old one."""
    tasks = Tasks(handler)
    look = describe_endpoint(tasks, "Read deployment")
    wait = sdk.Wait("Wait for endpoint", seconds=2)
    wait.next(look)
    done = sdk.Choice("Is it deployed?")
    done.add_choice(is_in_progress("$.deployed.EndpointStatus"), wait)
    ours = [
        rule.StringEquals(variable="$.deployed.EndpointStatus", value="InService"),
        rule.StringEqualsPath(variable="$.deployed.EndpointConfigName", value="$.artefact.config"),
    ]
    done.add_choice(rule.And(ours), then)
    values = f"{ENDPOINT}, $.request.execution, States.JsonToString($.deployed)"
    cause = f"'The endpoint {{}} does not serve {{}}: {{}}', {values}"
    done.default_choice(refusal("Endpoint not deployed", "EndpointNotDeployed", cause, handler))
    look.next(done)
    return look


def describe_endpoint(tasks: Tasks, state_id: str) -> State:
    """All that DescribeEndpoint says is at `$.deployed` afterwards: a reason is among it where there is one."""
    return tasks.call(state_id, "sagemaker:describeEndpoint", {"EndpointName": ENDPOINT}, "$.deployed")
