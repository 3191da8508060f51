"""Ride files of any of the four shapes, as a stream of records, and the chunks they are cut into.

    [ {…}, {…} ]                       an array
    {"travel_data": [ {…}, {…} ]}      the same, under the one field of an object
    {…} {…}                            bare objects, pretty-printed or not, with only white space between them
    {…}⏎{…}⏎                           one object a line: the same to the reader

A chunk is a range of bytes that holds whole records; between them it has what the file has, white space or commas.

    reason of BadRideFile   when
    empty_file              no byte, or white space only
    not_json                the text is no JSON, or none of the four shapes
    truncated_file          the file ends within a record or a list
    not_utf8                a byte that is no UTF-8
    record_too_large        a record of more than json_window.LARGEST_VALUE characters
    too_deep                a record nested more deeply than the decoder goes (some hundreds)
"""

from collections.abc import Iterable, Iterator
from re import IGNORECASE
from re import compile as pattern
from typing import Any

from wildrydes.rides.json_window import JsonWindow

Record = tuple[int, int, Any, str]
"""The first byte of a record in its file, the byte after its last, the decoded value, its text as it stands there."""

MOST_RECORDS = 500_000
"""The records of a chunk: a function takes some 20 µs for a ride, and must end within its 300 s."""

_TRAVEL_DATA = pattern(r'\{[ \t\n\r]*"travel_data"[ \t\n\r]*:[ \t\n\r]*\[', IGNORECASE)
_LONGEST_OPENING = 1000


def records(blocks: Iterable[bytes]) -> Iterator[Record]:
    """The records of a whole file, given as blocks of bytes cut anywhere. A byte order mark is skipped.

    A record is any JSON value; whether it is a ride is for `wildrydes.rides.ride` to say. Raises BadRideFile at the
    fault, after the records before it; its `records` says how many those were.
    """
    window = JsonWindow(blocks)
    opening = window.next_character()
    if not opening:
        raise window.fault("empty_file", "the file holds nothing")
    if opening not in "[{":
        raise window.fault("not_json", f"a ride file starts with [ or {{, not {opening!r}")
    if opening == "[":
        window.at += 1
        yield from _list_records(window)
    elif window.skip(_TRAVEL_DATA, _LONGEST_OPENING):
        yield from _list_records(window)
        _expect(window, "}", "the object around travel_data has one field")
    else:
        yield from _bare_records(window)
    if window.next_character():
        raise window.fault("not_json", "there is text after the end of the list")


def records_of_chunk(blocks: Iterable[bytes], start: int) -> Iterator[Record]:
    """The records of a chunk that starts at byte `start` of its file; positions count from the file's start."""
    window = JsonWindow(blocks, start)
    while window.next_character(or_commas=True):
        yield window.value()


def chunks(
    records_of_file: Iterable[Record], chunk_bytes: int, most_records: int = MOST_RECORDS
) -> Iterator[tuple[int, int]]:
    """Ranges of bytes [start, end) that hold each record once: of `chunk_bytes` or a little more, the last of less.

    A range has less bytes where its records are so small that they would be more than `most_records`.
    """
    first, last, count = -1, -1, 0
    for start, end, _, _ in records_of_file:
        first, last, count = (start if first < 0 else first), end, count + 1
        if end - first >= chunk_bytes or count == most_records:
            yield first, end
            first, count = -1, 0
    if first >= 0:
        yield first, last


def _list_records(window: JsonWindow) -> Iterator[Record]:
    """The values of a list whose [ was read; reads its ] too."""
    if window.next_character() == "]":
        window.at += 1
        return
    while True:
        yield window.value()
        if window.next_character() == "]":
            window.at += 1
            return
        _expect(window, ",", "a comma or the end of the list is expected")
        window.next_character()


def _bare_records(window: JsonWindow) -> Iterator[Record]:
    while window.next_character():
        record = window.value()
        if type(record[2]) is dict and "travel_data" in record[2]:
            start = window.at - len(record[3])
            raise window.fault("not_json", "travel_data is not the first and only field, or it is no list", start)
        yield record


def _expect(window: JsonWindow, character: str, otherwise: str) -> None:
    actual = window.next_character()
    if not actual:
        raise window.fault("truncated_file", "the file ends within a record or a list")
    if actual != character:
        raise window.fault("not_json", otherwise)
    window.at += 1
