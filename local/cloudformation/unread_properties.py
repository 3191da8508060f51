"""Names the unsupported properties of a template: those that CloudFormation's provisioners never read.

MiniStack refuses an unknown resource type, but ignores an unknown property silently. So each provisioner gets its
properties in a dict that notes what is read; the rest is reported in a warning, by name.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from local.seams import seam

log = logging.getLogger(__name__)

# Names of a type's provisioner functions, and where among its arguments the properties are.
_PROPERTIES_AT = {"create": 1, "update": 2}


class WatchedProperties(dict):
    """A dict that notes which keys are read; iterating over it reads all of them."""

    def __init__(self, properties: dict[str, Any]) -> None:
        super().__init__(properties)
        self.unread = set(properties)

    def __getitem__(self, key: str) -> Any:
        self.unread.discard(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.unread.discard(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.unread.clear()
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        self.unread.discard(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self.unread.discard(key)
        return super().pop(key, *default)

    def items(self) -> Any:
        self.unread.clear()
        return super().items()

    def keys(self) -> Any:
        self.unread.clear()
        return super().keys()

    def values(self) -> Any:
        self.unread.clear()
        return super().values()


class UnreadProperties(dict[str, list[str]]):
    """Properties that no provisioner read, by `<type> <logical id>`."""

    def install(self) -> None:
        """Watch every provisioner of MiniStack's CloudFormation."""
        from ministack.services.cloudformation import provisioners

        for resource_type, functions in seam(provisioners, "_RESOURCE_HANDLERS").items():
            for name, position in _PROPERTIES_AT.items():
                if name in functions:
                    functions[name] = self._watch(resource_type, functions[name], position)

    def _watch(self, resource_type: str, provision: Callable, position: int) -> Callable:
        def provision_and_note(*arguments: Any, **keywords: Any) -> Any:
            properties = WatchedProperties(arguments[position])
            result = provision(*arguments[:position], properties, *arguments[position + 1 :], **keywords)
            if properties.unread:
                logical_id = arguments[0] if position == 1 else keywords.get("logical_id", arguments[0])
                self[f"{resource_type} {logical_id}"] = sorted(properties.unread)
                log.warning(
                    "%s %s: unsupported properties: %s", resource_type, logical_id, ", ".join(sorted(properties.unread))
                )
            return result

        return provision_and_note
