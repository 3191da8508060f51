"""A model explained from its card: by an unchanged bucket, after more rides, and where something is not what it was."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli.explain import retraining
from cli.explain.cards import find
from cli.server_record import ServerRecord
from local import account
from local.sagemaker import images
from redefinitions import shorten_pauses
from stacks import SAMPLE_RIDES, MakeStack, Stack
from wildrydes.model.card_meanings import unlisted_paths

pytestmark = pytest.mark.proof

Explain = Callable[[Any], tuple[int, str]]
FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
NO_IMAGE = f"sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    # A denial by ECR has the name of its faults, and is retried for minutes.
    return shorten_pauses(make_stack())


@pytest.fixture(scope="module")
def trained(stack: Stack) -> str:
    """The execution that trained a model."""
    stack.upload([FEW])
    return stack.retrain(promote=False)["execution"]


@pytest.fixture
def card(stack: Stack, trained: str) -> dict[str, Any]:
    return json.loads(stack.read(f"models/{trained}/card.json"))


@pytest.fixture
def explain(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Explain:
    """Runs the command on an execution, a file, or a card put into one; its exit code and what it says."""
    for name, value in stack.server.variables().items():
        monkeypatch.setenv(name, value)

    def run(model: Any) -> tuple[int, str]:
        if isinstance(model, dict):
            (tmp_path / "card.json").write_text(json.dumps(model), encoding="utf-8")
            model = tmp_path / "card.json"
        code = commands.main(["explain", str(model), "--stack", stack.name, "--aws"])
        captured = capsys.readouterr()
        # Where --aws works is said before all else, on standard error.
        notice, _, errors = captured.err.partition("\n")
        assert notice.startswith("--aws works on ")
        return code, captured.out + errors

    return run


@pytest.fixture
def remember(stack: Stack) -> Iterator[Callable[[str], str]]:
    """Remembers the first object under a prefix, gives its key, and puts it back when the test is over."""
    contents: dict[str, bytes] = {}

    def first(prefix: str) -> str:
        key = min(stack.keys(prefix))
        contents[key] = stack.read(key)
        return key

    yield first
    for key, content in contents.items():
        stack.put(key, content)


def delete(stack: Stack, key: str) -> None:
    stack.client("s3").delete_object(Bucket=stack.bucket, Key=key)


def line_of(said: str, name: str) -> list[str]:
    """The words of the line on an input."""
    return next(line.split() for line in said.splitlines() if line.startswith(f"{name} "))


def jobs(stack: Stack, execution: str) -> list[str]:
    """The explanations' training jobs so far."""
    listed = account.entries(
        stack.client("sagemaker"), "list_training_jobs", "TrainingJobSummaries", NameContains=f"{execution}-explained"
    )
    return [each["TrainingJobName"] for each in listed]


def test_a_card_has_no_field_that_its_page_lacks(card: dict[str, Any]) -> None:
    assert card["cost"]["total_usd"] > 0
    assert list(unlisted_paths(card)) == []


def test_a_card_names_its_inputs_and_gives_the_same_weights(
    stack: Stack, explain: Explain, card: dict[str, Any], trained: str
) -> None:
    code, said = explain(trained)
    assert (code, said.splitlines()[-1]) == (0, "The same model, to the bit.")
    lineage = card["lineage"]
    digests = {name: lineage[name]["sha256"] for name in ("rides", "weather", "rows")} | {
        "image": images.LINEAR_LEARNER.digest().removeprefix("sha256:"),
        "workflow": lineage["definition_sha256"],
        "code": lineage["code_sha256"],
        "artefact": lineage["artefact_sha256"],
    }
    assert {name: line_of(said, name)[1:3] for name in digests} == {
        name: ["match", digest] for name, digest in digests.items()
    }
    for name, weight in zip(card["features"], card["weights"], strict=True):
        assert line_of(said, name) == [name, repr(weight), repr(weight)]
    assert line_of(said, "bias")[1:] == [repr(card["bias"])] * 2
    assert f"mini_batch_size {card['training_set']['mini_batch_size']}" in said


