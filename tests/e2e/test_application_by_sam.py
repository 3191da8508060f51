"""An application of another project, built and deployed by the SAM CLI as `wildrydes up --template` does."""

import json
import urllib.request
from pathlib import Path

import pytest
from rich.console import Console

from cli import application as applications
from cli import embedded
from cli.application import Application
from local.account import EmbeddedAws
from machines import execute
from stacks import ROOT

FOLDER = ROOT / "tests" / "local" / "applications" / "greeting"


def files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}


@pytest.mark.proof
@pytest.mark.skipif(not (ROOT / ".venvs/sam/bin/sam").exists(), reason="`make build` installs the SAM CLI")
def test_application_runs_as_its_template_has_it_and_its_folder_stays_as_it_is(tmp_path: Path) -> None:
    before = files()
    application = Application.at(FOLDER, {"Greeting": "Welcome"}, tmp_path)
    programs = applications.build(application, EmbeddedAws.on_port(1))
    assert list(programs) == ["python3.11"]
    runtimes = [f"--runtime={name}={program}" for name, program in programs.items()]
    with embedded.temporary_server(tmp_path / "embedded-aws.log", *runtimes) as server:
        stack = applications.deploy(application, server, Console(quiet=True), verbose=False)
        outputs = applications.exports(stack, server.endpoint)
        described = execute(server.client, outputs["STACK_WORKFLOW_ARN"], {"name": "you"})
        assert json.loads(described["output"]) == {"greeting": "Welcome, you!", "status": 200, "letters": "7"}
        with urllib.request.urlopen(outputs["STACK_GREET_URL"], timeout=60) as response:
            assert json.loads(response.read()) == {"greeting": "Welcome, you!"}
    assert files() == before
