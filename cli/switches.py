"""Schedules, rules and queues' mappings that are switched off, as an interrupted `destroy` leaves them."""

from collections.abc import Collection

from botocore.exceptions import ClientError

from cli.remains import MAPPING, RULE, SCHEDULE, Resource
from cli.removal import set_schedule, until
from cli.stack import Client
from local.account import entries

_LISTINGS = {
    RULE: ("events", "list_rules", "Rules", "Name", {}),
    # Those in other groups are timers, which go off once.
    SCHEDULE: ("scheduler", "list_schedules", "Schedules", "Name", {"GroupName": "default"}),
    MAPPING: ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID", {}),
}
_OFF = ("DISABLED", "Disabled", "Disabling")


def switch_on(client: Client, resources: Collection[Resource]) -> list[Resource]:
    """Switch on those that are off, and wait until they are. Returns them. Raises DestroyError if that has no end."""
    off = [
        each
        for kind in _LISTINGS
        if (names := {each.name for each in resources if each.kind == kind})
        for each in _off(client, kind)
        if each.name in names
    ]
    for resource in off:
        if resource.kind == RULE:
            client("events").enable_rule(Name=resource.name)
        elif resource.kind == SCHEDULE:
            set_schedule(client, resource.name, "ENABLED")
    mappings = {each.name for each in off if each.kind == MAPPING}
    if mappings:
        until(lambda: _mappings_are_on(client, mappings), "The functions' receiving from queues again")
    return off


def _off(client: Client, kind: str) -> list[Resource]:
    service, operation, member, identifier, request = _LISTINGS[kind]
    listed = entries(client(service), operation, member, **request)
    return sorted(Resource(kind, each[identifier]) for each in listed if each["State"] in _OFF)


def _mappings_are_on(client: Client, names: Collection[str]) -> bool:
    """Whether they are; those that are off are switched on, unless they are being changed just now."""
    off = {each.name for each in _off(client, MAPPING)} & set(names)
    for name in off:
        try:
            client("lambda").update_event_source_mapping(UUID=name, Enabled=True)
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ResourceInUseException":
                raise
    return not off
