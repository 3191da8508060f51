"""Attacks without a signature, and with one that is not the sender's, not of this request, or not of this time."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, quote

from besieged import Besieged
from forgeries import (
    FORM,
    LIST_USERS,
    PAYLOADS,
    TAGGING,
    TEST,
    ZEROS,
    Attack,
    create_role,
    forged,
    forged_header,
    invocations,
    list_parameters,
    put_tags,
    read_object,
)
from local.account import ACCOUNT_ID, EmbeddedAws
from machines import unique
from raw_http import UNSIGNED_PAYLOAD, Keys, Request, presign, sign

ANONYMOUS: dict[str, Attack] = {
    **{name: payload for name, (_, payload) in PAYLOADS.items()},
    "a bearer's token": lambda t: read_object(t, authorization="Bearer token"),
    "a name and a password": lambda t: read_object(t, authorization="Basic dGVzdDp0ZXN0"),
}


def digest_keys(*texts: str) -> list[Keys]:
    """Keys of a role's session as they were made from names, and MiniStack's of a function."""
    made = []
    for text in texts:
        digest = hashlib.sha256(text.encode()).hexdigest()
        key_id = f"ASIA{digest[:16].upper()}"
        made.append(Keys(key_id, f"secret-{digest}", f"token-{digest}"))
        secret, token = (hashlib.sha256(f"{what}:{digest}".encode()).hexdigest() for what in ("secret", "token"))
        made.append(Keys(key_id, secret, token))
    return made


def computed(target: Besieged, number: int) -> Request:
    """Signed by keys that follow from public names."""
    config = target.server.client("lambda").get_function_configuration(FunctionName=target.function_arn)
    keys = digest_keys(f"{target.role_arn} states.amazonaws.com", f"{target.function_arn}:{config['Role']}")
    return sign(target.request("GET", "/vault/object"), keys[number], "s3")


def tampered(target: Besieged, what: str) -> Request:
    """Signed by the root, and changed on the way."""
    signed = sign(put_tags(target), target.root, "s3")
    return {
        "body": replace(signed, body=TAGGING.replace("good", "evil").encode()),
        "path": replace(signed, target="/vault/spare?tagging"),
        "query": replace(signed, target="/vault/object"),
        "method": replace(signed, method="DELETE"),
        "header": signed.with_headers(("x-amz-acl", "public-read")),
        "hash": signed.without("x-amz-content-sha256").with_headers(("x-amz-content-sha256", UNSIGNED_PAYLOAD)),
        "date": signed.without("x-amz-date").with_headers(("x-amz-date", "20260101T000000Z")),
    }[what]


def session(target: Besieged) -> Keys:
    """A valid session, of the root's."""
    made = target.server.client("sts").get_session_token()["Credentials"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def authorised_by(request: Request, text: str) -> Request:
    return request.without("authorization").with_headers(("authorization", text))


def two_credentials(target: Besieged) -> Request:
    """Names the root, but is signed by a user that may do nothing."""
    name = unique("nobody")
    iam = target.server.client("iam")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    signed = sign(read_object(target), Keys(made["AccessKeyId"], made["SecretAccessKey"]), "s3")
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    iam.delete_user(UserName=name)
    credential = f"Credential={target.root.key_id}/20260101/us-east-1/s3/aws4_request, Credential="
    return authorised_by(signed, signed.header("authorization").replace("Credential=", credential, 1))


def version_2(target: Besieged, method: str, unsigned: str, signed: str = "") -> Request:
    """A URL of the root's that is signed by Version 2, with its `signed` parameters, and `unsigned` ones after it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
    """
    expires = "4102444800"
    headers = "".join(f"{name}:{value}\n" for name, value in sorted(parse_qsl(signed)))
    text = f"{method}\n\n\n{expires}\n{headers}/vault/object"
    digest = hmac.new(target.root.secret.encode(), text.encode(), hashlib.sha1).digest()
    signature = quote(base64.b64encode(digest), safe="")
    query = f"AWSAccessKeyId={target.root.key_id}&Expires={expires}{signed}&Signature={signature}{unsigned}"
    return target.request(method, f"/vault/object?{query}")


UNSIGNED_PARAMETERS = (
    ("PUT", "x-amz-copy-source=%2Fvault%2Fspare"),
    ("PUT", "X-Amz-Copy-Source=%2Fvault%2Fspare"),
    ("PUT", "x-amz-tagging=a%3Db"),
    ("PUT", "x-amz-acl=public-read"),
    ("PUT", "x-amz-meta-a=b"),
    ("PUT", "x-amz-storage-class=GLACIER"),
    ("PUT", "x-amz-acl=private%0Ax-amz-meta-a:b"),
    ("PUT", "legal-hold"),
    ("PUT", "retention"),
    ("GET", "x-amz-request-payer=requester"),
    ("GET", "attributes"),
)
# Python's isdigit takes the first for a digit, and int() neither.
NO_NUMBERS = {"a superscript": "²", "5,000 digits": "9" * 5_000}
HOUR = timedelta(hours=1)
SIGNATURES: dict[str, Attack] = {
    "zeros by the root's key": lambda t: forged_header(read_object(t), "s3", t.root),
    "zeros in the query by the root's key": lambda t: forged(read_object(t), "s3", t.root),
    "a signature that is not ASCII": lambda t: forged_header(read_object(t), "s3", t.root, "é" + ZEROS[1:]),
    "a signature in the query that is not ASCII": lambda t: forged(read_object(t), "s3", t.root, "%c3%a9" + ZEROS[1:]),
    "the key test": lambda t: sign(read_object(t), TEST, "s3"),
    "the key test in the query": lambda t: presign(read_object(t), TEST, "s3"),
    "the key test for IAM": lambda t: sign(t.request("POST", "/", LIST_USERS, content_type=FORM), TEST, "iam"),
    "the account's number": lambda t: sign(read_object(t), Keys(ACCOUNT_ID, "test"), "s3"),
    "another account's number": lambda t: sign(read_object(t), Keys("000000000000", "test"), "s3"),
    "an empty key": lambda t: sign(read_object(t), Keys("", "test"), "s3"),
    "an empty key in the query": lambda t: presign(read_object(t), Keys("", "test"), "s3"),
    "the key none": lambda t: sign(read_object(t), Keys("none", "none"), "s3"),
    "the root's key and the secret test": lambda t: sign(read_object(t), Keys(t.root.key_id, "test"), "s3"),
    "another start's keys": lambda t: sign(
        read_object(t), Keys(EmbeddedAws.on_port(1).access_key_id, EmbeddedAws.on_port(1).secret_access_key), "s3"
    ),
    **{f"computed keys {number}": lambda t, number=number: computed(t, number) for number in range(4)},
    **{
        f"a tampered {what}": lambda t, what=what: tampered(t, what)
        for what in ("body", "path", "query", "method", "header", "hash", "date")
    },
    "a clock that is 16 minutes slow": lambda t: sign(read_object(t), t.root, "s3", at=timedelta(minutes=-16)),
    "a clock that is 16 minutes fast": lambda t: sign(read_object(t), t.root, "s3", at=timedelta(minutes=16)),
    "a URL that has expired": lambda t: presign(read_object(t), t.root, "s3", expires="60", at=-HOUR),
    "a URL of the future": lambda t: presign(read_object(t), t.root, "s3", at=HOUR),
    "a URL for eight days": lambda t: presign(read_object(t), t.root, "s3", expires="691200"),
    "a URL for a negative time": lambda t: presign(read_object(t), t.root, "s3", expires="-1"),
    "a URL for no time": lambda t: presign(read_object(t), t.root, "s3", expires="x"),
    "a URL for another object": lambda t: replace(
        presign(t.request("GET", "/vault/nothing"), t.root, "s3"),
        target=presign(t.request("GET", "/vault/nothing"), t.root, "s3").target.replace("nothing", "object"),
    ),
    "a URL for another action": lambda t: replace(presign(read_object(t), t.root, "s3"), method="DELETE"),
    "a URL of S3 for IAM": lambda t: replace(
        presign(t.request("POST", "/", content_type=FORM), t.root, "s3"),
        body=create_role("evil").encode(),
    ),
    "a URL with another header": lambda t: presign(read_object(t), t.root, "s3").with_headers(
        ("x-amz-copy-source", "/vault/object")
    ),
    "a URL with two keys": lambda t: replace(
        presign(read_object(t), TEST, "s3"),
        target=presign(read_object(t), TEST, "s3").target + f"&x-amz-credential={t.root.key_id}/20260101/x/s3/aws4",
    ),
    "a session without its token": lambda t: sign(read_object(t), replace(session(t), token=""), "s3"),
    "a session with a wrong token": lambda t: sign(read_object(t), replace(session(t), token="wrong"), "s3"),
    "a session with another's token": lambda t: sign(read_object(t), replace(session(t), token=session(t).token), "s3"),
    "the root with a token": lambda t: sign(read_object(t), replace(t.root, token="token"), "s3"),
    "two credentials": two_credentials,
    "two signatures": lambda t: sign(presign(read_object(t), TEST, "s3"), t.root, "s3"),
    "two headers": lambda t: sign(read_object(t), TEST, "s3").with_headers(
        ("authorization", sign(read_object(t), t.root, "s3").header("authorization"))
    ),
    "a host that is not signed": lambda t: sign(read_object(t), t.root, "s3", omitted=("host",)),
    "a target that is not signed": lambda t: sign(
        list_parameters(t),
        t.root,
        "ssm",
        omitted=("x-amz-target",),
    ),
    "a body that is not signed": lambda t: sign(
        t.request("POST", invocations(t), "{}"),
        t.root,
        "lambda",
        payload_hash=UNSIGNED_PAYLOAD,
    ),
    **{
        f"a body that is not signed, scoped to {scope}": lambda t, scope=scope: sign(
            list_parameters(t), t.root, scope, payload_hash=UNSIGNED_PAYLOAD
        )
        for scope in ("s3", "sqs")
    },
    "a call that is scoped to another service": lambda t: sign(list_parameters(t), t.root, "sqs"),
    "a URL of S3 for a parameter": lambda t: presign(list_parameters(t), t.root, "s3"),
    "a body that is signed as another": lambda t: replace(
        sign(t.request("PUT", "/vault/evil", "good"), t.root, "s3"), body=b"evil"
    ),
    "a body for IAM that is signed as another": lambda t: replace(
        sign(t.request("POST", "/", LIST_USERS, content_type=FORM), t.root, "iam"), body=create_role("evil").encode()
    ),
    "chunks that are not signed": lambda t: sign(
        t.request(
            "PUT",
            "/vault/evil",
            f"4;chunk-signature={ZEROS}\r\nevil\r\n0;chunk-signature={ZEROS}\r\n\r\n",
            x_amz_decoded_content_length="4",
            content_encoding="aws-chunked",
        ),
        t.root,
        "s3",
        payload_hash="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ),
    "version 2": lambda t: read_object(t).with_headers(
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"), ("authorization", f"AWS {t.root.key_id}:c2lnbmF0dXJl")
    ),
    "version 2 in the query": lambda t: t.request(
        "GET", f"/vault/object?AWSAccessKeyId={t.root.key_id}&Signature=c2ln&Expires=4102444800"
    ),
    **{
        f"version 2 and an unsigned {parameter}": lambda t, method=method, parameter=parameter: version_2(
            t, method, f"&{parameter}"
        )
        for method, parameter in UNSIGNED_PARAMETERS
    },
    "version 2 and a second value of what is signed": lambda t: version_2(
        t, "PUT", "&x-amz-acl=public-read", "&x-amz-acl=private"
    ),
    "version 2 and what is signed in another case": lambda t: version_2(
        t, "PUT", "&X-Amz-Acl=public-read", "&x-amz-acl=private"
    ),
    "version 2 and what is signed as a header too": lambda t: version_2(
        t, "PUT", "", "&x-amz-acl=private"
    ).with_headers(("x-amz-acl", "public-read")),
    **{
        f"version 2 for {name}": lambda t, expires=expires: t.request(
            "GET", f"/vault/object?AWSAccessKeyId={t.root.key_id}&Signature=c2ln&Expires={quote(expires)}"
        )
        for name, expires in NO_NUMBERS.items()
    },
    **{
        f"a URL for {name}": lambda t, expires=expires: presign(read_object(t), t.root, "s3", expires=expires)
        for name, expires in NO_NUMBERS.items()
    },
    "version 2 by the key test": lambda t: t.request(
        "GET", "/vault/object?AWSAccessKeyId=test&Signature=c2ln&Expires=4102444800"
    ),
    "version 4a": lambda t: authorised_by(
        sign(read_object(t, x_amz_region_set="*"), t.root, "s3"),
        f"AWS4-ECDSA-P256-SHA256 Credential={t.root.key_id}/20260101/s3/aws4_request, "
        f"SignedHeaders=host;x-amz-date;x-amz-region-set, Signature={ZEROS}",
    ),
    "no algorithm": lambda t: t.request("GET", f"/vault/object?X-Amz-Credential={t.root.key_id}/20260101/x/s3/aws4"),
    "half a header": lambda t: read_object(t, authorization=f"AWS4-HMAC-SHA256 Credential={t.root.key_id}/20260101"),
}
