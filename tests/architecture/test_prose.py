"""The linter of the prose: what it takes for prose, which sentences are too long, and which words it refuses."""

import subprocess
from pathlib import Path

import pytest

from docs.site.sentences import MOST_WORDS, Fault, long_sentences, place, prose_of

ROOT = Path(__file__).resolve().parents[2]
# `make check` installs what looks words up.
PYTHON = ROOT / ".venvs/docs/bin/python"


@pytest.mark.parametrize(
    ("markdown", "prose"),
    [
        ("Take `make up` now.", "Take _________ now."),
        ("See [this](docs/api.md#x).", "See [this](             )."),
        ("See https://a.b/c.", "See               "),
        ("a\n\n```sh\nmake up\n```\nb", "a\n\n     \n       \n   \nb"),
        ("a\n\n    make up\n\nb", "a\n\n           \n\nb"),
        ("a <!-- b\nc --> d", "a       \n      d"),
    ],
)
def test_prose_is_what_no_code_is(markdown: str, prose: str) -> None:
    assert prose_of(markdown) == prose


def sentence(words: int) -> str:
    return " ".join(["word"] * words)


@pytest.mark.parametrize(
    "text",
    [
        f"{sentence(MOST_WORDS)}.",
        f"{sentence(30)}. Then {sentence(30)}.",
        f"{sentence(30)}: Then {sentence(30)}.",
        f"{sentence(30)}\n\n{sentence(30)}",
        f"{sentence(30)}\n- {sentence(30)}\n- {sentence(30)}",
        f"# {sentence(50)}\n",
        f"| {sentence(50)} |\n",
    ],
)
def test_sentence_ends_where_a_reader_rests(text: str) -> None:
    assert list(long_sentences(text)) == []


def test_long_sentence_is_a_fault_at_its_first_word() -> None:
    text = f"# Title\n\nShort. But {sentence(MOST_WORDS)}."
    fault = Fault(16, f"a sentence of {MOST_WORDS + 1} words: part it, {MOST_WORDS} at most")
    assert list(long_sentences(text)) == [fault]
    assert place(text, fault.start) == (3, 8)


@pytest.mark.skipif(not PYTHON.exists(), reason="`make check` installs proselint into .venvs/docs")
def test_words_are_refused_with_what_to_write(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nThe live model is `via` code. Simply read the the artifact, e.g. here.\n")
    ran = subprocess.run([PYTHON, "-m", "docs.site.prose", page], cwd=ROOT, capture_output=True, text=True, check=False)
    messages = [line.split(": ", 1)[1] for line in ran.stderr.splitlines()]
    assert ran.returncode == 1
    assert messages == [
        "write 'champion', not 'live model'",
        "'Simply': whoever is stuck finds it neither simple nor obvious: leave it out",
        "There's a lexical illusion in 'the the' - a phrase is repeated.",
        "write 'artefact', not 'artifact'",
        "'e.g': write it out: such as, that is, and so on",
    ]
