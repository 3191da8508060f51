"""No value, function, class or module is called by a participle that says nothing: a noun or a verb is its name.

Python is read by its grammar. TypeScript, JavaScript and SQL are read by the words that introduce a name in them.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = frozenset({"told", "found", "given", "known", "kept", "asked", "wish", "beside", "judged", "answered"})
"""Refused as a name, as a part of one between underscores or in camel case, and with a capital."""
MODULE_WORDS = WORDS | {"ended", "served", "replayed"}
"""Refused as a part of a module's name."""

EXCEPTIONS = {
    "hypothesis.given": "Hypothesis calls its decorator so",
    "functions/wildrydes/errors.py:EndpointNotAsked": "Logs and the reference of errors have this name",
    "wildrydes.errors.EndpointNotAsked": "As above",
    "local/sagemaker/errors.py:NotFoundError": "AWS calls it ResourceNotFound",
    "local.sagemaker.errors.NotFoundError": "As above",
}
SCRIPT_EXCEPTIONS = {
    "console/page/src/words.ts:kept": "An outcome of a retraining, by the key that the stack gives it",
}
"""Names that others dictate, each with its reason: `<module>.<name>` of an import, `<path>:<name>` of anything else."""


def code(path: Path) -> str:
    """The Python in a file: a module as it is, the code cells of a notebook without the lines of IPython's own."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in "".join(cell).splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that code gives to something; with its module if imported. Names of tests are sentences: left out."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                pass
            case ast.FunctionDef(name=str(name)) | ast.AsyncFunctionDef(name=str(name)) | ast.ClassDef(name=str(name)):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Import() | ast.ImportFrom():
                module = getattr(node, "module", None)
                yield from (each.asname or f"{module}.{each.name}" for each in node.names)


def refused(name: str) -> bool:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rsplit(".", 1)[-1])
    return not WORDS.isdisjoint(words.lower().split("_"))


_COMMENT = re.compile(r"/\*.*?\*/|^\s*(?://|--).*?$|\s(?://|--)\s.*?$", re.DOTALL | re.MULTILINE)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_PLACE = r"[A-Za-z_$][\w$]*"
_SCRIPT = (
    # const name, const [name, name], const { key: name, name }: all words between the braces.
    re.compile(rf"\b(?:const|let|var)\s+({_PLACE}|\[[^\]=]*\]|\{{[^}}=]*\}})"),
    re.compile(rf"\b(?:function\*?|class|interface|type|enum|catch\s*\()\s*({_PLACE})"),
    # Parameters: (name, name: type) => and function (name: type).
    re.compile(r"\(([^()]*)\)\s*(?::[^=;{}]*)?(?:=>|\{)"),
    re.compile(rf"({_PLACE})\s*=>"),
    # The fields of an interface and of a type.
    re.compile(rf"^\s*(?:readonly\s+)?({_PLACE})\??:", re.MULTILINE),
)
_SQL = re.compile(rf"(?:\bAS|\bWITH)\s+({_PLACE})|({_PLACE})\s+AS\s*\(", re.IGNORECASE)


def script_names(text: str) -> Iterator[str]:
    """The names that TypeScript or JavaScript gives; of a list of parameters also their types and default values."""
    code = _STRING.sub('""', _COMMENT.sub("", text))
    for pattern in _SCRIPT:
        for place in pattern.findall(code):
            yield from re.findall(_PLACE, place)


def query_names(text: str) -> Iterator[str]:
    """The names that SQL gives to columns, tables and parts of a query."""
    for name, part in _SQL.findall(_COMMENT.sub("", text)):
        yield name or part


def listed(*patterns: str) -> list[str]:
    """The files in git of these patterns."""
    listing = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, check=True, text=True)
    return listing.stdout.splitlines()


def test_names_are_nouns_and_verbs() -> None:
    paths = listed("*.py", "*.ipynb")
    assert len(paths) > 100
    faults = {
        name if "." in name else f"{path}:{name}"
        for path in paths
        for name in names(ast.parse(code(ROOT / path)))
        if refused(name)
    }
    assert faults - EXCEPTIONS.keys() == set()
    # An exception that nothing needs any more goes.
    assert EXCEPTIONS.keys() - faults == set()


def test_names_of_scripts_and_queries_are_nouns_and_verbs() -> None:
    scripts, queries = listed("*.ts", "*.tsx", "*.mjs", "*.js", ":!console/assets"), listed("*.sql")
    assert len(scripts) > 50
    assert len(queries) > 10
    read = dict.fromkeys(scripts, script_names) | dict.fromkeys(queries, query_names)
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in read}
    faults = {f"{path}:{name}" for path in read for name in read[path](texts[path]) if refused(name)}
    assert faults == SCRIPT_EXCEPTIONS.keys()


def test_names_of_modules_are_nouns_and_verbs() -> None:
    paths = [Path(each) for each in listed("*.py", "*.ts", "*.tsx", "*.mjs", "*.sql")]
    names_of_modules = {str(each): each.stem.split("_") for each in paths if not each.stem.startswith("test_")}
    assert {path for path, words in names_of_modules.items() if not MODULE_WORDS.isdisjoint(words)} == set()


@pytest.mark.parametrize(
    "text",
    [
        "def found(): pass",
        "async def _asked(): pass",
        "class Wish: pass",
        "class Card:\n    kept: int",
        "told = 1",
        "live_judged, _ = 1, 2",
        "card.known = 1",
        "lambda given: given",
        "def read(*, beside=1): pass",
        "for answered in (): pass",
        "[1 for found in ()]",
        "if found := 1: pass",
        "with open('x') as kept: pass",
        "try: pass\nexcept OSError as told: pass",
        "match 1:\n    case [told, *_]: pass",
        "from somewhere import found",
        "import somewhere as known",
    ],
)
def test_a_name_is_seen_wherever_it_is_given(text: str) -> None:
    assert [name for name in names(ast.parse(text)) if refused(name)] != []


def test_what_only_uses_a_name_or_is_another_word_is_no_fault() -> None:
    text = "def test_what_is_told(unknown): return unknown.found(wish=[match.told for match in unknown])"
    assert [name for name in names(ast.parse(text)) if refused(name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "const told = 1;",
        "let [value, setAsked] = useState(0);",
        "const { answer: known } = useRef();",
        "for (const found of values) {}",
        "function useAsked<T>(key: string) {}",
        "export interface Told { value: string }",
        "interface Answer {\n  known: boolean;\n}",
        "values.map((beside) => beside.key);",
        "read().then(asked => 1);",
        "const read = (key: string, given: number): void => {};",
        "function read(key, wish) {}",
    ],
)
def test_a_name_of_a_script_is_seen_wherever_it_is_given(text: str) -> None:
    assert [name for name in script_names(text) if refused(name)] != []


def test_prose_and_texts_of_a_script_are_no_names() -> None:
    text = 'const unknown = 1; // what is told\n/** given: by callers */ say("(told) => found", { class: "beside" });'
    assert [name for name in script_names(text) if refused(name)] == []


@pytest.mark.parametrize(
    "text", ["SELECT 1 AS told", "WITH found AS (SELECT 1) SELECT 1", "SELECT 1 FROM (SELECT 2) AS answered (place)"]
)
def test_a_name_of_a_query_is_seen_wherever_it_is_given(text: str) -> None:
    assert [name for name in query_names(f"-- what is known AS told\n{text}") if refused(name)] != []
