"""How long a session may last: AssumeRole, `DurationSeconds`."""

import pytest
from botocore.exceptions import ClientError

from callers import client_as, role_with
from local.account import EmbeddedAws
from machines import Client, allow

HOUR = 3600
ROLE = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
CHAIN = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."


@pytest.mark.parametrize(("most", "seconds"), [(HOUR, HOUR + 1), (2 * HOUR, 2 * HOUR + 1), (HOUR, 12 * HOUR)])
def test_session_is_no_longer_than_the_role_allows(client: Client, most: int, seconds: int) -> None:
    role = role_with(client, allow("ssm:*"), MaxSessionDuration=most)
    sts, request = client("sts"), {"RoleArn": role["Arn"], "RoleSessionName": "session"}
    with pytest.raises(ClientError, match=ROLE) as refusal:
        sts.assume_role(**request, DurationSeconds=seconds)
    answer = refusal.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ValidationError", 400)
    assert sts.assume_role(**request, DurationSeconds=most)["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_chain_of_roles_is_no_longer_than_an_hour(server: EmbeddedAws, client: Client) -> None:
    first, second = (role_with(client, allow("sts:*"), MaxSessionDuration=12 * HOUR) for _ in range(2))
    sts, request = client_as(server, "sts", first["Arn"]), {"RoleArn": second["Arn"], "RoleSessionName": "session"}
    with pytest.raises(ClientError, match=CHAIN):
        sts.assume_role(**request, DurationSeconds=HOUR + 1)
    assert sts.assume_role(**request, DurationSeconds=HOUR)["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert client("sts").assume_role(**request, DurationSeconds=12 * HOUR)["Credentials"]["SessionToken"]
