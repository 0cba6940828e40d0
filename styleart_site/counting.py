"""How many processes count together: each writes its numbers into files of its own, and whoever is asked adds them up.

Imported before any metric is made, by the settings.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE_BYTES = {"counter": 1 << 16, "histogram": 1 << 18}  # nothing else is kept in files; they may grow
SOME_OTHER_MACHINE_S = (
    7 * 24 * 3600.0
)  # files of another machine that nobody wrote to for so long are history


def share(folder: Path) -> bool:
    """Have every metric of this process, and of those that it forks, counted in `folder`.

    Where nobody may write there, each process counts for itself: False. Nothing is written yet.
    """
    nearest = next(place for place in [folder, *folder.parents] if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return False
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(process_identifier=_Identity(folder))
    return True


class _Identity:
    """The name of this process's files: machine and process, as two containers may share the folder.

    prometheus_client asks before each count, which is how a fork is noticed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid: int | None = None  # nothing is counted yet

    def __call__(self) -> str:
        name = f"{_machine()}-{os.getpid()}"
        if self._pid is None:
            self._pid = 0
        elif self._pid != os.getpid():
            self._pid = os.getpid()
            self._folder.mkdir(parents=True, exist_ok=True)
            for kind in FILE_BYTES:
                _make_file(self._folder, kind, name)
        return name


def _make_file(folder: Path, kind: str, name: str) -> Path:
    """Take its room on the disk now: a file with holes, mapped, kills its process when the disk is full."""
    path = folder / f"{kind}_{name}.db"
    with path.open("a+b") as file:
        if hasattr(os, "posix_fallocate") and os.fstat(file.fileno()).st_size == 0:
            with suppress(OSError):  # then it goes without
                os.posix_fallocate(file.fileno(), 0, FILE_BYTES[kind])
    return path


def _machine() -> str:
    return socket.gethostname().replace("_", "-")


@contextmanager
def at_rest(folder: Path) -> Iterator[None]:
    """While this is open nobody folds files together."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fold(folder: Path) -> None:
    """Add the files of processes that have ended to one file of each kind: children come and go by the dozen.

    Call it inside `at_rest`. A file that cannot be read, as a full disk leaves it, is dropped.
    """
    from prometheus_client.mmap_dict import MmapedDict

    for kind in FILE_BYTES:
        ended = [path for path in folder.glob(f"{kind}_*.db") if _has_ended(path)]
        if not ended:
            continue
        total = MmapedDict(str(_make_file(folder, kind, f"{_machine()}-ended")))
        for path in ended:
            with suppress(Exception):
                for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):
                    total.write_value(key, total.read_value(key)[0] + value, timestamp)
            path.unlink()
        total.close()


def _has_ended(path: Path) -> bool:
    machine, _, process = path.stem.partition("_")[2].rpartition("-")
    if process == "ended":
        return False
    if machine != _machine():
        return time.time() - path.stat().st_mtime > SOME_OTHER_MACHINE_S
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return False
