"""Acts as an IAM role, as a service of AWS does that was handed one: the role must exist and trust the service.

MiniStack enforces a role's policies on calls signed with its session, but neither checks trust policies nor
`iam:PassRole`; both are checked here. A LentRole says for which resource the service takes the role.
"""

import threading
from dataclasses import dataclass, field

from botocore.client import BaseClient
from botocore.config import Config

from local import EmbeddedAwsError, account
from local.iam.credentials import SessionKeys, register_role_session, session_keys
from local.iam.denials import message
from local.iam.trust import LentRole, trusts

__all__ = ["LentRole", "RoleClients", "UnusableRoleError", "assume", "denies_pass_role"]

# A Lambda invocation may take fifteen minutes.
_PATIENCE = 900.0


class UnusableRoleError(EmbeddedAwsError, PermissionError):
    """The role does not exist, or its trust policy does not let the service assume it."""


def assume(role_arn: str, service: str) -> SessionKeys:
    """Open a session of `role_arn` for the service principal `service` (`states.amazonaws.com`).

    A LentRole has the resource that a trust policy may ask for. Until the server ends, it is the same session at every
    call. Raises UnusableRoleError.
    """
    from ministack.core import responses
    from ministack.services import iam

    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(account.ACCOUNT_ID, None, name)
    # By the whole ARN, which is what `iam:PassRole` was asked for.
    if role is None or role["Arn"] != role_arn:
        raise UnusableRoleError(f"The role {role_arn} does not exist.")
    source_arn = role_arn.source_arn if isinstance(role_arn, LentRole) else None
    if not trusts(role.get("AssumeRolePolicyDocument") or {}, service, source_arn, responses.get_region()):
        raise UnusableRoleError(f"The role {role_arn} does not trust {service}: add it to the role's trust policy.")
    session = session_keys("role", role_arn, service)
    register_role_session(session, name, service.split(".", 1)[0])
    return session


@dataclass
class RoleClients:
    """boto3 clients that act as a role, one for each service, region and role.

    Making a client costs some 20 ms, more than most calls do, and clients may be shared by threads.
    """

    endpoint: str
    principal: str
    _clients: dict[tuple[str, str, str, float], BaseClient] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(
        self, service: str, role_arn: str, region: str = account.DEFAULT_REGION, *, read_timeout: float = _PATIENCE
    ) -> BaseClient:
        """A client of `service` that signs as `role_arn`, and waits `read_timeout` seconds for an answer.

        Raises UnusableRoleError, on every call, as on AWS.
        """
        credentials = assume(role_arn, self.principal)
        key = (service, role_arn, region, read_timeout)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(service, credentials, region, read_timeout)
            return self._clients[key]

    def _make(self, service: str, credentials: SessionKeys, region: str, read_timeout: float) -> BaseClient:
        return account.make_client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=Config(
                # What is sent is the caller's business and checked by the service, as on AWS; a failure is the
                # caller's to retry.
                parameter_validation=False,
                retries={"total_max_attempts": 1},
                read_timeout=read_timeout,
                max_pool_connections=64,
                # AWS's host of StartSyncExecution has a name of its own; here there is one host.
                inject_host_prefix=False,
                s3={"addressing_style": "path"},
            ),
        )


def denies_pass_role(access_key_id: str, role_arn: str, service: str) -> str | None:
    """What AWS answers a caller who hands `role_arn` to `service` without `iam:PassRole`, or None where it may."""
    from ministack.core.iam_evaluator import enforce

    context = {"iam:PassedToService": service}
    denied = enforce(
        access_key_id, "iam:PassRole", "iam", account.DEFAULT_REGION, resource_arn=role_arn, service_context=context
    )
    if denied is None:
        return None
    principal = getattr(denied, "principal_arn", None) or access_key_id
    is_explicit = getattr(denied, "decision", "") == "Deny"
    return message("iam", "iam:PassRole", principal, role_arn, is_explicit=is_explicit)
