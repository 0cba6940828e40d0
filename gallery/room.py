"""Room on the disk, and how its end is recognized."""

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # no space, a quota, a limit of this process


def is_full(error: BaseException | None) -> bool:
    """Whether this error says that there is no room for a file."""
    return isinstance(error, OSError) and error.errno in FULL
