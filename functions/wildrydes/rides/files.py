"""Ride files of any shape, as a stream of records, and the chunks they are cut into.

    [ {…}, {…} ]                       an array
    {"travel_data": [ {…}, {…} ]}      the same, under the one field of an object
    {…} {…}                            bare objects, pretty-printed or not, with only white space between them
    {…}⏎{…}⏎                           one object a line: the same to the reader

Files of these shapes put together are a file too. Where a record may start there may be a byte order mark, which is
left of putting files together, or a record separator (RFC 7464). Gzip is decompressed (`wildrydes.rides.gzip_members`).
A chunk is a range of bytes from the start of a record to the end of one; between them it has what the file has.

    reason of BadRideFile   when, beside those of `wildrydes.rides.formats` and `wildrydes.rides.gzip_members`
    empty_file              no byte, or white space only
    not_json                the text is no JSON, or none of the shapes
    unknown_shape           a record holds many rides, in an object of another name, in columns or in rows
    truncated_file          the file ends within a record or a list
    not_utf8                a byte that is no UTF-8
    record_too_large        a record of more than json_window.LARGEST_VALUE characters
    ambiguous_field         the object around the list has travel_data more than once
    too_deep                a record nested too deeply (`wildrydes.strict_json`) that does not end

A record in which a key is repeated, or which is nested too deeply and ends, is a record still: its value is a BadRide.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from re import IGNORECASE
from re import compile as pattern
from typing import TYPE_CHECKING, Any, cast

from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.formats import plain
from wildrydes.rides.gzip_members import decompress
from wildrydes.rides.json_window import JsonWindow, Run
from wildrydes.rides.ride import FIELDS

if TYPE_CHECKING:
    from wildrydes.rides.runs import RunReader

Record = tuple[int, int, Any, str]
"""The first byte of a record in its file, the byte after its last, the decoded value, its text as it stands there.

