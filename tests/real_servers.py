"""PostgreSQL and Redis as a real site has them: on TCP ports, with a password; a data folder of their own each.

The programs are those of the embedded services, so that no installed server is needed.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from styleart_site.embedded import accounts, postgres, redis
from tests.live import free_port, wait_until

PASSWORD = "a word with @ and /"


@dataclass(frozen=True)
class Servers:
    """Where they listen."""

    postgres_port: int
    redis_port: int

    @property
    def database_url(self) -> str:
        return (
            f"postgres://styleart:a%20word%20with%20%40%20and%20%2F@127.0.0.1:{self.postgres_port}/styleart"
        )

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """Start both, and stop them in the end."""
    servers = Servers(free_port(), free_port())
    started = []
    # Not below pytest's folders: these are closed to the account that PostgreSQL runs as when we are root.
    folder = Path(tempfile.mkdtemp(prefix="styleart-servers-"))
    folder.chmod(0o711)
    try:
        started += [_start_postgres(folder / "pg", servers.postgres_port)]
        started += [_start_redis(folder / "redis", servers.redis_port)]
        wait_until(lambda: _has_database(servers.postgres_port), timeout_s=60)
        yield servers
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder)


def _start_postgres(folder: Path, port: int) -> subprocess.Popen:
    folder.mkdir(parents=True)
    account = accounts.account_for_postgres(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    programs = postgres._programs()
    launcher = accounts.launcher_for(account, [programs / "postgres", folder])
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    make = ["initdb", "-D", data, "-U", "styleart", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    subprocess.run([*launcher, programs / make[0], *make[1:]], check=True, capture_output=True, cwd="/")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",
    }
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with (folder.parent / "postgres.log").open("w") as log:
        command = [*launcher, programs / "postgres", "-D", data, *words]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/")


def _has_database(port: int) -> bool:
    where = {"host": "127.0.0.1", "port": port, "user": "styleart", "password": PASSWORD}
    try:
        with contextlib.closing(psycopg2.connect(dbname="postgres", **where)) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE styleart")
    except psycopg2.OperationalError:
        time.sleep(0.1)
        return False
    return True


def _start_redis(folder: Path, port: int) -> subprocess.Popen:
    folder.mkdir(parents=True)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder.parent / "redis.log").open("w") as log:
        return subprocess.Popen([redis._program(), *options], stdout=log, stderr=log)
