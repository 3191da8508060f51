"""A form in a request chooses neither what is authorised nor on which resource, where the service reads none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from besieged import SECRET, Besieged, besieged
from forgeries import FORM
from local.account import ACCOUNT_ID
from machines import allow, function, role, unique
from raw_http import Keys, Reply, Request, send, sign

OBJECTS = "arn:aws:s3:::vault/*"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged")) as furnished:
        yield furnished


def user_with(target: Besieged, *statements: dict[str, Any]) -> Keys:
    """The keys of a user to whom these statements apply."""
    iam, name = target.server.client("iam"), unique("user")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"])


def ask(target: Besieged, keys: Keys | None, service: str, method: str, path: str, body: str) -> Reply:
    request: Request = target.request(method, path, body, content_type=FORM)
    return send(target.server.port, sign(request, keys, service) if keys else request)


def is_there(target: Besieged, key: str) -> bool:
    try:
        target.server.client("s3").head_object(Bucket="vault", Key=key)
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("form", ["tagging=", "acl=", "uploads=", "versionId=1", "Action=GetObjectTagging"])
def test_user_who_may_read_and_write_tags_gets_no_object_by_a_form(target: Besieged, form: str) -> None:
    keys = user_with(
        target,
        allow("s3:GetObjectTagging", "s3:PutObjectTagging", "s3:GetObjectAcl", "s3:PutObjectAcl", resource=OBJECTS),
    )
    read = ask(target, keys, "s3", "GET", "/vault/object", form)
    assert (read.status, SECRET in read.body.decode()) == (403, False)
    assert ask(target, keys, "s3", "PUT", "/vault/evil", form).status == 403
    assert not is_there(target, "evil")
    # What the policy does allow is named in the query, where S3 reads it.
    assert ask(target, keys, "s3", "GET", "/vault/object?tagging", "").status == 200


@pytest.mark.parametrize("form", ["tagging=", "uploadId=1", "delete=", "Action=ListBuckets"])
def test_denial_is_not_evaded_by_a_form(target: Besieged, form: str) -> None:
    denial = allow("s3:GetObject", "s3:DeleteObject", resource=OBJECTS) | {"Effect": "Deny"}
    keys = user_with(target, allow("s3:*"), denial)
    assert ask(target, keys, "s3", "GET", "/vault/object", form).status == 403
    assert ask(target, keys, "s3", "DELETE", "/vault/object", form).status == 403
    assert is_there(target, "object")


def test_form_does_not_choose_the_alias_that_a_call_is_authorised_on(target: Besieged) -> None:
    client = target.server.client
    code = "def handler(event, context):\n    return context.invoked_function_arn\n"
    arn = function(client, code, role(client, "lambda.amazonaws.com"))
    client("lambda").publish_version(FunctionName=arn)
    client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="1")
    keys = user_with(target, allow("lambda:InvokeFunction", resource=f"{arn}:live"))
    path = f"/2015-03-31/functions/{arn.rpartition(':')[2]}/invocations"
    assert ask(target, keys, "lambda", "POST", path, '{"a":"&Qualifier=live&"}').status == 403
    allowed = ask(target, keys, "lambda", "POST", f"{path}?Qualifier=live", "{}")
    assert (allowed.status, json.loads(allowed.body)) == (200, f"{arn}:live")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_form_of_an_anonymous_request_reaches_no_other_service(target: Besieged, method: str) -> None:
    form = f"Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::{ACCOUNT_ID}:role/any&RoleSessionName=x"
    reply = ask(target, None, "s3", method, "/vault", form)
    assert reply.status == 403
    assert b"STS" not in reply.body


def test_form_of_a_service_that_reads_forms_names_the_resource(target: Besieged) -> None:
    topic = target.server.client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    keys = user_with(target, allow("sns:Publish", resource=topic))
    sent = f"Action=Publish&Version=2010-03-31&Message=m&TopicArn={topic}"
    assert ask(target, keys, "sns", "POST", "/", sent).status == 200
    other = sent.replace(topic, f"{topic}-other")
    assert ask(target, keys, "sns", "POST", "/", other).status == 403
