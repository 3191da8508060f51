"""Which page is of which kind: a reader looks for a lesson, a way to do something, a fact, a reason or a message."""

import re
from collections.abc import Iterable
from pathlib import Path

WORKSHOP = "docs/workshop"
DECISIONS = "docs/decisions"

KINDS: dict[str, tuple[str, ...]] = {
    "How-to": (
        "docs/prerequisites.md",
        "docs/own-data.md",
        "docs/add-a-feature.md",
        "docs/add-a-ground-station.md",
        "docs/add-an-algorithm.md",
        "docs/add-an-alarm.md",
        "docs/deploy.md",
        "docs/upgrade.md",
        "docs/clean-up.md",
        "docs/console.md",
        "docs/operations.md",
        "docs/stream.md",
        "docs/tuning.md",
        "docs/endpoint.md",
        "docs/aws-cli.md",
        "docs/kept-state.md",
        "docs/edge.md",
        "docs/applications.md",
        "CONTRIBUTING.md",
    ),
    "Reference": (
        "docs/commands.md",
        "docs/reference/commands.md",
        "docs/api.md",
        "docs/reference/api.md",
        "docs/execution-input.md",
        "docs/reference/hyperparameters.md",
        "docs/reference/outputs.md",
        "docs/reference/card.md",
        "docs/reference/configuration.md",
        "docs/reference/metrics.md",
        "docs/reference/alarms.md",
        "docs/reference/grants.md",
        "docs/reference/errors.md",
        "docs/reference/tables.md",
        "docs/tasks.md",
        "docs/rides.md",
        "docs/ride-files.md",
        "docs/samples.md",
        "docs/weather.md",
        "docs/capture.md",
        "docs/retrain.md",
        "docs/promote.md",
        "docs/restore.md",
        "docs/monitor.md",
        "docs/performance.md",
        "docs/faults.md",
        "docs/retries.md",
        "docs/conformance.md",
        "docs/emulators.md",
        "data/README.md",
        "CHANGELOG.md",
    ),
    "Explanation": (
        "docs/architecture.md",
        "docs/model-gate.md",
        "docs/pricing.md",
        "docs/monitoring.md",
        "docs/costs.md",
        "docs/scale.md",
        "docs/security.md",
        "docs/embedded-aws.md",
    ),
    "Troubleshooting": ("docs/troubleshooting.md", "docs/faq.md"),
}
"""The pages of each kind, by their paths in the repository, in the order of the navigation."""


def navigation(sources: Iterable[str], titles: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each kind with the titles and sources of its pages: the README and the workshop first, the decisions last.

    `sources` are the paths of all pages, `titles` the heading of each. Raises LookupError where a page is of no kind,
    or of a kind and not there.
    """
    sources = set(sources)
    listed = [each for pages in KINDS.values() for each in pages]
    lessons = ["README.md", *_in_folder(WORKSHOP, sources)]
    decisions = _in_folder(DECISIONS, sources)
    if strange := sources - {"docs/README.md", *listed, *lessons, *decisions}:
        raise LookupError(f"of no kind in docs/site/navigation.py: {', '.join(sorted(strange))}")
    if missing := {*listed, *lessons} - sources:
        raise LookupError(f"in docs/site/navigation.py, and not there: {', '.join(sorted(missing))}")
    kinds = {"Tutorial": lessons, **KINDS, "Decisions": decisions}
    return [(kind, [(titles[each], each) for each in pages]) for kind, pages in kinds.items() if pages]


def _in_folder(folder: str, sources: set[str]) -> list[str]:
    """The pages of a folder: its README first, then the others by the number that their names begin with."""
    return sorted((each for each in sources if Path(each).parent.as_posix() == folder), key=_readme_first)


def _readme_first(source: str) -> tuple[bool, int, str]:
    number = re.match(r"[0-9]+", Path(source).name)
    return not source.endswith("/README.md"), int(number[0]) if number else 0, source


def title_of(markdown: str) -> str:
    """A page's heading, as text. Raises ValueError where it has none."""
    heading = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    if heading is None:
        raise ValueError("the page has no heading")
    return heading[1].replace("`", "")
