"""All attacks, and what refuses each: status and code, or the words of the server's own layers, which have no codes.

A refusal's own status matters: an attack that is merely malformed, or that nothing serves, would prove nothing.
"""

import json
import re

from attacks_from_elsewhere import FOREIGN, HOSTS, ORIGINS, OWN_PATHS, PAGES, SIDE_DOORS, side_door
from attacks_on_signatures import ANONYMOUS, NO_NUMBERS, SIGNATURES, UNSIGNED_PARAMETERS
from forgeries import PAYLOADS, Attack
from local.account import TOKEN_HEADER
from raw_http import Reply

Refusal = tuple[int, str]

ORIGIN = (403, "The Origin header names another site.")
HOST = (403, "The Host header names another server.")
SITE = (403, "A page of another site sent this request.")
NO_PATH = (403, "The request's target is no path.")
NOTHING = (403, "There is nothing at this path.")
TOKEN = (403, f"{TOKEN_HEADER} is missing or wrong.")
DENIED = (403, "AccessDenied")
UNKNOWN_KEY = (403, "InvalidAccessKeyId")
UNKNOWN_SESSION = (403, "UnrecognizedClientException")
MISMATCH = (403, "SignatureDoesNotMatch")
SKEWED = (403, "RequestTimeTooSkewed")
# The JSON protocol of Parameter Store and Step Functions has 400 for what is 403 elsewhere.
MISSING, MISSING_JSON = (403, "MissingAuthenticationTokenException"), (400, "MissingAuthenticationTokenException")
MISSING_QUERY = (403, "MissingAuthenticationToken")
UNSUPPORTED = (400, "InvalidRequest")
MALFORMED = (400, "AuthorizationHeaderMalformed")
BAD_TOKEN = (400, "InvalidToken")
BAD_URL = (400, "AuthorizationQueryParametersError")
OTHER_HASH = (400, "XAmzContentSHA256Mismatch")
# The HTTP layer's answer to a request that breaks HTTP's own rules.
BROKEN = (400, "")
NO_TIME = (400, "advance_seconds is no number between 0 and 316224000.")
NO_JSON = (400, "The body is no JSON")
NO_FIELDS = (400, "This path takes no fields, and not name.")
NO_OBJECT = (400, "The body is no JSON object.")

