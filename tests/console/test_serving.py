"""The serving view: a ride to try, the dashboard's points, what the monitor found, and how callers rank the models."""

import json
import re
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cli import dashboard, executions
from cli.status import champion_path
from consoles import Console, shut_out
from machines import until
from wildrydes.edge.metric_data import calls
from wildrydes.edge.outcomes import Outcome, Tally
from wildrydes.model.storage import execution_of
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof

SHARE = r"((under|over) )?[\d.]+\s%"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def champion(console: Console) -> str:
    """The execution whose model is the champion."""
    stack = console.stack
    path = champion_path(stack.command_stack)
    return execution_of(path) if path else stack.retrain(hyperparameters={"epochs": 15})["execution"]


def answer(console: Console, path: str) -> Any:
    reply = console.ask(f"/api/{path}")
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def requests_in(widgets: list[dict[str, Any]]) -> float:
    (requests,) = [each for each in widgets if each.get("title") == "Requests"]
    return sum(value for series in requests["series"] for _, value in series["points"])


def test_charts_of_a_section_are_those_of_the_dashboard(console: Console, champion: str) -> None:
    stack = console.stack.command_stack
    widgets = answer(console, "operations/widgets?hours=1&sections=API")["widgets"]
    every = dashboard.read(stack, 1)["widgets"]
    titles = [each["title"] for each in every if each["kind"] == "metric"]
    assert [each["title"] for each in widgets if each["kind"] == "metric"] == ["Requests", "Errors", "Latency in ms"]
    place = titles.index("Requests")
    assert titles[place : place + 3] == ["Requests", "Errors", "Latency in ms"]
    before = requests_in(widgets)
    console.stack.ask({"distance": 3})
    until(
        lambda: requests_in(answer(console, "operations/widgets?hours=1&sections=API")["widgets"]),
        lambda requests: requests == before + 1,
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [("hours=0&sections=API", "at least"), ("hours=x&sections=API", "number"), ("hours=1", "sections")],
)
def test_charts_of_no_time_or_section_are_refused_in_words(console: Console, query: str, message: str) -> None:
    reply = console.ask(f"/api/operations/widgets?{query}")
    assert reply.status == 400
    assert message in json.loads(reply.body)["message"]


