"""Hundreds of files of one ride, through the whole workflow: some chunks, every ride once, a bad file by its name."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from stacks import SAMPLE_RIDES, MakeStack
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest

FILES = 400
FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)


@pytest.mark.loop
def test_hundreds_of_files_of_one_ride_share_chunks_and_are_done_once(make_stack: MakeStack) -> None:
    stack = make_stack()
    texts = [text for _, _, _, text in records([FEW.read_bytes()])][:FILES]
    counts = [ingest(records([text.encode()]), Source("", "")).counts for text in texts]
    bodies = {f"raw/{place:04}.json": text.encode() for place, text in enumerate(texts)}
    bodies["raw/0007.json"] = gzip.compress(bodies["raw/0007.json"])
    bodies["raw/broken.json"] = b'[{"Distance": 1}, '
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda key: stack.put(key, bodies[key]), bodies))
    output = stack.retrain("e1", promote=False)
    assert (output["plan"]["chunks"], output["plan"]["objects"]) == (1, FILES + 1)
    accepted = sum(each.accepted for each in counts)
    assert (output["rides"]["accepted"], output["rides"]["files_read"]) == (accepted, FILES)
    assert output["rides"]["rejected_by_reason"]["truncated_file"] == 1
    assert output["training_set"]["processed_rows"] == accepted
    assert output["rides"]["file_lines"][0]["key"] == "raw/broken.json"
    before = stack.keys("processed/")
    # Its rides are of 2018 and 2019.
    assert len(before) == 2
    stack.put("raw/one-more.json", json.dumps([]))
    output = stack.retrain("e2", promote=False)
    assert (output["plan"]["already_ingested"], output["rides"]["files_read"]) == (FILES + 1, 1)
    assert before.items() <= stack.keys("processed/").items()
