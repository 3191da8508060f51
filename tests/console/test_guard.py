"""Who may ask the console: whoever has the address, from this machine, and no other page."""

import asyncio
import http.client
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from anyio import to_thread
from starlette.responses import Response

from cli.stack import Stack as CommandStack
from console.answers import answer
from console.operations.readings import grants
from consoles import TOKEN, Console
from local.account import HOST, entries

READ = "/api/about"
CHANGE = "/api/workflow/start"


def executions(console: Console) -> list[Any]:
    machine = console.stack.outputs["StateMachineArn"]
    return entries(console.stack.client("stepfunctions"), "list_executions", "executions", stateMachineArn=machine)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/", READ, CHANGE, "/assets/page.js"])
def test_other_names_and_pages_are_refused_with_the_right_token_too(
    console: Console, path: str, headers: dict[str, str]
) -> None:
    answer = console.ask(path, headers, b"{}" if path == CHANGE else None)
    assert answer.status == 403
    assert b"wildrydes" not in answer.body


@pytest.mark.parametrize("token", ["", "another", TOKEN.upper(), TOKEN[:-1], f"{TOKEN}x", f"{TOKEN} x"])
@pytest.mark.parametrize("path", [READ, CHANGE, "/api/changes", "/api/workflow/executions", "/api/nothing"])
def test_missing_or_old_token_is_refused(console: Console, path: str, token: str) -> None:
    before = executions(console)
    body = json.dumps({"input": {}}).encode() if path == CHANGE else None
    answer = console.ask(path, {"x-console-token": token}, body)
    assert answer.status == 401
    assert "wildrydes console" in json.loads(answer.body)["message"]
    after = executions(console)
    assert after == before


def test_token_in_the_query_is_none(console: Console) -> None:
    assert console.ask(f"{READ}?token={TOKEN}&x-console-token={TOKEN}", {"x-console-token": ""}).status == 401


@pytest.mark.parametrize(
    ("header", "value"), [("Content-Length", str((1 << 20) + 1)), ("Transfer-Encoding", "chunked")]
)
def test_body_that_is_too_long_or_of_unknown_length_is_refused_unread(
    console: Console, header: str, value: str
) -> None:
    connection = http.client.HTTPConnection(HOST, console.port, timeout=30)
    connection.putrequest("POST", CHANGE)
    connection.putheader("x-console-token", TOKEN)
    connection.putheader(header, value)
    # The answer comes before a byte of the body was sent.
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"input": {}, "INPUT": {}}', b"\xff"])
def test_body_that_is_no_object_is_refused_in_words(console: Console, body: bytes) -> None:
    answer = console.ask(CHANGE, body=body)
    assert answer.status == 400
    assert "no JSON object" in json.loads(answer.body)["message"]


@pytest.mark.parametrize("path", ["/", READ, "/api/workflow/execution?arn=nonsense", "/assets/page.js", "/nothing"])
def test_no_answer_may_be_framed_or_run_what_is_not_its_own(console: Console, path: str) -> None:
    headers = console.ask(path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["access-control-allow-origin"] is None
    assert headers["set-cookie"] is None


def test_page_has_no_secret_and_asks_no_other_host(console: Console) -> None:
    index = console.ask("/", {"x-console-token": ""})
    assert index.status == 200
    files = re.findall(r'(?:src|href)="(/[^"]+)"', index.body.decode())
    assert sorted(files) == ["/assets/page.css", "/assets/page.js"]
    served = index.body + b"".join(console.ask(file).body for file in files)
    for secret in (TOKEN, console.stack.server.secret_access_key, console.stack.key):
        assert secret.encode() not in served
    assert set(re.findall(rb"https?://[\w.-]+", served)) <= {b"http://www.w3.org"}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("stop", {}, "needs the field arn"),
        ("stop", {"arn": 7}, "needs the field arn"),
        ("stop", {"arn": ""}, "AWS takes no such value"),
        ("redrive", {"arn": "nonsense"}, "Invalid"),
        ("try", {"arn": ["x"], "state": "Retrained"}, "needs the field arn"),
        ("start", {"input": []}, "is a JSON object"),
        ("start", {}, "is a JSON object"),
        ("execution", None, "needs the field arn"),
        ("text?arn=nonsense&field=input&place=-1", None, "Invalid"),
    ],
)
def test_field_that_is_missing_or_of_another_type_is_refused_in_words(
    console: Console, path: str, body: Any, message: str
) -> None:
    answer = console.ask(f"/api/workflow/{path}", body=None if body is None else json.dumps(body).encode())
    assert answer.status == 400
    assert message in json.loads(answer.body)["message"]


def test_place_beyond_the_states_and_failure_of_what_has_not_failed_are_refused(console: Console) -> None:
    arn = console.stack.start(years={"first": 1, "last": 2})
    console.stack.ended(arn)
    for place in ("9999", "-1", "1e3", "²", "9" * 40):
        answer = console.ask(f"/api/workflow/text?{urlencode({'arn': arn, 'field': 'input', 'place': place})}")
        assert answer.status == 400
        assert "has to be a number" in json.loads(answer.body)["message"]
    running = console.stack.start(promote=False)
    answer = console.ask(f"/api/workflow/failure?{urlencode({'arn': running})}")
    assert "has not failed: its status is" in json.loads(answer.body)["message"]
    console.stack.ended(running)


async def refusal(stack: CommandStack) -> Response:
    """The answer to whoever asks for the grants of a stack."""

    async def act() -> Any:
        return await to_thread.run_sync(grants, stack)

    return await answer(act)


def test_what_credentials_may_not_do_is_said_with_the_action(console: Console) -> None:
    server = console.stack.server
    iam = server.client("iam")
    iam.create_user(UserName="onlooker")
    key = iam.create_access_key(UserName="onlooker")["AccessKey"]
    onlooker = replace(server, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    stack = replace(console.stack.command_stack, client=onlooker.client)
    refused = asyncio.run(refusal(stack))
    assert refused.status_code == 403
    message = json.loads(bytes(refused.body))["message"]
    assert message.startswith("Your credentials may not do this: ")
    assert "cloudformation:ListStackResources" in message


@pytest.mark.parametrize("keys", [{"access_key_id": "AKIAOFANOTHERSTART"}, {"secret_access_key": "another"}], ids=str)
def test_keys_of_an_earlier_start_are_said_to_be_old(console: Console, keys: dict[str, str]) -> None:
    stack = replace(console.stack.command_stack, client=replace(console.stack.server, **keys).client)
    refused = asyncio.run(refusal(stack))
    assert refused.status_code == 403
    assert "`wildrydes console` starts another" in json.loads(bytes(refused.body))["message"]


def test_body_that_goes_too_deep_is_refused_in_words_of_json(console: Console) -> None:
    answer = console.ask(CHANGE, body=b'{"input": ' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    message = json.loads(answer.body)["message"]
    assert (answer.status, "nested in more than" in message, "ride" in message) == (400, True, False)