Bytes of a compressed file are counted once it is decompressed. The value is a BadRide where it can be none."""

MOST_RECORDS = 500_000
"""The records of a chunk: a function takes some 20 µs for a ride that is not plain, and must end within its 300 s."""

_TRAVEL_DATA = pattern(r'\{[ \t\n\r]*"travel_data"[ \t\n\r]*:[ \t\n\r]*\[', IGNORECASE)
_TRAVEL_DATA_AGAIN = pattern(r'(?=,[ \t\n\r]*"travel_data"[ \t\n\r]*:)', IGNORECASE)
_UNKNOWN_SHAPE = (
    "a record holds many rides; expected them as one list, as the list travel_data, or one after another, each with "
    "its fields by name"
)
_REPEATED_LIST = "travel_data is there more than once; put the rides into one list"
_LONGEST_OPENING = 1000
_FEWEST_FIELDS = 7
_RIDE_NAMES = frozenset(field.lower() for field in FIELDS)
_FIELD = pattern(rf'"({"|".join(FIELDS)})"[ \t\n\r]*:', IGNORECASE)
# Of a record that is rejected as one. Ten and more that may be rides are too much to count as one.
_MOST_OBJECTS = 10


def records(blocks: Iterable[bytes]) -> Iterator[Record]:
    """The records of a whole file, given as blocks of bytes cut anywhere.

    A record is any JSON value; whether it is a ride is for `wildrydes.rides.ride` to say. Raises BadRideFile at the
    fault, after the records before it; its `records` says how many those were.
    """
    return cast("Iterator[Record]", records_and_runs(blocks, None))


def records_and_runs(blocks: Iterable[bytes], runs: "RunReader | None") -> Iterator[Record | Run]:
    """The records of a whole file as `records` gives them, plain ones as runs. Raises BadRideFile."""
    window = JsonWindow(plain(blocks), runs=runs)
    if not window.next_character():
        raise window.fault("empty_file", "the file holds nothing")
    yield from _records(window, after_list=True, is_whole=True)


def records_of_chunk(blocks: Iterable[bytes], start: int) -> Iterator[Record]:
    """The records of a chunk that starts at byte `start` of its file; positions count from the file's start.

    The chunk is one of a file that was read to its end, so that what stands between its records is known to be right.
    """
    return cast("Iterator[Record]", records_and_runs_of_chunk(blocks, start, None))


def records_and_runs_of_chunk(blocks: Iterable[bytes], start: int, runs: "RunReader | None") -> Iterator[Record | Run]:
    """The records of a chunk as `records_of_chunk` gives them, plain ones as runs."""
    window = JsonWindow(blocks, start, runs)
    if not window.next_character():
        return
    yield _record(window)
    # The first record may be one of a list that began in an earlier chunk.
    in_list = window.next_character() in (",", "]")
    if in_list:
        yield from _rest_of_list(window, is_whole=False)
    yield from _records(window, after_list=in_list, is_whole=False)


def records_of_compressed_chunk(blocks: Iterable[bytes], start: int, end: int) -> Iterator[Record]:
    """The records in bytes [start, end) of what the blocks of a whole compressed file expand to."""
    return records_of_chunk(decompressed(blocks, start, end), start)


def decompressed(blocks: Iterable[bytes], start: int, end: int) -> Iterator[bytes]:
    """Bytes [start, end) of what the blocks of a whole compressed file expand to."""
    return _cut(decompress(blocks), start, end)


def chunks(
    records_of_file: Iterable[Record | Run], chunk_bytes: int, most_records: int = MOST_RECORDS
) -> Iterator[tuple[int, int, int]]:
    """Ranges of bytes [start, end) that hold each record once, and the number of records in each.

    A range has `chunk_bytes` or a little more, the last one less. One has less bytes too where its records are so small
    that they would be more than `most_records`.
    """
    first, last, number = -1, -1, 0
    for record in records_of_file:
        ranges, count = (record.ranges(), record.records) if isinstance(record, Run) else ([record[:2]], 1)
        first = record[0] if first < 0 else first
        if record[1] - first < chunk_bytes and number + count < most_records:
            last, number = record[1], number + count
            continue
        for start, end in ranges:
            first, last, number = (start if first < 0 else first), end, number + 1
            if end - first >= chunk_bytes or number == most_records:
                yield first, end, number
                first, number = -1, 0
    if first >= 0:
        yield first, last, number


def _records(window: JsonWindow, *, after_list: bool, is_whole: bool) -> Iterator[Record | Run]:
    """The records from here on: of lists, of objects around a list, bare. One that `is_whole` ends its lists."""
    while opening := window.next_character():
        if opening == "[":
            window.at += 1
            yield from _list_records(window, is_whole=is_whole)
            after_list = True
        elif opening == "{" and window.skip(_TRAVEL_DATA, _LONGEST_OPENING):
            yield from _list_records(window, is_whole=is_whole)
            _end_object(window, is_whole=is_whole)
            after_list = True
        elif opening == "{" or not after_list:
            yield window.run(in_list=False) or _bare_record(window)
            after_list = False
        else:
            raise window.fault("not_json", f"the rides of a file start with [ or {{, not {opening!r}")


def _list_records(window: JsonWindow, *, is_whole: bool) -> Iterator[Record | Run]:
    """The values of a list whose [ was read; reads its ] too."""
    if window.next_character() == "]":
        window.at += 1
        return
    yield window.run(in_list=True) or _record(window)
    yield from _rest_of_list(window, is_whole=is_whole)


def _rest_of_list(window: JsonWindow, *, is_whole: bool) -> Iterator[Record | Run]:
    """The values of a list after one of them; reads its ] too. A chunk, which is not whole, may end before that."""
    while window.skip_comma():
        yield window.run(in_list=True) or _record(window)
    if is_whole or window.next_character():
        _expect(window, "]", "a comma or the end of the list is expected")
    if not is_whole and window.next_character() == "}":
        # Whether there was an object around the list stands in an earlier chunk.
        window.at += 1


def _end_object(window: JsonWindow, *, is_whole: bool) -> None:
    """Reads the } of an object around a list. A chunk may end before it, or have it read with the list's end."""
    if not is_whole:
        if window.next_character() == "}":
            window.at += 1
        return
    if window.next_character() == "," and window.skip(_TRAVEL_DATA_AGAIN, _LONGEST_OPENING):
        raise window.fault("ambiguous_field", _REPEATED_LIST)
    _expect(window, "}", "the object around travel_data has one field")


