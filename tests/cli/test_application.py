"""What `wildrydes up --template` builds and deploys, by which programs, and which variables come of it."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import application as applications
from cli import interpreters, sam, up
from cli.__main__ import main
from cli.application import Application
from cli.deploy import DeploymentError
from cli.errors import UnreadableFileError
from cli.server_record import ServerRecord
from cli.stack import Stack
from local.account import EmbeddedAws

SERVER = EmbeddedAws.on_port(4599)


class Calls:
    """Notes what is run; the call of this number fails."""

    def __init__(self, fails: int = -1) -> None:
        self.calls: list[tuple[Sequence[str], Path, Mapping[str, str]]] = []
        self.fails = fails

    def __call__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
        self.calls.append((command, folder, environment))
        return int(len(self.calls) - 1 == self.fails)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a SAM CLI."""
    folder = tmp_path / "clone" / ".venvs" / "sam" / "bin"
    folder.mkdir(parents=True)
    (folder / "sam").touch()
    return tmp_path / "clone"


@pytest.fixture
def application(tmp_path: Path) -> Application:
    folder = tmp_path / "a saga_pattern"
    folder.mkdir()
    (folder / "template.yml").touch()
    (folder / "samconfig.toml").write_text("version = 0.1\n[default.deploy.parameters]\nprofile = 'its-author'\n")
    return Application.at(folder, {"Stage": "test"}, tmp_path / "build")


def test_application_is_found_in_its_folder_and_called_as_it(application: Application, tmp_path: Path) -> None:
    assert application.template == tmp_path / "a saga_pattern" / "template.yml"
    assert application.name == "a-saga-pattern"
    assert application.build == tmp_path / "build" / "applications" / "a-saga-pattern"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("2_hello", "hello"), ("sfn-sqs", "sfn-sqs"), ("---", "application"), ("n" * 60, "n" * 40), ("été", "t")],
)
def test_name_of_a_stack_is_one_that_cloudformation_takes(folder: str, name: str) -> None:
    assert applications.stack_name(Path("/") / folder / "template.yaml") == name


def test_folder_without_a_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"no template\.yaml and no template\.yml"):
        Application.at(tmp_path, {}, tmp_path / "build")


def test_build_and_deployment_take_nothing_from_the_folder_but_the_template(
    application: Application, clone: Path
) -> None:
    calls, environment = Calls(), SERVER.isolated({"AWS_PROFILE": "work", "PATH": "/bin"})
    sam.build_application(clone, application.template, application.build, environment, run=calls)
    target = sam.Target(application.name, "us-east-1", "artifacts")
    sam.deploy_application(clone, application.build, target, application.parameters, environment, run=calls)
    (build, folder, _), (deployment, _, variables) = calls.calls
    assert (build[1], folder) == ("build", application.template.parent)
    assert build[build.index("--build-dir") + 1] == str(application.build)
    line = " ".join(deployment[1:])
    assert "--stack-name a-saga-pattern --region us-east-1 --s3-bucket artifacts" in line
    assert "CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND" in line
    assert deployment[-2:] == ["--parameter-overrides", 'Stage="test"']
    for command in (build, deployment):
        settings = Path(command[command.index("--config-file") + 1])
        assert settings.read_text(encoding="utf-8") == "version = 0.1\n"
    assert "AWS_PROFILE" not in variables
    assert variables["AWS_ENDPOINT_URL"] == SERVER.endpoint
    assert os.devnull == variables["AWS_SHARED_CREDENTIALS_FILE"]


@pytest.mark.parametrize(("fails", "what"), [(0, "sam build"), (1, "sam deploy")])
def test_failure_of_sam_ends_it(application: Application, clone: Path, fails: int, what: str) -> None:
    calls, target = Calls(fails), sam.Target("a", "us-east-1", "artifacts")
    with pytest.raises(DeploymentError, match=f"`{what}` failed with exit code 1"):
        sam.build_application(clone, application.template, application.build, {}, run=calls)
        sam.deploy_application(clone, application.build, target, {}, {}, run=calls)


