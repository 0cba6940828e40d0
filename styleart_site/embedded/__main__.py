"""`python -m styleart_site.embedded`: see what runs in a data folder, or stop it."""

import argparse
import contextlib
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path

from .guardian import Watch, guard
from .places import EmbeddedServiceError, Places, lock_within
from .postgres import Postgres
from .redis import Redis

STOP_TIMEOUT_S = 60


def show_status(places: Places) -> str:
    """One line for each service."""
    if not places.run.is_dir() or not places.guardian_lives():
        return f"Nothing runs in {places.data_dir}."
    state = places.read_state()
    return "\n".join(_line(name, state.get(name, {"state": "down"})) for name in ("postgres", "redis"))


def _line(name: str, found: dict) -> str:
    if found["state"] == "ready":
        return f"{name}: ready, process {found['pid']}, socket {found['address']}"
    return f"{name}: {found['state']} {found.get('error', '')}".rstrip()


def stop(places: Places) -> str:
    """Stop the servers of this folder if nobody uses them, also those that a killed guardian has left.

    Raises EmbeddedServiceError while they are in use.
    """
    if not places.run.is_dir():
        return f"Nothing runs in {places.data_dir}."
    users_lock = places.open_lock("users.lock")
    if not lock_within(users_lock, fcntl.LOCK_EX, 1):
        raise EmbeddedServiceError(
            f"The services in {places.data_dir} are in use; stop what uses them first (Ctrl-C in bin/start)."
        )
    if places.guardian_lives() and (guardian := places.read_state().get("guardian")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(guardian, signal.SIGTERM)
    guard_lock = places.open_lock("guard.lock")
    if not lock_within(guard_lock, fcntl.LOCK_EX, STOP_TIMEOUT_S):
        raise EmbeddedServiceError(f"The services do not stop; look into {places.log}.")
    for server in (Redis(places), Postgres(places)):
        Watch(server, places.wish(server.name)).stop()
    return "Stopped."


def become_daemon() -> None:
    """Leave the caller's session and family, so that neither its Ctrl-C nor its end reaches us."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(process)d] %(message)s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m styleart_site.embedded", description=__doc__)
    parser.add_argument(
        "action", choices=["status", "stop", "guard"], help="'guard' is what StyleArt starts itself"
    )
    default = os.environ.get("STYLEART_DATA") or "var"
    parser.add_argument("data_dir", nargs="?", type=Path, default=Path(default), help=f"default: {default}")
    options = parser.parse_args()
    places = Places(options.data_dir.resolve())
    if options.action == "guard":
        become_daemon()
        guard(places.data_dir)
        return
    try:
        sys.stdout.write((show_status if options.action == "status" else stop)(places) + "\n")
    except EmbeddedServiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
