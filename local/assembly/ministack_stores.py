"""What MiniStack's services hold: the dicts by account and region in their modules, and some numbers beside.

They are taken as they are, and put back into the same dicts: others hold them too.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from local.persistence.parts import Part, put
from local.persistence.stored_bytes import StoredBytes

_PACKAGE = "ministack.services"

# Parts of their own: they are large, or change often. Of the first long bytes are files.
_WITH_BODIES = ("s3", "lambda_svc", "ecr")
_BY_THEMSELVES = ("cloudformation", "cloudwatch", "cloudwatch_logs", "dynamodb", "eventbridge", "iam", "sqs")

# What is no such dict, and is kept all the same.
_NUMBERS = {
    "apigateway_v1": ("_quota_state",),
    "dynamodb": ("_stream_seq_counter",),
    "eventbridge": ("_rule_last_fired",),
    "firehose": ("_dest_counter",),
}

Stores = dict[str, dict[str, Any]]
"""By module and name."""


def parts() -> list[Part]:
    """The parts of all services that MiniStack has."""
    from ministack import services

    modules = [module.name for module in pkgutil.walk_packages(services.__path__, f"{_PACKAGE}.", onerror=_ignore)]
    by_part: dict[str, list[str]] = {}
    for name in modules:
        service = name.removeprefix(f"{_PACKAGE}.").partition(".")[0]
        by_part.setdefault(service if service in (*_WITH_BODIES, *_BY_THEMSELVES) else "others", []).append(name)
    return [_part(name, members) for name, members in sorted(by_part.items())]


def _ignore(_: str) -> None:
    """A package that cannot be imported has no state."""


def _part(name: str, modules: list[str]) -> Part:
    def take() -> Stores:
        return {each: _stores_of(sys.modules[each]) for each in modules if each in sys.modules}

    def bodies() -> Iterator[bytes | StoredBytes]:
        for stores in take().values():
            yield from long_bytes(stores.values())

    return Part(f"ministack-{name}", take, _put_back, bodies=bodies if name in _WITH_BODIES else None)


def _stores_of(module: ModuleType) -> dict[str, Any]:
    is_store = _store_test()
    numbers = _NUMBERS.get(module.__name__.removeprefix(f"{_PACKAGE}."), ())
    stores = {name: value for name, value in list(vars(module).items()) if is_store(value)}
    return stores | {name: getattr(module, name) for name in numbers}


def _store_test() -> Callable[[Any], bool]:
    from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

    return lambda value: isinstance(value, AccountScopedDict | AccountRegionScopedDict)


def _put_back(stores: Stores) -> None:
    is_store = _store_test()
    for module_name, values in stores.items():
        module = importlib.import_module(module_name)
        for name, value in values.items():
            if is_store(value):
                getattr(module, name)._data.clear()
                getattr(module, name)._data.update(value._data)
            else:
                put(module, name, value)


def long_bytes(values: Iterable[Any]) -> Iterator[bytes | StoredBytes]:
    """All bytes in dicts and lists, however deep; others may change these meanwhile.

    >>> list(long_bytes([{"objects": {"a": {"body": b"x"}}}, [b"y"]]))
    [b'y', b'x']
    """
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes | StoredBytes):
            yield value
        elif isinstance(value, dict):
            waiting += list(value.values())
        elif isinstance(value, list | tuple):
            waiting += value
        elif hasattr(value, "_data"):
            waiting += list(value._data.values())
