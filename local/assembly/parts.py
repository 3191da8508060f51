"""The parts that differ from AWS, and start nothing of their own.

Each service's folder says in its docstring what it replaces. Where the pinned versions lack a part that is to be
replaced, MissingSeamError names it.
"""

from collections.abc import Callable
from typing import Any

from local import account
from local.lambda_.fork_server import ForkServer
from local.lambda_.interpreters import Interpreters
from local.persistence.parts import Part
from local.persistence.stored_bytes import ByteStore
from local.stepfunctions.faults import Faults


def verify_callers(server: account.EmbeddedAws) -> None:
    """Put the parts in place that say who calls, and on which resource a call is authorised."""
    from local.ecr import registry
    from local.iam import (
        condition_keys,
        credentials,
        denials,
        inflation,
        managed_policies,
        metric_namespaces,
        mounting,
        not_principals,
        policy_elements,
        policy_texts,
        protocols,
        resources,
        session_durations,
        signatures,
        wildcards,
    )
    from local.sagemaker import arns
    from local.scheduler import authorisation as schedules
    from local.stepfunctions import task_tokens

    credentials.install(server)
    signatures.install()
    inflation.install()
    protocols.install()
    wildcards.install()
    condition_keys.install()
    not_principals.install()
    policy_elements.install()
    session_durations.install()
    policy_texts.install()
    denials.install()
    metric_namespaces.install()
    managed_policies.install()
    mounting.authorise_by(
        resources.resources()
        | {"ecr": registry.resource_of, "sagemaker": arns.resource_of, "states": task_tokens.resource_of}
    )
    mounting.authorise_calls_of("scheduler", schedules.resource_of_call)
    mounting.authorise_requests_of("sagemaker", arns.action_of, arns.resource_of_path)


def replace_parts(
    interpreters: Interpreters, endpoint: str, now: Callable[[], float], faults: Faults, store: ByteStore
) -> tuple[ForkServer, Any, Part]:
    """Put the parts in place that start nothing of their own.

    Returns what starts functions, once they are invoked, the lock of executions, and what is kept of these.
    """
    from local.apigateway import install as apis
    from local.budgets import install as budgets
    from local.cloudformation import inline_code, response_urls, rollback
    from local.ecr import registry
    from local.events import entries as events
    from local.events import log_groups, rules
    from local.logs import stream_prefixes
    from local.s3 import bodies, bucket_names, key_lengths, version_listings, version_ranges
    from local.sns import deliveries as topics
    from local.sns import metrics as topic_metrics
    from local.stepfunctions import install as states
    from local.stepfunctions import trusted_roles, yaml_definitions

    lock, part = states.install(endpoint, faults)
    trusted_roles.install()
    yaml_definitions.install()
    inline_code.install()
    response_urls.install()
    forks = _replace_parts_of_lambda(interpreters, endpoint)
    stream_prefixes.install()
    version_ranges.install()
    version_listings.install()
    # After the ranges of versions, which it reads from files.
    bodies.install(store)
    bucket_names.install()
    key_lengths.install()
    apis.install(now, endpoint)
    registry.install()
    events.install()
    log_groups.install()
    rules.install()
    topics.install()
    topic_metrics.install()
    budgets.install()
    rollback.install()
    return forks, lock, part


def _replace_parts_of_lambda(interpreters: Interpreters, endpoint: str) -> ForkServer:
    from local.lambda_ import (
        alias_arns,
        aliases,
        concurrency,
        idle_workers,
        installed_runtimes,
        layers,
        metrics,
        provisioning,
        requests,
        runtime,
        sources,
        tails,
        updates,
    )

    forks = runtime.install(interpreters, endpoint)
    installed_runtimes.install(interpreters)
    layers.install()
    tails.install()
    idle_workers.install()
    updates.install()
    sources.install()
    requests.install()
    concurrency.install()
    aliases.install()
    provisioning.install()
    metrics.install()
    alias_arns.install()
    return forks
