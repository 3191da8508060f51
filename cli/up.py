"""`wildrydes up` keeps the embedded AWS running with the stack deployed, and `wildrydes down` ends it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from cli import application as applications
from cli import aws_cli, embedded, interrupts, options, orphans, saved_state
from cli import weather as weather_files
from cli.api import Api
from cli.application import Application
from cli.console_process import ConsoleError, ConsoleRecord
from cli.deployment import deploy_stack, fill_weather, sweep_orphans
from cli.server_record import BUILD, LOG, ServerError, ServerProcess, ServerRecord
from cli.stack import Stack
from local import account
from local.account import EmbeddedAws
from local.server import ROOT

_DEFAULT_PORT = 4566


@click.command(epilog=options.EXIT_CODES, short_help="Start the embedded AWS and leave it running.")
@click.option("--port", type=click.IntRange(1, 65535), help=f"Port of 127.0.0.1.  [default: {_DEFAULT_PORT}]")
@click.option("--keep", is_flag=True, help="Save all state in build/state, and go on from what is saved there.")
@options.weather
@options.weather_units
@click.option("--template", type=options.EXISTING, help="Template of another project's SAM application, or its folder.")
@options.template_parameters
@click.option("--console/--no-console", "with_console", default=True, help="Serve the console too.  [default: yes]")
@options.verbose
def up(
    port: int | None,
    weather: Path,
    weather_units: str | None,
    template: Path | None,
    parameters: dict[str, str],
    *,
    keep: bool,
    with_console: bool,
    verbose: bool,
) -> int:
    """Start the embedded AWS and leave it running, with the stack deployed and the weather in place.

    build/embedded-aws.env then holds what the aws CLI, curl and any SDK need to reach it. The address of the console, a
    page to see and steer the stack, is printed at the end.

    With --keep all state is saved, as it changes: the next `up --keep` goes on from it, even where this server was
    killed. Executions that ran then have failed, and can be redriven. Without --keep state is in memory alone.

    With --template it is another project's stack: `sam build` and `sam deploy` build and deploy that template as it is.
    Its functions then run as processes of yours, without your variables and keys, but not in a sandbox: deploy what you
    trust.

    \b
    Example:
      wildrydes up --port 4599
      wildrydes up --keep
      wildrydes up --template ../saga-pattern --parameter Stage=test
    """
    if template is None:
        if parameters:
            raise click.UsageError("--parameter goes with --template.")
        return start(
            port, weather, options.console(), weather_units, keep=keep, with_console=with_console, verbose=verbose
        )
    if keep:
        raise click.UsageError("--keep does not go with --template.")
    application = Application.at(template, parameters, BUILD)
    return start_application(application, port, options.console(), verbose=verbose)


def start(
    port: int | None,
    weather: Path,
    console: Console,
    weather_units: str | None = None,
    *,
    keep: bool = False,
    with_console: bool = False,
    verbose: bool = False,
) -> int:
    """Start a server, unless this clone has one. Raises ServerError where the port is taken, by whoever it may be."""
    observations = weather_files.collect(weather, weather_units)
    record = ServerRecord()
    with record.starting():
        running = _whole_server(record, console)
        if running is not None:
            return _already(running, port, console, keep=keep)
        sweep_orphans(console)
        if not keep:
            saved_state.point_out(console)
        server = EmbeddedAws.on_port((saved_state.port(port) if keep else port) or _DEFAULT_PORT)
        with _started(server, record, console, *(saved_state.OPTIONS if keep else ())) as process:
            if keep:
                saved_state.announce(server, console)
            variables = _fill(server, observations, console, verbose=verbose)
            record.complete(process, variables)
            _show(variables, record.variables_file.relative_to(ROOT), console)
        if with_console:
            _serve_console(console)
    return 0


def _serve_console(console: Console) -> None:
    """Start the console, and print its address. What the server has is of use without it."""
    consoles = ConsoleRecord()
    try:
        address = consoles.await_address(consoles.begin())
    except ConsoleError as fault:
        console.print(f"\n{fault}", style="yellow", markup=False)
    else:
        console.print(f"\nThe console, a page to see and steer it: {address}", markup=False)


def start_application(application: Application, port: int | None, console: Console, *, verbose: bool) -> int:
    """Build another project's application, start a server, and deploy it there. Raises ServerError where one runs."""
    record = ServerRecord()
    with record.starting():
        if (running := _whole_server(record, console)) is not None:
            raise ServerError(f"The embedded AWS of this clone runs at {running.endpoint}: `make down` ends it.")
        sweep_orphans(console)
        server = EmbeddedAws.on_port(port or _DEFAULT_PORT)
        embedded.refuse_taken(server.port)
        console.print(f"Building {application.template}", markup=False)
        programs = applications.build(application, server)
        runtimes = [f"--runtime={name}={program}" for name, program in programs.items()]
        with _started(server, record, console, *runtimes) as process:
            stack = applications.deploy(application, server, console, verbose=verbose)
            variables = applications.exports(stack, server.endpoint) | exports(server)
            record.complete(process, variables)
            _show(variables, record.variables_file.relative_to(ROOT), console)
    return 0


