"""Write the reference pages: `python -m docs.site.reference`, which `make render` calls.

`--check` writes nothing. Exit code 1 where a page differs from what the code says, which `make check` looks at.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.site.reference import (
    alarms,
    api,
    card,
    commands,
    configuration,
    errors,
    grants,
    hyperparameters,
    inputs,
    metrics,
    outputs,
    scale,
    tables,
)

ROOT = Path(__file__).resolve().parents[3]
PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/alarms.md": alarms.rendered,
    "docs/reference/api.md": api.rendered,
    "docs/reference/card.md": card.rendered,
    "docs/reference/commands.md": commands.rendered,
    "docs/reference/configuration.md": configuration.rendered,
    "docs/reference/errors.md": errors.rendered,
    "docs/reference/grants.md": grants.rendered,
    "docs/reference/hyperparameters.md": hyperparameters.rendered,
    "docs/reference/metrics.md": metrics.rendered,
    "docs/reference/outputs.md": outputs.rendered,
    "docs/reference/tables.md": tables.rendered,
}
"""The pages that are written whole, by their paths in the repository."""

PARTS: dict[str, Callable[[str], str]] = {
    "docs/capture.md": configuration.with_parameters_of_capture,
    "docs/commands.md": commands.with_tables,
    "docs/execution-input.md": inputs.with_fields,
    "docs/monitoring.md": metrics.with_metrics_of_the_monitor,
    "docs/operations.md": outputs.with_dead_letter_queues,
    "docs/scale.md": scale.with_tables,
    "docs/samples.md": tables.with_sample_fields,
    "docs/tuning.md": hyperparameters.with_searches,
}
"""The pages of which parts are written anew, with what takes the page and gives it back."""

_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Write or check every page. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m docs.site.reference", description="Write the reference pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page differs")
    check = parser.parse_args(arguments).check
    differing = list(differing_pages())
    for path, text in differing:
        if check:
            _log.error("%s differs from the code: run `make render`", path)
        else:
            (ROOT / path).write_text(text, encoding="utf-8")
    return 1 if check and differing else 0


def differing_pages() -> Iterator[tuple[str, str]]:
    """Each page that is not as the code says, with what it has to be."""
    for path, text in rendered_pages():
        file = ROOT / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            yield path, text


def rendered_pages() -> Iterator[tuple[str, str]]:
    """Each page with its text."""
    for path, page in PAGES.items():
        yield path, page()
    for path, change in PARTS.items():
        yield path, change((ROOT / path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
