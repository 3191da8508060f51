"""Read the prose of the pages: `make check` calls it, in the environment of requirements/docs.txt.

Words are looked up by proselint's engine: those of `words.toml`, which are this project's, and those of proselint's own
lists that hold for any text. A sentence that is too long is refused too (`sentences`). Code, addresses and comments are
no prose. Exit code 1 where something is refused; each fault has its file, line and column.
"""

import logging
import re
import sys
import tomllib
from pathlib import Path

from proselint.checks import (  # pyright: ignore[reportMissingImports]
    hedging,
    lexical_illusions,
    needless_variants,
    redundancy,
    uncomparables,
)
from proselint.registry.checks import Check  # pyright: ignore[reportMissingImports]
from proselint.registry.checks.types import (  # pyright: ignore[reportMissingImports]
    Existence,
    PreferredFormsSimple,
)

from docs.site.sentences import Fault, long_sentences, place, prose_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "data/README.md",
    "docs/*.md",
    "docs/workshop/*.md",
    "docs/reference/*.md",
    "docs/decisions/*.md",
)

# The others are of American spelling, of typographical quotation marks, or of style in letters.
_FOR_ANY_TEXT = (hedging, lexical_illusions, needless_variants, redundancy, uncomparables)

# A repetition is none across paragraphs, items and cells, nor of code.
_ACROSS = re.compile(r"\n[ ]*\n|\n[ ]*[-*+|#]|\||_")

_log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Read the files that are named, or else all pages. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    checks = [*(check for module in _FOR_ANY_TEXT for check in module.__register__), *words(HERE / "words.toml")]
    pages = {Path(each) for each in arguments} or {each for pattern in PAGES for each in ROOT.glob(pattern)}
    faults = 0
    for page in sorted(pages):
        text = page.read_text(encoding="utf-8")
        for fault in faults_of(text, checks):
            line, column = place(text, fault.start)
            name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
            _log.error("%s:%d:%d: %s", name, line, column, fault.message)
            faults += 1
    return 1 if faults else 0


def words(file: Path) -> list[Check]:
    """The checks of a word list: `[instead]` has words with those to take, `[[never]]` has words with a reason."""
    lists = tomllib.loads(file.read_text(encoding="utf-8"))
    instead = Check(PreferredFormsSimple(items=lists["instead"]), path="words.instead", message="write {!r}, not {!r}")
    never = [
        Check(
            Existence(items=tuple(map(re.escape, each["words"]))),
            path="words.never",
            message=f"{{!r}}: {each['reason']}",
        )
        for each in lists["never"]
    ]
    return [instead, *never]


def faults_of(markdown: str, checks: list[Check]) -> list[Fault]:
    """Each fault of a page, in the order of the text."""
    prose = prose_of(markdown)
    spans = [(result.span, result.message) for check in checks for result in check.check_with_flags(prose)]
    lookups = (Fault(start, message) for (start, end), message in spans if not _ACROSS.search(prose[start:end].strip()))
    return sorted({*lookups, *long_sentences(prose)})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
