"""The counts of `make stream`: every message is in one of them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.stream_ledger import Counts, Ledger

RIDE = {"Latitude": 40.7, "Longitude": "-74.0", "Distance": 3, "HealthPoints": 200, "MagicPoints": 100}
STORED = {"latitude": 40.7, "longitude": -74.0, "distance": 3.0, "healthpoints": 200.0, "magicpoints": 100.0}


def send(ledger: Ledger, ride: Any, message_id: str, now: float = 10.0) -> None:
    ledger.sending(ride, now)
    ledger.sent(ride, message_id)


def test_ride_is_the_same_as_sent_and_as_stored_and_as_old_as_its_first_message() -> None:
    ledger = Ledger()
    send(ledger, RIDE, "a", 10.0)
    assert ledger.counts() == Counts(sent=1, stored=0, rejected=0, repeated=0, missing=1)
    send(ledger, RIDE, "b", 11.0)
    ledger.note_stored(STORED, 12.5)
    ledger.note_stored(STORED, 20.0)
    assert ledger.counts() == Counts(sent=2, stored=1, rejected=0, repeated=1, missing=0)
    assert (ledger.ages, ledger.age(0.5), ledger.age(0.99)) == ([2.5], 2.5, 2.5)


def test_rejected_message_is_none_of_the_ride_it_looks_like() -> None:
    ledger = Ledger()
    send(ledger, RIDE, "good")
    send(ledger, RIDE | {"StatusTime": "yesterday"}, "bad")
    send(ledger, "no ride", "worse")
    ledger.note_stored(STORED, 11.0)
    ledger.note_rejected("worse")
    # It may be seen before the queue's answer says which message it was.
    ledger.note_rejected("bad")
    ledger.note_rejected("of another sender")
    assert ledger.counts() == Counts(sent=3, stored=1, rejected=2, repeated=0, missing=0)


def test_ride_that_nobody_sent_is_not_counted() -> None:
    ledger = Ledger()
    ledger.note_stored(STORED, 11.0)
    assert (ledger.counts(), ledger.ages) == (Counts(0, 0, 0, 0, 0), [])


EVENTS = st.lists(st.tuples(st.sampled_from(["sent", "stored", "rejected"]), st.integers(0, 4)))


@given(EVENTS)
def test_counts_add_up(events: list[tuple[str, int]]) -> None:
    ledger = Ledger()
    for number, (event, distance) in enumerate(events):
        if event == "sent":
            send(ledger, RIDE | {"Distance": distance}, f"{distance}-{number}")
        elif event == "stored":
            ledger.note_stored(STORED | {"distance": float(distance)}, 11.0)
        else:
            ledger.note_rejected(f"{distance}-{number - 1}")
    counts = ledger.counts()
    assert counts.sent == counts.stored + counts.rejected + counts.repeated + counts.missing
    assert counts.sent == sum(event == "sent" for event, _ in events)
    assert min(counts) >= 0
