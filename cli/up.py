"""`make up` keeps the embedded AWS running with the stack deployed, and `make down` ends it."""

from pathlib import Path

from rich.console import Console

from cli import api, deploy, embedded, orphans, run
from cli.server_record import LOG, ServerProcess, ServerRecord, write_variables
from local import account
from local.account import EmbeddedAws
from local.server import ROOT


def up(port: int, weather: Path, console: Console, stack: str) -> int:
    """Start the embedded AWS on `port` and leave it running, the stack deployed and the weather in place.

    Raises ServerError where the port is taken, by whoever it may be, or another `up` of this clone is under way.
    """
    weather_files = run.files(weather)
    with ServerRecord().starting():
        running = ServerRecord().running_server()
        if running is not None:
            console.print(f"The embedded AWS is running already at {running.endpoint}; `make down` stops it.")
            return 0
        say_swept(orphans.sweep(), console)
        embedded.refuse_taken(port)
        console.print(f"Starting the embedded AWS on {account.HOST}:{port}")
        server = EmbeddedAws.on_port(port)
        started = embedded.launch(server, LOG)
        ServerRecord().save(ServerProcess.of(started.pid), exports(server))
        try:
            deployment = run.deploy_stack(server, stack, console)
            run.fill_weather(server, weather_files, console)
            variables = exports(server, deployment)
        except BaseException:
            embedded.end(started)
            ServerRecord().forget()
            raise
        write_variables(variables, ServerRecord().variables_file)
    file = ServerRecord().variables_file.relative_to(ROOT)
    console.print(f"\nRunning until `make down`. For the aws CLI and any SDK, `. {file}` sets:\n")
    console.print("\n".join(_shown(name, value) for name, value in variables.items()))
    return 0


def down(console: Console) -> int:
    """End the server that `up` started in this clone, and no other process.

    Raises ServerError where it does not end.
    """
    saved = ServerRecord().process()
    if saved is None:
        console.print("No embedded AWS of this clone is running.")
    elif saved.is_running():
        embedded.stop(saved)
        console.print("Stopped the embedded AWS.")
    else:
        console.print(f"The embedded AWS of this clone (pid {saved.pid}) had ended already.")
    ServerRecord().forget()
    say_swept(orphans.sweep(), console)
    return 0


def say_swept(ended: int, console: Console) -> None:
    if ended:
        what = "function or job" if ended == 1 else "functions and jobs"
        console.print(f"Ended {ended} {what} that a killed server had left running.")


def _shown(name: str, value: str) -> str:
    """A variable as the terminal may show it: keys are in the file alone."""
    return f"  {name:<28}{'…' if name.endswith(('_KEY', '_TOKEN')) else value}"


def exports(server: EmbeddedAws, deployment: deploy.Deployment | None = None) -> dict[str, str]:
    """Variables: how any client reaches the embedded AWS, and the names of what is deployed there."""
    variables = server.variables() | {account.TOKEN_VARIABLE: server.token}
    if deployment is None:
        return variables
    outputs = ("DataBucketName", "StateMachineArn", "PredictFunctionName", "AthenaWorkGroupName", "GlueDatabaseName")
    variables |= {_shell_name(name): deployment.outputs[name] for name in outputs}
    stack_api = api.of_stack(server, deployment.outputs)
    return variables | {"API_URL": stack_api.url, "API_KEY": stack_api.key or ""}


def _shell_name(output: str) -> str:
    """`DataBucketName` as `DATA_BUCKET`, `StateMachineArn` as `STATE_MACHINE`."""
    words = output.removesuffix("Name").removesuffix("Arn")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in words).strip("_").upper()
