"""Decides which keys open the embedded AWS: the root's, made for this start, and those of sessions.

MiniStack takes `test`, any account number and the absent key for the root, and checks none of their signatures. Here
the root is a key like every other: it has a record with its secret, and requests are verified against that.

MiniStack also makes the keys of a function from the names of function and role, so that anybody can compute them. Here
they depend on a secret that each start draws anew.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from local import account
from local.seams import replace, replace_everywhere, seam

_START_SECRET = secrets.token_bytes(32)


@dataclass(frozen=True)
class SessionKeys:
    """Temporary credentials."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


def session_keys(*names: str) -> SessionKeys:
    """Credentials of the session that `names` name: the same for the same names until the server ends.

    So there are as many sessions as names, whatever the number of calls, and still no other process can compute them.
    """

    def digest(purpose: str) -> bytes:
        message = "\0".join((purpose, *names)).encode()
        return hmac.new(_START_SECRET, message, hashlib.sha256).digest()

    return SessionKeys(
        f"ASIA{base64.b32encode(digest('id')).decode()[:16]}",
        base64.b64encode(digest("secret")).decode()[:40],
        base64.b64encode(digest("token") + digest("rest of the token")).decode(),
    )


def install(server: account.EmbeddedAws) -> None:
    """Let the keys of `server` be the root's, and no others, and give functions keys that cannot be computed."""
    from ministack.core import iam_evaluator, lambda_runtime
    from ministack.services import sts

    replace_everywhere(iam_evaluator, "is_root_access_key", _is_absent)
    replace_everywhere(lambda_runtime, "execution_credentials", execution_credentials)
    # As MiniStack has it, a session that comes while another thread looks for expired ones makes that thread fail.
    sessions = seam(sts, "_sessions")
    replace(sts, "_evict_expired_sessions", lambda: evict_expired(sessions, time.time()))
    # For the absent key, that of anonymous requests, MiniStack looks here; no signature shall match.
    os.environ["AWS_ACCESS_KEY_ID"] = "none"
    os.environ["AWS_SECRET_ACCESS_KEY"] = secrets.token_urlsafe(32)
    seam(sts, "register_session")(server.access_key_id, _root_record(server.secret_access_key))


def evict_expired(sessions: dict[str, Any], now: float) -> None:
    """Drop the sessions whose Expiration (Unix time) is past; others may come meanwhile."""
    for key, session in list(sessions.items()):
        if isinstance(expiration := session.get("Expiration"), int | float) and expiration < now:
            sessions.pop(key, None)


def _is_absent(access_key_id: str) -> bool:
    """Anonymous requests that the gateway lets through are for S3 and API Gateway to decide on, by their policies."""
    return not access_key_id


def _root_record(secret_access_key: str) -> dict[str, Any]:
    return {
        "Arn": f"arn:aws:iam::{account.ACCOUNT_ID}:root",
        "UserId": account.ACCOUNT_ID,
        "AccountId": account.ACCOUNT_ID,
        "PrincipalType": "Root",
        "SecretAccessKey": secret_access_key,
        # A long-term key: a request that brings a token with it is refused.
        "SessionToken": None,
    }


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """The environment variables with the credentials of a function, by its configuration.

    They open nothing where there is no role of this ARN: AWS could not assume it either.
    """
    from ministack.services import iam

    role_arn, function = config.get("Role", ""), config.get("FunctionName", "function")[:64]
    keys = session_keys("function", config.get("FunctionArn", ""), role_arn)
    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(account.ACCOUNT_ID, None, name)
    if role is not None and role["Arn"] == role_arn:
        register_role_session(keys, name, function)
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
    }


def register_role_session(keys: SessionKeys, role: str, session: str) -> None:
    """Let requests signed with `keys` act as the role of this name."""
    from ministack.services import iam, sts

    record = iam._roles.get_scoped(account.ACCOUNT_ID, None, role) or {}
    sts.register_session(
        keys.access_key_id,
        {
            "Arn": f"arn:aws:sts::{account.ACCOUNT_ID}:assumed-role/{role}/{session}",
            "UserId": f"{record.get('RoleId', role)}:{session}",
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": keys.session_token,
        },
    )
