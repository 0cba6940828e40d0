"""Let Ctrl-C end a long command between two steps of its work, so that what it reports is what it did."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Note a Ctrl-C instead of raising KeyboardInterrupt wherever it strikes; yields how to ask for it.

    A second one is raised at once. Only for the main thread, where signals arrive.
    """
    is_asked = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            raise KeyboardInterrupt
        is_asked = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: is_asked
    finally:
        signal.signal(signal.SIGINT, before)


def stoppable(steps: Iterator[T]) -> Iterator[T]:
    """Yield these steps, and raise KeyboardInterrupt after the one that Ctrl-C was pressed in.

    Were it raised at once, a step could be saved and not be counted. `steps` is closed at the end.
    """
    with ctrl_c() as is_asked, closing(steps):
        for step in steps:
            yield step
            if is_asked():
                raise KeyboardInterrupt
