"""Stacks for the end-to-end tests: each has a bucket, a workflow and an API of its own on the one server."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import fault_transitions
from cli import deploy
from cli import weather as noaa
from local.account import EmbeddedAws
from stacks import ROOT, SAMPLE_WEATHER, MakeStack, Stack


@pytest.fixture(scope="session")
def weather(server: EmbeddedAws) -> noaa.Weather:
    """NOAA's bucket, with the sample's weather."""
    observations = noaa.collect(SAMPLE_WEATHER)
    noaa.fill(server, observations)
    return observations


@pytest.fixture(scope="session")
def make_stack(server: EmbeddedAws, weather: noaa.Weather, pytestconfig: pytest.Config) -> Iterator[MakeStack]:
    """Deploys the template under a new name, with these parameters."""
    stacks: list[Stack] = []

    def make(**parameters: str) -> Stack:
        name = f"rydes-{uuid.uuid4().hex[:6]}"
        overrides = deploy.parameters_of_champions(f"/wildrydes/{name}") | parameters
        stacks.append(Stack(server, deploy.deploy(ROOT, server, name, overrides)))
        return stacks[-1]

    yield make
    if folder := pytestconfig.getoption("--transitions"):
        fault_transitions.write(Path(folder), fault_transitions.gone_in(stacks))


@pytest.fixture
def copy_of_the_project(tmp_path: Path) -> Path:
    """Template, definitions and code, to be changed and deployed again."""
    for name in ("functions", "statemachines"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path
