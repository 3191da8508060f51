"""What a good signature opens, in the forms that SDKs, command lines and URLs have; and what needs none."""

import base64
import hashlib
import hmac
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from boto3.session import Session
from botocore.auth import HmacV1Auth
from botocore.config import Config

from besieged import SECRET, Besieged, besieged
from local.account import EmbeddedAws
from local.iam.signatures import LARGEST_ANONYMOUS, LARGEST_API_CALL
from local.iam.version_2 import UNSIGNED_SUBRESOURCES
from local.lambda_.interpreters import Interpreters
from local.server import Options, StartError, server_from
from machines import allow, unique
from raw_http import REGION, UNSIGNED_PAYLOAD, Keys, Request, presign, send, send_bytes, sign, signing_key


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged")) as furnished:
        yield furnished


def s3_client(server: EmbeddedAws, **settings: Any) -> Any:
    return Session().client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        config=Config(s3={"addressing_style": "path"}, **settings),
    )


def read(target: Besieged, key: str) -> bytes:
    return target.server.client("s3").get_object(Bucket="vault", Key=key)["Body"].read()


@pytest.mark.parametrize("key", ["plain", "with space", "ü/ñ", "a+b", "a%2Fb", "a//b", "~tilde*(x)"])
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_url_that_boto3_presigns_gives_the_object(target: Besieged, key: str, version: str) -> None:
    target.server.client("s3").put_object(Bucket="vault", Key=key, Body=key.encode())
    url = s3_client(target.server, signature_version=version).generate_presigned_url(
        "get_object", Params={"Bucket": "vault", "Key": key}
    )
    reply = send(target.server.port, target.request("GET", url.removeprefix(target.server.endpoint)))
    assert (reply.status, reply.body) == (200, key.encode())


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_url_takes_what_its_holder_sends(target: Besieged, version: str) -> None:
    url = s3_client(target.server, signature_version=version).generate_presigned_url(
        "put_object", Params={"Bucket": "vault", "Key": f"put-{version}"}
    )
    reply = send(target.server.port, target.request("PUT", url.removeprefix(target.server.endpoint), "sent"))
    assert (reply.status, read(target, f"put-{version}")) == (200, b"sent")


def test_url_does_what_was_signed_with_it(target: Besieged) -> None:
    """boto3 writes headers that it has signed by Version 2 into the query."""
    parameters = {"Bucket": "vault", "Key": "copy", "CopySource": "vault/object", "ACL": "private"}
    url = s3_client(target.server, signature_version="s3").generate_presigned_url("copy_object", Params=parameters)
    reply = send(target.server.port, target.request("PUT", url.removeprefix(target.server.endpoint)))
    assert (reply.status, read(target, "copy")) == (200, SECRET.encode())


