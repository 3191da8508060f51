"""Verifies the signature of every request before any service sees it.

Served is Signature Version 4, in header or query, and Version 2 in the query for URLs of S3, which boto3 still makes.

MiniStack verifies those of users and roles when it authorises a call, and only for what it authorises. Here nothing
passes without: a request that brings credentials must bring valid ones, and one without reaches only what may be
public, buckets and the deployed API, whose own policies then decide. MiniStack's parts do the arithmetic; what it does
not look at is checked here: that the body is the one that was signed, and that all headers of AWS's were.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html

A body is read only after the headers have been checked, and then only up to its sender's limit: whoever has shown by
the headers alone that he has a secret may send an object of S3, others what the largest request of AWS needs.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from local import account
from local.iam import version_2
from local.iam.bodies import DisconnectedError, TooLargeError, once, read
from local.iam.condition_keys import note
from local.iam.credential_scopes import refuse_other_scope
from local.iam.refusals import RefusedObjectError, UnauthenticatedError, s3_error, send_refusal
from local.iam.request_guard import Application, Receive, Scope, Send, is_api_path
from local.iam.signed_request import Request
from local.protocols.digits import is_number
from local.seams import replace_everywhere, seam

# A zip file of 50 MB in a CreateFunction, as base64: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_REQUEST = 80 * 1024 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
LARGEST_OBJECT = 5 * 1024**3
# Who brings no credentials gets less of the memory than AWS would give him.
LARGEST_ANONYMOUS = 10 * 1024 * 1024
# Twice what API Gateway takes: what is over its limit it refuses in the API's own words, up to here.
LARGEST_API_CALL = 20 * 1024 * 1024

_IN_A_THREAD = 1024 * 1024
_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
# In seconds; a URL is valid for a week at most.
_CENTURIES = "9" * 12
_PUBLIC_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


def install() -> None:
    """Let MiniStack's comparison take any text for a signature: it raises TypeError for what is not ASCII.

    Raises MissingSeamError where MiniStack has not the parts that verify.
    """
    from ministack.core import sigv4

    _check_parts()
    replace_everywhere(sigv4, "signatures_match", _signatures_match)
    version_2.install()


def _signatures_match(computed: str, provided: str) -> bool:
    return hmac.compare_digest(computed.encode(), provided.encode(errors="surrogatepass"))


def _check_parts() -> None:
    from ministack import app
    from ministack.core import iam_evaluator, router, sigv4
    from ministack.services import s3

    parts = {
        app: ("_credential_failure",),
        iam_evaluator: (
            "AuthError",
            "CredentialResolutionError",
            "SignedRequest",
            "resolve_credential",
        ),
        router: ("detect_service", "extract_access_key_id"),
        s3: ("_bucket_owner_account", "_error", "_presign_time_error"),
        sigv4: (
            "SIGNATURE_MISMATCH",
            "_amz_datetime",
            "header_signature_failure",
            "parse_header_signature",
            "parse_query_signature",
            "presigned_request_is_expired",
            "request_time_failure",
        ),
    }
    for module, names in parts.items():
        for name in names:
            seam(module, name)


@dataclass(frozen=True)
class VerifiedRequests:
    """Hands requests to `application` that are signed as AWS demands, or may be anonymous."""

    application: Application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        request = Request.of(scope)
        note(request)
        try:
            body = await _admitted_body(request, receive)
        except DisconnectedError:
            return
        except (UnauthenticatedError, RefusedObjectError, TooLargeError) as refusal:
            await send_refusal(request, refusal, send)
            return
        await self.application(scope, once(body, receive), send)


async def _admitted_body(request: Request, receive: Receive) -> bytes:
    """The whole body of a request that may be served. Raises what verified_body raises."""
    content_length = request.headers.get("content-length", "")
    # An API has methods that need no signature, and headers of its own authorisers: MiniStack verifies there.
    if is_api_path(request.path):
        return await read(receive, content_length, LARGEST_API_CALL)
    if request.is_anonymous:
        refuse_what_is_not_public(request)
        return await read(receive, content_length, LARGEST_ANONYMOUS)
    return await verified_body(request, receive)


def refuse_what_is_not_public(request: Request) -> None:
    """Raise UnauthenticatedError unless an anonymous request is for a bucket, whose policy then decides."""
    from ministack.core import router
    from ministack.services import s3

    bucket = request.path.lstrip("/").partition("/")[0]
    if (
        request.method not in _PUBLIC_METHODS
        or "x-amz-target" in request.headers
        or router.detect_service(request.method, request.path, request.headers, request.query) != "s3"
        or s3._bucket_owner_account(bucket) is None
    ):
        raise UnauthenticatedError("MissingAuthenticationToken", "Request is missing Authentication Token")


async def verified_body(request: Request, receive: Receive) -> bytes:
    """Verify a request that brings credentials, and return its body.

    Raises UnauthenticatedError, RefusedObjectError, TooLargeError, or DisconnectedError where the sender went away.
    """
    if request.is_version_2:
        _verify_version_2(request)
        return await read(receive, request.headers.get("content-length", ""), LARGEST_OBJECT)
    signature = _signature(request)
    credential = _credential(request, signature)
    # The service of a URL may be named in the body alone.
    if not request.is_presigned:
        refuse_other_scope(request, signature.service)
    signed_hash = request.headers.get("x-amz-content-sha256", "")
    # S3 signs a hash that stands in the headers, so that the headers alone show whether the sender has the secret.
    early = signature.service == "s3" and (
        request.is_presigned or (bool(signed_hash) and not signed_hash.startswith(_STREAMING))
    )
    if early:
        _refuse_unless_signed(request, signature, credential.secret_access_key, b"")
    limit = LARGEST_OBJECT if early else LARGEST_REQUEST
    body = await read(receive, request.headers.get("content-length", ""), limit)
    if len(body) > _IN_A_THREAD:
        await asyncio.to_thread(_check_body, request, signature, credential, body, early)
    else:
        _check_body(request, signature, credential, body, early)
    # Whoever knows a key and not its secret has no body read that is large.
    if request.is_presigned:
        refuse_other_scope(request, signature.service, body)
    return body


def _check_body(request: Request, signature: Any, credential: Any, body: bytes, early: bool) -> None:
    if not early:
        _refuse_unless_signed(request, signature, credential.secret_access_key, body)
    declared = request.headers.get("x-amz-content-sha256", "")
    is_s3 = signature.service == "s3"
    if not declared or (is_s3 and (declared in _UNSIGNED or declared.startswith(_STREAMING))):
        return
    if declared != hashlib.sha256(body).hexdigest():
        if is_s3:
            raise RefusedObjectError(
                s3_error(
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                    400,
                    request.path,
                )
            )
        raise UnauthenticatedError("SignatureDoesNotMatch", _mismatch())


def _verify_version_2(request: Request) -> None:
    from ministack.core import router

    service = router.detect_service(request.method, request.path, request.headers, request.query)
    if service != "s3" or not request.has_one_signature:
        raise UnauthenticatedError("UnsupportedSignature", f"The signature's algorithm must be {_ALGORITHM}.")
    version_2.verify(request)


def _signature(request: Request) -> Any:
    """The parts of the signature, if it is of the one kind that is served, complete, and of these minutes."""
    from ministack.core import router, sigv4

    if not request.has_one_signature:
        raise UnauthenticatedError("UnsupportedSignature", "Only one auth mechanism is allowed.")
    algorithm = request.headers.get("authorization", "").partition(" ")[0] or request.parameter("X-Amz-Algorithm")
    if algorithm != _ALGORITHM:
        raise UnauthenticatedError("UnsupportedSignature", f"The signature's algorithm must be {_ALGORITHM}.")
    if request.is_presigned:
        signature = sigv4.parse_query_signature(request.query)
    else:
        signature = sigv4.parse_header_signature(request.headers)
    if isinstance(signature, tuple):
        raise UnauthenticatedError(*signature)
    # What MiniStack reads off the request to authorise it must be the key that the signature is verified for.
    key = router.extract_access_key_id(request.headers, request.query)
    if not key or key != signature.access_key_id or sigv4._amz_datetime(signature.amz_date) is None:
        raise UnauthenticatedError("IncompleteSignature", "The signature names no key or no time.")
    if not signature.region or not signature.service:
        raise UnauthenticatedError("IncompleteSignature", "The credential's scope names no region or no service.")
    _refuse_unsigned_headers(request, signature.signed_headers)
    _refuse_other_times(request, signature)
    return signature


def _refuse_unsigned_headers(request: Request, signed_headers: str) -> None:
    signed = set(signed_headers.split(";"))
    needed = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if missing := sorted(needed - signed):
        raise UnauthenticatedError("SignatureDoesNotMatch", f"'{missing[0]}' must be a 'SignedHeader'.")


def _refuse_other_times(request: Request, signature: Any) -> None:
    from ministack.core import sigv4
    from ministack.services import s3

    if not request.is_presigned:
        if skewed := sigv4.request_time_failure(signature):
            raise UnauthenticatedError(*skewed)
        return
    expires = _readable_seconds(request.parameter("X-Amz-Expires"))
    if refusal := s3._presign_time_error(signature.amz_date, expires, request.path):
        raise RefusedObjectError(refusal)
    if sigv4.presigned_request_is_expired(signature.amz_date, expires):
        raise UnauthenticatedError("RequestExpired", "Request has expired")


def _readable_seconds(text: str) -> str:
    """A text that MiniStack reads as a number, or refuses: it takes `²` for a digit, and int() refuses 5,000 of them.

    >>> [_readable_seconds(text) for text in ("60", "-1", "\u00b2", "9" * 5000)]
    ['60', '-1', 'no number', '999999999999']
    """
    digits = text.removeprefix("-")
    if not text or is_number(digits):
        return text
    return _CENTURIES if digits.isascii() and digits.isdigit() else "no number"


def _credential(request: Request, signature: Any) -> Any:
    """The record of the key that signed, if the session token is its own too."""
    from ministack.core import iam_evaluator

    token = request.headers.get("x-amz-security-token", "")
    if request.is_presigned:
        token = request.parameter("X-Amz-Security-Token")
    credential = iam_evaluator.resolve_credential(signature.access_key_id, account.ACCOUNT_ID, token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        # AWS takes a session's key without its token for an unknown one.
        code = "UnrecognizedClientException" if credential.code == "InvalidToken" and not token else credential.code
        raise UnauthenticatedError(code, credential.message)
    return credential


def _refuse_unless_signed(request: Request, signature: Any, secret: str, body: bytes) -> None:
    from ministack.core import sigv4

    failure = sigv4.header_signature_failure(
        signature,
        secret,
        request.method,
        request.raw_path,
        request.query,
        request.headers,
        body,
        presigned=request.is_presigned,
    )
    if failure:
        raise UnauthenticatedError(*failure)


def _mismatch() -> str:
    from ministack.core.sigv4 import SIGNATURE_MISMATCH

    return SIGNATURE_MISMATCH