def _bare_record(window: JsonWindow) -> Record:
    record = window.value()
    value = record[2]
    if type(value) is dict and _has_list(value):
        raise _fault_of_record(
            window, record, "not_json", "travel_data is not the first and only field, or it is no list"
        )
    if isinstance(value, BadRide) and (value.field or "").lower() == "travel_data":
        raise _fault_of_record(window, record, "ambiguous_field", _REPEATED_LIST)
    return _one_ride(window, record)


def _record(window: JsonWindow) -> Record:
    return _one_ride(window, window.value())


def _one_ride(window: JsonWindow, record: Record) -> Record:
    """The record, unless it may hold many rides: it would count as one that was rejected, and they as nothing."""
    value, text = record[2], record[3]
    nested = text.count("{") > 1 or "[" in text
    if nested and (_repeats_fields(text) or _has_columns(value) or _has_many_objects(value, text)):
        raise _fault_of_record(window, record, "unknown_shape", _UNKNOWN_SHAPE)
    return record


def _repeats_fields(text: str) -> bool:
    """Whether two fields of a ride are there twice or more: rides within a record, whatever it calls them.

    One field is not enough: it is of a ride that has a key twice, which is rejected by itself.
    """
    names = Counter(match[1].lower() for match in _FIELD.finditer(text))
    return sum(count > 1 for count in names.values()) > 1


def _has_columns(value: Any) -> bool:
    """Whether an object has a column of values for each field, or rows of them under another name."""
    if type(value) is not dict:
        return False
    columns = [name for name, each in value.items() if type(each) in (list, dict) and name.lower() in _RIDE_NAMES]
    tables = [each for each in value.values() if type(each) is list and [type(row) for row in each[:2]] == [list] * 2]
    return len(columns) > 1 or bool(tables and _RIDE_NAMES.isdisjoint(name.lower() for name in value))


def _has_many_objects(value: Any, text: str) -> bool:
    """Whether a record that is no ride holds so many objects that they may be rides with other names."""
    if type(value) is dict and not _RIDE_NAMES.isdisjoint(name.lower() for name in value):
        return False
    return text.count("{") > _MOST_OBJECTS


def _fault_of_record(window: JsonWindow, record: Record, reason: str, detail: str) -> BadRideFile:
    """A BadRideFile at the start of the record that was just read, which does not count as read."""
    window.values -= 1
    return window.fault(reason, detail, window.at - len(record[3]))


def _has_list(record: dict[str, Any]) -> bool:
    """Whether an object is none of a ride but one around rides."""
    if "travel_data" in record:
        return True
    return len(record) < _FEWEST_FIELDS and any(name.lower() == "travel_data" for name in record)


def _expect(window: JsonWindow, character: str, otherwise: str) -> None:
    actual = window.next_character()
    if not actual:
        raise window.fault("truncated_file", "the file ends within a record or a list")
    if actual != character:
        raise window.fault("not_json", otherwise)
    window.at += 1


def _cut(pieces: Iterable[bytes], start: int, end: int) -> Iterator[bytes]:
    """Bytes [start, end) of all the pieces."""
    place = 0
    for piece in pieces:
        yield piece[max(0, start - place) : max(0, end - place)]
        place += len(piece)
        if place >= end:
            return
