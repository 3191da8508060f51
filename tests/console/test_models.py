"""The models view: numbers of the cards, answers of the API, and a rollback that a person asks for."""

import json
import math
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import overflow, serious_faults
from cli import models
from cli.status import champion_path
from consoles import Console, shut_out
from machines import until
from wildrydes.model.storage import card_key, execution_of
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def champions(console: Console) -> tuple[str, str]:
    """The champion before, and the one that is: nothing else of these tests promotes."""
    # Tests of another view may have made the first one live: its equal would not be promoted.
    path = champion_path(console.stack.command_stack)
    before = execution_of(path) if path else console.stack.retrain(hyperparameters={"epochs": 15})["execution"]
    return before, console.stack.retrain(hyperparameters={"epochs": 30})["execution"]


def live(console: Console) -> str:
    path = champion_path(console.stack.command_stack)
    assert path is not None
    return execution_of(path)


def answer(console: Console, path: str, body: Any = None) -> Any:
    reply = console.ask(f"/api/models/{path}", body=None if body is None else json.dumps(body).encode())
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_list_has_each_task_and_what_is_live(console: Console, champions: tuple[str, str]) -> None:
    listed = {each["task"]: each["lines"] for each in answer(console, "list")}
    assert listed["service_requested"] == []
    lines = listed[DEFAULT_TASK]
    assert [line["execution"] for line in lines if line["live"]] == [live(console)]
    of_card = models.card(console.stack.command_stack, champions[1])["metrics"]
    (line,) = [line for line in lines if line["execution"] == champions[1]][:1]
    assert (line["log_loss"], line["auc"]) == (of_card["log_loss"], of_card["auc"])


def test_list_says_its_order_the_live_model_first(page: Page, console: Console, champions: tuple[str, str]) -> None:
    console.stack.retrain(hyperparameters={"epochs": 2}, promote=False)
    page.get_by_role("button", name="Models").click()
    lists = page.get_by_label("Models", exact=True).get_by_role("list")
    expect(lists).to_have_count(3)
    titles = ["Live: it answers the API", "Were live, the newest first", "Never live, the newest first"]
    assert [each.get_attribute("aria-label") for each in lists.all()] == titles
    expect(lists.first.get_by_role("listitem")).to_have_text([re.compile(live(console))])
    was = [line["execution"] for line in lines_of(console) if line["until"] and not line["live"]]
    expect(lists.nth(1).get_by_role("listitem")).to_have_text([re.compile(each) for each in was])


def lines_of(console: Console) -> list[dict[str, Any]]:
    (task,) = (each for each in answer(console, "list") if each["task"] == DEFAULT_TASK)
    return task["lines"]


def test_parts_of_a_ride_add_up_to_the_answer_of_the_api(console: Console, champions: tuple[str, str]) -> None:
    champion = answer(console, f"fields?task={DEFAULT_TASK}")
    card = models.card(console.stack.command_stack, champion["execution"])
    values = {field["name"]: field["mean"] for field in champion["features"]} | {"distance": 20.5}
    reply = answer(console, "ask", {"task": DEFAULT_TASK, "values": values})
    assert reply["probability"] == console.stack.ask(values)[1]["probability"]
    parts = [field["weight"] * (values[field["name"]] - field["mean"]) for field in champion["features"]]
    at_mean = card["bias"] + sum(field["weight"] * field["mean"] for field in champion["features"])
    odds = math.log(reply["probability"] / (1 - reply["probability"]))
    assert sum(parts) + at_mean == pytest.approx(odds, abs=1e-6)
    assert all(field["low"] <= field["usual"] <= field["high"] for field in champion["features"])


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("card?task=no-such&execution=run-1", None, "There is no task 'no-such'"),
        (f"card?task={DEFAULT_TASK}&execution=../../secret", None, "There is no card"),
        (f"lineage?task={DEFAULT_TASK}&execution=pyproject.toml", None, "is not there"),
        ("fields?task=service_requested", None, "There is no model of service_requested yet"),
        ("rollback", {"task": DEFAULT_TASK, "to": "<b>run</b>"}, "was never live"),
        ("ask", {"task": DEFAULT_TASK, "values": {"distance": "far"}}, "distance is the text"),
        ("ask", {"values": {}}, "needs the field task"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    console: Console, champions: tuple[str, str], path: str, body: Any, message: str
) -> None:
    refused = console.ask(f"/api/models/{path}", body=None if body is None else json.dumps(body).encode())
    assert refused.status == 400
    assert message in json.loads(refused.body)["message"]


