"""Wait a little for an answer, so that a program need not ask again.

Whoever finishes a row tells so through PostgreSQL (NOTIFY); whoever waits listens and looks at the row then.
The row is the truth: it is looked at now and then all the same, as where a pool of connections swallows
what is told.
"""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from .models import Prediction, channel_of

LOOK_EVERY_S = 0.5  # where nothing is told

_places = threading.BoundedSemaphore(settings.API_MAX_WAITERS)


def wait_for(prediction: Prediction, seconds: float) -> bool:
    """Wait until the row is finished, at most so long; tells whether it is.

    Only API_MAX_WAITERS threads of a process wait at a time; whoever comes then is answered at once.
    Two queries to listen and no more, one for each look at the row, and none is open in between.
    """
    if not seconds or not prediction.is_unfinished or not _places.acquire(blocking=False):
        return not prediction.is_unfinished
    try:
        with _listening(prediction.pk):
            return _look(prediction, time.monotonic() + seconds)
    finally:
        _places.release()


def _look(prediction: Prediction, end: float) -> bool:
    while True:
        # First of all: it may have been told before we listened.
        if not Prediction.objects.unfinished().filter(pk=prediction.pk).exists():
            prediction.refresh_from_db()
            return not prediction.is_unfinished
        left_s = end - time.monotonic()
        if left_s <= 0:
            return False
        _wait_for_word(min(LOOK_EVERY_S, left_s))


@contextmanager
def _listening(pk: UUID) -> Iterator[None]:
    channel = connection.ops.quote_name(channel_of(pk))
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {channel}")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a lost connection listens no more
            cursor.execute(f"UNLISTEN {channel}")


def _wait_for_word(seconds: float) -> None:
    """Return when PostgreSQL has something to tell this connection, at most after so long."""
    with connection.wrap_database_errors:
        if not connection.connection.notifies:
            select.select([connection.connection], [], [], seconds)
            connection.connection.poll()
        connection.connection.notifies.clear()
