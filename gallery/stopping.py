"""Let Ctrl-C end a long command between two steps of its work, so that what it reports is what it did."""

import signal
from collections.abc import Iterator
from contextlib import closing
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


def stoppable(steps: Iterator[T]) -> Iterator[T]:
    """Yield these steps, and raise KeyboardInterrupt after the one that Ctrl-C was pressed in.

    Were it raised at once, a step could be saved and not be counted. A second Ctrl-C does not wait.
    Only for the main thread, where signals arrive; `steps` is closed at the end.
    """
    is_asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            raise KeyboardInterrupt
        is_asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        with closing(steps):
            for step in steps:
                yield step
                if is_asked:
                    raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)
