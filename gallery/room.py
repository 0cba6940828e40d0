"""Room on the disk, and how its end is recognized."""

import errno

from django.db import DatabaseError

DISK_FULL = "53100"  # PostgreSQL's own code
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # no space, a quota, a limit of this process


def is_full(error: BaseException | None) -> bool:
    """Whether this error says that there is no room for a file, or for a row of the database."""
    if isinstance(error, DatabaseError):
        return getattr(error.__cause__, "pgcode", None) == DISK_FULL
    return isinstance(error, OSError) and error.errno in FULL
