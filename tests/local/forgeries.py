"""What attacks are made of: requests worth forging, and their forging."""

import json
from collections.abc import Callable
from dataclasses import replace

from besieged import Besieged
from raw_http import Keys, Request, presign, sign

Attack = Callable[[Besieged], Request]

EVIL = "http://evil.example"
ZEROS = "0" * 64
TEST = Keys("test", "test")


def form(**parameters: str) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters.items())


CREATE_ROLE = form(Action="CreateRole", Version="2010-05-08", RoleName="evil", AssumeRolePolicyDocument="{}")
CREATE_FUNCTION = json.dumps(
    {"FunctionName": "evil", "Runtime": "python3.11", "Handler": "app.handler", "Role": "arn", "Code": {"ZipFile": ""}}
)
FUNCTIONS = "/2015-03-31/functions"
LIST_USERS = form(Action="ListUsers", Version="2010-05-08")


def read_object(target: Besieged, **headers: str) -> Request:
    return target.request("GET", "/vault/object", **headers)


def forged(request: Request, service: str, keys: Keys = TEST) -> Request:
    """Presigned by zeros: what a page can send, for it needs no header of its own."""
    whole = presign(request, keys, service)
    return replace(whole, target=whole.target.rpartition("=")[0] + "=" + ZEROS)


def forged_header(request: Request, service: str, keys: Keys) -> Request:
    signed = sign(request, keys, service)
    header = signed.header("authorization")
    return signed.without("authorization").with_headers(("authorization", header.rpartition("=")[0] + "=" + ZEROS))
