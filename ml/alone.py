"""Let one training at a time make what several would like to have."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """While entered, nobody else is inside for the same file: whoever comes second waits.

    A lock beside the file, which stays empty, holds the others back until its holder leaves or dies.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another training makes {file}; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