def test_user_who_signs_by_version_2_may_write_metadata(target: Besieged) -> None:
    name, iam = unique("writer"), target.server.client("iam")
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:PutObject")]})
    iam.put_user_policy(UserName=name, PolicyName="write", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    settings = {"signature_version": "s3", "s3": {"addressing_style": "path"}}
    client = Session().client(
        "s3",
        endpoint_url=target.server.endpoint,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(**settings),
    )
    parameters = {"Bucket": "vault", "Key": "written", "Metadata": {"note": "mine"}}
    url = client.generate_presigned_url("put_object", Params=parameters)
    reply = send(target.server.port, target.request("PUT", url.removeprefix(target.server.endpoint), "text"))
    assert reply.status == 200
    assert target.server.client("s3").head_object(Bucket="vault", Key="written")["Metadata"] == {"note": "mine"}


def test_what_botocore_leaves_unsigned_in_version_2_is_known() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    operations: Any = model.operation_names
    targets = [model.operation_model(name).http["requestUri"] for name in operations]
    subresources = {each for target in targets for each in target.partition("?")[2].split("&") if each}
    names = {each.partition("=")[0] for each in subresources}
    # `list-type=2` lists the same bucket in another form.
    assert names - {"list-type"} - set(HmacV1Auth.QSAOfInterest) <= UNSIGNED_SUBRESOURCES


def test_service_that_nothing_serves_is_named_without_a_look_at_all_of_aws(target: Besieged) -> None:
    """MiniStack loads the models of all services to find the name, and then takes the request for one of S3."""
    reply = send(target.server.port, sign(target.request("GET", "/vault/object"), target.root, "nothing"))
    assert (reply.status, json.loads(reply.body)) == (400, {"error": "Unsupported service: nothing"})


def test_upload_in_parts_is_verified(target: Besieged) -> None:
    content = bytes(range(256)) * 40_000
    target.server.client("s3").upload_fileobj(io.BytesIO(content), "vault", "parts")
    assert hashlib.sha256(read(target, "parts")).digest() == hashlib.sha256(content).digest()


def test_s3_takes_a_body_that_is_not_signed(target: Besieged) -> None:
    request = target.request("PUT", "/vault/unsigned", "body")
    assert send(target.server.port, sign(request, target.root, "s3", payload_hash=UNSIGNED_PAYLOAD)).status == 200
    assert read(target, "unsigned") == b"body"


def test_s3_takes_chunks_with_a_checksum_after_them(target: Besieged) -> None:
    checksum = base64.b64encode(zlib.crc32(b"body").to_bytes(4, "big")).decode()
    body = f"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n"
    request = target.request(
        "PUT",
        "/vault/trailer",
        body,
        content_encoding="aws-chunked",
        x_amz_decoded_content_length="4",
        x_amz_trailer="x-amz-checksum-crc32",
    )
    signed = sign(request, target.root, "s3", payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert send(target.server.port, signed).status == 200
    assert read(target, "trailer") == b"body"


def test_s3_takes_signed_chunks(target: Besieged) -> None:
    request = target.request("PUT", "/vault/chunks", x_amz_decoded_content_length="4", content_encoding="aws-chunked")
    head = sign(request, target.root, "s3", payload_hash="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert send(target.server.port, replace(head, body=chunks(target, head, b"body"))).status == 200
    assert read(target, "chunks") == b"body"


def chunks(target: Besieged, head: Request, content: bytes) -> bytes:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""
    stamp = head.header("x-amz-date")
    previous = head.header("authorization").rpartition("=")[2]
    key, empty, body = signing_key(target.root, stamp, "s3"), hashlib.sha256(b"").hexdigest(), b""
    for part in (content, b""):
        lines = ("AWS4-HMAC-SHA256-PAYLOAD", stamp, f"{stamp[:8]}/{REGION}/s3/aws4_request", previous, empty)
        text = "\n".join((*lines, hashlib.sha256(part).hexdigest()))
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        body += f"{len(part):x};chunk-signature={previous}\r\n".encode() + part + b"\r\n"
    return body


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clock_may_be_fourteen_minutes_off(target: Besieged, minutes: int) -> None:
    request = sign(target.request("GET", "/vault/object"), target.root, "s3", at=timedelta(minutes=minutes))
    assert send(target.server.port, request).body == SECRET.encode()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_server_answers_under_its_own_names(target: Besieged, host: str) -> None:
    named = Request("GET", "/vault/object", (("host", f"{host}:{target.server.port}"),))
    assert send(target.server.port, sign(named, target.root, "s3")).body == SECRET.encode()


def test_session_acts_as_its_role_by_all_three_parts(target: Besieged) -> None:
    made = target.server.client("sts").get_session_token()["Credentials"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    request = target.request("GET", "/vault/object")
    assert send(target.server.port, sign(request, keys, "s3")).body == SECRET.encode()
    assert send(target.server.port, presign(request, keys, "s3")).body == SECRET.encode()


def test_key_of_a_user_is_shut_with_the_key(target: Besieged) -> None:
    iam, name = target.server.client("iam"), unique("user")
    iam.create_user(UserName=name)
    statement = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]})
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=statement)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    request = sign(target.request("GET", "/vault/object"), Keys(made["AccessKeyId"], made["SecretAccessKey"]), "s3")
    assert send(target.server.port, request).body == SECRET.encode()
    iam.update_access_key(UserName=name, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert send(target.server.port, request).status == 403


def test_bucket_policy_opens_what_it_names_to_everybody(target: Besieged) -> None:
    s3 = target.server.client("s3")
    s3.create_bucket(Bucket="open")
    statement = allow("s3:GetObject", resource="arn:aws:s3:::open/public/*") | {"Principal": "*"}
    s3.put_public_access_block(
        Bucket="open",
        PublicAccessBlockConfiguration={"BlockPublicPolicy": False, "RestrictPublicBuckets": False},
    )
    s3.put_bucket_policy(Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    for key in ("public/page", "private"):
        s3.put_object(Bucket="open", Key=key, Body=b"content")
    statuses = [
        send(target.server.port, target.request(method, path)).status
        for method, path in (
            ("GET", "/open/public/page"),
            ("GET", "/open/private"),
            ("GET", "/open"),
            ("DELETE", "/open/public/page"),
            ("PUT", "/open/public/new"),
        )
    ]
    assert statuses == [200, 403, 403, 403, 403]


@pytest.fixture
def public_bucket(target: Besieged) -> str:
    """A bucket in which everybody may put objects."""
    s3, name = target.server.client("s3"), unique("public")
    s3.create_bucket(Bucket=name)
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={"BlockPublicPolicy": False, "RestrictPublicBuckets": False},
    )
    statement = allow("s3:PutObject", resource=f"arn:aws:s3:::{name}/*") | {"Principal": "*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return name


def chunked(target: Besieged, method: str, path: str, size: int) -> bytes:
    """A request of one chunk that has not come to its end: nothing says in advance how large the body will be."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {target.host}\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n"
    return head.encode() + bytes(size)


def test_everybody_may_send_the_largest_anonymous_object(target: Besieged, public_bucket: str) -> None:
    path = f"/{public_bucket}/object"
    whole = chunked(target, "PUT", path, LARGEST_ANONYMOUS) + b"\r\n0\r\n\r\n"
    assert send_bytes(target.server.port, whole, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    described = target.server.client("s3").head_object(Bucket=public_bucket, Key="object")
    assert described["ContentLength"] == LARGEST_ANONYMOUS


def test_object_that_is_too_large_is_refused_and_not_cut(target: Besieged, public_bucket: str) -> None:
    path = f"/{public_bucket}/object"
    declared = target.request("PUT", path, content_length=str(LARGEST_ANONYMOUS + 1))
    reply = send(target.server.port, declared)
    assert (reply.status, b"<Code>EntityTooLarge</Code>" in reply.body) == (413, True)
    undeclared = chunked(target, "PUT", path, LARGEST_ANONYMOUS + 1)
    received = send_bytes(target.server.port, undeclared, b"</Error>")
    assert (received[:13], b"<Code>EntityTooLarge</Code>" in received) == (b"HTTP/1.1 413 ", True)
    assert "Contents" not in target.server.client("s3").list_objects_v2(Bucket=public_bucket, MaxKeys=1)


def test_call_of_an_api_that_is_too_large_is_refused_and_not_cut(target: Besieged) -> None:
    path = f"/_aws/execute-api/{target.api_id}/live/public"
    api = chunked(target, "GET", path, 10 * 1024 * 1024 + 2) + b"\r\n0\r\n\r\n"
    words = b"HTTP content length exceeded 10485760 bytes."
    received = send_bytes(target.server.port, api, words)
    assert (received[:13], words in received) == (b"HTTP/1.1 413 ", True)
    words = f"A request's body may have {LARGEST_API_CALL} bytes here.".encode()
    undeclared = chunked(target, "GET", path, LARGEST_API_CALL + 1)
    received = send_bytes(target.server.port, undeclared, words)
    assert (received[:13], words in received) == (b"HTTP/1.1 413 ", True)
    reply = send(target.server.port, target.request("GET", path, content_length=str(LARGEST_API_CALL + 1)))
    assert (reply.status, json.loads(reply.body)) == (413, {"message": words.decode()})


def test_deployed_api_answers_pages_as_its_cors_setting_says(target: Besieged) -> None:
    page = target.request("GET", f"/_aws/execute-api/{target.api_id}/live/public", origin="https://shop.example")
    reply = send(target.server.port, page)
    assert (reply.status, reply.headers.get("access-control-allow-origin")) == (200, "*")


def test_server_does_not_start_without_random_keys() -> None:
    options = Options(4566, REGION, Interpreters({}), Path("folder"))
    server = EmbeddedAws.on_port(4566)
    environment = {
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "EMBEDDED_AWS_TOKEN": server.token,
    }
    assert server_from(options, environment) == server
    for name in environment:
        for value in ("", "test"):
            with pytest.raises(StartError, match=f"{name} has fewer than"):
                server_from(options, environment | {name: value})
