"""Starting and ending server processes, our own children or not."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil

from .places import Places

STOP_TIMEOUT_S = 20


def spawn(command: list[str], places: Places, log_name: str, *, cwd: Path = Path("/")) -> psutil.Process:
    """Start a server whose output goes to a log of ours."""
    log = places.open_log(log_name)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd)
    finally:
        os.close(log)
    child.returncode = 0  # psutil waits for it from here on
    return psutil.Process(child.pid)


def is_alive(process: psutil.Process | None) -> bool:
    """True for a running process; reaps our own dead children."""
    if process is None:
        return False
    try:
        process.wait(timeout=0)
    except psutil.TimeoutExpired:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return False


def end(process: psutil.Process, signals: tuple[int, ...] = (signal.SIGTERM, signal.SIGKILL)) -> None:
    """Send one signal after the other, a while apart, until the process is gone."""
    for number in signals:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not is_alive(process):
                return
            time.sleep(0.02)


def size_of(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def last_words(log: Path, since_byte: int) -> str:
    """The last line that a server wrote to its log that tells a reason."""
    lines = log.read_bytes()[since_byte:].decode(errors="replace").splitlines() if log.exists() else []
    telling = [line for line in lines if re.search(r"FATAL|PANIC|rror|Can't|No space", line)]
    line = (telling or lines or ["it says nothing"])[-1]
    return re.sub(r"^.*?((FATAL|PANIC|initdb: error|setpriv): +|# )", "", line).strip().rstrip(".")