def _whole_server(record: ServerRecord, console: Console) -> EmbeddedAws | None:
    """The server of this clone that runs. One whose `up` was killed before its stack was deployed is ended instead."""
    running, process = record.running_server(), record.process()
    if running is None or process is None or not record.is_half_filled():
        return running
    console.print(
        f"The embedded AWS at {running.endpoint} has no complete stack, since its `up` was killed: ending it, to start "
        "anew.",
        style="yellow",
        markup=False,
    )
    embedded.stop(process)
    record.forget()
    return None


@contextlib.contextmanager
def _started(server: EmbeddedAws, record: ServerRecord, console: Console, *arguments: str) -> Iterator[ServerProcess]:
    """Start a server before the block; where the block fails, end it. `arguments` are those of the server."""
    embedded.refuse_taken(server.port)
    console.print(f"Starting the embedded AWS on {account.HOST}:{server.port}")
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(record.forget)
        # Recorded before it answers: `down` must find a server whose `up` was killed.
        with interrupts.held_back():
            process = embedded.spawn(server, LOG, options=arguments)
            on_failure.callback(embedded.end, process)
            owner = ServerProcess.of(process.pid)
            record.save(owner, exports(server))
        embedded.await_ready(process, server, LOG)
        yield owner
        on_failure.pop_all()


def _fill(
    server: EmbeddedAws, observations: weather_files.Weather, console: Console, *, verbose: bool
) -> dict[str, str]:
    """Deploy the stack and put the weather in place. Returns the variables by which they are reached."""
    stack = deploy_stack(server, console, verbose=verbose)
    fill_weather(server, observations, console)
    return exports(server, stack)


def _already(running: EmbeddedAws, port: int | None, console: Console, *, keep: bool) -> int:
    if keep and not saved_state.is_saved_by(running):
        raise ServerError(
            f"The embedded AWS of this clone runs at {running.endpoint} without --keep: what is in it is in memory "
            "alone. `make down` ends it, and what it has."
        )
    if port not in (None, running.port):
        raise ServerError(f"The embedded AWS of this clone runs at {running.endpoint}: `make down` first, to move it.")
    console.print(f"The embedded AWS is running already at {running.endpoint}; `make down` stops it.")
    return 0


def _show(variables: dict[str, str], file: Path, console: Console) -> None:
    """Print the variables, but no key: those are in the file alone."""
    console.print(f"\nRunning until `make down`. For the aws CLI and any SDK, `. {file}` sets:\n")
    for line in listing(variables):
        console.print(line, markup=False)
    if remedy := aws_cli.remedy():
        console.print(f"\n{remedy}", style="yellow", markup=False)


def listing(variables: dict[str, str]) -> list[str]:
    """A line for each variable, the values below each other; a secret is an ellipsis."""
    width = max(map(len, variables))
    secrets = {name for name in variables if name.endswith(("_KEY", "_TOKEN"))}
    return [f"  {name:<{width}}  {'…' if name in secrets else value}" for name, value in variables.items()]


@click.command(epilog=options.EXIT_CODES, short_help="End the embedded AWS that `up` started.")
@click.option("--forget", is_flag=True, help="Remove the state that `up --keep` has saved in build/state.")
def down(*, forget: bool) -> int:
    """End the embedded AWS that `wildrydes up` started in this clone, and no other process.

    What `up --keep` has saved stays for the next one, unless --forget removes it.

    \b
    Example:
      wildrydes down
      wildrydes down --forget
    """
    return stop(options.console(), forget=forget)


def stop(console: Console, *, forget: bool = False) -> int:
    """End this clone's server. Raises ServerError where it does not end, or `up` is still at work on it."""
    record = ServerRecord()
    with record.starting():
        ConsoleRecord().end()
        process = record.process()
        running = [process] if process is not None and process.is_running() else orphans.unrecorded_servers()
        for each in running:
            embedded.stop(each)
            console.print("Stopped the embedded AWS.")
        if process is not None and not running:
            console.print(f"The embedded AWS of this clone (pid {process.pid}) had ended already.")
        if process is None and not running:
            console.print("No embedded AWS of this clone is running.")
        record.forget()
        sweep_orphans(console)
        if forget:
            saved_state.forget(console)
    return 0


def exports(server: EmbeddedAws, stack: Stack | None = None) -> dict[str, str]:
    """Variables: how any client reaches the embedded AWS, and the names of what is deployed there."""
    variables = server.variables() | {account.TOKEN_VARIABLE: server.token}
    if stack is None:
        return variables
    variables |= {shell_name(name): value for name, value in stack.outputs.items() if name != "ApiUrl"}
    api = Api.of(stack)
    return variables | {"API_URL": api.url, "API_KEY": api.key or ""}


def shell_name(output: str) -> str:
    """`DataBucketName` as `DATA_BUCKET`, `StateMachineArn` as `STATE_MACHINE`."""
    words = output.removesuffix("Name").removesuffix("Arn")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in words).strip("_").upper()
