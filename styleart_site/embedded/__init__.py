"""The embedded PostgreSQL and Redis of one data folder, started by the first user, stopped by the last.

Every process that called `join` holds a shared lock on `run/users.lock` for as long as it lives, its forked
children too. The first one starts a guardian: a small process in a session of its own that starts the servers,
watches over them, and stops them when nobody holds that lock any more. All locks are flocks: the kernel
drops them whatever way a process ends, and no list of process ids can go stale.

    run/users.lock      shared: every user; exclusive: the guardian while it shuts down
    run/guard.lock      exclusive: the guardian, for its lifetime
    run/start.lock      exclusive: whoever is starting a guardian
    run/<name>.wanted   touched by users: "this service, please, and try again now"
    run/state.json      written by the guardian: what is ready, what failed and why

This module holds the user's side; `guardian.py` the other one. Nothing here imports Django.
"""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .places import (
    POSTGRES_PORT,
    EmbeddedServiceError,
    Places,
    is_same_file,
    lock_within,
    plain_words,
)

__all__ = ["EmbeddedServiceError", "Services", "join"]

JOIN_TIMEOUT_S = 120  # a first start takes about 2 s; recovery after a power cut can take longer
ROLE = DATABASE = "styleart"


@dataclass(frozen=True)
class Services:
    """What `join` hands out; None for what was not asked for."""

    postgres: dict[str, Any] | None  # an entry of Django's DATABASES
    redis_socket: Path | None


def join(data_dir: Path, *, postgres: bool, redis: bool) -> Services:
    """Start or join the embedded services of this data folder, and keep them for the life of this process.

    May be called again at any time, also to have a killed guardian replaced; takes about a
    millisecond when all is running.

    Raises EmbeddedServiceError.
    """
    names = [name for name, asked in (("postgres", postgres), ("redis", redis)) if asked]
    places = Places(Path(data_dir).resolve())
    addresses: dict[str, str] = {}
    if names:
        with plain_words(places):
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
        "PORT": POSTGRES_PORT,
    }


_memberships: dict[Path, int] = {}  # data folder to the locked descriptor, inherited by forks


def _become_user(places: Places) -> None:
    held = _memberships.get(places.data_dir)
    if held is not None and is_same_file(held, places.run / "users.lock"):
        return
    lock = places.open_lock("users.lock")
    if not lock_within(lock, fcntl.LOCK_SH, JOIN_TIMEOUT_S):  # held while a guardian shuts down
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
    guardians_started = 0
    while addresses is None:
        if not places.guardian_lives():
            guardians_started += 1
            _start_guardian(places)
        _raise_if_failed(places, asked)
        if time.monotonic() > deadline or guardians_started > 5:
            raise EmbeddedServiceError(f"The embedded services do not get ready; look into {places.log}.")
        time.sleep(0.02)
        addresses = _ready(places, names)
    return addresses


def _ready(places: Places, names: list[str]) -> dict[str, str] | None:
    state = places.read_state()
    if not all(state.get(name, {}).get("state") == "ready" for name in names):
        return None
    if not places.guardian_lives() or not all(_accepts(state[name]["door"]) for name in names):
        return None
    return {name: state[name]["address"] for name in names}


def _accepts(door: str) -> bool:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(2)
        try:
            connection.connect(door)
        except OSError:
            return False
    return True


def _ask_for(places: Places, name: str) -> int:
    """Touch the wish; returns its time stamp, by which the guardian's answer is known to be one to us."""
    wish = places.wish(name)
    wish.touch(mode=0o600)
    places.give_to_owner(wish)
    return wish.stat().st_mtime_ns


def _raise_if_failed(places: Places, asked: dict[str, int]) -> None:
    state = places.read_state()
    for name, asked_at in asked.items():
        found = state.get(name, {})
        if found.get("state") == "failed" and found["asked"] >= asked_at:
            raise EmbeddedServiceError(found["error"])


def _start_guardian(places: Places) -> None:
    lock = places.open_lock("start.lock")
    try:
        if lock_within(lock, fcntl.LOCK_EX, JOIN_TIMEOUT_S) and not places.guardian_lives():
            _launch_guardian(places)
    finally:
        os.close(lock)


def _launch_guardian(places: Places) -> None:
    """Start it and wait until it holds its lock."""
    log = places.open_log("guardian.log")
    command = [sys.executable, "-m", "styleart_site.embedded", "guard", str(places.data_dir)]
    try:
        subprocess.run(
            command,
            cwd=Path(__file__).resolve().parents[2],
            env=_bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedServiceError(
            f"The embedded services could not be started; look into {places.log / 'guardian.log'}."
        ) from error
    finally:
        os.close(log)
    deadline = time.monotonic() + 10
    while not places.guardian_lives() and time.monotonic() < deadline:
        time.sleep(0.01)


def _bare_environment() -> dict[str, str]:
    """Nothing of the user's PG* or locale variables, and no secrets, in the servers' environment."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
