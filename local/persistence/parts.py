"""What a service has to be kept: how it is taken, how it is put back, and what goes on once the server serves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local.persistence.stored_bytes import StoredBytes


def _nothing() -> None:
    """Nothing goes on."""


@dataclass(frozen=True)
class Part:
    """A part of the state.

    `take` gives what is kept. It is called in a process that has this thread alone, so that it must take no lock:
    whoever held it is not there to release it. `put_back` gets the same in a new server, before that serves anybody.
    `go_on` is called once the server listens, and before it answers. `bodies` are the long bytes in the part, which
    are written to files of their own ahead of the snapshot; a part without them has its bytes in its section.
    """

    name: str
    take: Callable[[], Any]
    put_back: Callable[[Any], None]
    go_on: Callable[[], None] = _nothing
    bodies: Callable[[], Iterable[bytes | StoredBytes]] | None = None


def go_on_only(name: str, go_on: Callable[[], None]) -> Part:
    """What has to be done once the server listens, of a state that others keep."""
    return Part(name, lambda: None, lambda _: None, go_on)


def attributes(name: str, owner: Any, *names: str, go_on: Callable[[], None] = _nothing) -> Part:
    """A part that is so many attributes of an object or a module; containers stay the same objects, with other content.

    >>> from types import SimpleNamespace
    >>> owner = SimpleNamespace(jobs={"a": 1}, count=2)
    >>> jobs, part = owner.jobs, attributes("jobs", owner, "jobs", "count")
    >>> part.put_back({"jobs": {"b": 3}, "count": 4})
    >>> jobs, owner.count
    ({'b': 3}, 4)
    """

    def take() -> dict[str, Any]:
        return {each: getattr(owner, each) for each in names}

    def put_back(values: dict[str, Any]) -> None:
        for each in names:
            put(owner, each, values[each])

    return Part(name, take, put_back, go_on)


def put(owner: Any, name: str, value: Any) -> None:
    """Give an attribute another value; a dict, a list or a set gets the content, since others may hold it too."""
    present = getattr(owner, name)
    if isinstance(present, dict | set) and type(present) is type(value):
        present.clear()
        present.update(value)
    elif isinstance(present, list) and isinstance(value, list):
        present[:] = value
    else:
        setattr(owner, name, value)
