"""The page where AWS does not answer, or the token is of yesterday: it says so, and nothing that was asked is lost."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.stack import Stack
from consoles import TOKEN, clients_of, serve_console
from local.account import HOST

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine"
OUTPUTS = {
    "StateMachineArn": f"{MACHINE}:retrain",
    "PromoteStateMachineArn": f"{MACHINE}:promote",
    "RestoreStateMachineArn": f"{MACHINE}:restore",
    "PredictFunctionName": "predict",
}
HIDE = """() => {
    Object.defineProperty(document, "hidden", {value: true, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
MOST_CONNECTIONS = 6
"""What Chromium opens to a server at most, by all its pages together."""


@contextmanager
def console_before(listener: socket.socket) -> Iterator[str]:
    """The origin of a console that takes what listens there for AWS."""
    with serve_console(Stack("rydes", OUTPUTS, clients_of(listener)), "nowhere") as port:
        yield f"http://{HOST}:{port}/"
        listener.close()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """What takes requests, and answers none."""
    with closing(socket.create_server((HOST, 0), backlog=200)) as listener:
        yield listener


@pytest.fixture
def absent(silent: socket.socket) -> Iterator[str]:
    """The origin of a console whose AWS has ended. Its port stays bound: no other server comes to listen there."""
    with console_before(silent) as origin, socket.socket() as bound:
        address = silent.getsockname()
        silent.close()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        yield origin


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    yield page
    page.close()


def test_new_address_in_the_tab_of_the_old_one_is_heeded_and_taken_out_of_sight(window: Page, absent: str) -> None:
    window.goto(f"{absent}#{'old' * 8}")
    expect(window.get_by_text("The token is missing or old").first).to_be_visible()
    window.goto(f"{absent}#{TOKEN}")
    expect(window.get_by_text("AWS cannot be reached").first).to_be_visible()
    expect(window.get_by_text("The token is missing or old")).to_have_count(0)
    assert window.url == absent


def test_option_of_the_command_is_named_as_such_where_the_page_has_no_field_for_it(window: Page, absent: str) -> None:
    reply = {"message": "There is no stack 'rydes' in us-east-1: --stack names another. `wildrydes deploy` deploys it."}
    window.route("**/api/about*", lambda route: route.fulfill(status=410, json=reply))
    window.goto(f"{absent}#{TOKEN}")
    said = window.get_by_role("alert").filter(has_text="There is no stack").first
    expect(said).to_have_text(
        "There is no stack 'rydes' in us-east-1: wildrydes console --stack names another. wildrydes deploy deploys it."
    )


@pytest.mark.parametrize(
    "text", ["raw/rides--new.json is no ride file.", "a--task-b has ended.", "raw/a `x` --x.json", "See --force.json."]
)
def test_names_with_dashes_and_backticks_are_shown_as_they_are(window: Page, absent: str, text: str) -> None:
    window.route("**/api/about*", lambda route: route.fulfill(status=410, json={"message": text}))
    window.goto(f"{absent}#{TOKEN}")
    expect(window.get_by_role("alert").filter(has_text=text).first).to_have_text(text)


def test_change_under_way_cannot_be_dismissed_and_its_refusal_is_said(window: Page, silent: socket.socket) -> None:
    starts: list[str] = []
    window.on("request", lambda request: starts.append(request.url) if "/start" in request.url else None)
    with console_before(silent) as origin:
        window.goto(f"{origin}#{TOKEN}")
        window.get_by_role("button", name="Start a retraining").click()
        dialog = window.get_by_role("dialog")
        dialog.get_by_role("button", name="Start it").dblclick()
        expect(dialog.get_by_role("button", name="Asking AWS")).to_be_disabled()
        for _ in range(3):
            window.keyboard.press("Escape")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
        silent.close()
        expect(dialog.get_by_role("alert")).to_be_visible()
        assert len(starts) == 1
        window.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        # What failed beside it is there to be asked again.
        expect(window.get_by_role("button", name="Ask again").first).to_be_visible()


def test_pages_out_of_sight_leave_the_connections_to_the_one_in_sight(chromium: Browser, absent: str) -> None:
    with closing(chromium.new_context()) as tabs:
        for _ in range(MOST_CONNECTIONS):
            page = tabs.new_page()
            page.goto(f"{absent}#{TOKEN}")
            expect(page.get_by_role("alert").first).to_be_visible()
            page.evaluate(HIDE)
        last = tabs.new_page()
        last.goto(f"{absent}#{TOKEN}")
        expect(last.get_by_text("AWS cannot be reached").first).to_be_visible(timeout=20_000)