def test_champion_whose_card_is_gone_is_not_said_to_be_none(console: Console, champions: tuple[str, str]) -> None:
    stack, execution = console.stack.command_stack, live(console)
    s3, place = stack.client("s3"), {"Bucket": stack.bucket, "Key": card_key(execution, DEFAULT_TASK)}
    card = s3.get_object(**place)["Body"].read()
    s3.delete_object(**place)
    refused = console.ask(f"/api/models/fields?task={DEFAULT_TASK}")
    s3.put_object(**place, Body=card)
    assert refused.status == 400
    assert f"There is no card of a model '{execution}'" in json.loads(refused.body)["message"]


def test_lineage_names_each_input_by_the_digest_of_the_card(console: Console, champions: tuple[str, str]) -> None:
    lineage = models.card(console.stack.command_stack, champions[1])["lineage"]
    findings = {each["name"]: each for each in answer(console, f"lineage?task={DEFAULT_TASK}&execution={champions[1]}")}
    assert list(findings) == ["rides", "weather", "rows", "image", "workflow", "code", "artefact"]
    assert {each["status"] for each in findings.values()} == {"match"}
    for name in ("rides", "weather", "rows"):
        of_card = lineage[name]
        named = findings[name]
        assert (named["digest"], named["objects"]) == (of_card["sha256"], of_card["objects"])
    assert findings["artefact"]["digest"] == lineage["artefact_sha256"]
    assert findings["artefact"]["objects"] is None


