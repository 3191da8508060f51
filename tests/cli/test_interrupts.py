"""Ctrl-C that is held back for a few lines."""

import signal

import pytest

from cli import interrupts


def test_an_interrupt_comes_after_the_block() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        steps.append("went on")
    assert steps == ["went on"]
    # The usual handler is back.
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_error_of_the_block_is_not_replaced() -> None:
    with pytest.raises(ZeroDivisionError), interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        _ = 1 / 0
