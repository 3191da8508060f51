"""Held to botocore's own signature of the same request."""

from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from aws.signature import Credentials, encoded_path, signed_headers

TOKENS = st.text("ABCabc0123456789+/=", min_size=1, max_size=40)
KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)


@given(key=KEYS, access=TOKENS, secret=TOKENS, token=st.just("") | TOKENS, region=st.sampled_from(["eu-west-1", "x"]))
def test_a_get_is_signed_as_botocore_signs_it(key: str, access: str, secret: str, token: str, region: str) -> None:
    path = encoded_path(f"/{key}")
    request = AWSRequest(method="GET", url=f"https://bucket.s3.{region}.amazonaws.com{path}")
    S3SigV4Auth(BotocoreCredentials(access, secret, token or None), "s3", region).add_auth(request)
    time = request.headers["X-Amz-Date"]
    signed = signed_headers(f"bucket.s3.{region}.amazonaws.com", path, region, Credentials(access, secret, token), time)
    expected = {name.lower(): value for name, value in request.headers.items()}
    assert signed.pop("host") == f"bucket.s3.{region}.amazonaws.com"
    assert signed == expected


@given(path=st.text(st.characters(exclude_categories=("Cs",))))
def test_a_path_is_encoded_as_s3_wants_it(path: str) -> None:
    assert encoded_path(path) == quote(path, safe="/-._~")
