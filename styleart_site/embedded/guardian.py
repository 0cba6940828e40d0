"""The guardian: starts the servers of one data folder, watches over them, stops them after the last user.

It may be killed at any time: the servers go on, and the next guardian adopts them.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import psutil

from .places import EmbeddedServiceError, Places, is_same_file, lock_within, try_lock
from .postgres import Postgres
from .processes import end, is_alive
from .redis import Redis

LINGER_S = 2.0  # a row of manage.py commands does not restart everything each time
TICK_S = 0.2
START_TIMEOUT_S = 90
STABLE_S = 60  # what lived this long did not die of its start
LONGEST_PAUSE_S = 30.0

logger = logging.getLogger("styleart.embedded")


class Server(Protocol):
    """One server as the guardian sees it. `find`, `start` and `repair` may raise EmbeddedServiceError."""

    name: str
    stop_signals: tuple[int, ...]  # the next one when the one before did not help

    @property
    def address(self) -> str: ...  # what clients need

    @property
    def door(self) -> Path: ...  # the socket itself

    def find(self) -> psutil.Process | None: ...  # running already, started by an earlier guardian

    def start(self) -> psutil.Process: ...

    def answers(self) -> bool: ...

    def repair(self) -> bool: ...  # after a failed start; True when another try is worth it at once

    def why_not(self) -> str: ...  # one sentence


@dataclass
class Watch:
    """Keeps one server running: starts it, waits for its first answer, starts it again when it dies."""

    server: Server
    wish: Path
    state: str = "down"  # starting, ready, failed
    process: psutil.Process | None = None
    error: str = ""
    failures: int = 0  # starts in a row that came to nothing
    asked: int = 0  # time stamp of the wish that the present state answers
    started_at: float = 0.0
    pause_s: float = 0.0
    next_try_at: float = 0.0

    def tick(self) -> None:
        """Look once, do what is due. May take seconds when a database is made."""
        if self.state in ("starting", "ready"):
            self._notice_death()
        if self.state in ("down", "failed"):
            self._try_start()
        elif self.state == "starting":
            self._look_for_answer()

    def stop(self) -> None:
        with contextlib.suppress(EmbeddedServiceError):
            process = self.process or self.server.find()
            if process is not None:
                end(process, self.server.stop_signals)
        self.state, self.process = "down", None

    def report(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "address": self.server.address,
            "door": str(self.server.door),
            "pid": self.process.pid if self.process else None,
            "asked": self.asked,
            "error": self.error,
        }

    def _notice_death(self) -> None:
        if self.state == "ready" and not self.server.door.exists():
            logger.warning("the socket of %s was deleted", self.server.name)
            end(self.process, self.server.stop_signals)
        if is_alive(self.process):
            return
        if self.state == "starting":
            self._failed_to_start()
            return
        logger.warning("%s has died and is started again", self.server.name)
        self._pause(longer=time.monotonic() - self.started_at < STABLE_S)
        self.state, self.process = "down", None

    def _try_start(self) -> None:
        asked = self.wish.stat().st_mtime_ns
        if time.monotonic() < self.next_try_at and asked <= self.asked:
            return
        self.asked = asked
        try:
            self.process = self.server.find() or self.server.start()
        except (EmbeddedServiceError, OSError) as error:
            self._failed(str(error))
            return
        self.state, self.started_at = "starting", time.monotonic()

    def _look_for_answer(self) -> None:
        if self.server.answers():
            self.state, self.error, self.failures = "ready", "", 0
            logger.info("%s is ready, process %s", self.server.name, self.process.pid)
        elif time.monotonic() > self.started_at + START_TIMEOUT_S:
            end(self.process, (signal.SIGKILL,))
            self._failed_to_start()

    def _failed_to_start(self) -> None:
        reason = self.server.why_not()
        self.failures += 1
        # Killed while starting is no reason to give up; failing twice is.
        if self.server.repair() or self.failures == 1:
            logger.warning("%s", reason)
            self.state, self.process = "down", None
        else:
            self._failed(reason)

    def _failed(self, reason: str) -> None:
        logger.error("%s", reason)
        self._pause(longer=True)
        self.state, self.error, self.process, self.failures = "failed", reason, None, 0

    def _pause(self, *, longer: bool) -> None:
        self.pause_s = min(max(0.25, 2 * self.pause_s), LONGEST_PAUSE_S) if longer else 0.0
        self.next_try_at = time.monotonic() + self.pause_s


def guard(data_dir: Path) -> None:
    """Look after the servers of one data folder until nobody uses them any more."""
    places = Places(data_dir)
    guard_lock = places.open_lock("guard.lock")
    if not lock_within(guard_lock, fcntl.LOCK_EX, 2):  # somebody looking holds it for a moment only
        return
    watches = [Watch(server, places.wish(server.name)) for server in (Redis(places), Postgres(places))]
    users_lock = places.open_lock("users.lock")
    logger.info("guarding %s", data_dir)
    _keep_watch(places, watches, users_lock)
    # If the folder was deleted, what lies there now is another guardian's.
    is_still_ours = is_same_file(users_lock, places.run / "users.lock")
    if is_still_ours:
        places.state.unlink(missing_ok=True)
        for watch in watches:
            watch.wish.unlink(missing_ok=True)
    for watch in watches:
        watch.stop()
    if is_still_ours and places.sockets != places.run:
        shutil.rmtree(places.sockets, ignore_errors=True)
    logger.info("stopped")


def _keep_watch(places: Places, watches: list[Watch], users_lock: int) -> None:
    """Returns when asked to stop, or with the users' lock held when nobody has held it for a while."""
    stop_asked = _note_stop_signal()
    reported = None
    alone_since = None
    while not stop_asked and is_same_file(users_lock, places.run / "users.lock"):
        wanted = [watch for watch in watches if watch.wish.exists()]
        for watch in wanted:
            watch.tick()
        reported = _report(places, watches, reported)
        if not try_lock(users_lock, fcntl.LOCK_EX):
            alone_since = None
        else:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since >= LINGER_S:
                return
            fcntl.flock(users_lock, fcntl.LOCK_UN)
        settling = any(watch.state != "ready" for watch in wanted)
        time.sleep(0.02 if settling else TICK_S)


def _report(places: Places, watches: list[Watch], reported: dict[str, Any] | None) -> dict[str, Any]:
    """Write the state if it differs from what was reported last."""
    state = {"guardian": os.getpid()} | {watch.server.name: watch.report() for watch in watches}
    if state != reported:
        places.write_state(state)
    return state


def _note_stop_signal() -> list[int]:
    """A list that fills when somebody asks the guardian to stop."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGTERM, note)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    return received
