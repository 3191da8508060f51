"""Signature Version 2 in the query of S3's URLs: all that such a URL asks of S3 must be signed.

S3 takes an `x-amz-` parameter of a URL for the header of that name. The SDKs sign the header, and then write it into
the query. MiniStack verifies the headers of the request alone. Here such a parameter is verified as the header that it
stands for, so that nobody can add one to a URL of another's.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from dataclasses import replace
from typing import Any

from local import account
from local.iam.refusals import UnauthenticatedError
from local.iam.signed_request import Request
from local.protocols.digits import is_number
from local.seams import replace_everywhere, seam

# What botocore's signature leaves out of the resource, though it chooses the operation. Version 4 signs it.
UNSIGNED_SUBRESOURCES = frozenset(
    {
        "abac",
        "annotation",
        "annotationName",
        "attributes",
        "encryption",
        "intelligent-tiering",
        "legal-hold",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "ownershipControls",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "request-payment",
        "retention",
        "session",
    }
)
_MISMATCH = "SignatureDoesNotMatch"
_TOKEN = "x-amz-security-token"  # noqa: S105 - a parameter's name


def install() -> None:
    """Let MiniStack verify the parameters of a URL too, here and where it authorises. Raises MissingSeamError."""
    from ministack.core import iam_evaluator

    check = seam(iam_evaluator, "_sigv2_check")

    def check_all(request: Any, account_id: str) -> Any:
        if request.headers.get("authorization", "").startswith("AWS "):
            return check(request, account_id)
        try:
            headers = signed_headers(request.query_params or {}, request.headers)
        except UnauthenticatedError as refusal:
            return iam_evaluator.AuthError(refusal.code, str(refusal))
        return check(replace(request, headers=headers), account_id)

    replace_everywhere(iam_evaluator, "_sigv2_check", check_all)


def verify(request: Request) -> None:
    """Raise UnauthenticatedError unless a URL's signature is valid, and covers all that the URL asks for."""
    from ministack.core import iam_evaluator

    signed = iam_evaluator.SignedRequest(
        request.parameter("AWSAccessKeyId"),
        request.method,
        request.raw_path,
        request.query,
        request.headers,
        sigv2=True,
        auth_path=request.raw_path,
    )
    outcome = iam_evaluator._sigv2_check(signed, account.ACCOUNT_ID)
    if isinstance(outcome, iam_evaluator.AuthError):
        raise UnauthenticatedError(outcome.code, outcome.message)


def signed_headers(query: dict[str, list[str]], headers: dict[str, str]) -> dict[str, str]:
    """The headers that the signature of a URL covers: the request's, and those that stand in the query.

    Raises UnauthenticatedError where two readers could take the URL for two requests.

    >>> signed_headers({"Expires": ["1800000000"], "x-amz-acl": ["private"]}, {"host": "localhost"})
    {'host': 'localhost', 'x-amz-acl': 'private'}
    """
    if not is_number(query.get("Expires", [""])[0]):
        raise UnauthenticatedError("AccessDenied", "Invalid date (should be seconds since epoch).")
    if unsigned := sorted(UNSIGNED_SUBRESOURCES & query.keys()):
        raise UnauthenticatedError(_MISMATCH, f"Version 2 does not sign '{unsigned[0]}': sign by Version 4.")
    of_query: dict[str, str] = {}
    for name, values in query.items():
        header = name.lower()
        if not header.startswith("x-amz-") or header == _TOKEN:
            continue
        if header in headers or header in of_query or len(values) != 1 or not (header + values[0]).isprintable():
            raise UnauthenticatedError(_MISMATCH, f"'{header}' must be there once, and in one line.")
        of_query[header] = values[0]
    return headers | of_query