def test_an_explanation_as_json(
    stack: Stack,
    card: dict[str, Any],
    trained: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in stack.server.variables().items():
        monkeypatch.setenv(name, value)
    assert commands.main(["explain", trained, "--stack", stack.name, "--aws", "--json"]) == 0
    explanation = json.loads(capsys.readouterr().out)
    assert (explanation["same"], explanation["fault"]) == (True, None)
    assert {each["status"] for each in explanation["inputs"]} == {"match"}
    weights = {each["name"]: each["again"] for each in explanation["parameters"]}
    assert weights == dict(zip(card["features"], card["weights"], strict=True)) | {
        "bias": card["bias"],
        "threshold": card["threshold"],
    }


def test_more_rides_take_nothing_from_a_card_which_needs_no_stack_to_look_it_up(
    stack: Stack, explain: Explain, card: dict[str, Any]
) -> None:
    key = "processed/year=2026/stream/2026-01-02/later.jsonl.gz"
    stack.put(key, gzip.compress(b""))
    code, said = explain(card)
    delete(stack, key)
    assert (code, line_of(said, "rides")[1]) == (0, "match")
    assert "besides" not in said


def test_rides_that_may_have_been_read_are_told_apart(explain: Explain, card: dict[str, Any]) -> None:
    lineage = card["lineage"]
    unsettled = lineage["unsettled_rides"] | {"objects": 2}
    code, said = explain(card | {"lineage": lineage | {"unsettled_rides": unsettled}})
    assert (code, line_of(said, "rides")[1]) == (0, "match")
    assert "besides, 2 objects came or went while the training set was built, and may have been read or not" in said


def test_a_changed_row_is_named_and_nothing_is_trained(
    stack: Stack, explain: Explain, card: dict[str, Any], trained: str, remember: Callable[[str], str]
) -> None:
    key = remember(f"training-sets/{trained}/split=train/")
    rows = gzip.decompress(stack.read(key)).splitlines(keepends=True)
    stack.put(key, gzip.compress(b"".join([rows[0].replace(b"0,", b"1,", 1), *rows[1:-1]])))
    before = jobs(stack, trained)
    code, said = explain(card)
    assert (code, line_of(said, "rows")[1]) == (1, "differs")
    assert f"{key} is another object; the version that was read, " in said
    assert said.splitlines()[-1] == "Not trained again: rows is not what the model was made with."
    assert jobs(stack, trained) == before


def test_a_row_that_was_added_is_named(stack: Stack, explain: Explain, card: dict[str, Any], trained: str) -> None:
    key = f"training-sets/{trained}/split=train/added"
    stack.put(key, gzip.compress(b"1,1,1,1,1,1,1\n"))
    code, said = explain(card)
    delete(stack, key)
    assert (code, line_of(said, "rows")[1]) == (1, "differs")
    assert f"{key} was added" in said


def test_deleted_rides_are_named_and_the_rows_still_give_the_same_weights(
    stack: Stack, explain: Explain, card: dict[str, Any], remember: Callable[[str], str]
) -> None:
    key = remember("processed/")
    delete(stack, key)
    code, said = explain(card)
    assert (code, line_of(said, "rides")[1]) == (1, "gone")
    assert f"{key} is gone; the version that was read, " in said
    # The bucket is versioned.
    assert ", is kept" in said
    assert said.splitlines()[-1] == "The same model to the bit, but rides is not what was read."


def test_other_rides_under_the_same_key_are_named(
    stack: Stack, explain: Explain, card: dict[str, Any], remember: Callable[[str], str]
) -> None:
    key = remember("processed/")
    stack.put(key, gzip.compress(b"{}"))
    code, said = explain(card)
    assert (code, line_of(said, "rides")[1]) == (1, "differs")
    assert f"{key} is another object" in said


def test_a_list_that_was_changed_or_lost_is_no_list(
    stack: Stack, explain: Explain, card: dict[str, Any], trained: str, remember: Callable[[str], str]
) -> None:
    key = remember(f"models/{trained}/lineage/weather")
    stack.put(key, gzip.compress(b""))
    code, said = explain(card)
    assert (code, line_of(said, "weather")[1]) == (1, "differs")
    assert f"{key}: the list has the digest " in said
    delete(stack, key)
    code, said = explain(card)
    assert (code, line_of(said, "weather")[1]) == (1, "gone")
    assert f"{key}, which lists it, is gone" in said


def test_another_artefact_is_not_compared_with(
    stack: Stack, explain: Explain, card: dict[str, Any], remember: Callable[[str], str]
) -> None:
    key = remember(card["model_path"])
    stack.put(key, b"another")
    code, said = explain(card)
    assert (code, line_of(said, "artefact")[1]) == (1, "differs")
    assert said.splitlines()[-1] == "Not trained again: artefact is not what the model was made with."


def with_training(card: dict[str, Any], **changes: Any) -> dict[str, Any]:
    lineage = card["lineage"]
    return card | {"lineage": lineage | {"training": lineage["training"] | changes}}


def test_other_weights_are_shown_beside_the_models(explain: Explain, card: dict[str, Any]) -> None:
    own = card["lineage"]["training"]["hyperparameters"]
    code, said = explain(with_training(card, hyperparameters=own | {"epochs": "1"}))
    assert (code, said.splitlines()[-1][:14]) == (1, "Another model:")
    name, was, again, apart = line_of(said, "distance")
    assert (name, float(was)) == ("distance", card["weights"][0])
    assert float(apart) == pytest.approx(float(again) - float(was), rel=0.01) != 0


def test_a_job_that_fails_says_why(explain: Explain, card: dict[str, Any]) -> None:
    code, said = explain(with_training(card, hyperparameters={"predictor_type": "oracle"}))
    assert (code, "ended as Failed: ClientError" in said) == (1, True)


def test_an_image_that_is_gone_is_named(explain: Explain, card: dict[str, Any]) -> None:
    image = card["lineage"]["image"]
    other = image["uri"].replace(image["digest"], NO_IMAGE)
    lineage = card["lineage"] | {"image": {"uri": other, "digest": NO_IMAGE, "unknown": ""}}
    code, said = explain(card | {"lineage": lineage})
    assert (code, line_of(said, "image")[1]) == (1, "gone")
    assert f"the registry has no {other} any more" in said


def test_a_registry_that_refuses_leaves_the_digest_unknown_and_the_model_is_trained_by_the_tag(
    stack: Stack, explain: Explain, trained: str
) -> None:
    resource = {"StackName": stack.name, "LogicalResourceId": "RetrainRole"}
    described = stack.client("cloudformation").describe_stack_resource(**resource)["StackResourceDetail"]
    role = described["PhysicalResourceId"]
    denied = {"RoleName": role, "PolicyName": "registry-refuses"}
    statement = {"Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stack.client("iam").put_role_policy(**denied, PolicyDocument=document)
    execution = stack.retrain(promote=False)["execution"]
    stack.client("iam").delete_role_policy(**denied)
    lineage = json.loads(stack.read(f"models/{execution}/card.json"))["lineage"]
    assert lineage["image"]["uri"].endswith("/linear-learner:1")
    assert lineage["image"]["digest"] == ""
    assert lineage["image"]["unknown"].startswith("Ecr.EcrException: ")
    assert lineage["training"]["image"] == lineage["image"]["uri"]
    code, said = explain(execution)
    assert (code, line_of(said, "image")[1]) == (0, "unknown")
    assert "whose digest the registry did not tell (Ecr.EcrException" in said


def test_ctrl_c_stops_the_training_job(stack: Stack, explain: Explain, trained: str) -> None:
    def interrupted(said: str) -> None:
        if said.startswith("  "):
            raise KeyboardInterrupt

    card = find(trained, stack.name, stack.client)
    before = set(jobs(stack, trained))
    with pytest.raises(KeyboardInterrupt):
        retraining.retrain(card, stack.client, interrupted)
    (stopped,) = set(jobs(stack, trained)) - before
    described = stack.client("sagemaker").describe_training_job(TrainingJobName=stopped)
    assert described["TrainingJobStatus"] in ("Stopping", "Stopped")


def test_what_is_no_model_is_said(explain: Explain, card: dict[str, Any], tmp_path: Path) -> None:
    code, said = explain("no-such-execution")
    assert (code, "models/no-such-execution/card.json is not there: `wildrydes models` lists" in said) == (2, True)
    assert explain("")[0] == 2
    (tmp_path / "text").write_text("no card", encoding="utf-8")
    code, said = explain(tmp_path / "text")
    assert (code, "is no model's card" in said) == (2, True)
    code, said = explain({**card, "lineage": {"image": "linear-learner:1"}})
    assert (code, "its lineage lacks artefact_sha256, bucket" in said) == (2, True)


def test_nothing_that_runs_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ServerRecord, "process", lambda _: None)
    assert commands.main(["explain", "an-execution"]) == 1
    assert "No embedded AWS is running: `make up` starts one." in capsys.readouterr().err


@pytest.mark.usefixtures("trained")
def test_tuned_model_is_the_best_of_its_search_and_is_trained_again_alike(stack: Stack, explain: Explain) -> None:
    ranges = {"linear-learner": {"learning_rate": {"min": 0.001, "max": 0.1, "scaling": "Logarithmic"}}}
    tuning = {"jobs": 3, "parallel": 2, "ranges": ranges}
    execution = stack.retrain(promote=False, tuning=tuning, hyperparameters={"epochs": 3})["execution"]
    card = json.loads(stack.read(f"models/{execution}/card.json"))
    tuned = card["lineage"]["tuning"]
    search = stack.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuned["job"])
    assert search["TrainingJobStatusCounters"]["Completed"] == 3
    best = search["BestTrainingJob"]
    training = card["lineage"]["training"]
    assert training["job"] == best["TrainingJobName"]
    assert training["hyperparameters"]["learning_rate"] == best["TunedHyperParameters"]["learning_rate"]
    assert (training["hyperparameters"]["epochs"], card["hyperparameters"]) == ("3", training["hyperparameters"])
    assert card["model_path"] == f"models/{execution}/{best['TrainingJobName']}/output/model.tar.gz"
    assert (tuned["strategy"], tuned["chosen"]) == ("Random", best["TunedHyperParameters"])
    code, said = explain(execution)
    assert (code, said.splitlines()[-1]) == (0, "The same model, to the bit.")
