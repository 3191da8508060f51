"""A notebook as a page of the site, with the outputs that it has in git: nothing is executed."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SUFFIX = ".ipynb"

_NO_SEARCH = "---\nsearch:\n  exclude: true\n---\n"
_PICTURE = "image/png"
_STYLE = re.compile(r"<style.*?</style>\s*", re.DOTALL)
_TAG = re.compile(r"<(/?)(table|thead|tbody|tr|th|td)\b[^>]*>")
_EMPTY_HEADING = re.compile(r"<th>(&nbsp;)?</th>")


@dataclass(frozen=True)
class NotebookPage:
    """The page in Markdown, and its pictures (PNG) by name: each lies beside the page."""

    markdown: str
    pictures: Mapping[str, bytes]


def page_of(text: str, name: str) -> NotebookPage:
    """The page of a notebook; `name` begins the names of its pictures. The site's search leaves it out.

    >>> cell = {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"output_type": "stream", "text": ["2"]}]}
    >>> print(page_of(json.dumps({"cells": [cell]}), "sum").markdown.partition("---\\n\\n")[2])
    ~~~~~~python
    1 + 1
    ~~~~~~
    <BLANKLINE>
    ~~~~~~text
    2
    ~~~~~~
    <BLANKLINE>
    """
    pictures: dict[str, bytes] = {}
    parts = [_NO_SEARCH]
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else _fence(source, "python"))
        parts += [part for output in cell.get("outputs", []) for part in _shown(output, name, pictures)]
    return NotebookPage("\n\n".join(parts) + "\n", pictures)


def _shown(output: Mapping[str, Any], name: str, pictures: dict[str, bytes]) -> Iterator[str]:
    """An output in Markdown: a picture goes to `pictures`. What is neither picture nor table is text."""
    data = output.get("data", {})
    if _PICTURE in data:
        file = f"{name}-{len(pictures) + 1}.png"
        pictures[file] = b64decode("".join(data[_PICTURE]))
        alternative = output.get("metadata", {}).get(_PICTURE, {}).get("alt") or "A chart, which the text describes"
        yield f"![{alternative}]({file})"
    elif "text/html" in data:
        yield _table("".join(data["text/html"]))
    else:
        yield _fence("".join(output.get("text") or data.get("text/plain") or []), "text")


def _table(html: str) -> str:
    """The table alone, without the styles that pandas gives it: the site's have the contrast that readers need.

    >>> _table('<div>\\n<style scoped>th { color: grey }</style><table border="1"><tr><th></th><td>1</td></tr></table>')
    '<table><tr><td></td><td>1</td></tr></table>'
    """
    table = _TAG.sub(r"<\1\2>", _STYLE.sub("", html))
    table = table[table.index("<table>") : table.rindex("</table>") + len("</table>")]
    return _EMPTY_HEADING.sub("<td></td>", re.sub(r"\n\s*", "\n", table))


def _fence(text: str, language: str) -> str:
    return f"~~~~~~{language}\n{text.rstrip()}\n~~~~~~"
