"""What is wrong with a site that was built: links that lead nowhere, and parts that another host would have to send."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PARTS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""The elements that a browser loads by itself, with the attribute that says from where."""

_NO_PARTS = {"canonical", "alternate", "next", "prev"}
"""Relations of `<link>` that load nothing."""


class _Page(HTMLParser):
    """The links, anchors and parts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: list[str] = []
        self.anchors: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.anchors |= {attributes[name] for name in ("id", "name") if name in attributes}
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in _PARTS and _PARTS[tag] in attributes and attributes.get("rel") not in _NO_PARTS:
            self.parts.append(attributes[_PARTS[tag]])


def faults_of(site: Path) -> list[str]:
    """Each fault with its page: a link to no file or no anchor, a part that is missing or at another host."""
    pages = {file: _Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    faults = []
    for file, page in pages.items():
        name = file.relative_to(site).as_posix()
        if name == "404.html":
            # Its links are relative to the root, since any address may lead to it.
            continue
        faults += [f"{name}: {link} leads nowhere" for link in page.links if not _leads(link, file, pages)]
        faults += [f"{name}: {part} is at another host" for part in page.parts if urlsplit(part).netloc]
        faults += [f"{name}: {part} is missing" for part in page.parts if not _leads(part, file, pages)]
    return faults


def _leads(link: str, file: Path, pages: dict[Path, _Page]) -> bool:
    """Whether a link of the page `file` leads to a file of the site, and an anchor that is in it."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if target.is_dir():
        target /= "index.html"
    anchors = pages[target].anchors if target in pages else set()
    return target.exists() and (not parts.fragment or unquote(parts.fragment) in anchors)
