"""Definitions are read by a faster way than moto's: what it reads must be the same."""

from pathlib import Path

import pytest
from antlr4 import CommonTokenStream, InputStream
from antlr4.error.Errors import ParseCancellationException
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser

from local.stepfunctions.parsing import fast_tree
from local.stepfunctions.tokens import UnknownPieceError, token_stream

STATEMACHINES = Path(__file__).resolve().parents[3] / "statemachines"
AWKWARD = (
    '{"A":"\\"\\\\","B":[1,-2.5,true,false,null,1e3],"Comment":"{% $x %}", "C.$": "$.a[?(@.b==\'c\')]","D":"über"}',
    '{\n  "Start":\t"$$.Task.Token"\n}\n',
)


def lexer_tokens(text: str) -> CommonTokenStream:
    stream = CommonTokenStream(ASLLexer(InputStream(text)))
    stream.fill()
    return stream


@pytest.mark.parametrize("name", ["retrain", "promote", "restore", "monitor"])
def test_tokens_and_tree_are_those_of_the_lexer_and_the_full_prediction(name: str) -> None:
    text = (STATEMACHINES / f"{name}.asl.json").read_text(encoding="utf-8")
    slow = lexer_tokens(text)
    assert [str(token) for token in token_stream(text).tokens] == [str(token) for token in slow.tokens]
    assert fast_tree(text).toStringTree(recog=ASLParser(slow)) == ASLParser(slow).state_machine().toStringTree(
        recog=ASLParser(slow)
    )


@pytest.mark.parametrize("text", AWKWARD)
def test_pieces_are_the_lexers_tokens(text: str) -> None:
    assert [str(token) for token in token_stream(text).tokens] == [str(token) for token in lexer_tokens(text).tokens]


@pytest.mark.parametrize("text", ['{"A": "open}', "{'A': 1}", '{"A"\r: 1}', '{"A": nulls}'])
def test_what_is_no_token_is_left_to_the_lexer(text: str) -> None:
    with pytest.raises(UnknownPieceError):
        token_stream(text)


def test_definition_with_an_error_is_left_to_the_full_prediction() -> None:
    with pytest.raises(ParseCancellationException):
        fast_tree('{"StartAt": "A", "States": {"A": {"Type": }}}')
