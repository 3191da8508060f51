"""The curl lines of the README and the pages, as they stand there, with the variables that `make up` writes."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli import destroy, remains, server_record, up
from cli.stack import Account
from cli.stack_progress import StackProgress
from promotions import Model, WriteArtefact, promote, store
from stacks import ROOT, MakeStack, Stack
from wildrydes.model.linear_model import read_model
from wildrydes.tasks import REGRESSION, TASKS, features_of

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What goes on in the next line is indented further, or follows a backslash.
CURLS = [
    line
    for document in DOCUMENTS
    for line in re.findall(r"^    (curl .*(?:\n      .*)*)", document.read_text(encoding="utf-8"), re.MULTILINE)
]
FEATURES = ("distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP")
RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMIN": 300, "TMAX": 333, "PRCP": 0}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def live(stack: Stack, write_artefact: WriteArtefact) -> Model:
    artefact = write_artefact([0.01, -0.02, 0.0005, 0.001, 0.001, 0.5], -1.5, 0.5)
    model = store(stack, artefact, read_model(artefact).score([float(RIDE[each]) for each in FEATURES]), FEATURES, RIDE)
    promote(stack, model)
    return model


@pytest.fixture(scope="module")
def regressions(stack: Stack, write_artefact: WriteArtefact) -> dict[str, float]:
    """What the champion of each task of regression answers to a usual row of its features."""
    answers = {}
    for task in (each for each in TASKS.values() if each.kind == REGRESSION):
        ride = {name: features_of(task.source)[name].example for name in task.features}
        artefact = write_artefact([0.25] * len(ride), 7.5, 0.5, "LinearRegressionOutput")
        answers[task.name] = read_model(artefact).score([float(value) for value in ride.values()])
        promote(stack, store(stack, artefact, answers[task.name], task.features, ride, task=task.name))
    return answers


@pytest.fixture(scope="module")
def variables(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `make up` writes."""
    file = tmp_path_factory.mktemp("readme") / "embedded-aws.env"
    server_record.write_variables(up.exports(stack.server, stack.command_stack), file)
    return file


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", CURLS, ids=lambda line: re.sub(r"\s+", " ", line)[:60])
def test_line_is_answered(variables: Path, live: Model, regressions: dict[str, float], line: str) -> None:
    ran = subprocess.run(
        ["bash", "-c", f'. "$0"\ncurl() {{ command curl --silent --show-error --fail "$@"; }}\n{line}', variables],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    if "text/csv" in line:
        assert ran.stdout.splitlines()[1].startswith(f"{live.probability!r},")
    elif "text/plain" in line:
        assert float(ran.stdout) == live.probability
    else:
        answer = json.loads(ran.stdout)
        if "liveinference" in line:
            assert answer == regressions["pick_duration"]
        elif "tasks/magic_points" in line:
            assert (answer["value"], answer["unit"]) == (regressions["magic_points"], "points")
        elif "openapi.json" in line:
            assert answer["components"]["schemas"]["Ride"]["required"] == list(FEATURES)
        elif line.endswith("model"):
            assert answer["execution"] == live.execution
        else:
            first, *others = answer.get("predictions", [answer])
            assert first["probability"] == live.probability
            assert all(other["error"]["field"] == "distance" for other in others)


def test_pages_show_each_way_to_ask() -> None:
    assert len(CURLS) >= 6


def test_workshop_counts_the_resources_as_the_commands_do(stack: Stack) -> None:
    set_up, clean_up = (
        (ROOT / "docs/workshop" / name).read_text(encoding="utf-8") for name in ("1-set-up.md", "10-clean-up.md")
    )
    deployed = StackProgress(stack.client("cloudformation"), stack.name, None).describe()
    assert re.findall(r"^  (.* resources are deployed, .*) after ", set_up, re.MULTILINE) == [deployed]
    assert re.findall(r"the ([0-9]+) resources that `make up` counted", clean_up) == [deployed.split()[0]]
    account = Account.on_embedded_aws(stack.server)
    inventory = remains.take(account, stack.name)
    removed = destroy.removable(account.client, inventory, remains.left(account.client, inventory))
    assert re.findall(r": ([0-9]+) resources\.$", clean_up, re.MULTILINE) == [str(len(removed))]
