"""The pages as the site has them: where each lies, and its links as they are from there."""

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

_FENCE = re.compile(r"^(```|~~~).*?^\1[`~]*\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
_PICTURE = re.compile(r'(?<=<img src=")(?!https?:)([^"#]+)()(?=")')
_LISTING_LANGUAGES = {".py": "python", ".json": "json", ".csv": "text", ".yaml": "yaml", ".sql": "sql", ".toml": "toml"}


def place_of(source: str) -> str:
    """Where a page or a file of the repository lies in the site, relative to its root.

    >>> place_of("docs/api.md"), place_of("docs/workshop/README.md"), place_of("CONTRIBUTING.md")
    ('api.md', 'workshop/index.md', 'contributing.md')
    """
    path = PurePosixPath(source)
    if path.parts[0] == "docs" and path.parts[1] != "site":
        path = path.relative_to("docs")
        return str(path.with_name("index.md") if path.name == "README.md" else path)
    if path.suffix == ".md":
        return str(path.parent.with_suffix(".md") if len(path.parts) > 1 else path.with_name(path.name.lower()))
    return f"sources/{path}.md"


def with_links_moved(markdown: str, source: str, file_of: Callable[[str], str | None]) -> str:
    """The page `source` with its links as they are at its place in the site.

    `file_of` names the file that the site has for a path of the repository, or None: such a link stays as it is, and
    the build refuses it.
    """
    here = PurePosixPath(place_of(source)).parent

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(source).parent / link[1])
        file = file_of(target)
        return link[0] if file is None else f"{os.path.relpath(place_of(file), here)}{link[2] or ''}"

    def moved_outside_of_code(text: str) -> str:
        return "`".join(
            part if index % 2 else _PICTURE.sub(moved, _LINK.sub(moved, part))
            for index, part in enumerate(text.split("`"))
        )

    return with_answers_read(_outside_of_fences(markdown, moved_outside_of_code))


def with_answers_read(markdown: str) -> str:
    """The page with its folded answers marked: GitHub reads Markdown in them, Zensical where it is marked."""
    return _outside_of_fences(markdown, lambda text: text.replace("<details>", '<details markdown="1">'))


def _outside_of_fences(markdown: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [change(markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(markdown[end:])])


def listing(source: str, text: str) -> str:
    """A page that shows a file of the repository."""
    language = _LISTING_LANGUAGES.get(Path(source).suffix, "text")
    return f"# `{source}`\n\n~~~~~~{language}\n{text.rstrip()}\n~~~~~~\n"


def list_of_decisions(titles: dict[str, str]) -> str:
    """The page that lists the records of decisions, by the titles of their files."""
    rows = [f"- [{titles[each]}]({Path(each).name})" for each in sorted(titles)]
    return "\n".join(["# Decisions", "", "What was decided, and why.", "", *rows, ""])
