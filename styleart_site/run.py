"""`bin/start`: prepare the site, then run web server, worker and scheduler until Ctrl-C.

This process stays small: Django lives in its children only.
"""

import argparse
import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from environs import Env, EnvError

from . import embedded, environment
from .embedded.places import Places, plain_words, try_lock
from .environment import REPOSITORY
from .probe import answers, host_of
from .supervisor import Child, Supervisor, die_with_parent

NEEDED_BYTES = 500_000_000  # a new database takes 60 MB, the sample catalogue 50; the rest is for pictures
READY_TIMEOUT_S = 120
# glibc would keep the memory of pictures, more of it for each thread and after each larger picture, and in pieces
# between which nothing large fits. What is large goes back at once; Pillow keeps some blocks for the next picture.
GIVE_BACK_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "131072",  # bytes
    "MALLOC_TRIM_THRESHOLD_": "8388608",  # less, and each upload asks the kernel for its pages anew
    "PILLOW_BLOCK_SIZE": "1m",
    "PILLOW_BLOCKS_MAX": "6",
}


class CannotStart(Exception):  # noqa: N818
    """The message says what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/start",
        description="Run the site, its worker and its scheduler on this machine until Ctrl-C.",
        epilog="PORT and STYLEART_DATA choose the port (8000) and the data folder (var). More in docs/run.md.",
    )
    parser.parse_args()
    try:
        run()
    except (CannotStart, embedded.EmbeddedServiceError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def run() -> None:
    """Returns when somebody pressed Ctrl-C; raises CannotStart when the site does not come up."""
    env = environment.read()
    port = _port(env)
    data_dir = env.path("STYLEART_DATA", REPOSITORY / "var").resolve()
    _check_port(port, host_of(env))
    _check_data_dir(data_dir)
    _claim(data_dir, port)
    wanted = {"postgres": not env.str("DATABASE_URL", ""), "redis": not env.str("REDIS_URL", "")}
    if any(wanted.values()):
        _say(f"Starting the embedded services in {data_dir} ...")
    embedded.join(data_dir, **wanted)
    accounts = _prepare()

    supervisor = Supervisor(_children(data_dir), log=data_dir / "log" / "site.log")
    supervisor.run(
        is_ready=lambda: answers(port, host_of(env)),
        ready_timeout_s=READY_TIMEOUT_S,
        greeting=_greeting(port, data_dir, accounts, sends_mail=bool(env.str("EMAIL_HOST", ""))),
        # A killed guardian is replaced.
        keep_up=lambda: embedded.join(data_dir, **wanted),
    )
    if not supervisor.has_been_ready:
        raise CannotStart("StyleArt did not come up; the lines above say why.")


def _port(env: Env) -> int:
    try:
        port = env.int("PORT", 8000)
    except EnvError as error:
        raise CannotStart(f"PORT is not a number: {env.str('PORT')!r}. Try PORT=8000 bin/start") from error
    if not 1 <= port <= 65535:
        raise CannotStart(f"PORT must be between 1 and 65535, not {port}. Try PORT=8000 bin/start")
    return port


def _check_port(port: int, host: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(_why_no_port(port, host, error)) from error


def _why_no_port(port: int, host: str, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Ports as low as {port} are for the system's own programs. Choose a higher one: PORT=8000 bin/start"
    if answers(port, host):
        return (
            f"StyleArt is already running at http://127.0.0.1:{port}. "
            f"For a second copy choose another port and folder: PORT={port + 1} STYLEART_DATA=var2 bin/start"
        )
    return f"Port {port} is taken by another program. Choose another one: PORT={port + 1} bin/start"


def _check_data_dir(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        raise CannotStart(
            f"StyleArt cannot write to {data_dir} ({error.strerror}). "
            "Choose another folder: STYLEART_DATA=~/styleart-data bin/start"
        ) from error
    if free < NEEDED_BYTES:
        raise CannotStart(
            f"Only {free / 1e6:.0f} MB are free on the disk of {data_dir}; StyleArt wants {NEEDED_BYTES / 1e6:.0f}. "
            "Make some space, or choose a folder on another disk: STYLEART_DATA=/path/to/folder bin/start"
        )


def _claim(data_dir: Path, port: int) -> None:
    """Hold this folder for as long as this process lives: two schedulers would get in each other's way."""
    places = Places(data_dir)
    with plain_words(places):
        places.make()
        lock = places.open_lock("site.lock")  # never closed
    if not try_lock(lock, fcntl.LOCK_EX):
        raise CannotStart(
            f"StyleArt is already running in {data_dir}, or stops just now. "
            f"For a second copy choose another port and folder: PORT={port} STYLEART_DATA=var2 bin/start"
        )


def _prepare() -> str:
    """Migrations and the rest, in a process of their own. Returns what it has to say about demo accounts."""
    command = [sys.executable, "-m", "styleart_site.prepare"]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=_child_environment(),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
        check=False,
    )
    if done.returncode:
        raise CannotStart("The preparation did not succeed; the lines above say why. Nothing is lost.")
    return done.stdout


def _children(data_dir: Path) -> list[Child]:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "styleart_site"]
    processes = f"--concurrency={min(2, os.cpu_count() or 1)}"
    schedule = data_dir / "beat" / "schedule"
    schedule.parent.mkdir(exist_ok=True)
    commands = {
        "web": [sys.executable, "-m", "gunicorn", "-c", "python:styleart_site.webserver"],
        "worker": [*celery, "worker", "-l", "INFO", processes, "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "-l", "WARNING", "--pidfile=", f"--schedule={schedule}"],
    }
    environment = _child_environment()
    return [Child(name, command, cwd=REPOSITORY, env=environment) for name, command in commands.items()]


def _child_environment() -> dict[str, str]:
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {"PYTHONUNBUFFERED": "1", "LOG_FORMAT": "lines"} | GIVE_BACK_MEMORY
    if os.geteuid() == 0:
        own["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    return one_thread | own | os.environ | {"DJANGO_SETTINGS_MODULE": "styleart_site.settings"}


def _greeting(port: int, data_dir: Path, accounts: str, *, sends_mail: bool) -> str:
    lines = [
        f"Open this:    http://127.0.0.1:{port}",
        *accounts.splitlines(),
        *([] if sends_mail else [f"Mails:        {data_dir / 'mail'} (nothing is sent from here)"]),
        f"Data, logs:   {data_dir}",
        "To stop:      Ctrl-C",
    ]
    return "\nStyleArt is running.\n\n" + "".join(f"  {line}\n" for line in lines)


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
