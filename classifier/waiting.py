"""Wait a little for an answer, so that a program need not ask again.

Whoever finishes a row tells so through PostgreSQL (NOTIFY). One thread of each process listens, with a connection
of its own, and wakes whoever waits for that row; it lets go when nobody waits any more.
The row is the truth: it is looked at now and then all the same, as where a pool of connections swallows
what is told.
"""

import logging
import select
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from .models import FINISHED, Prediction

LOOK_EVERY_S = 0.5  # where nothing is told
LISTEN_ON_S = 10.0  # after the last one who waited

logger = logging.getLogger(__name__)
_places = threading.BoundedSemaphore(settings.API_MAX_WAITERS)


class Waiter:
    """One request that waits for one row."""

    def __init__(self, prediction: Prediction, seconds: float, news: threading.Event | None) -> None:
        self._prediction, self._seconds, self._news = prediction, seconds, news

    def is_finished(self) -> bool:
        """Whether the row is finished, which is waited for. One query where it was told in time.

        One that is erased meanwhile never is, and stays as it was known.
        """
        if self._news is None:
            return not self._prediction.is_unfinished
        end = time.monotonic() + self._seconds
        while self._prediction.is_unfinished and (left_s := end - time.monotonic()) > 0:
            self._news.wait(min(LOOK_EVERY_S, left_s))
            self._news.clear()
            try:
                self._prediction.refresh_from_db()
            except Prediction.DoesNotExist:
                return False
        return not self._prediction.is_unfinished


@contextmanager
def waiting_for(prediction: Prediction, seconds: float) -> Iterator[Waiter]:
    """Hand the work over inside of this, so that nothing is told too early, and ask `is_finished` then.

    Only API_MAX_WAITERS threads of a process wait at a time; whoever comes then is answered at once.
    """
    if not seconds or not prediction.is_unfinished or not _places.acquire(blocking=False):
        yield Waiter(prediction, 0, None)
        return
    try:
        with _listener.news_of(prediction.pk) as news:
            yield Waiter(prediction, seconds, news)
    finally:
        _places.release()


def listen_no_more() -> None:
    """Let go of the connection now, and return when it is closed; whoever waits goes on looking."""
    _listener.stop()


class _Listener:
    """The thread of a process that hears which rows are finished."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[str, set[threading.Event]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    @contextmanager
    def news_of(self, pk: UUID) -> Iterator[threading.Event]:
        """Set whenever it is time to look at the row."""
        news = threading.Event()
        with self._lock:
            self._waiters[str(pk)].add(news)
            if self._thread is None or not self._thread.is_alive():  # none yet, or lost by a fork
                self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
                self._thread.start()
        try:
            yield news
        finally:
            with self._lock:
                self._waiters[str(pk)].discard(news)
                if not self._waiters[str(pk)]:
                    del self._waiters[str(pk)]

    def stop(self) -> None:
        thread = self._thread
        if thread is None or not thread.is_alive():
            return
        self._is_stopping = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [FINISHED])  # so that it looks at once
        thread.join()
        self._is_stopping = False

    def _run(self) -> None:
        try:
            self._listen()
        except (DatabaseError, InterfaceError, OSError):  # the next one who waits tries anew
            logger.warning("nobody hears which answers are there, so they are looked for", exc_info=True)
        finally:
            connection.close()

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {FINISHED}")
        self._wake_all()  # it may have been told before we listened
        is_heard = True
        while self._is_wanted(is_heard):
            with connection.wrap_database_errors:
                is_heard = bool(select.select([connection.connection], [], [], LISTEN_ON_S)[0])
                connection.connection.poll()
                told = [notify.payload for notify in connection.connection.notifies]
                connection.connection.notifies.clear()
            self._wake(told)

    def _is_wanted(self, is_heard: bool) -> bool:
        with self._lock:  # whoever comes after this starts another thread
            if self._is_stopping or not (is_heard or self._waiters):
                self._thread = None
            return self._thread is not None

    def _wake_all(self) -> None:
        with self._lock:
            for news in set().union(*self._waiters.values()):
                news.set()

    def _wake(self, pks: list[str]) -> None:
        with self._lock:
            for pk in pks:
                for news in self._waiters.get(pk, ()):
                    news.set()


_listener = _Listener()
