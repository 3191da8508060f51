"""Records that hold many rides: each would count as one that was rejected."""

import pytest

from wildrydes.errors import BadRideFile
from wildrydes.rides.files import records


def outcome(text: str) -> tuple[int, str, int]:
    """How many records were read, and the reason and the byte of the fault after them."""
    count = 0
    try:
        for _ in records([text.encode()]):
            count += 1
    except BadRideFile as fault:
        assert fault.records == count
        return count, fault.reason, fault.position.byte
    return count, "", 0


RIDES_WITHIN = '{"Name": "a", "Distance": 1}, {"Name": "b", "Distance": 2}'


@pytest.mark.parametrize(
    "text",
    [
        f'{{"rides": [{RIDES_WITHIN}]}}',
        f'{{"name": "export of 2019", "rides": [{RIDES_WITHIN}]}}',
        f'{{"distance": 5, "hits": [{RIDES_WITHIN}]}}',
        f'{{"type": "FeatureCollection", "name": "rides", "features": [{RIDES_WITHIN}]}}',
        f'{{"count": 2, "data": {{"rides": [{RIDES_WITHIN}]}}}}',
        f'{{"rides": [{RIDES_WITHIN}], "rides": []}}',
        f'{{"rides": [{RIDES_WITHIN}, {{"Distance": 3, "Distance": 4}}]}}',
        f"[[{RIDES_WITHIN}]]",
        f'[{{"travel_data": [{RIDES_WITHIN}]}}]',
        '{"one": {"NAME": "a", "distance" : 1}, "two": {"name": "b", "DISTANCE": 2}}',
        '{"Name": ["a", "b"], "Distance": [1, 2]}',
        '{"Name": {"0": "a", "1": "b"}, "Distance": {"0": 1, "1": 2}}',
        '{"columns": ["Name", "Distance"], "index": [0, 1], "data": [["a", 1], ["b", 2]]}',
        f'{{"fahrten": [{", ".join(["{}"] * 10)}]}}',
    ],
)
@pytest.mark.parametrize("before", ["", '{"Distance": 1}\n'])
def test_a_record_that_holds_many_rides_is_a_shape_of_its_own(text: str, before: str) -> None:
    start = len(before) + text.startswith("[")
    assert outcome(before + text) == (bool(before), "unknown_shape", start)


@pytest.mark.parametrize(
    "text",
    [
        '{"stats": {"a": 1}, "meta": {"b": 2}}',
        '{"Name": "a", "Distance": 1, "way": [[1, 2], [3, 4]], "weather": {"Name": "sunny"}}',
        '{"Distance": 1, "Distance": 2, "more": {"a": [1]}}',
        '{"ride": {"Name": "a", "Distance": 1}}',
        '[["a", 1], ["b", 2]]',
    ],
)
def test_a_record_that_is_one_ride_at_most_is_one_record(text: str) -> None:
    assert outcome(text) == (2 if text.startswith("[") else 1, "", 0)
