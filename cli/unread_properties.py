"""Properties of a template that have no effect on the embedded AWS: how many there are, and which."""

from rich.console import Console

from local.account import EmbeddedAws


def show(server: EmbeddedAws, console: Console, *, verbose: bool) -> None:
    """Say how many properties of what was deployed have no effect; `verbose` lists them by resource."""
    unread = server.request("/_local/unread-properties")
    count = sum(len(properties) for properties in unread.values())
    hint = "" if verbose else " (`--verbose` lists them)"
    console.print(f"  {count} template properties have no effect locally{hint}", style="dim", markup=False)
    if verbose:
        for resource, properties in sorted(unread.items()):
            console.print(f"    {resource}: {', '.join(properties)}", style="dim", markup=False)
