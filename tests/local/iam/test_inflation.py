"""Bodies that come compressed: Smithy's `requestCompression` trait, by which SDKs send metrics."""

import gzip
from collections.abc import Iterator

import pytest

from besieged import Besieged, besieged
from local.account import entries
from local.iam.signatures import LARGEST_REQUEST
from raw_http import Reply, send, sign


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged")) as furnished:
        yield furnished


def put_parameter(target: Besieged, body: bytes) -> Reply:
    request = target.request(
        "POST",
        "/",
        body,
        x_amz_target="AmazonSSM.PutParameter",
        content_type="application/x-amz-json-1.1",
        content_encoding="gzip",
    )
    return send(target.server.port, sign(request, target.root, "ssm"))


def parameters(target: Besieged) -> list[str]:
    listed = entries(target.server.client("ssm"), "describe_parameters", "Parameters")
    return [each["Name"] for each in listed]


def compressed(name: str, padding: int) -> bytes:
    text = f'{{"Name":"{name}","Value":"1","Type":"String"}}'.encode()
    return gzip.compress(text + b" " * padding)


def test_compressed_call_is_served(target: Besieged) -> None:
    assert put_parameter(target, compressed("/small", 0)).status == 200
    assert "/small" in parameters(target)


def test_body_that_becomes_too_large_is_refused(target: Besieged) -> None:
    reply = put_parameter(target, compressed("/large", LARGEST_REQUEST))
    assert (reply.status, b"<Code>EntityTooLarge</Code>" in reply.body) == (413, True)
    assert "/large" not in parameters(target)


def test_damaged_body_changes_nothing(target: Besieged) -> None:
    whole = compressed("/damaged", 0)
    damaged = whole[:12] + bytes(byte ^ 255 for byte in whole[12:20]) + whole[20:]
    assert put_parameter(target, damaged).status == 400
    assert "/damaged" not in parameters(target)
