"""The commands with `--aws`: the standard environment variables say where AWS is, and nothing else does."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import monitor
from commands import RunCommand, runner, use_environment, write_below
from local import account
from promotions import Model, WriteArtefact, bring_back, promote, trained
from stacks import SAMPLE_RIDES, MakeStack, Stack
from stream_rides import ride
from wildrydes.capture.record import Capture
from wildrydes.capture.record import lines as lines_of
from wildrydes.model.linear_model import read_model

pytestmark = pytest.mark.proof

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
FIELDS = {"probability", "label", "threshold", "target", "model", "request_id"}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def execution(stack: Stack) -> str:
    """The ARN of a retraining that has ended with a champion."""
    stack.upload([FEW])
    arn = stack.start()
    described = stack.ended(arn)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    assert json.loads(described["output"])["promoted"]
    return arn


@pytest.fixture(scope="module")
def champion(stack: Stack, execution: str) -> Model:
    output = json.loads(stack.ended(execution)["output"])
    golden = output["metrics"]["golden"]
    return Model(output["execution"], output["model_path"], golden["probability"], golden["ride"])


@pytest.fixture
def command(
    stack: Stack,
    champion: Model,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> RunCommand:
    """Runs a command with `--aws`, while the retraining's model is the champion."""
    use_environment(monkeypatch, stack.server)
    write_below(monkeypatch, tmp_path / "build")
    bring_back(stack, champion)
    return runner(stack, capsys, "--aws")


