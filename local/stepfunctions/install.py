"""Puts the parts of `local.stepfunctions` in their places."""

import logging
import threading
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.backend.execution import SyncExecution

from local.persistence.parts import Part
from local.seams import seam
from local.stepfunctions import (
    activities,
    aliases,
    api_invocations,
    calls,
    children,
    choices,
    creation,
    data_limits,
    definitions,
    described_children,
    distributed_map,
    ends,
    failures,
    injection,
    jobs,
    language,
    listings,
    lookups,
    lost_connections,
    map_results,
    map_runs,
    metrics,
    mount,
    names,
    nested,
    notices,
    parsing,
    qualifiers,
    redrive,
    refusals,
    revisions,
    saving,
    serializing,
    single_states,
    starts,
    sync_executions,
    tables,
    tags,
    thread_faults,
    times,
    versions,
    views,
)
from local.stepfunctions.faults import Faults


def install(endpoint: str, faults: Faults) -> tuple[threading.RLock, Part]:
    """Serve Step Functions as AWS does; tasks call the services at `endpoint`, and meet the `faults` asked for.

    Returns the lock under which executions go from state to state, and what is kept of them.
    """
    # Each failure of a user's workflow would be an error of the server's with the whole state spelt out.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    _replace_definitions_and_tasks(endpoint)
    lock = threading.RLock()
    add_event = seam(EventManager, "add_event")

    def announce(execution: Any) -> None:
        metrics.count(execution)
        # EventBridge hears of Standard workflows alone.
        if not isinstance(execution, SyncExecution):
            notices.announce(execution)

    serializing.install()
    creation.install()
    lookups.install()
    versions.install()
    aliases.install()
    qualifiers.install()
    revisions.install(lock)
    redrive.install(lock, announce)
    started_children = children.install(lock)
    listings.install(started_children)
    sync_executions.install(metrics.count)
    starts.install(lock, announce)
    ends.install(lock, announce)
    thread_faults.install()
    map_runs.install(lock)
    views.install(lock)
    described_children.install(started_children)
    distributed_map.install()
    map_results.install()
    injection.install(faults)
    language.install()
    failures.install()
    data_limits.install()
    lost_connections.install()
    choices.install()
    times.install()
    single_states.install()
    return lock, saving.part(started_children, add_event)


def _replace_definitions_and_tasks(endpoint: str) -> None:
    """What is the same for every execution: how definitions are read, and what tasks call."""
    refusals.install()
    parsing.install()
    definitions.install()
    tags.install()
    mount.install()
    calls.install(endpoint)
    activities.install()
    api_invocations.install(endpoint)
    tables.install()
    jobs.install()
    names.install()
    nested.install()
