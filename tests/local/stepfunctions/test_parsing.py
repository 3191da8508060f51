"""Definitions are read by a faster way than moto's: what it reads must be the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from antlr4 import CommonTokenStream, InputStream
from antlr4.error.Errors import ParseCancellationException
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser

from local.stepfunctions.parsing import fast_tree
from local.stepfunctions.tokens import UnknownPieceError, tokens

STATEMACHINES = Path(__file__).resolve().parents[3] / "statemachines"
AWKWARD = (
    '{"A":"\\"\\\\","B":[1,-2.5,true,false,null,1e3],"Comment":"{% $x %}", "C.$": "$.a[?(@.b==\'c\')]","D":"über"}',
    '{\n  "Start":\t"$$.Task.Token"\n}\n',
)


def lexer_tokens(text: str) -> CommonTokenStream:
    stream = CommonTokenStream(ASLLexer(InputStream(text)))
    stream.fill()
    return stream


def types_and_texts(stream: CommonTokenStream) -> tuple[tuple[int, ...], list[str]]:
    return tuple(token.type for token in stream.tokens), [token.text for token in stream.tokens]


@pytest.mark.parametrize("name", ["retrain", "promote", "restore", "monitor"])
def test_tokens_and_tree_are_those_of_the_lexer_and_the_full_prediction(name: str) -> None:
    text = (STATEMACHINES / f"{name}.asl.json").read_text(encoding="utf-8")
    slow = lexer_tokens(text)
    assert tokens(text) == types_and_texts(slow)
    assert fast_tree(text).toStringTree(recog=ASLParser(slow)) == ASLParser(slow).state_machine().toStringTree(
        recog=ASLParser(slow)
    )


@pytest.mark.parametrize("text", AWKWARD)
def test_pieces_are_the_lexers_tokens(text: str) -> None:
    assert tokens(text) == types_and_texts(lexer_tokens(text))


@pytest.mark.parametrize("text", ['{"A": "open}', "{'A': 1}", '{"A"\r: 1}', '{"A": nulls}'])
def test_what_is_no_token_is_left_to_the_lexer(text: str) -> None:
    with pytest.raises(UnknownPieceError):
        tokens(text)


def test_definition_with_an_error_is_left_to_the_full_prediction() -> None:
    with pytest.raises(ParseCancellationException):
        fast_tree('{"StartAt": "A", "States": {"A": {"Type": }}}')


def definition(name: str) -> str:
    states = ",".join(f'"{name} {number}": {{"Type": "Pass", "Next": "{name} end"}}' for number in range(50))
    return f'{{"StartAt": "{name} 0", "States": {{{states}, "{name} end": {{"Type": "Succeed"}}}}}}'


def test_definitions_that_differ_in_strings_share_a_tree_and_are_read_as_their_own() -> None:
    first, second = definition("one"), definition("other")
    tree = fast_tree(first)
    assert tree.getText() == first.replace(", ", ",").replace(": ", ":") + "<EOF>"
    assert fast_tree(second) is tree
    assert tree.getText() == second.replace(", ", ",").replace(": ", ":") + "<EOF>"


def test_threads_that_read_one_tree_see_their_own_texts() -> None:
    texts = [definition(name) for name in ("one", "other", "third", "fourth")] * 8

    def read_often(text: str) -> set[str]:
        tree = fast_tree(text)
        return {tree.getText() for _ in range(20)}

    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(read_often, texts))
    assert read == [{text.replace(", ", ",").replace(": ", ":") + "<EOF>"} for text in texts]
