# ruff: noqa: S608 - the texts are the test's own
"""The tables of captured predictions and outcomes, as the template has them: what was written is joined in SQL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from athena_lake import JSON, Lake
from cli.template_document import read_template
from local.account import EmbeddedAws
from wildrydes.capture.record import Capture, lines

TEMPLATE = read_template(Path(__file__).parents[3] / "template.yaml")
DAY = datetime.now(UTC).strftime("%Y/%m/%d")

PREDICTIONS = """
    SELECT p.model, p.request_id, r.place, r.reference, element_at(r.numbers, 2) AS tmin, r.score, o.value
    FROM predictions p
    CROSS JOIN UNNEST(p.places, p."references", p.rows, p.scores) AS r (place, reference, numbers, score)
    LEFT JOIN (
        SELECT request_id, place, max_by(value, time) AS value FROM outcomes GROUP BY request_id, place
    ) o ON o.request_id = p.request_id AND o.place = r.place
    WHERE p.capture = 1 AND p.day = '{day}'
    ORDER BY p.request_id, r.place
"""


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    lake = Lake.create(server)
    for name in ("predictions", "outcomes"):
        table = TEMPLATE["Resources"][f"{name.title()}Table"]["Properties"]["TableInput"]
        columns = {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}
        template = table["Parameters"]["storage.location.template"]["Fn::Sub"]
        location = template.replace("${DataBucket}", lake.name).replace("${!day}", "${day}")
        properties = table["Parameters"] | {"storage.location.template": location}
        lake.table(name, columns, JSON, keys={"day": "string"}, properties=properties)
    return lake


def test_rows_of_arrays_meet_their_outcomes(lake: Lake) -> None:
    two = Capture(1764158400.5, "heavy_utilization", "first", "id-1", ("distance", "TMIN"), refused=1)._replace(
        places=[0, 2], references=[None, "ride-7"], rows=[[1.5, -30.0], [2.0, 40.0]], scores=[0.25, 1.0]
    )
    none = Capture(1764158401.0, "heavy_utilization", "", "id-2", refused=3)
    lake.put(f"predictions/{DAY}/a.gz", lines(two) + "\n" + lines(none))
    lake.put("predictions/2024/01/01/b.gz", lines(two._replace(request_id="of another day")))
    lake.put(
        f"outcomes/{DAY}/a.gz",
        '{"time": "2026-11-26T12:00:01.000Z", "task": null, "request_id": "id-1", "place": 2, "value": 1}\n'
        '{"time": "2026-11-26T12:00:00.000Z", "task": null, "request_id": "id-1", "place": 2, "value": 0}\n',
    )
    rows = lake.query(PREDICTIONS.format(day=DAY))
    assert rows.reason == ""
    assert rows.rows == [
        ["first", "id-1", "0", None, "-30.0", "0.25", None],
        ["first", "id-1", "2", "ride-7", "40.0", "1.0", "1.0"],
    ]
    refused = lake.query(f"SELECT sum(refused), count(request_id) FROM predictions WHERE day = '{DAY}'")
    assert refused.rows == [["4", "2"]]


def test_a_day_that_the_moved_clock_has_reached_is_there(lake: Lake, server: EmbeddedAws) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y/%m/%d")
    lake.put(f"outcomes/{later}/a.gz", '{"time": "", "task": null, "request_id": "id", "place": 0, "value": 1}\n')
    server.request("/_local/clock", advance_seconds=2 * 86_400)
    assert lake.query(f"SELECT value FROM outcomes WHERE day = '{later}'").rows == [["1.0"]]
