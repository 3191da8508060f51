"""The paths of the server alone, which AWS has not."""

import asyncio
from typing import Any

from local.assembly.services import Services
from local.iam.own_paths import OwnPath, refuse_fields, seconds_to_advance
from local.stepfunctions.faults import Faults


def own_paths(services: Services, unread: Any, used_grants: Any, faults: Faults) -> dict[str, OwnPath]:
    """The paths of this server alone.

    They move its clock on, let executions meet faults, and name the unsupported properties of templates and the grants
    that allowed a call.
    """

    def advance_and_look(seconds: float) -> dict[str, Any]:
        # What was logged before the clock moves is in the stream by then.
        services.subscriptions.flush()
        with services.streams.paused():
            fired, delivered = services.ticker.advance(seconds), services.streams.deliver_due()
            return {"fired": fired, "delivered": delivered, "now": services.ticker.clock.now()}

    async def advance(parameters: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(advance_and_look, seconds_to_advance(parameters))

    async def unread_properties(parameters: dict[str, Any]) -> dict[str, Any]:
        refuse_fields(parameters)
        return dict(unread)

    async def grants(parameters: dict[str, Any]) -> dict[str, Any]:
        refuse_fields(parameters)
        return used_grants.to_json()

    async def inject(parameters: dict[str, Any]) -> dict[str, Any]:
        return faults.respond(parameters)

    return {
        "/_local/clock": OwnPath(("POST",), advance),
        "/_local/unread-properties": OwnPath(("GET", "POST"), unread_properties),
        "/_local/faults": OwnPath(("POST",), inject),
        "/_local/used-grants": OwnPath(("GET", "POST"), grants),
    }
