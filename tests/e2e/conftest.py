"""Stacks for the end-to-end tests: each has a bucket, a workflow and an API of its own on the one server."""

import shutil
import uuid
from pathlib import Path

import pytest

from local import account, deploy, noaa
from stacks import ROOT, SAMPLE_WEATHER, MakeStack, Stack


@pytest.fixture(scope="session")
def weather(endpoint: str) -> noaa.Filled:
    """NOAA's bucket, with the sample's weather."""
    return noaa.fill(endpoint, SAMPLE_WEATHER)


@pytest.fixture(scope="session")
def make_stack(endpoint: str, weather: noaa.Filled) -> MakeStack:
    """Deploys the template under a new name, with the parameters given."""

    def make(**parameters: str) -> Stack:
        name = f"rydes-{uuid.uuid4().hex[:6]}"
        path = f"/wildrydes/{name}/model-path"
        account.client("ssm", endpoint).put_parameter(Name=path, Value="none", Type="String")
        given = {"ModelPath": path, "ModelPathParameterName": path} | parameters
        return Stack(endpoint, name, deploy.deploy(ROOT, endpoint, name, given).outputs)

    return make


@pytest.fixture
def copy_of_the_project(tmp_path: Path) -> Path:
    """Template, definitions and code, to be changed and deployed again."""
    for name in ("functions", "statemachines"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path
