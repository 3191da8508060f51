"""How fast the console is, and what it costs others: 5,000 executions, a Map of 10,000 children, 250 KB of text.

    python -m bench.console [--executions 5000] [--children 10000]

One embedded AWS has a stack with a model, and the executions of a machine of our own in the place of `retrain`. The
console is served by a process of its own and looked at in headless Chromium. The stack's API is asked in turns with the
page open and closed. Prints a table, with the load of the machine. The exit code is 1 if the first view takes more than
a second, the page has more than 300 KB of script by gzip, or the API's median answer takes a twentieth longer.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.api import Api, package_in, serve
from bench.command import load, note, run
from bench.console_process import STACK, serve_console
from bench.one_way import FEATURES
from cli import embedded, executions
from cli.progress import bar
from cli.stack import Stack
from console.application import ASSETS
from console.workflow.histories import Histories
from local.account import EmbeddedAws

_TEXT, _LOOP, _CHILDREN = "text", "loop", "children"
_BIG_TEXT = 250_000
_STEPS = 600
_FIRST_VIEWS, _READS = 5, 7
_TURNS, _TURN_SECONDS, _WARM_UP = 6, 6, 25
_SETTLED_MS = 3_000
_FIRST_VIEW_SECONDS, _WORSE, _SLOW, _MOST_SCRIPT = 1.0, 1.05, 0.95, 300_000
_LIMIT = 120_000
_CHROMIUM = "/usr/bin/chromium"
# Turns the list until its end is in sight, and gives the milliseconds from each frame to the next.
_SCROLL = """async (list) => {
  const gaps = [];
  let last = performance.now();
  for (let still = 0; still < 30; ) {
    const before = list.scrollTop;
    list.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    still = list.scrollTop === before ? still + 1 : 0;
  }
  return gaps;
}"""


def main() -> int:
    """Measure, and print what was measured. Returns 0, or 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--executions", type=int, default=5_000)
    parser.add_argument("--children", type=int, default=10_000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")  # noqa: T201
    _print("load of the machine, the minute before", load(), "", None)
    is_small = _print_script()
    note("Starting an embedded AWS, and deploying a stack")
    with TemporaryDirectory() as folder, embedded.temporary_server(Path(folder) / "log") as server:
        api = serve(server, package_in(Path(folder)), STACK)
        machine = _machine(server)
        _run_executions(server, machine, options.executions, options.children)
        _compare_histories(server, f"{machine.replace(':stateMachine:', ':execution:')}:{_LOOP}")
        with _console(server, machine) as address, _browser() as browser:
            is_quick = _show_views(browser, address, options.executions, options.children)
            is_light = _compare_latency(api, browser, address)
    _print("load of the machine, the last minute", load(), "", None)
    return 0 if is_quick and is_light and is_small else 1


def _print_script() -> bool:
    """Print how much script the page has, compressed by gzip; whether that is little enough."""
    files = sorted((ASSETS / "assets").glob("*.js"))
    size = sum(len(gzip.compress(each.read_bytes())) for each in files)
    _print("script of the page, compressed", f"{size / 1000:.1f}", "KB", None)
    return 0 < size <= _MOST_SCRIPT


def _machine(server: EmbeddedAws) -> str:
    """A state machine that maps `items`, counts to `n`, or hands on what it is given; its ARN."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "One",
        "States": {"One": {"Type": "Pass", "End": True}},
    }
    rules = [
        {"Variable": "$.items", "IsPresent": True, "Next": "Map"},
        {"Variable": "$.n", "NumericLessThan": _STEPS, "Next": "Count"},
    ]
    states = {
        "Which": {"Type": "Choice", "Choices": rules, "Default": "Done"},
        "Map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "ResultPath": None, "Next": "Done"},
        "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Which"},
        "Done": {"Type": "Pass", "End": True},
    }
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = server.client("iam")
    role = iam.create_role(
        RoleName="bench-console", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_role_policy(RoleName="bench-console", PolicyName="all", PolicyDocument=document)
    created = server.client("stepfunctions").create_state_machine(
        name="bench-console", definition=json.dumps({"StartAt": "Which", "States": states}), roleArn=role
    )
    return created["stateMachineArn"]


def _run_executions(server: EmbeddedAws, machine: str, count: int, children: int) -> None:
    """Run so many executions, the last three of which are looked at."""
    states = server.client("stepfunctions")

    def start(name: str, value: dict[str, Any]) -> None:
        states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(value))

    note(f"Running {count:,} executions, and a Map of {children:,} children")
    with ThreadPoolExecutor(4) as pool, bar("executions", count) as show:
        jobs = [pool.submit(start, f"execution-{number:05}", {"n": _STEPS}) for number in range(count - 3)]
        for number, job in enumerate(jobs):
            job.result()
            show(number)
    start(_TEXT, {"n": _STEPS, "text": "x" * _BIG_TEXT})
    start(_LOOP, {"n": 0})
    start(_CHILDREN, {"items": list(range(children))})
    for name in (_TEXT, _LOOP, _CHILDREN):
        _await_end(server, f"{machine.replace(':stateMachine:', ':execution:')}:{name}")


def _await_end(server: EmbeddedAws, arn: str) -> None:
    *_, progress = executions.follow(Stack.on_embedded_aws(server, STACK), arn)
    if progress.status != "SUCCEEDED":
        raise RuntimeError(f"{arn} ended as {progress.status}: {progress.cause}")


def _compare_histories(server: EmbeddedAws, arn: str) -> None:
    """What a look at an execution that runs costs: its history as a whole, and read onward."""
    stack = Stack.on_embedded_aws(server, STACK)
    histories = Histories(stack)
    events = len(histories.events(arn))
    whole = _median_of(_READS, lambda: executions.history(stack, arn))
    onward = _median_of(_READS, lambda: histories.events(arn))
    _print(
        f"history of {events:,} events: whole, onward", f"{1e3 * whole:,.1f}", f"{1e3 * onward:,.1f} ms", whole / onward
    )


def _median_of(rounds: int, work: Callable[[], object]) -> float:
    return median(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _console(server: EmbeddedAws, machine: str) -> Iterator[str]:
    """The address of a console, served by a process of its own."""
    token, port = secrets.token_urlsafe(24), embedded.free_port()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=serve_console, args=(server, machine, port, token, ready), daemon=True)
    process.start()
    ready.wait(60)
    try:
        yield f"http://127.0.0.1:{port}/#{token}"
    finally:
        process.terminate()
        process.join()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _show_views(browser: Browser, address: str, count: int, children: int) -> bool:
    """Print how long each view takes; whether the first is quick enough."""
    firsts = [_first_view(browser, address) for _ in range(_FIRST_VIEWS)]
    first = median(firsts)
    _print("first view, from nothing to the executions", f"{first:.2f}", f"{max(firsts):.2f} s (median, most)", None)
    page = _opened(browser, address)
    _scroll(page.locator("aside .windowed"), "executions", count)
    page.locator("aside .windowed").evaluate("list => list.scrollTop = 0")
    took = _seconds(lambda: _open_children(page, _CHILDREN))
    _print("an execution whose Map has the children, opened", f"{took:.2f}", "s", None)
    _scroll(page.locator(".panel .windowed"), "children", children)
    took = _seconds(lambda: _open_text(page, _TEXT))
    _print(f"a text of {_BIG_TEXT:,} characters, all of it", f"{took:.2f}", "s", None)
    page.close()
    return first <= _FIRST_VIEW_SECONDS


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 850})
    page.set_default_timeout(_LIMIT)
    page.goto(address)
    page.locator("aside .line").first.wait_for()
    page.locator("article.execution").wait_for()
    return page


def _first_view(browser: Browser, address: str) -> float:
    pages: list[Page] = []
    took = _seconds(lambda: pages.append(_opened(browser, address)))
    pages[0].close()
    return took


def _scroll(windowed: Any, what: str, count: int) -> None:
    """Scroll a list to its end, page after page; print how many rows it has then and how its frames came."""
    gaps: list[float] = []
    rows, began = 0, time.perf_counter()
    while rows < count:
        gaps += windowed.evaluate(_SCROLL)
        rows = round(windowed.locator("ol").evaluate("list => list.clientHeight / list.firstElementChild.clientHeight"))
        if time.perf_counter() - began > _LIMIT / 1000:
            raise RuntimeError(f"{rows:,} of {count:,} {what} are listed after {_LIMIT // 1000} s")
    took = time.perf_counter() - began
    gaps.sort()
    slow = gaps[int(_SLOW * len(gaps))]
    _print(f"{rows:,} {what}, scrolled in {took:.0f} s: frames, p95, most", f"{slow:.0f}", f"{gaps[-1]:.0f} ms", None)


def _open_children(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=False).first.click()
    page.locator("svg .state.map").click(position={"x": 30, "y": 12})
    page.locator(".panel .windowed button").first.wait_for()


def _open_text(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=False).first.click()
    page.locator(".panel").get_by_role("button", name="Show all of it").click()
    page.wait_for_function(f"[...document.querySelectorAll('pre')].some(each => each.textContent.length > {_BIG_TEXT})")


def _compare_latency(api: Api, browser: Browser, address: str) -> bool:
    """Print the API's median answers with the page closed and open; whether they are as quick."""
    body = json.dumps(dict(zip(FEATURES, (20, 100, 2000, 50, 120, 0), strict=True))).encode()
    for _ in range(_WARM_UP):
        api.seconds(body)
    times: dict[bool, list[float]] = {False: [], True: []}
    with bar("turns with the page closed and open", 2 * _TURNS) as show:
        for number in range(2 * _TURNS):
            # Now the one first and now the other.
            is_open = (number % 4) in (1, 2)
            page = _opened(browser, address) if is_open else None
            if page:
                # What the page asks at its opening is no part of a page that stays open.
                page.wait_for_timeout(_SETTLED_MS)
            # So long that the page looks at the stack several times, as often as it does all day.
            end = time.perf_counter() + _TURN_SECONDS
            while time.perf_counter() < end:
                times[is_open].append(api.seconds(body))
            if page:
                page.close()
            show(number)
    is_light = _print_quantile(times, 0.5) <= _WORSE
    _print_quantile(times, _SLOW)
    return is_light


def _print_quantile(times: dict[bool, list[float]], share: float) -> float:
    """Print the answer that such a share is quicker than, in ms, closed and open; the ratio of the two."""
    shut, opened = (1e3 * sorted(times[is_open])[int(share * len(times[is_open]))] for is_open in (False, True))
    _print(f"the API, p{100 * share:.0f}: console closed, open", f"{shut:.2f}", f"{opened:.2f} ms", opened / shut)
    return opened / shut


def _print(what: str, first: str, second: str, ratio: float | None) -> None:
    print(f"{what:<58}{first:>10}  {second:<22}{'' if ratio is None else f'{ratio:.2f}'}")  # noqa: T201


if __name__ == "__main__":
    run(main)
