"""Refuses sessions that last longer than the role's `MaxSessionDuration`, or than an hour in a chain of roles.

Who calls with a session already, of a role or of GetSessionToken, is in a chain.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import time
from collections.abc import Mapping
from typing import Any

from local import EmbeddedAwsError
from local.seams import replace, seam

_HOUR = 3600


class SessionDurationError(EmbeddedAwsError):
    """The session would last longer than it may; the message is AWS's."""


def install() -> None:
    """Look at each session that STS is about to register, once its caller was authorised."""
    from ministack import app
    from ministack.core import responses
    from ministack.services import sts

    register = seam(sts, "register_session")
    handlers = seam(app, "SERVICE_HANDLERS")
    handle = handlers["sts"]
    error = seam(sts, "_error")

    def register_if_short(access_key_id: str, session: dict[str, Any]) -> Any:
        _check(session)
        return register(access_key_id, session)

    async def handle_or_refuse(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        try:
            return await handle(method, path, headers, body, query)
        except SessionDurationError as refusal:
            if "amz-json" in headers.get("content-type", ""):
                return responses.error_response_json("ValidationError", str(refusal), 400)
            return error(400, "ValidationError", str(refusal), ns="sts")

    replace(sts, "register_session", register_if_short)
    handlers["sts"] = handle_or_refuse


def _check(session: Mapping[str, Any]) -> None:
    from ministack.services import iam, sts

    expiration = session.get("Expiration")
    if session.get("PrincipalType") != "AssumedRole" or expiration is None:
        return
    seconds = round(expiration - time.time())
    name = session["Arn"].split("/")[1]
    role = iam._roles.get_scoped(session["AccountId"], None, name) or {}
    if seconds > role.get("MaxSessionDuration", _HOUR):
        raise SessionDurationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    source = sts._sessions.get(session.get("SourceAccessKeyId") or "") or {}
    # The root's key is among the sessions, without a token.
    if seconds > _HOUR and source.get("SessionToken"):
        raise SessionDurationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