def test_click_on_the_lineage_shows_what_was_changed_since(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    stack = console.stack.command_stack
    s3: Any = stack.client("s3")
    # The name is part of the key that the page shows.
    key = models.card(stack, champions[0])["lineage"]["rows"]["prefix"] + "<img src=x onerror=alert(1)>"
    s3.put_object(Bucket=stack.bucket, Key=key, Body=b"1,2\n")
    page.get_by_role("button", name="Models").click()
    page.get_by_role("listitem").filter(has_text=champions[0]).get_by_role("button", pressed=False).first.click()
    lineage = page.get_by_label("What it was made from")
    lineage.get_by_role("button", name="Check each digest").click()
    expect(lineage.get_by_role("status")).to_have_text("6 of 7 are as they were.")
    rows = lineage.get_by_role("listitem").filter(has_text="Joined to a training set")
    expect(rows).to_contain_text("differs")
    expect(rows).to_contain_text(f"{key} was added")
    versions = [each.version for each in reversed(models.promotions(stack)) if each.execution == champions[0]]
    assert versions
    requests = lineage.get_by_role("listitem").filter(has_text="Answered requests")
    expect(requests.locator("strong")).to_have_text([f"version {each}" for each in versions])
    s3.delete_object(Bucket=stack.bucket, Key=key)


def test_regression_shows_its_residuals(page: Page, console: Console, champions: tuple[str, str]) -> None:
    execution = console.stack.retrain(task="magic_points")["execution"]
    metrics = models.card(console.stack.command_stack, execution, "magic_points")["metrics"]
    residuals = metrics["residuals"]
    assert sum(residuals["counts"]) == metrics["rows"]
    page.get_by_role("button", name="Models").click()
    page.get_by_role("tab", name="magic_points").click()
    model = page.get_by_label(f"The model of {execution}")
    # A minus sign is as wide as a plus.
    unit = TASKS["magic_points"].unit
    for name, value in (("RMSE", metrics["rmse"]), ("bias", metrics["bias"]), ("bias gap", metrics["bias_gap"])):
        score = model.locator(".scores > div").filter(has=page.get_by_text(name, exact=True))
        expect(score).to_have_text(f"{name}{value:,.4f} {unit}".replace("-", "\u2212"))
    figure = model.get_by_role("figure").filter(has_text="Residuals")
    expect(figure.locator("rect.bar")).to_have_count(len([count for count in residuals["counts"] if count]))
    figure.get_by_text("The numbers").click()
    rows = figure.locator("tbody tr")
    expect(rows).to_have_count(len(residuals["counts"]))
    assert [int(row.replace(",", "")) for row in rows.locator("td:last-child").all_inner_texts()] == residuals["counts"]
    assert serious_faults(page) == []


def test_model_is_shown_beside_the_champion_with_the_numbers_of_both_cards(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    now = live(console)
    other = next(each for each in champions if each != now)
    page.get_by_role("button", name="Models").click()
    page.get_by_role("listitem").filter(has_text=other).get_by_role("button", pressed=False).first.click()
    page.get_by_label("beside the champion").check()
    for execution in (other, now):
        metrics = models.card(console.stack.command_stack, execution)["metrics"]
        sheet = page.get_by_label(f"The model of {execution}")
        expect(sheet.locator("dl.scores").get_by_text(f"{metrics['log_loss']:.4f}", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=f"{now}, the champion")).to_be_visible()
    assert serious_faults(page) == []
    page.set_viewport_size({"width": 390, "height": 850})
    assert overflow(page) == 0


def test_model_that_was_never_live_says_why_and_what_alone_makes_one_live(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    stack = console.stack.command_stack
    card = models.card(stack, champions[0]) | {"execution": "run-kept-back", "created": "2026-01-01T00:00:00+00:00"}
    card["verdict"] = {
        "promote": False,
        "reason": "There is no champion, and <img src=x onerror=alert(1)> is no better",
    }
    s3: Any = stack.client("s3")
    key = card_key("run-kept-back", DEFAULT_TASK)
    s3.put_object(Bucket=stack.bucket, Key=key, Body=json.dumps(card).encode())
    page.get_by_role("button", name="Models").click()
    page.get_by_role("listitem").filter(has_text="run-kept-back").get_by_role("button").click()
    said = "There was no champion then, and <img src=x onerror=alert(1)> is no better"
    expect(page.get_by_text("It was never live")).to_contain_text(said)
    expect(page.get_by_text("It was never live")).to_contain_text("Only the gate of a retraining")
    row = page.get_by_role("listitem").filter(has_text="run-kept-back")
    expect(row).to_contain_text("Why not: There is no champion, and <img src=x onerror=alert(1)> is no better.")
    s3.delete_object(Bucket=stack.bucket, Key=key)


def test_model_that_was_never_live_shows_what_it_did_not_pass(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    stack = console.stack.command_stack
    card = models.card(stack, champions[0]) | {"execution": "run-checked", "created": "2026-01-01T00:00:00+00:00"}
    fault = "the AUC is lower by more than 0.005"
    criteria = [
        {"name": "below_champion", "passes": True, "value": -0.0123, "bound": 0, "fault": None},
        {"name": "auc", "passes": False, "value": 0.9, "bound": 0.925, "fault": fault},
    ]
    card["verdict"] = {"promote": False, "reason": f"It is below it; AUC 0.9, but {fault}.", "criteria": criteria}
    s3: Any = stack.client("s3")
    key = card_key("run-checked", DEFAULT_TASK)
    s3.put_object(Bucket=stack.bucket, Key=key, Body=json.dumps(card).encode())
    page.get_by_role("button", name="Models").click()
    row = page.get_by_role("listitem").filter(has_text="run-checked")
    expect(row).to_contain_text(f"Why not: {fault}.")
    row.get_by_role("button").click()
    sheet = page.get_by_label("The model of run-checked")
    sheet.get_by_text("What the gate asked (1 of 2 pass)").click()
    table = sheet.get_by_label("What the gate asked", exact=True)
    expect(table.get_by_role("row", name="AUC").get_by_role("cell")).to_have_text(["no", "0.9", "at least 0.925"])
    expect(
        table.get_by_role("row", name="difference to the champion's log loss, upper end").get_by_role("cell")
    ).to_have_text(["yes", "\u22120.0123", "below 0"])
    assert serious_faults(page) == []
    s3.delete_object(Bucket=stack.bucket, Key=key)


def test_weights_are_read_in_words_in_the_order_of_the_features(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    card = models.card(console.stack.command_stack, live(console))
    page.get_by_role("button", name="Models").click()
    section = page.get_by_label("What moves its answer")
    expect(section.get_by_role("rowheader")).to_have_text([re.compile(f"^{each}") for each in card["features"]])
    distance = card["weights"][card["features"].index("distance")]
    way = "likelier" if distance > 0 else "less likely"
    expect(section).to_contain_text(f"More distance makes “heavily used” {way}.")
    expect(section.get_by_role("row", name="TMIN")).to_contain_text("lowest temperature")


def test_earlier_champion_is_made_live_again(page: Page, console: Console, champions: tuple[str, str]) -> None:
    before, now = champions
    assert live(console) == now
    page.get_by_role("button", name="Models").click()
    row = page.get_by_role("listitem").filter(has_text=before).filter(has_text="roll back").first
    row.get_by_role("button", name="roll back").click()
    expect(page.get_by_role("dialog")).to_contain_text("No request fails meanwhile")
    page.get_by_role("button", name="Roll back", exact=True).click()
    said = page.get_by_role("status").filter(has_text="A promotion has been started")
    expect(said).to_contain_text(before)
    until(lambda: live(console), lambda execution: execution == before)
    # The page hears of it by itself.
    expect(page.get_by_label("Champions")).to_contain_text(before)
    expect(page.get_by_role("status").filter(has_text="A promotion has been started")).to_contain_text("is done")
    # No life of the champion is there to be rolled back to.
    expect(page.get_by_role("listitem").filter(has_text=before).filter(has_text="roll back")).to_have_count(0)
    page.get_by_role("button", name="Workflows").click()
    page.get_by_role("tab", name="promote").click()
    expect(page.get_by_label("Executions", exact=True)).to_contain_text(
        re.compile(rf"{DEFAULT_TASK} · by a rollback from {now}")
    )


def test_model_leads_to_its_retraining_and_that_to_its_model_and_its_rides(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    before, _ = champions
    page.get_by_role("button", name="Models").click()
    page.get_by_role("listitem").filter(has_text=before).get_by_role("button", name=before).first.click()
    page.get_by_label(f"The model of {before}").get_by_role("button", name="its retraining").click()
    expect(page.get_by_role("heading", name=before)).to_contain_text("succeeded")
    expect(page.get_by_label("What became of it")).to_contain_text("The model went live.")
    page.get_by_role("button", name="Its rides").click()
    expect(page.get_by_label("Show the data of the retraining")).to_have_value(before)
    page.get_by_role("button", name="Workflows").click()
    page.get_by_label("Executions", exact=True).get_by_role("button", name=before).first.click()
    page.get_by_role("button", name="Its model").click()
    expect(page.get_by_label(f"The model of {before}")).to_be_visible()


def test_view_has_no_barrier_and_no_sideways_scroll(sized_page: Page, champions: tuple[str, str]) -> None:
    page = sized_page
    page.get_by_role("button", name="Models").click()
    page.get_by_role("button", name="Check each digest").click()
    expect(page.get_by_label("What it was made from").get_by_role("status")).to_contain_text("of 7")
    assert shut_out(page) == []


def test_rollback_that_fails_says_so_beside_the_models(
    page: Page, console: Console, champions: tuple[str, str]
) -> None:
    stack = console.stack.command_stack
    s3, now = stack.client("s3"), live(console)
    keys = [each for each in console.stack.keys("models/registry/") if each.endswith(f"-{now}.json")]
    entry = json.loads(console.stack.read(keys[0])) | {"time": "2026-01-01T00:00:00.000Z", "execution": "run-gone"}
    entry["model_path"] = "models/run-gone/output/model.tar.gz"
    key = "models/registry/2026-01-01T00:00:00.000Z-run-gone.json"
    s3.put_object(Bucket=stack.bucket, Key=key, Body=json.dumps(entry).encode())
    page.get_by_role("button", name="Models").click()
    row = page.get_by_role("listitem").filter(has_text="run-gone")
    row.get_by_role("button", name="roll back").click()
    page.get_by_role("button", name="Roll back", exact=True).click()
    said = page.get_by_role("status").filter(has_text="A promotion has been started")
    expect(said).to_contain_text(re.compile(r"has failed: rollback-\w+ in the tab promote under Workflows says why"))
    assert live(console) == now
    s3.delete_object(Bucket=stack.bucket, Key=key)