_PAGES = {
    "a page creates a role": ORIGIN,
    "a page creates a function": ORIGIN,
    "a page invokes a function": ORIGIN,
    "a program creates a role": (403, "InvalidClientTokenId"),
    "a program creates a function": UNKNOWN_SESSION,
    "a program invokes a function": UNKNOWN_SESSION,
    "a form posts an action": ORIGIN,
    "a form posts an object": DENIED,
    "a preflight": ORIGIN,
    "a preflight of a bucket": DENIED,
}
_FOREIGN = {
    **dict.fromkeys((f"origin {origin!r}" for origin in ORIGINS), ORIGIN),
    **dict.fromkeys((f"host {host!r}" for host in HOSTS), HOST),
    "two origins": ORIGIN,
    "no host": BROKEN,
    "two hosts": BROKEN,
    "fetched by another site": SITE,
    "fetched by another port": SITE,
    "a whole URL": NO_PATH,
    "a foreign URL": NO_PATH,
    "the API under another host": HOST,
}
# Doors that look like a path of AWS: to strangers and to the root, who signs for S3, which takes them for buckets.
_DOORS: dict[str, tuple[Refusal, Refusal]] = {
    "health by another name": (DENIED, (404, "NoSuchBucket")),
    "a sign-in page": (MISSING, (404, "NoSuchBucket")),
    "a token": (MISSING, (405, "MethodNotAllowed")),
    "a registry of images": (DENIED, (400, "InvalidBucketName")),
    "a registry of tables": (DENIED, (404, "NoSuchBucket")),
    "metadata of an instance": (MISSING, (404, "NoSuchBucket")),
}
_OWN_PATHS = {
    **dict.fromkeys(OWN_PATHS, TOKEN),
    **dict.fromkeys((name for name in OWN_PATHS if name.startswith("the clock by '{")), NO_TIME),
    "the clock as text": ORIGIN,
    "the clock by a page that has the token": ORIGIN,
    "another path": (404, "There is nothing at this path."),
    "a wrong method": (405, "This path takes POST."),
    "the clock by 'not JSON'": NO_JSON,
    "the clock by '{\"advance_seconds\": NaN}'": NO_JSON,
    "the clock by '{\"advance_seconds\": Infinity}'": NO_JSON,
    f"the clock by {'[' * 40!r}": NO_JSON,
    "the clock by a repeated field": NO_JSON,
    "unread properties of a stack": NO_FIELDS,
    "used grants of a role": NO_FIELDS,
    "the clock by '[86400]'": NO_OBJECT,
    "the clock by '86400'": NO_OBJECT,
    "the clock by a body that is too large": (400, "The body has more than 65536 bytes."),
}
_ANONYMOUS = {
    **{name: DENIED if service == "s3" else MISSING for name, (service, _) in PAYLOADS.items()},
    # A reply to HEAD has no body, and so no code.
    "an object's head": (403, ""),
    "users by the query": MISSING_QUERY,
    "the caller": MISSING_QUERY,
    "a session by a web identity": MISSING_QUERY,
    "a message": (403, "AccessDeniedException"),
    "a parameter": MISSING_JSON,
    "parameters": MISSING_JSON,
    "state machines": MISSING_JSON,
    # Without a signature, which would name the service, the path is a bucket's.
    "schedules": DENIED,
    "a bearer's token": UNSUPPORTED,
    "a name and a password": UNSUPPORTED,
}
_SIGNATURES = {
    "zeros by the root's key": MISMATCH,
    "zeros in the query by the root's key": MISMATCH,
    "a signature that is not ASCII": MISMATCH,
    "a signature in the query that is not ASCII": MISMATCH,
    "the key test": UNKNOWN_KEY,
    "the key test in the query": UNKNOWN_KEY,
    "the key test for IAM": (403, "InvalidClientTokenId"),
    "the account's number": UNKNOWN_KEY,
    "another account's number": UNKNOWN_KEY,
    "an empty key": MALFORMED,
    "an empty key in the query": MALFORMED,
    "the key none": UNKNOWN_KEY,
    "the root's key and the secret test": MISMATCH,
    "another start's keys": UNKNOWN_KEY,
    **{f"computed keys {number}": UNKNOWN_KEY for number in range(4)},
    "a tampered body": OTHER_HASH,
    **{f"a tampered {what}": MISMATCH for what in ("path", "query", "method", "header", "hash")},
    "a tampered date": SKEWED,
    "a clock that is 16 minutes slow": SKEWED,
    "a clock that is 16 minutes fast": SKEWED,
    "a URL that has expired": DENIED,
    "a URL of the future": DENIED,
    "a URL for eight days": BAD_URL,
    "a URL for a negative time": BAD_URL,
    "a URL for no time": BAD_URL,
    "a URL for another object": MISMATCH,
    "a URL for another action": MISMATCH,
    "a URL of S3 for IAM": MISMATCH,
    "a URL with another header": MISMATCH,
    "a URL with two keys": UNSUPPORTED,
    "a session without its token": UNKNOWN_KEY,
    "a session with a wrong token": BAD_TOKEN,
    "a session with another's token": BAD_TOKEN,
    "the root with a token": BAD_TOKEN,
    "two credentials": UNSUPPORTED,
    "two signatures": UNSUPPORTED,
    "two headers": UNSUPPORTED,
    "a host that is not signed": MISMATCH,
    "a target that is not signed": (400, "InvalidSignatureException"),
    "a body that is not signed": (403, "InvalidSignatureException"),
    "a body that is not signed, scoped to s3": (400, "InvalidSignatureException"),
    "a body that is not signed, scoped to sqs": (400, "InvalidSignatureException"),
    "a call that is scoped to another service": (400, "InvalidSignatureException"),
    "a URL of S3 for a parameter": (400, "InvalidSignatureException"),
    "a body that is signed as another": OTHER_HASH,
    "a body for IAM that is signed as another": MISMATCH,
    "chunks that are not signed": MISMATCH,
    "version 2": UNSUPPORTED,
    "version 2 in the query": MISMATCH,
    **{f"version 2 and an unsigned {parameter}": MISMATCH for _, parameter in UNSIGNED_PARAMETERS},
    "version 2 and a second value of what is signed": MISMATCH,
    "version 2 and what is signed in another case": MISMATCH,
    "version 2 and what is signed as a header too": MISMATCH,
    **{f"version 2 for {name}": DENIED for name in NO_NUMBERS},
    **{f"a URL for {name}": BAD_URL for name in NO_NUMBERS},
    "version 2 by the key test": UNKNOWN_KEY,
    "version 4a": UNSUPPORTED,
    "no algorithm": UNSUPPORTED,
    "half a header": MALFORMED,
}

ATTACKS: dict[str, tuple[Attack, Refusal]] = {
    **{name: (attack, _PAGES[name]) for name, attack in PAGES.items()},
    **{name: (attack, _FOREIGN[name]) for name, attack in FOREIGN.items()},
    **{
        f"side door: {name}": (lambda t, name=name: side_door(t, name), _DOORS.get(name, (NOTHING,))[0])
        for name in SIDE_DOORS
    },
    **{f"own path: {name}": (attack, _OWN_PATHS[name]) for name, attack in OWN_PATHS.items()},
    **{f"anonymous: {name}": (attack, _ANONYMOUS[name]) for name, attack in ANONYMOUS.items()},
    **{f"signature: {name}": (attack, _SIGNATURES[name]) for name, attack in SIGNATURES.items()},
}
# What the root meets at a side door.
CLOSED_DOORS: dict[str, Refusal] = {name: _DOORS.get(name, (NOTHING, NOTHING))[1] for name in SIDE_DOORS}


def refusal(reply: Reply) -> Refusal:
    """Status and code of a reply; where it has no code, its message as far as a colon."""
    text = reply.body.decode(errors="replace")
    if code := re.search("<Code>(.*?)</Code>", text):
        return reply.status, code[1]
    if not text.startswith("{"):
        return reply.status, text
    content = json.loads(text)
    return reply.status, content.get("__type", content.get("message", "").partition(":")[0])
