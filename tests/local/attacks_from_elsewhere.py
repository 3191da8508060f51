"""Attacks by pages of the web, under other names, and on what is no service of AWS."""

import json
from dataclasses import replace

from besieged import Besieged
from forgeries import (
    EVIL,
    FORM,
    FUNCTIONS,
    Attack,
    create_function,
    create_role,
    forged,
    invocations,
    read_object,
)
from local.account import ACCOUNT_ID, TOKEN_HEADER, EmbeddedAws
from raw_http import Request, sign

# POSTs of plain text, which a browser sends to another origin without asking first.
PAGE_PAYLOADS: dict[str, tuple[str, Attack]] = {
    "creates a role": ("iam", lambda t: t.request("POST", f"/?{create_role('page')}", content_type="text/plain")),
    "creates a function": (
        "lambda",
        lambda t: t.request("POST", FUNCTIONS, create_function(t, "page"), content_type="text/plain"),
    ),
    "invokes a function": ("lambda", lambda t: t.request("POST", invocations(t), "{}", content_type="text/plain")),
}


def page_posts(target: Besieged, name: str, **headers: str) -> Request:
    """Such a POST with a forged signature in its query."""
    service, payload = PAGE_PAYLOADS[name]
    named = tuple((header.replace("_", "-"), value) for header, value in headers.items())
    return forged(payload(target).with_headers(*named), service)


# Pages of the web, by what the browser says of them, and those that hide it.
PAGES: dict[str, Attack] = {
    **{f"a page {name}": lambda t, name=name: page_posts(t, name, origin=EVIL) for name in PAGE_PAYLOADS},
    **{f"a program {name}": lambda t, name=name: page_posts(t, name) for name in PAGE_PAYLOADS},
    "a form posts an action": lambda t: t.request("POST", "/", create_role("evil"), content_type=FORM, origin=EVIL),
    "a form posts an object": lambda t: t.request(
        "POST",
        "/vault",
        '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nevil\r\n'
        '--x\r\nContent-Disposition: form-data; name="AWSAccessKeyId"\r\n\r\ntest\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nevil\r\n--x--\r\n',
        content_type="multipart/form-data; boundary=x",
    ),
    "a preflight": lambda t: t.request("OPTIONS", "/", origin=EVIL, access_control_request_method="PUT"),
    "a preflight of a bucket": lambda t: t.request("OPTIONS", "/vault/object", access_control_request_method="PUT"),
}

# By the root's own signature, so that nothing but where it comes from is wrong.
ORIGINS = (
    EVIL,
    "null",
    "",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port} http://evil.example",
)
HOSTS = (
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1:{port}@evil.example",
    "vault.localhost:{port}",
    "{api}.execute-api.localhost:{port}",
    "s3.us-east-1.amazonaws.com",
    "",
)


def as_host(target: Besieged, host: str) -> Request:
    named = host.format(port=target.server.port, api=target.api_id)
    return sign(read_object(target).without("host").with_headers(("host", named)), target.root, "s3")


FOREIGN: dict[str, Attack] = {
    **{
        f"origin {origin!r}": lambda t, origin=origin: sign(
            read_object(t, origin=origin.format(port=t.server.port)), t.root, "s3"
        )
        for origin in ORIGINS
    },
    **{f"host {host!r}": lambda t, host=host: as_host(t, host) for host in HOSTS},
    "two origins": lambda t: sign(read_object(t), t.root, "s3").with_headers(
        ("origin", f"http://{t.host}"), ("origin", EVIL)
    ),
    "no host": lambda t: sign(read_object(t), t.root, "s3").without("host"),
    "two hosts": lambda t: sign(read_object(t), t.root, "s3").with_headers(("host", "evil.example")),
    "fetched by another site": lambda t: sign(read_object(t, sec_fetch_site="cross-site"), t.root, "s3"),
    "fetched by another port": lambda t: sign(read_object(t, sec_fetch_site="same-site"), t.root, "s3"),
    "a whole URL": lambda t: sign(replace(read_object(t), target=f"http://{t.host}/vault/object"), t.root, "s3"),
    "a foreign URL": lambda t: sign(replace(read_object(t), target="http://evil.example/vault"), t.root, "s3"),
    "the API under another host": lambda t: (
        t.request("GET", f"/_aws/execute-api/{t.api_id}/live/public")
        .without("host")
        .with_headers(("host", f"evil.example:{t.server.port}"))
    ),
}

