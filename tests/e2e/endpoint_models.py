"""Models that an endpoint may serve: trained by SageMaker, for the endpoint's image is that of the training job."""

from typing import Any

from local.sagemaker.images import LINEAR_LEARNER
from machines import until
from promotions import RIDE, Model, store
from stacks import Stack
from wildrydes.evaluation.golden import golden_request
from wildrydes.model.linear_model import read_model
from wildrydes.tasks import DEFAULT_TASK, TASKS

FEATURES = ("distance", "healthpoints")
_ENDED = ("Completed", "Failed", "Stopped")


def train(stack: Stack, limit: float, serving: str = "endpoint", task: str = DEFAULT_TASK) -> Model:
    """A model of rows whose label is 1 beyond a distance, with its card where an execution would put it."""
    prefix = "" if task == DEFAULT_TASK else f"{task.replace('_', '-')}-"
    # All stacks of a server are of one account, in which a job's name is taken once.
    name = f"{stack.name}-job-{prefix}{limit:g}".replace(".", "-") + f"-{serving}"
    rows = "".join(f"{int(10 + place > limit)},{10 + place},{place % 3}\n" for place in range(40))
    stack.put(f"training-sets/{name}/split=train/part", rows.encode())
    sagemaker = stack.client("sagemaker")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{stack.bucket}/training-sets/{name}/split=train/"}
    folder = f"{TASKS[task].models_prefix}{name}"
    sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": LINEAR_LEARNER.uri("us-east-1"), "TrainingInputMode": "File"},
        RoleArn=role_of(stack, "TrainingRole"),
        HyperParameters={"predictor_type": "binary_classifier", "mini_batch_size": "10", "epochs": "3"},
        InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}],
        OutputDataConfig={"S3OutputPath": f"s3://{stack.bucket}/{folder}"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 120},
    )
    until(lambda: sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in _ENDED, bool)
    path = f"{folder}/{name}/output/model.tar.gz"
    artefact = stack.read(path)
    ride = {feature: RIDE[feature] for feature in FEATURES}
    probability = read_model(artefact).score(list(ride.values()))
    return store(stack, artefact, probability, FEATURES, ride, path=path, serving=serving, task=task)


def role_of(stack: Stack, logical_id: str) -> str:
    """The ARN of a role of the stack."""
    described = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=logical_id
    )
    name = described["StackResourceDetail"]["PhysicalResourceId"]
    return stack.client("iam").get_role(RoleName=name)["Role"]["Arn"]


def request(model: Model, **more: Any) -> dict[str, Any]:
    """What a promotion to an endpoint is started with."""
    golden = golden_request(model.ride, "probability", model.probability)
    return model.request(golden=golden, serving="endpoint") | more
