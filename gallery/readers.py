"""Processes that look at pictures, so that all cores work. None of them knows Django or the database.

Not a ProcessPoolExecutor: in Python 3.11 that one can wait for ever when a process dies while work is submitted.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MOST_DEATHS_IN_A_ROW = 3
_TRIES = 2  # whoever is killed from outside dies of one picture, but hardly twice

# A forked process would bring the database connection and half-locked threads along.
_spawn = multiprocessing.get_context("spawn")


class ReaderDied(RuntimeError):  # noqa: N818 - reads as what happened
    """The process that looked at this picture died of it, twice."""


class ReadersKeepDying(RuntimeError):  # noqa: N818 - reads as what happened
    """It is not the pictures: no process lives long enough."""


class Readers:
    """Processes for one kind of look at a picture, `look(data)`; if it is to be one, this one.

    Pictures go in with `submit` and their answers come out of `answer`, in the same order.
    """

    def __init__(self, look: Callable[[bytes], Any], processes: int) -> None:
        self.processes = processes
        self._look = look
        self._turns = deque(_Reader(look) for _ in range(processes)) if processes > 1 else None
        self._asked: deque[_Reader | Path] = deque()
        self._deaths_in_a_row = 0

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *exc_info: object) -> None:
        for reader in self._turns or ():
            reader.stop()

    def submit(self, picture: Path) -> None:
        """Hand a picture to the next reader in turn; each works on its pictures one by one."""
        if self._turns is None:
            self._asked.append(picture)
            return
        reader = self._turns[0]
        self._turns.rotate(-1)
        reader.ask(picture)
        self._asked.append(reader)

    def answer(self) -> Any:
        """Wait for the answer to the oldest picture; what `look` raised is raised here, as is OSError.

        Raises ReaderDied, and ReadersKeepDying when that happens again and again.
        """
        asked = self._asked.popleft()
        if isinstance(asked, Path):
            return self._look(asked.read_bytes())
        try:
            answer = asked.answer()
        except ReaderDied as error:
            self._deaths_in_a_row += 1
            if self._deaths_in_a_row == MOST_DEATHS_IN_A_ROW:
                raise ReadersKeepDying from error
            raise
        self._deaths_in_a_row = 0
        if isinstance(answer, _Fault):
            raise answer.error
        return answer


@dataclass(frozen=True)
class _Fault:
    """Stands for an answer when looking raised something."""

    error: Exception


class _Reader:
    """One process, started when it is first asked, and started again when it died."""

    def __init__(self, look: Callable[[bytes], Any]) -> None:
        self._look = look
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None
        self._unanswered: deque[Path] = deque()

    def ask(self, picture: Path) -> None:
        self._unanswered.append(picture)
        if self._process is None:
            self._start()
        else:
            self._send(picture)

    def answer(self) -> Any:
        """The answer to the oldest picture, or a _Fault. Raises ReaderDied."""
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = self._line.recv()
            except (EOFError, OSError):  # it died, and of the oldest: the others wait for their turn
                if not tries_left:
                    self._unanswered.popleft()
                self._start()
            else:
                self._unanswered.popleft()
                return answer
        raise ReaderDied

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._line.close()
            self._process = None

    def _start(self) -> None:
        """Start the process, anew if need be, and ask for all that is unanswered."""
        self.stop()
        self._line, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_live, args=(self._look, theirs), daemon=True)
        with _no_interrupts():
            self._process.start()
        theirs.close()  # so that a death is noticed as the end of the line
        for picture in self._unanswered:
            self._send(picture)

    def _send(self, picture: Path) -> None:
        with suppress(OSError):  # it died: `answer` notices, and asks again
            self._line.send(picture)


def _live(look: Callable[[bytes], Any], line: Connection) -> None:
    """Runs in a process of its own: paths in, answers out, until the other end is closed or killed."""
    try:
        while True:
            line.send(_answer(look, line.recv()))
    except (EOFError, OSError):
        return


def _answer(look: Callable[[bytes], Any], picture: Path) -> Any:
    try:
        return look(picture.read_bytes())
    except Exception as error:  # raised where the answer is asked for
        return _Fault(error)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes deaf to Ctrl-C, which a terminal sends to all: the parent ends them in order.

    They inherit the mask; here a Ctrl-C arrives right after.
    """
    resource_tracker.ensure_running()  # started with the first process, it would take the mask off again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
