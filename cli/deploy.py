"""Deploys template.yaml to the embedded AWS through CloudFormation, as `sam deploy` does to AWS.

The functions' folder, the state machines' definitions and the API's document are uploaded, the template points to where
they are, and CloudFormation creates the stack or updates it in place. What is in the template's bucket stays.
"""

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from cli.errors import CommandError
from cli.stack import Client, Stack
from cli.template_document import read_template
from local import account
from local.account import EmbeddedAws
from wildrydes.model.storage import NO_MODEL
from wildrydes.tasks import TASKS, Task

log = logging.getLogger(__name__)

ARTIFACTS = "wildrydes-artifacts"

# The same for every file, so that the same code gives the same archive and the same key.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class DeploymentError(CommandError):
    """CloudFormation refused the stack; the message names each resource that failed, and why."""


def deploy(root: Path, server: EmbeddedAws, name: str, parameters: dict[str, str] | None = None) -> Stack:
    """Deploy `root/template.yaml` as the stack `name`, in place if it is there. Raises DeploymentError."""
    s3 = server.client("s3")
    ensure_bucket(s3, ARTIFACTS)
    for task in TASKS.values():
        ensure_model_path(server.client, name, task, (parameters or {}).get(task.model_path, task.parameter))
    # As `sam deploy` does: a template in the request may have 51,200 bytes.
    template = _upload(s3, "template.json", json.dumps(packaged(root, s3)).encode())
    cloudformation = server.client("cloudformation")
    request = {
        "StackName": name,
        "TemplateURL": f"{server.endpoint}/{template['Bucket']}/{template['Key']}",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
    }
    _create_or_update(cloudformation, name, request)
    return Stack.on_embedded_aws(server, name)


def packaged(root: Path, s3: Any) -> dict[str, Any]:
    """The template with the code and the definitions it names uploaded, and named by where they are."""
    template = read_template(root / "template.yaml")
    function_globals = template["Globals"]["Function"]
    code = archive(root / function_globals["CodeUri"])
    function_globals["CodeUri"] = _upload(s3, "functions.zip", code)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::StateMachine":
            definition = (root / properties["DefinitionUri"]).read_bytes()
            properties["DefinitionUri"] = _upload(s3, Path(properties["DefinitionUri"]).name, definition)
        for included in _includes(properties):
            document = Path(included["Location"])
            uploaded = _upload(s3, document.name, (root / document).read_bytes())
            included["Location"] = f"s3://{uploaded['Bucket']}/{uploaded['Key']}"
    return template


def _includes(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters of each AWS::Include that is the value of a property."""
    for value in properties.values():
        transform = value.get("Fn::Transform") if isinstance(value, dict) else None
        if transform and transform["Name"] == "AWS::Include":
            yield transform["Parameters"]


def archive(folder: Path) -> bytes:
    """The files below `folder` as a zip, byte for byte the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME)
                entry.external_attr = 0o644 << 16
                package.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _upload(s3: Any, name: str, content: bytes) -> dict[str, str]:
    key = f"{hashlib.sha256(content).hexdigest()[:32]}/{name}"
    s3.put_object(Bucket=ARTIFACTS, Key=key, Body=content)
    return {"Bucket": ARTIFACTS, "Key": key}


def ensure_bucket(s3: Any, bucket: str) -> None:
    """Create `bucket` if it is not there."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as missing:
        if missing.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        s3.create_bucket(Bucket=bucket)


def parameters_of_champions(folder: str) -> dict[str, str]:
    """The template's parameters for a stack whose champions are in SSM parameters of its own, below `folder`."""
    names = {task: task.parameter.replace("/wildrydes", folder, 1) for task in TASKS.values()}
    return {each: name for task, name in names.items() for each in (task.model_path, task.model_path_name)}


def ensure_model_path(client: Client, stack: str, task: Task, parameter: str) -> None:
    """Let the parameter hold what the alias `live` of the task's function serves, or `none` before there is one.

    The template reads it at each deployment, and would make live whatever else is in it.
    """
    ssm, live = client("ssm"), _live_model_path(client, stack, task)
    try:
        held = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    except ClientError as missing:
        if missing.response["Error"]["Code"] != "ParameterNotFound":
            raise
        held = None
    if live is None and held is not None:
        return
    if held != (value := live or NO_MODEL):
        ssm.put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)
        if live is not None:
            log.warning("The SSM parameter %s was %r; it is %r again, which is live.", parameter, held, value)


def _live_model_path(client: Client, stack: str, task: Task) -> str | None:
    """What the alias `live` of the task's function serves; None where there is no such stack or function yet."""
    try:
        function = client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=task.function)[
            "StackResourceDetail"
        ]["PhysicalResourceId"]
        live = client("lambda").get_function_configuration(FunctionName=function, Qualifier="live")
    except ClientError as missing:
        if missing.response["Error"]["Code"] not in ("ValidationError", "ResourceNotFoundException"):
            raise
        return None
    return live["Environment"]["Variables"]["MODEL_PATH"]


def _create_or_update(cloudformation: Any, stack: str, request: dict[str, Any]) -> None:
    try:
        cloudformation.update_stack(**request)
        waiter = cloudformation.get_waiter("stack_update_complete")
    except ClientError as refusal:
        message = refusal.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return
        if "does not exist" not in message:
            raise DeploymentError(f"CloudFormation refused the template: {message}") from refusal
        cloudformation.create_stack(**request, OnFailure="DELETE")
        waiter = cloudformation.get_waiter("stack_create_complete")
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})
    except WaiterError as failure:
        raise DeploymentError(_failures(cloudformation, stack)) from failure


def _failures(cloudformation: Any, stack: str) -> str:
    events = account.entries(cloudformation, "describe_stack_events", "StackEvents", StackName=stack)
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    return "The stack could not be deployed:\n  " + "\n  ".join(failed or ["no resource says why"])