def test_outputs_are_variables_that_are_none_of_the_shells() -> None:
    outputs = {
        "Path": "/",
        "RidesQueueURL": "http://127.0.0.1:4599/123456789012/rides",
        "RidesApi": "https://a1b2.execute-api.us-east-1.amazonaws.com/Prod/rides/",
        "HelloApi": "https://c3d4.execute-api.us-east-1.amazonaws.com",
    }
    assert applications.exports(Stack("rides", outputs, SERVER.client), "http://127.0.0.1:4599") == {
        "STACK_PATH": "/",
        "STACK_RIDES_QUEUE_URL": "http://127.0.0.1:4599/123456789012/rides",
        "STACK_RIDES_API": "http://127.0.0.1:4599/_aws/execute-api/a1b2/Prod/rides/",
        "STACK_HELLO_API": "http://127.0.0.1:4599/_aws/execute-api/c3d4/",
    }


def test_runtimes_of_templates(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("Runtime: python3.12\nDefault: 'nodejs20.x'\n", encoding="utf-8")
    second.write_text("CompatibleRuntimes: [python3.9, java21]\n", encoding="utf-8")
    assert interpreters.runtimes_in([first, second]) == {"python3.12", "python3.9", "nodejs20.x"}


def test_environment_is_made_once_and_only_of_what_the_machine_has(tmp_path: Path) -> None:
    locks, runtimes = tmp_path / "requirements", tmp_path / ".venvs" / "runtimes"
    programs = {"python3.12": runtimes / "python3.12/bin/python", "nodejs20.x": runtimes / "nodejs20.x/bin/node"}
    for file in (locks / "runtime.txt", locks / "node" / "package-lock.json", *programs.values()):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for runtime in programs:
        (runtimes / runtime / ".installed").touch()
    installed = {"python3.12": Path("/opt/python3.12"), "nodejs20.x": Path("/opt/node")}
    wanted = frozenset({"python3.12", "python3.13", "nodejs20.x"})
    assert dict(interpreters.programs(tmp_path, wanted, installed)) == programs


def test_environment_that_cannot_be_made_is_named_by_its_command(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").touch()
    with pytest.raises(interpreters.InterpreterError, match="uv is missing"):
        dict(interpreters.programs(tmp_path, frozenset({"python3.12"}), {"python3.12": Path("/opt/python3.12")}))


def test_this_python_is_among_those_of_the_machine() -> None:
    assert interpreters.pythons()["python3.11"].exists()


def test_parameters_without_a_template_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--parameter", "Stage=test"]) == 2
    assert "--parameter goes with --template" in capsys.readouterr().err


def test_application_waits_for_the_end_of_a_server_that_runs(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ServerRecord, "running_server", lambda _: SERVER)
    assert main(["up", "--template", str(application.template)]) == 1
    assert "`make down` ends it" in capsys.readouterr().err
    assert up.listing({"STACK_PATH": "/"}) == ["  STACK_PATH  /"]


class Unread(EmbeddedAws):
    """A server on which two properties have no effect."""

    def request(self, *_: Any, **__: Any) -> Any:
        return {"AWS::SQS::Queue": ["Tags"], "AWS::Events::Rule": ["[bold]"]}


@pytest.mark.parametrize(
    ("verbose", "lines"),
    [
        (False, ["  2 template properties have no effect locally (`--verbose` lists them)"]),
        (
            True,
            [
                "  2 template properties have no effect locally",
                "    AWS::Events::Rule: [bold]",
                "    AWS::SQS::Queue: Tags",
            ],
        ),
    ],
)
def test_application_says_how_many_of_its_properties_have_no_effect(
    application: Application, monkeypatch: pytest.MonkeyPatch, verbose: bool, lines: list[str]
) -> None:
    monkeypatch.setattr(applications, "ensure_bucket", lambda *_: None)
    monkeypatch.setattr(sam, "deploy_application", lambda *_: None)
    monkeypatch.setattr(Stack, "on_embedded_aws", lambda *_: None)
    written = io.StringIO()
    applications.deploy(application, Unread.on_port(4599), Console(file=written, width=120), verbose=verbose)
    assert written.getvalue().splitlines()[-len(lines) :] == lines
    assert len([line for line in written.getvalue().splitlines() if line.startswith("  ")]) == len(lines)
