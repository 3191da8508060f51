"""What is written of objects: locks are new ones, long bytes are files, equal bytes are one file."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from local.persistence import pickling
from local.persistence.bodies import PreparedBodies
from local.persistence.files import BodyFiles
from local.persistence.pickling import LONG

LONG_BODY = b"x" * LONG


@dataclass
class Job:
    """What has a lock, and an event that was set."""

    name: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    again: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)


def copied(value: object, files: BodyFiles) -> object:
    """A value as it is read after it was written."""
    return pickling.load(pickling.dump(value, {}, files), files)


def test_a_lock_that_was_held_is_free_and_an_event_is_as_it_was(tmp_path: Path) -> None:
    job = Job("train")
    job.ended.set()
    with job.lock, job.again:
        copy = copied(job, BodyFiles(tmp_path))
    assert isinstance(copy, Job)
    assert copy.name == "train"
    assert copy.lock.acquire(blocking=False)
    assert copy.again.acquire(blocking=False)
    assert copy.ended.is_set()


def test_long_bytes_are_files_by_their_content_and_short_ones_are_not(tmp_path: Path) -> None:
    files = BodyFiles(tmp_path)
    content = pickling.dump({"long": LONG_BODY, "same": bytes(LONG_BODY), "short": b"y"}, {}, files)
    (digest,) = pickling.digests_in(content)
    assert [path.name for path in tmp_path.glob("*/*")] == [digest]
    assert LONG_BODY not in content
    assert pickling.load(content, files) == {"long": LONG_BODY, "same": LONG_BODY, "short": b"y"}


def test_bytes_that_two_have_are_one_object_again(tmp_path: Path) -> None:
    copy = copied([LONG_BODY, LONG_BODY], BodyFiles(tmp_path))
    assert isinstance(copy, list)
    assert copy[0] is copy[1]


def test_a_type_may_say_how_it_is_written(tmp_path: Path) -> None:
    content = pickling.dump(Job("train"), {Job: lambda job: (str.upper, (job.name,))})
    assert pickling.load(content, BodyFiles(tmp_path)) == "TRAIN"


def test_prepared_bodies_are_written_once_and_again_where_they_are_gone(tmp_path: Path) -> None:
    files = BodyFiles(tmp_path)
    prepared = PreparedBodies(files)
    prepared.prepare([LONG_BODY, b"short"])
    (path,) = tmp_path.glob("*/*")
    inode = path.stat().st_ino
    prepared.prepare([LONG_BODY])
    assert prepared.write(LONG_BODY) == path.name
    assert path.stat().st_ino == inode
    path.unlink()
    assert prepared.write(LONG_BODY) == path.name
    assert path.read_bytes() == LONG_BODY


def test_bytes_at_the_place_of_others_are_not_taken_for_them(tmp_path: Path) -> None:
    prepared = PreparedBodies(BodyFiles(tmp_path))
    digests = []
    for number in range(20):
        # Each may get the memory of the one before.
        body = bytes([number]) * LONG
        digests.append(prepared.write(body))
        prepared.prepare([])
        del body
    assert len(set(digests)) == 20
