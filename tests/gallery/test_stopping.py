import signal
from collections.abc import Iterator

import pytest

from gallery.stopping import stoppable


def steps(*, interrupted: int, times: int = 1) -> Iterator[int]:
    """Three steps; within one of them Ctrl-C is pressed, and the step goes on."""
    for step in (1, 2, 3):
        if step == interrupted:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        yield step


def test_ctrl_c_waits_for_the_step_under_way():
    done = []

    with pytest.raises(KeyboardInterrupt):
        for step in stoppable(steps(interrupted=2)):
            done.append(step)

    assert done == [1, 2]


def test_a_second_ctrl_c_does_not_wait():
    done = []

    with pytest.raises(KeyboardInterrupt):
        for step in stoppable(steps(interrupted=2, times=2)):
            done.append(step)

    assert done == [1]


def test_afterwards_ctrl_c_is_as_before_and_the_steps_are_closed():
    before = signal.getsignal(signal.SIGINT)
    closed = []

    def watched() -> Iterator[int]:
        try:
            yield from steps(interrupted=1)
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        list(stoppable(watched()))

    assert closed == [True]
    assert signal.getsignal(signal.SIGINT) is before
    assert list(stoppable(steps(interrupted=0))) == [1, 2, 3]
