"""What `run` and `up` do with a server that has just started: deploy the stack, and put weather in place."""

from rich.console import Console

from cli import deploy, missing_resources, orphans, stages, unread_properties
from cli.progress import signs_of_life
from cli.stack import DEFAULT_NAME, Account, Stack
from cli.stack_progress import StackProgress
from cli.template_parameters import Template
from cli.weather import BUCKET, Weather, fill, left_out, ranges
from local.account import EmbeddedAws
from local.server import ROOT


def deploy_stack(server: EmbeddedAws, console: Console, *, verbose: bool = False, name: str = DEFAULT_NAME) -> Stack:
    """Deploy template.yaml, and say which of its properties have no effect on the embedded AWS.

    A stack that is there already, on a server that has kept its state, keeps the values of its parameters.
    """
    console.print("Deploying template.yaml")
    account, present = Account.on_embedded_aws(server), stages.deployed(server.client).get(name)
    stages.refuse_half_removed(present, account)

    def deploy_once() -> Stack:
        with signs_of_life(console, StackProgress.before(server.client("cloudformation"), name).describe):
            return deploy.deploy(ROOT, server, name, _parameters_before(present))

    stack = deploy_once()
    if present is not None:
        missing_resources.complete(account, name, deploy_once, console)
    unread_properties.show(server, console, verbose=verbose)
    return stack


def _parameters_before(present: stages.Deployed | None) -> dict[str, str]:
    if present is None:
        return {}
    names = Template.read(ROOT).parameters
    before = {key: value for key, value in present.parameters.items() if key in names}
    # Of a parameter that names one of SSM's the value is what that holds.
    return before | stages.champion_parameters(present.champions)


def fill_weather(server: EmbeddedAws, weather: Weather, console: Console) -> None:
    """Put weather into the bucket that stands for NOAA's, and say the ranges of its values, and what was left out."""
    fill(server, weather)
    days = [day for span in weather.days.values() for day in span]
    console.print(
        f"Filled {BUCKET} with {weather.values:,} values of {len(weather.stations)} ground stations, "
        f"{min(days, default='no day')} to {max(days, default='no day')}"
    )
    for line in filter(None, (ranges(weather), *left_out(weather))):
        console.print(f"  {line}", style="dim", markup=False)


def sweep_orphans(console: Console) -> None:
    """End what killed servers of this clone left running, and say how much that was."""
    ended = orphans.sweep()
    if ended:
        what = "function or job" if ended == 1 else "functions and jobs"
        console.print(f"Ended {ended} {what} that a killed server had left running.")
