"""What Ctrl-C, SIGTERM and SIGHUP do to a command, and how they are held back for a few lines."""

import signal

import click
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


def test_a_signal_has_its_effect_also_where_the_block_fails() -> None:
    with pytest.raises(KeyboardInterrupt) as fault, interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        _ = 1 / 0
    assert isinstance(fault.value.__context__, ZeroDivisionError)


def test_an_error_of_the_block_alone_is_not_replaced() -> None:
    with pytest.raises(ZeroDivisionError), interrupts.held_back():
        _ = 1 / 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_as_ctrl_c_does_and_comes_after_what_must_not_be_cut(number: signal.Signals) -> None:
    before, steps = signal.getsignal(number), []
    with pytest.raises(KeyboardInterrupt) as fault, interrupts.like_ctrl_c(), interrupts.held_back():
        signal.raise_signal(number)
        steps.append("went on")
    assert steps == ["went on"]
    assert interrupts.exit_code(fault.value) == 128 + number
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_cut_the_cleaning_up() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts.like_ctrl_c():
        try:
            signal.raise_signal(signal.SIGHUP)
        finally:
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
            steps.append("cleaned up")
    assert steps == ["cleaned up"]


def test_nohup_stays_in_force() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.like_ctrl_c():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_code_is_that_of_the_signal_also_where_click_aborts() -> None:
    abort = click.Abort()
    assert interrupts.exit_code(abort) == 130
    abort.__cause__ = KeyboardInterrupt(int(signal.SIGTERM))
    assert interrupts.exit_code(abort) == 143