def test_nothing_is_asked_before_somebody_does(page: Page, champion: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Serving").click()
    section = page.get_by_label("Try the champion")
    expect(section.get_by_role("status").first).to_have_text("Not asked yet.")
    expect(page.get_by_role("button", name="Look again")).to_have_count(2)
    expect(page.get_by_text("Asking")).to_have_count(0)
    assert not [url for url in sent if "models/ask" in url]
    section.get_by_role("button", name="Ask").click()
    expect(section.get_by_role("status").first).to_contain_text("heavily used: the probability of a yes is")
    assert len([url for url in sent if "models/ask" in url]) == 1


def test_ride_is_tried_and_the_probability_follows_the_sliders(page: Page, console: Console, champion: str) -> None:
    page.get_by_role("button", name="Serving").click()
    section = page.get_by_label("Try the champion")
    said = section.get_by_role("status").first
    section.get_by_role("button", name="Ask").click()
    expect(said).to_contain_text("probability")
    before = said.text_content()
    slider = section.get_by_role("slider", name=re.compile("^distance"))
    slider.press("Home")
    expect(said).not_to_have_text(before or "")
    values = {
        each.get_attribute("name") or "": float(each.input_value()) for each in section.get_by_role("slider").all()
    }
    probability = console.stack.ask(values)[1]["probability"]
    shown = re.search(r"probability of a yes is ([\d.]+)\s%", said.text_content() or "")
    assert shown
    assert float(shown[1]) == pytest.approx(100 * probability, abs=0.051)


def test_probabilities_that_were_answered_are_a_range_for_each_answer(
    page: Page, console: Console, champion: str
) -> None:
    features = answer(console, f"models/fields?task={DEFAULT_TASK}")["features"]
    usual = {each["name"]: each["usual"] for each in features}
    (distance,) = (each for each in features if each["name"] == "distance")
    replies = [console.stack.ask(usual | {"distance": distance[end]})[1] for end in ("low", "high")]
    assert {each["label"] for each in replies} == {0, 1}
    page.get_by_role("button", name="Serving").click()
    figure = page.get_by_role("figure").filter(has_text=f"Probabilities answered: {DEFAULT_TASK}")
    expect(figure.get_by_role("listitem")).to_have_text(
        [
            re.compile(rf"no, not heavily used {SHARE} to {SHARE}, median {SHARE}"),
            re.compile(rf"yes, heavily used {SHARE} to {SHARE}, median {SHARE}"),
        ]
    )


def test_task_without_a_model_says_what_to_do(page: Page, champion: str) -> None:
    page.get_by_role("button", name="Serving").click()
    page.get_by_role("tab", name="service_requested").click()
    section = page.get_by_label("Try the champion")
    expect(section).to_contain_text("There is no model of service_requested yet.")
    expect(page.get_by_label("Drift and quality")).to_contain_text("No day of service_requested has been looked at yet")
    expect(page.get_by_label("Leaderboard")).to_contain_text("Callers have measured nothing of service_requested yet")
    section.get_by_role("button", name="Start a retraining of it").click()
    # The form has the task already.
    expect(page.get_by_role("dialog").get_by_label("task", exact=True)).to_have_value("service_requested")


def test_day_that_the_monitor_looked_at_is_shown_with_its_numbers(page: Page, console: Console, champion: str) -> None:
    stack = console.stack.command_stack
    day = datetime.now(UTC).date().isoformat()
    arn = executions.start(stack, "monitor", {"task": DEFAULT_TASK, "date": day}, f"monitor-{uuid.uuid4().hex[:12]}")
    output = json.loads(console.stack.ended(arn)["output"])
    (outcome,) = output["outcomes"]
    document = json.loads(console.stack.read(outcome["key"]))
    newest = {each["task"]: each["newest"] for each in answer(console, "serving/watched")}
    assert newest["magic_points"] is None
    seen = newest[DEFAULT_TASK]
    assert (seen["date"], seen["predictions"]) == (day, document["predictions"])
    assert {name: each["psi"] for name, each in seen["features"].items()} == {
        name: each["psi"] for name, each in document["features"].items()
    }
    page.get_by_role("button", name="Serving").click()
    section = page.get_by_label("Drift and quality")
    expect(section).to_contain_text(f"On {day} the model of {document['model']} answered")
    expect(section.get_by_role("rowheader")).to_have_text([*document["features"], "the champion's answers"])


def test_object_that_is_no_day_is_named_and_hides_neither_the_days_nor_the_other_tasks(
    page: Page, console: Console, champion: str
) -> None:
    prefix, stack = "monitoring/service_requested/", console.stack
    keys = [f"{prefix}{name}" for name in ("2026-11-01.json", "2026-11-02.json", "notes.txt")]
    document = {
        "date": "2026-11-01",
        "model": "an-execution",
        "kind": "binary",
        "unit": "",
        "predictions": 7,
        "outcomes": 5,
        "drifted": [],
        "remarks": [],
        "features": {},
        "scores": None,
        "by_day": [
            {"day": "2026-10-31", "measure": 0.25},
            {"day": "2026-11-01", "measure": float("nan")},
        ],
        # NaN, which JSON has not, is null in the page's answer.
        "served": {"measure": float("nan"), "low": 0.1, "high": 0.2, "promised": 0.1, "worse": False},
    }
    for key, text in zip(keys, (json.dumps(document), "{}", "a note"), strict=True):
        stack.put(key, text)
    watched = {each["task"]: each for each in answer(console, "serving/watched")}
    assert list(watched) == list(TASKS)
    assert watched["service_requested"]["odd"] == keys[1:]
    assert [watched["service_requested"]["newest"][name] for name in ("date", "days")] == ["2026-11-01", 1]
    by_name = {each["name"]: each for each in watched["service_requested"]["newest"]["charts"]}
    assert list(by_name) == ["psi", "drifted", "measured"]
    assert by_name["drifted"]["outline"] == {"form": "sentence", "groups": [], "zeros": [0]}
    measured = by_name["measured"]
    assert (measured["first"], measured["last"]) == ("2026-10-31", "2026-10-31")
    assert measured["series"] == [
        {"label": "measured", "points": [["2026-10-31", 0.25]]},
        {"label": "promised", "points": [["2026-10-31", 0.1]]},
    ]
    assert measured["outline"] == {"form": "bars", "groups": [[0], [1]], "zeros": []}
    assert watched["magic_points"] == {"task": "magic_points", "newest": None, "odd": []}
    page.get_by_role("button", name="Serving").click()
    page.get_by_role("tab", name="service_requested").click()
    section = page.get_by_label("Drift and quality")
    expect(section).to_contain_text("On 2026-11-01 the model of an-execution answered 7 requests")
    expect(section).to_contain_text(
        "the log loss is no number, and with 95% confidence 0.1000 to 0.2000; lower is better"
    )
    expect(section).to_contain_text("The test of the model promised 0.1000: the answers are no worse than promised")
    expect(section.get_by_role("figure").filter(has_text="Measured on each day's truths")).to_contain_text(
        re.compile("measured ?0.25.*promised ?0.10")
    )
    expect(section).to_contain_text(f"2 objects are no day's: {keys[1]}, {keys[2]}.")
    for key in keys:
        stack.client("s3").delete_object(Bucket=stack.bucket, Key=key)


def test_leaderboard_ranks_models_by_what_callers_measured_and_shows_names_as_text(
    page: Page, console: Console, champion: str
) -> None:
    # Other tests measure models too.
    before = Counter({each["model"]: each["requests"] for each in answer(console, "serving/leaderboard")})
    tally = Tally(TASKS[DEFAULT_TASK].kind)
    for model, probability in ((champion, 0.9), (HOSTILE, 0.6)):
        for _ in range(4):
            tally.add(Outcome(model, 1.0, probability, 7.5))
    for call in calls(DEFAULT_TASK, tally, datetime.now(UTC)):
        console.stack.client("cloudwatch").put_metric_data(**call)
    ranked = answer(console, "serving/leaderboard")
    assert Counter({each["model"]: each["requests"] for each in ranked}) == before + Counter({champion: 4, HOSTILE: 4})
    losses = [each["log_loss"] for each in ranked]
    assert losses == sorted(losses)
    page.get_by_role("button", name="Serving").click()
    section = page.get_by_label("Leaderboard")
    expect(section.get_by_role("rowheader")).to_have_text([each["model"] for each in ranked])
    expect(section.get_by_role("row", name=champion)).to_contain_text("live")
    expect(section).to_contain_text("They are the requests of these callers alone, of the last 14 days.")


def test_view_has_no_barrier_and_no_sideways_scroll(sized_page: Page, champion: str) -> None:
    page = sized_page
    page.get_by_role("button", name="Serving").click()
    page.get_by_label("Try the champion").get_by_role("button", name="Ask").click()
    expect(page.get_by_label("Try the champion").get_by_role("status").first).to_contain_text("probability")
    expect(page.get_by_role("region", name="Requests, errors and latency")).to_contain_text("Look again")
    assert shut_out(page) == []
