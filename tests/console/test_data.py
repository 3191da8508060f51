"""The data view: rejected rides with their reasons, rows by split, the weather's map, and files that are dropped."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from cli import account
from cli.run_summary import weather_and_training_set
from console.data import readings
from consoles import Answer, Console, shut_out
from machines import unique
from wildrydes.bucket import file_lines_key, summary_key
from wildrydes.rides.partitions import is_streamed
from wildrydes.rides.stations import ground_stations
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof

HOSTILE = "<img src=x onerror=alert(1)>"
RIDE = {
    "Name": "Bucephalus",
    "StatusTime": "2018-06-01 12:00:00.000",
    "Latitude": 40.7,
    "Longitude": -73.9,
    "Distance": 7.5,
    "HealthPoints": 100,
    "MagicPoints": 900,
    "FieldService": 0,
}


@pytest.fixture(scope="module")
def execution(console: Console) -> dict[str, Any]:
    """The output of a retraining of the sample, a skipped file and a ride with a hostile name that is rejected."""
    stack = console.stack
    # Where the sample has been ingested before, these are the only new rides: one in thirty may be rejected.
    good = [RIDE | {"Name": f"Unicorn {number}"} for number in range(30)]
    stack.put(f"raw/{HOSTILE}.json", json.dumps([*good, RIDE | {"Name": HOSTILE, "Latitude": HOSTILE}]))
    stack.put("raw/_SUCCESS", b"")
    return stack.retrain(promote=False)


def answer(console: Console, path: str, **query: str) -> Any:
    reply = console.ask(f"/api/data/{path}?{urlencode(query)}")
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_account_is_that_of_the_bucket_and_adds_up(console: Console, execution: dict[str, Any]) -> None:
    stack, name = console.stack, execution["execution"]
    summary = json.loads(stack.read(summary_key(name)))
    seen = answer(console, "account", execution=name)
    rides = seen["account"]["rides"]
    assert rides == {field: value for field, value in summary["rides"].items() if not field.startswith("file_lines")}
    assert rides["read"] == rides["accepted"] + rides["rejected"] + rides["repeated"]
    assert seen["account"]["first_rejected"] == summary["first_rejected"]
    lines = [json.loads(line) for line in stack.read(file_lines_key(name)).splitlines()]
    assert {each["key"] for each in seen["account"]["files"]} == {each["key"] for each in lines}
    assert seen["account"]["files_omitted"] == 0
    assert seen["training"] == weather_and_training_set(execution["training_set"])


def test_rides_of_years_that_were_not_asked_for_are_shown_and_add_up(
    page: Page, console: Console, execution: dict[str, Any]
) -> None:
    stack = console.stack
    stack.put(
        f"raw/{unique('years')}.json",
        json.dumps(
            [RIDE | {"Name": f"Unicorn {number}", "StatusTime": "2016-06-01 12:00:00.000"} for number in range(7)]
        ),
    )
    output = stack.retrain(promote=False, years={"first": 2018, "last": 2020})
    others, read = output["other_years"], output["training_set"]["processed_rows"]
    keys = stack.keys("processed/year=")
    rows = {key: len(gzip.decompress(stack.read(key)).splitlines()) for key in keys}
    elsewhere = [key for key in keys if not 2018 <= int(key.partition("year=")[2][:4]) <= 2020]
    assert (others["objects"], others["rides"]) == (len(elsewhere), sum(rows[key] for key in elsewhere))
    assert others["rides"] >= 7
    assert others["rides"] + read == sum(rows.values())
    assert answer(console, "account", execution=output["execution"])["other_years"] == others
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(output["execution"])
    section = page.get_by_label("Rides", exact=True)
    expect(section).to_contain_text(f"{read:,} rows were read")
    expect(section).to_contain_text(f"{others['rides']:,} rows of other years, in {others['objects']:,} object")
    expect(section).to_contain_text(
        f"With the {read:,} that were read, the stack held {read + others['rides']:,} rows then."
    )
    # Of a retraining of all years there is nothing else.
    page.get_by_label("Show the data of the retraining").select_option(execution["execution"])
    expect(section).to_contain_text(f"{execution['training_set']['processed_rows']:,} rows were read")
    expect(section).not_to_contain_text("of other years")


def test_reasons_files_and_splits_are_shown_and_what_a_ride_says_is_text(
    page: Page, console: Console, execution: dict[str, Any]
) -> None:
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(execution["execution"])
    section = page.get_by_label("Rides", exact=True)
    summary = json.loads(console.stack.read(summary_key(execution["execution"])))
    reasons = section.get_by_label("Reasons", exact=True).get_by_role("rowheader")
    expect(reasons).to_have_text([each["reason"] for each in summary["first_rejected"]])
    fields = [each["detail"].split()[0] for each in summary["first_rejected"] if "missing" not in each["detail"]]
    assert fields
    marks = section.get_by_label("Reasons", exact=True).locator("mark")
    expect(marks).to_contain_text([f'"{field}"' for field in fields])
    files = section.get_by_label("Files", exact=True)
    expect(files.get_by_role("row").filter(has_text="raw/_SUCCESS")).to_contain_text("skipped")
    expect(files.get_by_role("row").filter(has_text=f"raw/{HOSTILE}.json")).to_contain_text("1 not_a_number")
    expect(section).to_contain_text("Its label is heavy_utilization: whether the ride leaves its unicorn heavily used.")
    splits = section.get_by_label("Rows by split").get_by_role("row")
    train = execution["training_set"]["train_rows"]
    expect(splits.filter(has_text="train")).to_contain_text(f"{train:,}")


def test_view_opens_on_the_newest_that_read_ride_files_and_names_the_task_of_each(
    page: Page, console: Console, execution: dict[str, Any]
) -> None:
    # It fails since there are no samples.
    later = console.stack.start(task="pick_duration", promote=False)
    assert console.stack.ended(later)["error"] == "UnusableTrainingSet"
    later_name = later.rpartition(":")[2]
    listed = {each["name"]: each for each in answer(console, "retrainings")}
    assert listed[later_name]["task"] == "pick_duration"
    (opened,) = (each for each in listed.values() if each["is_opened"])
    assert opened["started"] >= listed[execution["execution"]]["started"]
    assert answer(console, "account", execution=opened["name"])["account"]["files"] != []
    page.get_by_role("button", name="Data", exact=True).click()
    choice = page.get_by_label("Show the data of the retraining")
    expect(choice).to_have_value(opened["name"])
    expect(choice.locator("option").filter(has_text=later_name)).to_contain_text("pick_duration")
    expect(page.get_by_label("Weather", exact=True)).to_be_visible()
    choice.select_option(later_name)
    expect(page.get_by_label("Samples", exact=True)).to_contain_text("Its task learns from samples")
    expect(page.get_by_label("Weather", exact=True)).to_have_count(0)


def test_regression_has_no_balance_of_labels(page: Page, console: Console) -> None:
    name = console.stack.retrain(task="magic_points", promote=False)["execution"]
    seen = answer(console, "account", execution=name)
    assert (seen["source"], seen["is_binary"]) == ("rides", False)
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(name)
    expect(page.get_by_label("Rides", exact=True)).to_contain_text("Its label is magic_points: how many magic points")
    head = page.get_by_label("Rows by split").get_by_role("columnheader")
    expect(head).to_have_text(["Part of the rows (split)", "Rows"])


def test_rows_of_a_task_that_there_is_no_more_have_the_labels_of_its_kind(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = console.stack.retrain(task="magic_points", promote=False)["execution"]
    monkeypatch.setattr(readings, "TASKS", {DEFAULT_TASK: TASKS[DEFAULT_TASK]})
    seen = answer(console, "account", execution=name)
    assert (seen["task"], seen["meaning"], seen["is_binary"]) == ("magic_points", "", False)


def test_retraining_that_there_is_not_is_said_to_be_none(console: Console) -> None:
    reply = console.ask("/api/data/account?execution=no-such")
    assert reply.status == 400
    assert "has no execution 'no-such'" in json.loads(reply.body)["message"]


def test_weather_is_shown_on_a_map_with_what_filled_its_gaps(
    page: Page, console: Console, execution: dict[str, Any]
) -> None:
    seen = answer(console, "weather", execution=execution["execution"])
    places = {each.id: (each.latitude, each.longitude) for each in ground_stations()}
    assert {each["id"]: (each["latitude"], each["longitude"]) for each in seen["stations"]} == places
    filled = {(each["source"], each["station"]) for each in seen["readings"] if each["source"] != each["station"]}
    days = {
        (station, element): sum(
            each["days"] for each in seen["readings"] if (each["station"], each["element"]) == (station, element)
        )
        for station in places
        for element in ("TMIN", "TMAX", "PRCP")
    }
    # Each station has a row for each day of the same years.
    assert len(set(days.values())) == 1
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(execution["execution"])
    section = page.get_by_label("Weather", exact=True)
    section.get_by_role("button", name="Ask Athena").click()
    expect(section.locator("path.fill")).to_have_count(len({pair for pair in filled if pair[0]}))
    expect(section.locator("circle.point")).to_have_count(len(places))


def test_all_rides_are_counted_by_day_and_their_objects_by_path(
    page: Page, console: Console, execution: dict[str, Any]
) -> None:
    seen = answer(console, "rides")
    keys = console.stack.keys("processed/")
    rows = [json.loads(row) for key in keys for row in gzip.decompress(console.stack.read(key)).splitlines()]
    assert len(rows) >= execution["training_set"]["processed_rows"]
    assert dict(seen["by_day"]) == Counter(row["statustime"][:10] for row in rows)
    assert seen["paths"]["files"]["objects"] == sum(not is_streamed(key) for key in keys)
    page.get_by_role("button", name="Data", exact=True).click()
    section = page.get_by_label("Rides by day and path")
    section.get_by_role("button", name="Count all rides").click()
    expect(section).to_contain_text(f"{sum(count for _, count in seen['by_day']):,} rows of")


def test_what_is_beyond_what_is_read_is_said_to_be(
    page: Page, console: Console, execution: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_MOST_OBJECTS", 1)
    monkeypatch.setattr(account, "MOST_READ", 1)
    seen = answer(console, "rides")
    assert seen["is_cut"]
    assert sum(each["objects"] for each in seen["paths"].values()) == 1
    name = execution["execution"]
    lines = [json.loads(line) for line in console.stack.read(file_lines_key(name)).splitlines()]
    files = answer(console, "account", execution=name)["account"]
    assert ([each["key"] for each in files["files"]], files["files_unread"]) == ([lines[0]["key"]], len(lines) - 1)
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(name)
    expect(page.get_by_label("Rides", exact=True)).to_contain_text(
        f"The last {len(lines) - 1} by key were not looked at."
    )
    section = page.get_by_label("Rides by day and path")
    section.get_by_role("button", name="Count all rides").click()
    expect(section).to_contain_text("There are more objects: these are the first 1 by key.")


def test_name_that_a_schedule_or_a_person_gives_is_one(console: Console) -> None:
    name = unique("daily.2026+1@night-")
    console.stack.ended(console.stack.start(name, years={"first": 1, "last": 2}))
    assert answer(console, "account", execution=name)["account"] is None


def test_name_with_an_apostrophe_is_one_and_stays_a_text_in_sql(console: Console) -> None:
    name = unique("ann's'")
    console.stack.ended(console.stack.start(name, years={"first": 1, "last": 2}))
    assert answer(console, "account", execution=name)["account"] is None
    assert answer(console, "weather", execution=name) == {"stations": [], "readings": []}


@pytest.mark.parametrize("execution", ["x' OR '1'='1", "", "../x", "a" * 81])
@pytest.mark.parametrize("path", ["weather", "account"])
def test_name_that_is_none_never_gets_into_sql(console: Console, path: str, execution: str) -> None:
    reply = console.ask(f"/api/data/{path}?{urlencode({'execution': execution})}")
    assert reply.status == 400
    assert "has to be the name of a retraining" in json.loads(reply.body)["message"]


def test_file_is_uploaded_once_its_key_was_said_and_replaced_only_where_that_was_said(
    page: Page, console: Console, tmp_path: Path
) -> None:
    stack, file = console.stack, tmp_path / "dropped <b>.json"
    file.write_text(json.dumps([RIDE]))
    page.get_by_role("button", name="Data", exact=True).click()
    section = page.get_by_label("Upload a ride file")
    section.get_by_label("Drop a ride file here").set_input_files(file)
    expect(page.get_by_role("dialog")).to_contain_text("raw/dropped <b>.json")
    assert "raw/dropped <b>.json" not in stack.keys("raw/")
    page.get_by_role("button", name="Upload it").click()
    expect(section.get_by_role("status")).to_contain_text("raw/dropped <b>.json is there")
    assert json.loads(stack.read("raw/dropped <b>.json")) == [RIDE]
    file.write_text(json.dumps([RIDE, RIDE]))
    section.get_by_label("Drop a ride file here").set_input_files(file)
    expect(page.get_by_role("dialog")).to_contain_text("This one takes its place")
    page.get_by_role("button", name="Replace it").click()
    expect(section.get_by_role("status")).to_contain_text("took the place of another one")
    assert json.loads(stack.read("raw/dropped <b>.json")) == [RIDE, RIDE]
    # What is next is a button beside it.
    section.get_by_role("button", name="Start a retraining").click()
    expect(page.get_by_role("dialog")).to_contain_text("Start a retraining")


def put(console: Console, body: bytes, **query: str) -> Answer:
    return console.ask(f"/api/data/upload?{urlencode(query)}", {"content-type": "application/octet-stream"}, body)


@pytest.mark.parametrize("name", ["../x.json", "a/b.json", "..", "", "x\\y.json", "a\x00.json", "x" * 201])
def test_name_that_would_lead_elsewhere_is_refused(console: Console, name: str) -> None:
    before = console.stack.keys("raw/")
    reply = put(console, json.dumps([RIDE]).encode(), name=name)
    assert reply.status == 400
    assert "is no name of a file" in json.loads(reply.body)["message"]
    assert console.stack.keys("raw/") == before


@pytest.mark.parametrize("body", [b"", b"no ride", b"[1, 2]", b"\x00\x01"])
def test_file_without_a_ride_is_refused_in_words(console: Console, body: bytes) -> None:
    before = console.stack.keys("raw/")
    reply = put(console, body, name="wrong.json")
    assert reply.status == 400
    assert "wrong.json" in json.loads(reply.body)["message"]
    assert console.stack.keys("raw/") == before


def test_second_upload_of_a_name_needs_a_word(console: Console) -> None:
    assert put(console, json.dumps([RIDE]).encode(), name="twice.json").status == 200
    reply = put(console, json.dumps([RIDE, RIDE]).encode(), name="twice.json")
    assert reply.status == 400
    assert "is there already" in json.loads(reply.body)["message"]
    assert json.loads(console.stack.read("raw/twice.json")) == [RIDE]


def test_file_that_came_since_the_look_is_not_replaced(console: Console) -> None:
    body = json.dumps([RIDE, RIDE]).encode()
    assert answer(console, "look", name="raced.json") == {"key": "raw/raced.json", "size": None, "etag": None}
    console.stack.put("raw/raced.json", json.dumps([RIDE]))
    assert "is there already" in json.loads(put(console, body, name="raced.json").body)["message"]
    etag = answer(console, "look", name="raced.json")["etag"]
    console.stack.put("raw/raced.json", json.dumps([RIDE | {"Name": "Third"}]))
    reply = put(console, body, name="raced.json", replaces=etag)
    assert reply.status == 400
    assert "is no longer the file that was to be replaced" in json.loads(reply.body)["message"]
    assert json.loads(console.stack.read("raw/raced.json")) == [RIDE | {"Name": "Third"}]
    etag = answer(console, "look", name="raced.json")["etag"]
    assert put(console, body, name="raced.json", replaces=etag).status == 200
    assert json.loads(console.stack.read("raw/raced.json")) == [RIDE, RIDE]


def test_file_that_changed_after_it_was_chosen_is_said_to_have(page: Page, console: Console, tmp_path: Path) -> None:
    file = tmp_path / f"{unique('changed')}.json"
    file.write_text(json.dumps([RIDE]))
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Drop a ride file here").set_input_files(file)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    file.write_text(json.dumps([RIDE, RIDE]))
    dialog.get_by_role("button", name="Upload it").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"{file.name} was changed or removed after you chose it")
    assert f"raw/{file.name}" not in console.stack.keys("raw/")


def test_refused_file_is_removed_once_it_was_said_what_that_does(page: Page, console: Console) -> None:
    stack, keys = console.stack, [f"raw/{unique(name)}.json" for name in ("refused", "mended")]
    for key in keys:
        stack.put(key, b"no ride")
    stack.put(f"raw/{unique('good')}.json", json.dumps([RIDE | {"Name": unique("Good")}]))
    arn = stack.start(max_rejected_fraction=1, promote=False)
    stack.ended(arn)
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(arn.rpartition(":")[2])
    files = page.get_by_label("Rides", exact=True).get_by_label("Files", exact=True)
    # Another one has come in its place meanwhile.
    stack.put(keys[1], json.dumps([RIDE]))
    for key in keys:
        files.get_by_role("button", name=f"Remove {key}").click()
        expect(page.get_by_role("dialog")).to_contain_text("Nothing of it was ingested.")
        page.get_by_role("button", name="Remove it").click()
        if key == keys[0]:
            expect(files.get_by_role("row").filter(has_text=key).get_by_role("status")).to_be_focused()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("is no longer the file that was refused")
    page.get_by_role("button", name="Cancel").click()
    gone = files.get_by_role("row").filter(has_text=keys[0]).get_by_role("status")
    expect(gone).to_have_text("removed")
    # Another view, and this one again.
    page.get_by_role("button", name="Models", exact=True).click()
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(arn.rpartition(":")[2])
    expect(gone).to_have_text("removed")
    assert [key in stack.keys("raw/") for key in keys] == [False, True]


@pytest.mark.parametrize(
    ("key", "etag"),
    [
        *(("models/a/card.json", "x"), ("raw/", "x"), ("", "x"), ("raw/a.json", ""), ("Raw/a.json", "x")),
        *(("raw/\ud800.json", "x"), ("raw/a.json", "x\r\ny: z"), ("raw/a.json", "\udc00"), ("raw/a.json", '"')),
    ],
)
def test_nothing_but_a_ride_file_is_removed(console: Console, key: str, etag: str) -> None:
    reply = console.ask("/api/data/remove", body=json.dumps({"key": key, "etag": etag}).encode())
    assert (reply.status, "The field" in json.loads(reply.body)["message"]) == (400, True)


def test_file_that_is_gone_is_said_to_be(console: Console) -> None:
    reply = console.ask("/api/data/remove", body=json.dumps({"key": "raw/none.json", "etag": "x"}).encode())
    assert json.loads(reply.body)["message"] == "raw/none.json is not there any more."


def test_upload_of_more_than_the_command_s_page_takes_is_refused_unread(console: Console) -> None:
    reply = console.ask("/api/data/upload?name=big.json", {"content-length": str((64 << 20) + 1)}, b"[")
    assert reply.status == 413


def test_view_has_no_barrier_and_no_sideways_scroll(sized_page: Page, execution: dict[str, Any]) -> None:
    page = sized_page
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(execution["execution"])
    page.get_by_role("button", name="Ask Athena").click()
    page.get_by_role("button", name="Count all rides").click()
    expect(page.get_by_label("Weather", exact=True).get_by_role("img")).to_be_visible()
    expect(page.get_by_label("Rides by day and path").get_by_role("img")).to_be_visible()
    assert shut_out(page) == []
