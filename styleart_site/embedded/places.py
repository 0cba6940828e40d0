"""The folders, locks and state file that users and guardian of one data folder share."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG_LIMIT_BYTES = 5_000_000
SOCKET_PATH_LIMIT_BYTES = 103  # macOS allows 103, Linux 107
POSTGRES_PORT = "5432"  # only a part of the socket's name: nothing listens on the network


class EmbeddedServiceError(Exception):
    """An embedded service cannot be had. The message is one sentence that says what to do."""


@dataclass(frozen=True)
class Places:
    """Where everything of one data folder lies."""

    data_dir: Path  # resolved

    @property
    def run(self) -> Path:
        return self.data_dir / "run"

    @property
    def log(self) -> Path:
        return self.data_dir / "log"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def key(self) -> str:
        """Names this folder where its path does not fit: in process titles and under /tmp."""
        return hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """`run`, or a private folder in /tmp where the path is too long or libpq would misread it."""
        longest = f"{self.run}/pg/.s.PGSQL.{POSTGRES_PORT}"
        if len(longest) <= SOCKET_PATH_LIMIT_BYTES and re.fullmatch(r"[\w./+-]+", longest, re.ASCII):
            return self.run
        return Path("/tmp") / f"styleart-{self.owner}-{self.key}"  # noqa: S108 (ownership is checked)

    @property
    def owner(self) -> int:
        """The user id of the folder's owner."""
        return self.data_dir.stat().st_uid

    def wish(self, name: str) -> Path:
        return self.run / f"{name}.wanted"

    def make(self) -> None:
        """Make the folders that users and guardian share."""
        for folder, mode in ((self.data_dir, 0o755), (self.run, 0o711), (self.log, 0o700)):
            if not folder.is_dir():
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                folder.chmod(mode)  # whatever the umask says: PostgreSQL's account must pass through
                self.give_to_owner(folder)

    def make_sockets(self) -> None:
        """Make the folder for the sockets. Raises EmbeddedServiceError where somebody else has made it."""
        if self.sockets == self.run:
            return
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            self.give_to_owner(self.sockets)
        found = self.sockets.lstat()
        if found.st_uid not in (self.owner, os.geteuid()) or found.st_mode & 0o022:
            raise EmbeddedServiceError(
                f"{self.sockets} belongs to somebody else; "
                "set STYLEART_DATA to a folder with a short and plain path, such as ~/styleart-data."
            )
        self.sockets.chmod(0o711)

    def give_to_owner(self, path: Path) -> None:
        """As root in somebody's data folder, leave nothing behind that its owner cannot use."""
        if os.geteuid() == 0:
            owner = self.data_dir.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def open_lock(self, name: str) -> int:
        """A file descriptor that forks inherit and other programs do not."""
        path = self.run / name
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.give_to_owner(path)
        return lock

    def open_log(self, name: str) -> int:
        """A file descriptor to append to this log, begun anew when it has grown large."""
        path = self.log / name
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT_BYTES:
                path.replace(path.with_suffix(".log.1"))
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.give_to_owner(path)
        return log

    def read_state(self) -> dict[str, Any]:
        """What the guardian last wrote; empty when there is nothing to read."""
        try:
            return json.loads(self.state.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}

    def write_state(self, state: dict[str, Any]) -> None:
        draft = self.state.with_suffix(".new")
        draft.write_text(json.dumps(state, indent=1))
        self.give_to_owner(draft)
        draft.replace(self.state)

    def guardian_lives(self) -> bool:
        lock = self.open_lock("guard.lock")
        try:
            return not try_lock(lock, fcntl.LOCK_SH)
        finally:
            os.close(lock)


def try_lock(lock: int, kind: int) -> bool:
    """Take the lock if nobody is in the way. `kind` is LOCK_SH or LOCK_EX."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(lock: int, kind: int, timeout_s: float) -> bool:
    """Take the lock, waiting for it; False when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not try_lock(lock, kind):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_same_file(descriptor: int, path: Path) -> bool:
    """False when the file that we opened has been deleted or replaced since."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def plain_words(places: Places) -> Iterator[None]:
    """Turn what the file system refuses into one sentence, raised as EmbeddedServiceError."""
    try:
        yield
    except PermissionError as error:
        raise EmbeddedServiceError(
            f"StyleArt may not use {error.filename or places.data_dir}; "
            "run it as the user who owns that folder, or choose another data folder with STYLEART_DATA."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "The disk is full; make some space, or choose another data folder with STYLEART_DATA."
        else:
            advice = (
                f"StyleArt cannot use the data folder {places.data_dir} ({error.strerror or error}); "
                "choose another one with STYLEART_DATA."
            )
        raise EmbeddedServiceError(advice) from error
