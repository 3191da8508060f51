"""Located rides: many to a message, many messages to an object."""

import gzip
import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.bucket import rejected_messages_key, rejected_whole
from wildrydes.errors import BadLocatedRides
from wildrydes.rides.located_rides import LONGEST_PACK, Arrival, LocatedRides, combine, day, packs, read_pack
from wildrydes.rides.messages import Located
from wildrydes.rides.partitions import ingested_completely, streamed_keys

NOON = 1_720_526_400_000


def located(number: int, padding: int = 0, **columns: Any) -> Located:
    ride_id = f"{number:032x}"
    time = {"statustime": "2024-07-09 08:00:00.000"}
    ride = {"ride_id": ride_id, "name": f"Zéphyr \uffff{'x' * padding}"} | time | columns
    return Located(ride_id, f"{json.dumps(ride, ensure_ascii=False, separators=(',', ':'))}\n")


def again(service: int | None, minute: int) -> Located:
    """The same ride again, with what it says of FieldService and the minute it arrived."""
    return located(1, service_requested=service, arrived_at=f"2024-07-09T12:{minute:02}:00.000Z", arrival_position=0)


def make_arrivals(*numbers: int, padding: int = 0) -> list[Arrival]:
    return [Arrival(located(number, padding), f"m{at}", NOON + at) for at, number in enumerate(numbers)]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=80), st.sampled_from([0, 5_000, 60_000]))
def test_rides_come_out_of_packs_as_they_went_in_and_no_message_is_forgotten(numbers: list[int], padding: int) -> None:
    results = list(packs(make_arrivals(*numbers, padding=padding)))
    assert all(len(pack.body) <= LONGEST_PACK and pack.body.isascii() for pack in results)
    assert [message_id for pack in results for message_id in pack.message_ids] == [
        f"m{at}" for at in range(len(numbers))
    ]
    lines = {id_: line for pack in results for id_, line in read_pack(pack.body).lines.items()}
    assert lines == {located(number).ride_id: located(number, padding).line for number in numbers}
    assert min(read_pack(pack.body).sent_at for pack in results) == NOON


def test_five_hundred_rides_fit_into_one_message() -> None:
    assert [len(pack.message_ids) for pack in packs(make_arrivals(*range(500), padding=200))] == [500]


def test_no_rides_make_no_message() -> None:
    assert list(packs([])) == []


def test_an_object_holds_each_ride_once_in_the_order_of_their_ids_under_the_day_of_the_oldest() -> None:
    first = LocatedRides(NOON + 9, dict([located(3), located(1)]))
    second = LocatedRides(NOON, dict([located(2), located(3)]))
    (rides,) = combine([first, second])
    assert gzip.decompress(rides.data).decode() == "".join(located(number).line for number in (1, 2, 3))
    assert (rides.rides, rides.sent_at) == (3, NOON)
    lines = [located(number).line for number in (2, 1, 3)]
    assert rides.key == streamed_keys("2024-07-09", lines, {2024: 3})[2024]
    assert combine([second, first]) == [rides]
    assert combine([first])[0].key != rides.key


def test_rides_of_several_years_are_an_object_a_year_of_one_name() -> None:
    old = located(2, statustime="2023-12-31 23:59:59.999")
    messages = [LocatedRides(NOON, dict([located(3), old])), LocatedRides(NOON + 9, dict([located(1)]))]
    rides = combine(messages)
    assert [gzip.decompress(each.data).decode() for each in rides] == [old.line, located(1).line + located(3).line]
    assert [each.rides for each in rides] == [1, 2]
    names = [each.key.split("/stream/2024-07-09/") for each in rides]
    assert [folder for folder, _ in names] == ["processed/year=2023", "processed/year=2024"]
    assert len({name.split(".")[0] for _, name in names}) == 1
    assert combine(reversed(messages)) == rides


@pytest.mark.parametrize(
    ("rides", "last"),
    [
        ([again(None, 1), again(1, 2)], again(1, 2)),
        ([again(0, 1), again(None, 2)], again(0, 1)),
        ([again(0, 1), again(1, 2), again(0, 3)], again(0, 3)),
        ([again(None, 1), again(None, 2)], again(None, 2)),
        ([again(1, 1), located(1, service_requested=0)], again(1, 1)),
        ([located(1), located(1, service_requested=0)], located(1, service_requested=0)),
        ([again(0, 1), again(1, 1)], again(1, 1)),
    ],
)
def test_the_last_word_on_fieldservice_stays_whatever_the_order(rides: list[Located], last: Located) -> None:
    for order in permutations(rides):
        (pack,) = packs(Arrival(ride, f"m{at}", NOON + at) for at, ride in enumerate(order))
        assert read_pack(pack.body).lines == {last.ride_id: last.line}
        assert len(pack.message_ids) == len(rides)
        (stored,) = combine(LocatedRides(NOON, dict([ride])) for ride in order)
        assert gzip.decompress(stored.data).decode() == last.line


def test_the_same_ride_with_another_fieldservice_is_another_object() -> None:
    first, later = (combine([LocatedRides(NOON, dict([ride]))])[0].key for ride in (again(None, 1), again(1, 2)))
    assert first != later


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "[" * 5000,
        "{}",
        json.dumps({"sent": NOON, "rides": {}}),
        json.dumps({"sent": NOON, "rides": [located(1).line]}),
        json.dumps({"sent": "now", "rides": dict([located(1)])}),
        json.dumps({"sent": -1, "rides": dict([located(1)])}),
        json.dumps({"sent": 10**18, "rides": dict([located(1)])}),
        json.dumps({"sent": NOON, "rides": {"1": located(1).line}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: located(2).line}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: located(1).line * 2}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: 7}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: "[]\n"}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: located(1).line[:-2] + "\n"}}),
        json.dumps({"sent": NOON, "rides": {located(1).ride_id: located(1).line.rstrip()}}),
        json.dumps({"sent": NOON, "rides": dict([located(1, arrived_at="noon")])}),
        json.dumps({"sent": NOON, "rides": dict([located(1, statustime="yesterday")])}),
        json.dumps({"sent": NOON, "rides": dict([located(1, statustime=2024)])}),
        json.dumps({"sent": NOON, "rides": dict([located(1, statustime="1978-12-31 23:59:59.999")])}),
        json.dumps({"sent": NOON, "rides": dict([located(1, arrived_at=7)])}),
        json.dumps({"sent": NOON, "rides": dict([located(1, arrival_position="7")])}),
        json.dumps({"sent": NOON, "rides": dict([located(1)]), "more": 1}),
        json.dumps({"Distance": 1}),
    ],
)
def test_a_message_that_locate_station_did_not_write_is_refused(body: str) -> None:
    with pytest.raises(BadLocatedRides, match="is none of locate_station's; rides go to the rides queue"):
        read_pack(body)


def test_keys_of_streamed_rides_follow_from_what_is_in_them_and_are_no_files_that_were_ingested() -> None:
    processed, rejected = streamed_keys("2024-07-09", ["b", "a"], {2024: 2}), rejected_messages_key("2024-07-09", ["x"])
    assert processed == streamed_keys("2024-07-09", ["a", "b"], {2024: 2})
    assert processed[2024].startswith("processed/year=2024/stream/2024-07-09/")
    assert rejected.startswith("rejected/stream/2024-07-09/")
    assert ingested_completely(processed.values()) == rejected_whole([rejected]) == frozenset()


def test_a_day_is_utc() -> None:
    assert (day(0), day(NOON), day(NOON + 12 * 3_600_000 - 1)) == ("1970-01-01", "2024-07-09", "2024-07-09")