# What MiniStack has beside AWS's services: for strangers and for the root.
SIDE_DOORS: dict[str, tuple[str, str, str]] = {
    "reset": ("POST", "/_ministack/reset", ""),
    "reset with scripts": ("POST", "/_ministack/reset?init=1", ""),
    "configuration": ("POST", "/_ministack/config", '{"stepfunctions._SFN_WAIT_SCALE": 0}'),
    "health": ("GET", "/_ministack/health", ""),
    "health by another name": ("GET", "/health", ""),
    "health by LocalStack's name": ("GET", "/_localstack/health", ""),
    "readiness": ("GET", "/_ministack/ready", ""),
    "a function's code": ("GET", "/_ministack/lambda-code/{function}", ""),
    "a function's code by account": ("GET", f"/_ministack/lambda-code/{ACCOUNT_ID}/us-east-1/{{function}}", ""),
    "a layer": ("GET", "/_ministack/lambda-layers/layer/1/content", ""),
    "messages of a queue": ("GET", "/_ministack/sqs/messages?QueueUrl={queue}", ""),
    "messages by LocalStack's name": ("GET", "/_aws/sqs/messages?QueueUrl={queue}", ""),
    "sent mail": ("GET", "/_ministack/ses/messages", ""),
    "sent texts": ("GET", "/_ministack/sns/sms-messages", ""),
    "an answer to CloudFormation": ("PUT", "/_ministack/cfn-response/token", '{"Status": "SUCCESS"}'),
    "a signal to CloudFormation": ("PUT", "/_ministack/cfn-signal/token", "{}"),
    "a database's sign-in": ("POST", "/_ministack/rds/iam-auth", "{}"),
    "a cluster's sign-in": ("POST", f"/_ministack/eks-auth/{ACCOUNT_ID}/us-east-1/cluster/0123456789abcdef", "{}"),
    "a function's URL": ("GET", f"/_aws/lambda-url/{'a' * 32}/", ""),
    "a load balancer": ("GET", "/_alb/balancer/", ""),
    "a sign-in page": ("GET", "/oauth2/authorize?client_id=x", ""),
    "a token": ("POST", "/oauth2/token", ""),
    "a registry of images": ("GET", "/v2/_catalog", ""),
    "a registry of tables": ("GET", "/iceberg/v1/config", ""),
    "metadata of an instance": ("GET", "/latest/meta-data/iam/security-credentials/", ""),
    "the API without its stage": ("GET", "/_aws/execute-api/{api}", ""),
    "a path that nothing serves": ("GET", "/_anything", ""),
}


def side_door(target: Besieged, name: str, **headers: str) -> Request:
    method, path, body = SIDE_DOORS[name]
    path = path.format(function=target.function_name, queue=target.queue_url, api=target.api_id)
    return target.request(method, path, body, **headers)


def clock(target: Besieged, body: str = '{"advance_seconds": 86400}', method: str = "POST", **headers: str) -> Request:
    return target.request(method, "/_local/clock", body, **headers)


def with_token(target: Besieged, request: Request) -> Request:
    return request.with_headers((TOKEN_HEADER, target.server.token))


OWN_PATHS: dict[str, Attack] = {
    "the clock without a token": clock,
    "the clock as text": lambda t: clock(t, content_type="text/plain", origin=EVIL),
    "the clock by a repeated field": lambda t: with_token(
        t, clock(t, '{"advance_seconds": 0, "advance_seconds": 86400}')
    ),
    "unread properties of a stack": lambda t: with_token(
        t, t.request("POST", "/_local/unread-properties", '{"name": "stack"}')
    ),
    "used grants of a role": lambda t: with_token(t, t.request("POST", "/_local/used-grants", '{"name": "role"}')),
    "the clock with a wrong token": lambda t: clock(t).with_headers((TOKEN_HEADER, "x" * 40)),
    "the clock with an empty token": lambda t: clock(t).with_headers((TOKEN_HEADER, "")),
    "the clock with two tokens": lambda t: with_token(t, with_token(t, clock(t))),
    "the clock with another start's token": lambda t: clock(t).with_headers(
        (TOKEN_HEADER, EmbeddedAws.on_port(1).token)
    ),
    "the clock with the token in the query": lambda t: replace(
        clock(t), target=f"/_local/clock?token={t.server.token}"
    ),
    "the clock by the root's signature": lambda t: sign(clock(t), t.root, "lambda"),
    "the clock by a page that has the token": lambda t: with_token(t, clock(t, origin=EVIL)),
    "unread properties": lambda t: t.request("GET", "/_local/unread-properties"),
    "used grants": lambda t: t.request("GET", "/_local/used-grants"),
    "another path": lambda t: with_token(t, t.request("GET", "/_local/environment")),
    "the clock by a body that is too large": lambda t: with_token(
        t, clock(t, json.dumps({"advance_seconds": 86400, "x": "x" * 70_000}))
    ),
    "a wrong method": lambda t: with_token(t, clock(t, "", "GET")),
    **{
        f"the clock by {body[:40]!r}": lambda t, body=body: with_token(t, clock(t, body))
        for body in (
            "not JSON",
            '{"advance_seconds": NaN}',
            '{"advance_seconds": Infinity}',
            '{"advance_seconds": 1e999}',
            '{"advance_seconds": -1}',
            '{"advance_seconds": 1e12}',
            '{"advance_seconds": "86400"}',
            '{"advance_seconds": true}',
            '{"advance_seconds": null}',
            '{"advance_seconds": [86400]}',
            "[86400]",
            "86400",
            "[" * 20_000,
        )
    },
}
