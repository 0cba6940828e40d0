"""Run several programs as one: their output side by side, restarted when they die, ended together."""

import contextlib
import ctypes
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

TERMINATE_WITHIN_S = 8.0  # after Ctrl-C: somebody is waiting at the terminal
STABLE_S = 60.0  # a child that lived this long starts again at once
LONGEST_PAUSE_S = 30.0
FAILED_STARTS = 3  # so many deaths of one child before all was ready, and we give up
KEEP_UP_EVERY_S = 3.0
LOG_LIMIT_BYTES = 5_000_000
COLOURS = (36, 33, 35, 32)  # cyan, yellow, magenta, green
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def _drain_s() -> float:
    """After SIGTERM: they may finish what is under way. Asked late: `.env` may say it, and is read meanwhile."""
    return float(os.environ.get("DRAIN_S") or 20) + 8


def die_with_parent() -> None:
    """In a new child: have the kernel end it should we be killed (Linux)."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program and how it fares."""

    name: str
    command: list[str]
    cwd: Path | None = None
    env: dict[str, str] | None = None
    process: subprocess.Popen | None = None
    deaths: int = 0
    started_at: float = 0.0
    pause_s: float = 0.0
    next_start_at: float = field(default=0.0)

    def start(self, tell: Callable[[str], None]) -> None:
        """Call it in the main thread only: `die_with_parent` means the starting thread."""
        # A session of its own: Ctrl-C in the terminal reaches us only, and we can end its whole family.
        self.process = subprocess.Popen(
            self.command,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self.started_at = time.monotonic()
        threading.Thread(target=_relay, args=(self.process.stdout, tell), daemon=True).start()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_death(self) -> str:
        """Plan the next start; returns how it ended, in words."""
        self.deaths += 1
        stable = time.monotonic() - self.started_at > STABLE_S
        self.pause_s = 0.0 if stable else min(max(0.5, 2 * self.pause_s), LONGEST_PAUSE_S)
        self.next_start_at = time.monotonic() + self.pause_s
        code, self.process = self.process.returncode, None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def send(self, number: int) -> None:
        """To the program itself; SIGKILL also to everything it started."""
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


def _relay(output: TextIO, tell: Callable[[str], None]) -> None:
    with output:
        for line in output:
            if line.strip():
                tell(line.rstrip())


class Supervisor:
    """Keeps children running until SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, children: list[Child], *, log: Path) -> None:
        self.children = children
        self.has_been_ready = False
        self._signals: list[int] = []
        self._wake = threading.Event()
        self._voices = _Voices([child.name for child in children], log)

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        ready_timeout_s: float,
        greeting: str,
        keep_up: Callable[[], object],
    ) -> None:
        """Start all, greet when ready, and return after all have ended.

        Gives up when a child keeps dying, or the time is over, before all was ready.
        """
        self._listen_for_signals()
        threading.Thread(target=self._keep_up, args=(keep_up,), daemon=True).start()
        begun = time.monotonic()
        try:
            while not self._signals:
                self._note_deaths()
                if not self.has_been_ready:
                    if self._is_hopeless() or time.monotonic() - begun > ready_timeout_s:
                        break
                    self._greet_if(is_ready, greeting)
                self._start_missing()
                self._wake.wait(0.2)
        finally:
            self._end_all()

    def _listen_for_signals(self) -> None:
        def note(number: int, _frame: FrameType | None) -> None:
            self._signals.append(number)
            self._wake.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, note)

    def _note_deaths(self) -> None:
        for child in self.children:
            if child.process is not None and not child.is_running:
                how = child.note_death()
                again = "" if self._is_hopeless() else " and is started again"
                self._voices.own(f"{child.name} {how}{again}")

    def _start_missing(self) -> None:
        for child in self.children:
            if child.process is None and time.monotonic() >= child.next_start_at:
                child.start(self._voices.of(child.name))

    def _is_hopeless(self) -> bool:
        return not self.has_been_ready and any(child.deaths >= FAILED_STARTS for child in self.children)

    def _greet_if(self, is_ready: Callable[[], bool], greeting: str) -> None:
        if is_ready():
            self.has_been_ready = True
            for child in self.children:
                child.deaths = 0
            self._voices.plain(greeting)

    def _keep_up(self, keep_up: Callable[[], object]) -> None:
        """Look after what the children need, in a thread: it may take a while when there is trouble."""
        said = ""
        while not self._signals:
            time.sleep(KEEP_UP_EVERY_S)
            try:
                keep_up()
                said = ""
            except Exception as error:  # said once, and tried again
                if str(error) != said:
                    said = str(error)
                    self._voices.own(said)

    def _end_all(self) -> None:
        running = [child for child in self.children if child.is_running]
        if running:
            self._voices.own("stopping; press Ctrl-C again to stop at once")
        signals_before = len(self._signals)
        for child in running:
            child.send(signal.SIGTERM)
        is_drained = self._signals[-1:] == [signal.SIGTERM]
        deadline = time.monotonic() + (_drain_s() if is_drained else TERMINATE_WITHIN_S)
        while any(child.is_running for child in running):
            if time.monotonic() > deadline or len(self._signals) > signals_before:
                for child in running:
                    child.send(signal.SIGKILL)
            time.sleep(0.05)
        self._voices.own("stopped")


class _Voices:
    """Prints lines of several speakers with their names before them, to the terminal and to a log."""

    def __init__(self, names: list[str], log: Path) -> None:
        self._width = max(len(name) for name in [*names, "site"])
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._colours = dict(zip(names, itertools.cycle(COLOURS), strict=False)) if coloured else {}
        self._lock = threading.Lock()
        log.parent.mkdir(mode=0o700, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        self._log = log.open("a", buffering=1, errors="replace")
        log.chmod(0o600)  # what goes on here is nobody else's business

    def of(self, name: str) -> Callable[[str], None]:
        label = f"{name:<{self._width}} | "
        shown = f"\033[{self._colours[name]}m{label}\033[0m" if name in self._colours else label

        def tell(line: str) -> None:
            self._write(shown + line, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {label}{line}")

        return tell

    def own(self, line: str) -> None:
        self.of("site")(line)

    def plain(self, text: str) -> None:
        self._write(text, "")

    def _write(self, shown: str, logged: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # a closed terminal must not stop the site
            if logged:
                self._log.write(logged + "\n")
            sys.stdout.write(shown + "\n")
            sys.stdout.flush()
