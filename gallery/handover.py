"""Hand work to the worker without waiting for Redis: who sent a picture is answered whatever the queue does.

One thread of each process does the sending. What it cannot send is dropped and logged: the rows say what
remains to be done, and the sweeps send it again.
"""

import atexit
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable
from queue import Empty, Full, Queue

from celery import Task
from django.db import transaction

MOST_WAITING = 1000
LAST_CALL_S = 2.0

logger = logging.getLogger(__name__)
_waiting: Queue[tuple[str, Callable[[], object]]] = Queue(MOST_WAITING)
_starting = threading.Lock()
_thread: threading.Thread | None = None


def after_commit(task: Task, *args: object) -> None:
    """Have the worker do this once the transaction is through; never waits and never fails."""
    transaction.on_commit(lambda: _hand_over(task, *args), robust=True)


def finish(*, timeout_s: float) -> bool:
    """Wait until all is sent or dropped, at most so long; tells whether it is."""
    with _waiting.all_tasks_done:
        return _waiting.all_tasks_done.wait_for(lambda: not _waiting.unfinished_tasks, timeout_s)


def _hand_over(task: Task, *args: object) -> None:
    here = contextvars.copy_context()  # what the request noted for the log goes along
    try:
        _waiting.put_nowait((f"{task.name}{args}", lambda: here.run(task.delay, *args)))
    except Full:
        logger.warning("%s%s is left to the sweep: too much is waiting for the queue", task.name, args)
        return
    _start_thread()


def _start_thread() -> None:
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():  # none yet, or lost by a fork
            _thread = threading.Thread(target=_send_all, name="handover", daemon=True)
            _thread.start()


def _send_all() -> None:
    while True:
        what, send = _waiting.get()
        try:
            send()
        except Exception:  # whatever is wrong with the queue
            logger.warning("%s is left to the sweep, and so is what waited behind it", what, exc_info=True)
            _drop_all()
        finally:
            _waiting.task_done()


def _drop_all() -> None:
    with contextlib.suppress(Empty):
        while True:
            _waiting.get_nowait()
            _waiting.task_done()


atexit.register(finish, timeout_s=LAST_CALL_S)
