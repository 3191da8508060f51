"""An application of another project, as its template has it: what `sam deploy` sends, and CloudFormation makes of it.

"AWS SAM template anatomy", "Working with AWS Lambda layers", "cfn-response module", "HTTP APIs".
"""

import io
import json
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.application import exports
from cli.stack import Stack
from cli.template_document import read_template
from local.account import EmbeddedAws, entries
from machines import Client, execute, unique, until

FOLDER = Path(__file__).parent / "applications" / "greeting"


def packaged(client: Client, bucket: str) -> dict[str, Any]:
    """The template as `sam package` uploads it."""
    template = read_template(FOLDER / "template.yaml")
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri", "DefinitionUri"} & set(properties):
            path = FOLDER / properties[name]
            key = unique(path.name)
            client("s3").put_object(Bucket=bucket, Key=key, Body=archive(path) if path.is_dir() else path.read_bytes())
            properties[name] = {"Bucket": bucket, "Key": key}
    return template


def archive(folder: Path) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for path in sorted(folder.rglob("*.py")):
            archive.write(path, path.relative_to(folder))
    return package.getvalue()


@pytest.fixture(scope="module")
def outputs(client: Client, server: EmbeddedAws) -> Mapping[str, str]:
    """The outputs of the deployed application, as variables."""
    bucket, name = unique("artifacts"), unique("greeting")
    client("s3").create_bucket(Bucket=bucket)
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName=name,
        TemplateBody=json.dumps(packaged(client, bucket)),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": "Greeting", "ParameterValue": "Welcome"}],
    )
    stack = until(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0],
        lambda described: not described["StackStatus"].endswith("IN_PROGRESS"),
    )
    events = entries(stacks, "describe_stack_events", "StackEvents", StackName=name)
    assert stack["StackStatus"] == "CREATE_COMPLETE", [event.get("ResourceStatusReason") for event in events]
    return exports(Stack.on_embedded_aws(server, name), server.endpoint)


def test_workflow_in_yaml_runs_a_function_with_its_layer_after_a_custom_resource(
    client: Client, outputs: Mapping[str, str]
) -> None:
    described = execute(client, outputs["STACK_WORKFLOW_ARN"], {"name": "you"})
    assert described["status"] == "SUCCEEDED", described
    assert json.loads(described["output"]) == {"greeting": "Welcome, you!", "status": 200, "letters": "7"}


def test_http_api_answers_at_the_endpoint(outputs: Mapping[str, str]) -> None:
    with urllib.request.urlopen(outputs["STACK_GREET_URL"], timeout=60) as response:
        assert json.loads(response.read()) == {"greeting": "Welcome, you!"}
