"""`make report`, and the end of `make run`: build/report.html and its pictures, drawn of a model's card."""

from pathlib import Path
from typing import Any

from rich.console import Console

from cli import deploy, models
from cli.run_folders import publish, run_folder
from cli.server_record import BUILD
from local.account import EmbeddedAws
from local.server import ROOT


def report(server: EmbeddedAws, stack: str, model: str | None, console: Console, build: Path = BUILD) -> int:
    """Report on the model of an execution, by default the live one, or the newest while none is live.

    Raises registry.NoModelError.
    """
    bucket = deploy.deployed(server, stack).outputs["DataBucketName"]
    history, known = models.entries(server, bucket), models.cards(server, bucket)
    write(known[models.chosen(history, known, model)], console, build)
    return 0


def write(card: dict[str, Any], console: Console, build: Path = BUILD) -> None:
    """Write the report on a card into the folder of its execution, copy the page to `build`, and say where it is."""
    # Matplotlib takes a second to import: only what draws waits for it.
    from reports import files

    folder = run_folder(card["execution"], build)
    written = files.write(card, folder)
    publish(folder, build)
    pictures = ", ".join(picture.name for picture in written.pictures)
    console.print(
        f"The report on {card['execution']} is {_shown(build / written.page.name)}; "
        f"in {_shown(written.card.parent)}: {pictures}, {written.card.name}."
    )


def _shown(path: Path) -> str:
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()
