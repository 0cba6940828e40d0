"""Processes that look at pictures, so that all cores work. None of them knows Django or the database."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

MOST_DEATHS_IN_A_ROW = 3


class ReaderDied(RuntimeError):  # noqa: N818 - reads as what happened
    """The process that looked at this picture died of it, twice."""


class ReadersKeepDying(RuntimeError):  # noqa: N818 - reads as what happened
    """It is not the pictures: no process lives long enough."""


class Readers:
    """A pool of processes for one kind of look, `look(data)`; with one process, this one."""

    def __init__(self, look: Callable[[bytes], Any], processes: int) -> None:
        self._look = look
        self.processes = processes
        self._pool = _pool(processes) if processes > 1 else None
        self._deaths_in_a_row = 0

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, data: bytes) -> Future:
        if self._pool is None:
            return _done(self._look, data)
        with _no_interrupts():
            try:
                return self._pool.submit(self._look, data)
            except BrokenProcessPool:  # what was in it is asked for again by `result`
                self._pool.shutdown()
                self._pool = _pool(self.processes)
                return self._pool.submit(self._look, data)

    def result(self, future: Future, data: bytes) -> Any:
        """Wait for an answer; whatever `look` raised is raised here.

        When a process dies, the pictures of all are without answer. Each is then looked at alone, which
        tells the guilty one. Raises ReaderDied, and ReadersKeepDying when that happens again and again.
        """
        try:
            return future.result()
        except BrokenProcessPool:
            return self._look_alone(data)

    def _look_alone(self, data: bytes) -> Any:
        with _pool(1) as pool:
            with _no_interrupts():
                future = pool.submit(self._look, data)
            try:
                answer = future.result()
            except BrokenProcessPool as error:
                self._deaths_in_a_row += 1
                if self._deaths_in_a_row >= MOST_DEATHS_IN_A_ROW:
                    raise ReadersKeepDying from error
                raise ReaderDied from error
        self._deaths_in_a_row = 0
        return answer


def _pool(processes: int) -> ProcessPoolExecutor:
    # spawn: a fork would bring the database connection and half-locked threads along.
    return ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_with_parent
    )


def _leave_with_parent() -> None:
    """End when the parent is killed; a pool's processes would otherwise wait for work for ever."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes deaf to Ctrl-C, which a terminal sends to all: the parent ends them in order.

    The mask is inherited; here a Ctrl-C arrives right after.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _done(look: Callable[[bytes], Any], data: bytes) -> Future:
    future = Future()
    try:
        future.set_result(look(data))
    except Exception as error:  # as a pool would: raised where the answer is asked for
        future.set_exception(error)
    return future
