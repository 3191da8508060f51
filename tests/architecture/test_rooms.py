"""Folders stay rooms of one trade: what would lie beside them in a row belongs into one."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def modules(folder: str) -> set[str]:
    """The names of the modules in a folder itself."""
    return {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__", "__main__"}


def test_the_embedded_aws_has_folders_but_for_what_starts_and_reaches_it() -> None:
    assert modules("local") == {"server", "account", "seams"}


def test_the_domain_has_wings_but_for_the_words_that_they_share() -> None:
    assert modules("functions/wildrydes") == {
        "algorithms", "bucket", "errors", "labels", "measures", "metric_line", "parameters", "strict_json", "tasks",
    }  # fmt: skip
