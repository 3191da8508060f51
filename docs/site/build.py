"""Make the site of the pages: `make docs` calls it, in the environment of requirements/docs.txt: it writes build/site.

Exit code 1 where a page is of no kind, a link or an anchor leads nowhere, or a part of a page is at another host.
"""

import json
import logging
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from docs.site.links import faults_of
from docs.site.navigation import DECISIONS, navigation, title_of
from docs.site.notebook import SUFFIX, NotebookPage, page_of
from docs.site.pages import list_of_decisions, listing, place_of, with_answers_read, with_links_moved

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OTHER_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")
DECISIONS_PAGE = f"{DECISIONS}/README.md"

MERMAID_SHA256 = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
"""Of `dist/mermaid.min.js` in npm's package mermaid 11.16.0, which mermaidx 0.10.1 has unchanged."""

_log = logging.getLogger(__name__)


class SiteError(Exception):
    """The site cannot be made, and why."""


def main() -> int:
    """Make the site in build/. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    code = make(ROOT / "build")
    if not code:
        _log.info("Open build/site/index.html")
    return code


def make(folder: Path) -> int:
    """Write `folder`/site, from what is laid out in `folder`/pages. Returns the exit code."""
    work, site = folder / "pages", folder / "site"
    for each in (work, site):
        shutil.rmtree(each, ignore_errors=True)
    try:
        _lay_out(work)
        _run_zensical(work)
        (work / "site").rename(site)
    except (LookupError, SiteError) as error:
        _log.error("%s", error)
        return 1
    faults = faults_of(site)
    for fault in faults:
        _log.error("%s", fault)
    _log.info("The site has %d pages.", sum(1 for _ in site.rglob("*.html")))
    return 1 if faults else 0


def markdown_sources(root: Path = ROOT) -> dict[str, str]:
    """The pages with their text, by their paths in the repository. The list of decisions is made here."""
    files = [root / each for each in OTHER_PAGES] + [
        each for each in (root / "docs").rglob("*.md") if each.parent != root / "docs/site"
    ]
    pages = {each.relative_to(root).as_posix(): each.read_text(encoding="utf-8") for each in files}
    decisions = {each: title_of(text) for each, text in pages.items() if each.startswith(f"{DECISIONS}/")}
    return {**pages, DECISIONS_PAGE: list_of_decisions(decisions)}


def _lay_out(work: Path) -> None:
    """Write the pages, what they show and what they are made by, as Zensical takes them."""
    pages = markdown_sources()
    titles = {each: title_of(text) for each, text in pages.items()} | {"README.md": "First steps"}
    kinds = navigation(pages, titles)
    listings: dict[str, NotebookPage] = {}

    def file_of(path: str) -> str | None:
        if path.rstrip("/") == DECISIONS:
            return DECISIONS_PAGE
        if not (ROOT / path).is_file():
            return None
        if place_of(path).startswith("sources/"):
            listings[path] = _listing(path)
        return path

    for source, text in pages.items():
        _write(work / "pages" / place_of(source), with_links_moved(text, source, file_of))
    for source, page in listings.items():
        _write_listing(page, work / "pages" / place_of(source))
    for each in _shown_files():
        _copy(each, work / "pages" / each.relative_to(ROOT / "docs"))
    for folder in ("javascripts", "stylesheets"):
        shutil.copytree(HERE / folder, work / "pages" / folder)
    _copy(_mermaid(), work / "pages/javascripts/mermaid.min.js")
    shutil.copytree(HERE / "overrides", work / "overrides")
    nav = [{"Wild Rydes ML": "index.md"}]
    nav += [{kind: [{title: place_of(each)} for title, each in entries]} for kind, entries in kinds]
    settings = (HERE / "zensical.toml").read_text(encoding="utf-8")
    _write(work / "zensical.toml", settings.replace("# NAVIGATION", f"nav = {_toml(nav)}"))


def _listing(path: str) -> NotebookPage:
    """A page that shows a file of the repository; a notebook with its outputs."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return page_of(text, Path(path).stem) if path.endswith(SUFFIX) else NotebookPage(listing(path, text), {})


def _write_listing(page: NotebookPage, file: Path) -> None:
    _write(file, with_answers_read(page.markdown))
    for name, picture in page.pictures.items():
        file.with_name(name).write_bytes(picture)


def _shown_files() -> list[Path]:
    """What lies beside the pages and belongs to them: pictures and schemas."""
    return [
        each
        for each in (ROOT / "docs").rglob("*")
        if each.is_file() and each.suffix != ".md" and not each.is_relative_to(HERE)
    ]


def _toml(value: object) -> str:
    """A list of tables within tables, as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)


def _mermaid() -> Path:
    """The file that draws the pictures. Raises SiteError where it is not the one that was looked at."""
    package = find_spec("mermaidx")
    if package is None or package.origin is None:
        raise SiteError("mermaidx is missing: call `make docs`, which installs it")
    file = Path(package.origin).parent / "assets/mermaid.js"
    if sha256(file.read_bytes()).hexdigest() != MERMAID_SHA256:
        raise SiteError(f"{file.name} of mermaidx is no longer that of mermaid 11.16.0: see docs/decisions/0070")
    return file


def _run_zensical(work: Path) -> None:
    """Raises SiteError where Zensical refuses a page, with what it says of each."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(work / "zensical.toml")]
    ran = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise SiteError(ran.stdout + ran.stderr.partition("Traceback")[0] + "Zensical refuses the pages above.")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main())