def facts(command: RunCommand, *arguments: str) -> Any:
    """What a command prints with --json; nothing else may be on standard output."""
    ran = command(*arguments, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_status(command: RunCommand, stack: Stack, champion: Model) -> None:
    status = facts(command, "status")
    assert {name: status[name] for name in ("endpoint", "uptime_seconds", "stack")} == {
        "endpoint": stack.endpoint,
        "uptime_seconds": None,
        "stack": stack.name,
    }
    assert {name: (each["execution"], each["model_path"]) for name, each in status["champions"].items()} == {
        "heavy_utilization": (champion.execution, champion.path),
        "service_requested": (None, None),
        "magic_points": (None, None),
        "pick_duration": (None, None),
    }
    assert set(status["queue_depths"]) == {
        "AnnouncementsDeadLetterQueue",
        "CostsDeadLetterQueue",
        "LocatedRidesDeadLetterQueue",
        "LocatedRidesQueue",
        "PromotionEndsDeadLetterQueue",
        "RidesDeadLetterQueue",
        "RidesQueue",
        "SamplesDeadLetterQueue",
        "StreamFilesDeadLetterQueue",
        "UploadsDeadLetterQueue",
        "UploadsQueue",
    }
    ran = command("status")
    assert (ran.code, ran.err) == (0, "")
    assert f"{stack.name} (CREATE_COMPLETE)" in ran.out
    assert "up for" not in ran.out


def test_models(command: RunCommand, champion: Model) -> None:
    lines = facts(command, "models")
    assert [line["execution"] for line in lines if line["until"] == "now"] == [champion.execution]
    assert champion.execution in command("models").out


def test_ask(command: RunCommand, stack: Stack, champion: Model) -> None:
    for ran in (command("ask"), command("ask", json.dumps(champion.ride))):
        assert (ran.code, ran.err) == (0, "")
        answer = json.loads(ran.out)
        assert set(answer) == FIELDS
        assert answer["model"] == champion.execution
    assert json.loads(command("ask", json.dumps(champion.ride)).out)["probability"] == champion.probability
    ran = command("ask", '{"distance": "far"}')
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("The API answered 4")
    assert command("ask", "[]").code == 2


def score_test_split(stack: Stack, champion: Model) -> list[tuple[float, list[float], float]]:
    """The test split as if its rides had been asked about: label, features, and what the champion says."""
    model = read_model(stack.read(champion.path))
    prefix = f"training-sets/{champion.execution}/split=test/"
    lines = [line for key in stack.keys(prefix) for line in gzip.decompress(stack.read(key)).decode().splitlines()]
    rows = [[float(value) for value in line.split(",")] for line in lines]
    return [(label, features, model.score(features)) for label, *features in rows]


def capture(stack: Stack, champion: Model, day: datetime, hotter: float) -> int:
    """Put predictions of a day where Firehose would, each with its outcome; how many."""
    rows, features = score_test_split(stack, champion), tuple(champion.ride)
    hot = features.index("TMAX")
    captured, outcomes = [], []
    for number, (label, values, score) in enumerate(rows):
        changed = [value + hotter * (place == hot) for place, value in enumerate(values)]
        identity = f"{day:%d}-{number}"
        request = Capture(day.timestamp(), "heavy_utilization", champion.execution, identity, features)
        captured.append(lines_of(request._replace(places=[0], references=[None], rows=[changed], scores=[score])))
        outcomes.append(json.dumps({"time": day.isoformat(), "request_id": identity, "value": label}))
    stack.put(f"predictions/{day:%Y/%m/%d}/captured", "".join(captured))
    stack.put(f"outcomes/{day:%Y/%m/%d}/told", "\n".join(outcomes))
    return len(rows)


def damage(stack: Stack, day: datetime) -> list[str]:
    """Put a gzip that is cut short beside a day's captures, and a text in the place of a score; where they go."""
    folder = f"predictions/{day:%Y/%m/%d}"
    request = Capture(day.timestamp(), "heavy_utilization", "none", "damaged", ("TMAX",), [0], [None], [[1.0]], [0.5])
    line = lines_of(request).encode()
    stack.put(f"{folder}/cut-short.gz", gzip.compress(line)[:-9])
    stack.put(f"{folder}/text", line.replace(b"[0.5]", b'["high"]').decode())
    etags = {key: etag.strip('"') for key, etag in stack.keys(folder).items()}
    cut_short, text = f"{folder}/cut-short.gz", f"{folder}/text"
    return [f"damaged/objects/{cut_short}-{etags[cut_short]}", f"damaged/lines/{text}-{etags[text]}.gz"]


def test_monitor(command: RunCommand, stack: Stack, champion: Model, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(monitor, "BUILD", tmp_path)
    usual, heat_wave = (datetime.now(UTC).replace(hour=9) - timedelta(days=days) for days in (2, 1))
    rows = capture(stack, champion, usual, hotter=0.0)
    capture(stack, champion, heat_wave, hotter=200.0)
    wrong = damage(stack, heat_wave)
    looked_at = facts(command, "monitor")
    assert (looked_at["left_out"]["keys"], looked_at["left_out"]["lines"]) == (wrong, 1)
    assert [(each["task"], each["model"], each["drifted"], each["predictions"]) for each in looked_at["tasks"]] == [
        ("heavy_utilization", champion.execution, ["TMAX"], rows),
        ("service_requested", None, [], 0),
        ("magic_points", None, [], 0),
        ("pick_duration", None, [], 0),
    ]
    document = json.loads(stack.read(f"monitoring/heavy_utilization/{heat_wave:%Y-%m-%d}.json"))
    assert document["outcomes"] == document["served"]["rows"] == 2 * rows
    # It is asked about the rows that its card was made from.
    assert document["served"]["measure"] == pytest.approx(document["served"]["promised"])
    assert not document["served"]["worse"]
    ran = command("monitor", "--task", "heavy_utilization", "--date", f"{usual:%Y-%m-%d}")
    assert ran.code == 0, ran.err
    assert "nothing" in ran.out
    assert (tmp_path / "monitor" / f"{usual:%Y-%m-%d}" / "heavy_utilization.html").exists()
    dimensions = [{"Name": "service", "Value": stack.name}, {"Name": "task", "Value": "heavy_utilization"}]
    cloudwatch = stack.client("cloudwatch")
    listed = account.entries(cloudwatch, "list_metrics", "Metrics", Namespace="WildRydes", Dimensions=dimensions)
    assert {"Drift", "DriftedFeatures", "QualityLoss", "ServedLogLoss"} <= {each["MetricName"] for each in listed}


def test_query(command: RunCommand, execution: str) -> None:
    name = execution.rpartition(":")[2]
    stations = "SELECT count(DISTINCT station) AS stations FROM weather"
    of_2018 = "FROM ghcn WHERE year = 2018 AND element = 'TMAX' AND (q_flag IS NULL OR q_flag = '')"
    assert facts(command, "query", f"SELECT count(DISTINCT id) AS stations {of_2018}") == [{"stations": "3"}]
    ran = command("query", stations)
    # The table is one folder an execution, so a query has to name it.
    assert (ran.code, ran.out) == (1, "")
    assert "execution" in ran.err
    assert facts(command, "query", f"{stations} WHERE execution = '{name}'") == [{"stations": "4"}]


def test_watch_of_an_execution_that_has_ended(command: RunCommand, execution: str, tmp_path: Path) -> None:
    name = execution.rpartition(":")[2]
    for which in (name, execution):
        report = facts(command, "watch", which)
        assert report["execution"]["arn"] == execution
        assert report["prediction"]["response"]["model"] == name
        assert report["ingestion"]["files"][0]["key"] == f"raw/{FEW.name}"
    assert json.loads((tmp_path / "build" / "report.json").read_text())["execution"]["name"] == name
    assert (tmp_path / "build" / "runs" / name / "report.html").is_file()
    assert (tmp_path / "build" / "runs" / name / "rejected" / f"{FEW.name}.jsonl").is_file()
    ran = command("watch", name)
    assert ran.code == 0
    assert "Train candidate" in ran.out
    assert "goes live" in ran.out
    ran = command("watch", "nobody")
    assert (ran.code, ran.out) == (1, "")
    assert "has no execution 'nobody' of retrain, promote, restore or monitor." in ran.err


def test_retrain_without_following(command: RunCommand, stack: Stack) -> None:
    started = facts(command, "retrain", "--no-follow", "--no-promote", "--years", "2018-2019")
    described = stack.ended(started["execution"])
    assert json.loads(described["input"]) == {"promote": False, "years": {"first": 2018, "last": 2019}}
    assert started["status"] == "RUNNING"
    ran = command("retrain", "--no-follow", "--features", "distance", "--min-training-rows", "1000000")
    assert (ran.code, ran.err) == (0, "")
    newest = ran.out.strip()
    assert stack.ended(newest)["status"] == "FAILED"
    ran = command("watch")
    assert (ran.code, ran.out.splitlines()[0]) == (1, f"Following {newest.rpartition(':')[2]}")
    ran = command("retrain", "--years", "1990-1991")
    assert (ran.code, ran.out) == (2, "")
    assert f"the weather of {stack.name} is of the years 2018 to 2019, and none of 1990 to 1991." in ran.err


def test_logs(command: RunCommand, execution: str) -> None:
    ran = command("logs", "evaluate_model", "--lines", "3")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert len(lines) == 3
    assert all(line[9:].startswith("evaluate_model ") for line in lines)
    assert " training " in command("logs", "training", "--since", "7d").out
    json_lines = [
        json.loads(line) for line in command("logs", "evaluate_model", "--lines", "3", "--json").out.splitlines()
    ]
    assert [line[16 + 10 :] for line in lines] == [line["text"] for line in json_lines]
    assert {line["source"] for line in json_lines} == {"evaluate_model"}
    ran = command("logs", "nobody")
    assert (ran.code, ran.out) == (1, "")
    assert "these do: account_costs, " in ran.err
    assert command("logs", "--since", "soon").code == 2


def test_rollback(command: RunCommand, stack: Stack, champion: Model, write_artefact: WriteArtefact) -> None:
    promote(stack, trained(stack, write_artefact, 0.25))
    ran = command("rollback")
    assert (ran.code, ran.err) == (0, "")
    assert f"{champion.execution} is live as version " in ran.out
    ran = command("rollback", "--to", champion.execution)
    assert (ran.code, ran.out) == (1, "")
    assert f"{champion.execution} is live already" in ran.err
    promote(stack, trained(stack, write_artefact, 0.375))
    assert facts(command, "rollback", "--to", champion.execution)["model_path"] == champion.path


def test_report(command: RunCommand, champion: Model, tmp_path: Path) -> None:
    ran = command("report", "--model", champion.execution)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"The report on {champion.execution} is ")
    assert champion.execution in (tmp_path / "build" / "report.html").read_text(encoding="utf-8")
    assert command("report", "--model", "nobody").code == 1
    files = facts(command, "report")
    assert files["execution"] == champion.execution
    assert all(Path(path).is_file() for path in [files["page"], files["card"], *files["pictures"]])


def test_invoke(command: RunCommand, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"execution": "a-name", "input": json.dumps({"target": "speed"})}))
    ran = command("invoke", "apply_defaults", str(event))
    assert ran.code == 1
    assert "errorType" in json.loads(ran.out)
    ran = command("invoke", "nobody", str(event))
    assert (ran.code, ran.out) == (1, "")
    assert "There is no function 'nobody'; there are account_costs, " in ran.err
    event.write_text("no JSON")
    ran = command("invoke", "predict", str(event))
    assert (ran.code, ran.out) == (1, "")
    assert f"{event} cannot be read as an event: " in ran.err


def test_explain(command: RunCommand, champion: Model) -> None:
    ran = command("explain", champion.execution)
    assert (ran.code, ran.err) == (0, "")
    assert "The same model, to the bit." in ran.out
    assert command("explain", "nobody").code == 2


def test_stream(command: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "rides.json"
    file.write_text(json.dumps([ride(number) for number in range(3)]))
    outcome = facts(command, "stream", "--rides", str(file))
    assert outcome["counts"] == {"sent": 3, "stored": 3, "rejected": 0, "repeated": 0, "missing": 0}
    file.write_text(json.dumps([ride(0) | {"Latitude": "far away"}]))
    outcome = facts(command, "stream", "--rides", str(file))
    # Where no ride is stored, none has an age: JSON has no NaN.
    assert (outcome["counts"]["rejected"], outcome["p50"], outcome["p99"]) == (1, None, None)
    file.write_text("latitude,longitude")
    ran = command("stream", "--rides", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert f"{file}: csv: the file looks like CSV" in ran.err
