"""The endpoint of a task: made or updated by a promotion, before the version that asks it is tested.

Model and configuration are named by a digest of the promotion's ARN: no promotion meets another's, and SageMaker takes
the name whatever the execution is called. The variant has the name of the training job. SageMaker says with each answer
which variant gave it; whose model that is, the promotion writes down beside the models before the endpoint is changed.

A call whose answer was lost is repeated, and SageMaker refuses then what the first has done. Only this promotion makes
what has these names, so what is there already is its own. Of an endpoint that is being changed the look after it says
whose configuration comes of it. A refusal goes on at once: to repeat the call helps nothing.

An update is blue/green. All requests go over at once, since an endpoint of one instance has no smaller part; the alarm
takes them back while the new fleet bakes. https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from functools import partial

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from statemachines.encryption import CHOICE, ENCRYPTED, KEY
from statemachines.once import THERE, Once
from statemachines.task_choice import SERVING
from statemachines.tasks import STACK_TAGS, Tasks, refusal

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
CHANGING = "*Cannot update in-progress endpoint*"
GONE = "*Could not find endpoint*"

rule = sdk.ChoiceRule


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
    return Once("Read endpoint", "Is there no endpoint?", (GONE,), then, refused=nothing).call(
        tasks,
        "sagemaker:describeEndpoint",
        {"EndpointName": ENDPOINT},
        "$.endpoint",
        {"config": "$.EndpointConfigName"},
    )


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
    return Once("Create model", "Is the model there?", (THERE,), configuration).call(
        tasks,
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
    )


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
    plain, encrypted = (
        Once(name, question, (THERE,), then).call(tasks, "sagemaker:createEndpointConfig", each)
        for name, question, each in (
            ("Create endpoint configuration", "Is the configuration there?", settings),
            ("Create encrypted configuration", "Is the encrypted one there?", settings | {"KmsKeyId": KEY}),
        )
    )
    key = sdk.Choice("Has the stack a key?")
    key.add_choice(rule.StringEquals(variable="$.artefact.encryption", value=ENCRYPTED), encrypted)
    key.default_choice(plain)
    return key


def _put_on_endpoint(tasks: Tasks, then: State) -> sdk.Choice:
    name = {"EndpointName": ENDPOINT, "EndpointConfigName": "$.artefact.config"}
    create = Once("Create endpoint", "Is the endpoint there?", (THERE,), then).call(
        tasks, "sagemaker:createEndpoint", name
    )
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
    look = partial(_look_for_update, tasks, then)
    update = Once("Update endpoint", "Is the endpoint changing?", (CHANGING,), then, lost=look).call(
        tasks,
        "sagemaker:updateEndpoint",
        {**name, "DeploymentConfig": policy},
    )
    exists = sdk.Choice("Is there an endpoint?")
    exists.add_choice(rule.StringEquals(variable=BEFORE, value=NOTHING), create)
    exists.default_choice(update)
    return exists


def _look_for_update(tasks: Tasks, then: State, again: State) -> State:
    """Whether an update was begun whose answer was lost, before it is repeated.

    One that has ended meanwhile would be made a second time, even after the alarm has taken the first one back.
    """
    look = describe_endpoint(tasks, "Read endpoint after update")
    begun = sdk.Choice("Was the update begun?")
    is_new = rule.StringEqualsPath(variable="$.deployed.EndpointConfigName", value="$.artefact.config")
    begun.add_choice(rule.Or([is_in_progress("$.deployed.EndpointStatus"), is_new]), then)
    begun.default_choice(again)
    look.next(begun)
    return look


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
