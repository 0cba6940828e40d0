"""Work that only one process may do at a time, whichever machine it runs on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


class Taken(RuntimeError):  # noqa: N818 - reads as what happened
    """Another process is at this work."""


@contextmanager
def alone(lock: int, *, patience_s: float = 0) -> Iterator[None]:
    """Hold one of PostgreSQL's advisory locks, which ends with the connection at the latest.

    Raises Taken when another process holds it for longer than `patience_s`.
    """
    give_up = time.monotonic() + patience_s
    while not _ask("pg_try_advisory_lock", lock):
        if time.monotonic() > give_up:
            raise Taken
        time.sleep(0.1)
    try:
        yield
    finally:
        if connection.is_usable():  # a lost connection has taken the lock along
            _ask("pg_advisory_unlock", lock)


def _ask(function: str, lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [lock])
        return cursor.fetchone()[0]
