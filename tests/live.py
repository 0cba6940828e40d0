"""The whole site as a visitor meets it: web server, worker, scheduler, PostgreSQL, Redis and model, all real."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

import psutil
import psycopg2

from styleart_site import embedded

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ask: Callable[[], T], *, timeout_s: float, pause_s: float = 0.1) -> T:
    """Ask again and again until the answer is true; raises TimeoutError."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(pause_s)
    raise TimeoutError(f"{ask.__name__} was not true within {timeout_s} s")


def wait_for_script(page: "Page", expression: str, given: object = None, *, timeout_s: float = 30.0) -> None:
    """Ask a page again and again until this function is true, through reloads; raises TimeoutError.

    Playwright's own wait_for_function asks by `eval` after the first time, which the site's CSP refuses.
    """
    from playwright.sync_api import Error

    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with contextlib.suppress(Error):  # between two pages there is nothing to ask
            if page.evaluate(expression, given):
                return
        page.wait_for_timeout(50)
    raise TimeoutError(f"{expression} was not true within {timeout_s} s")


class LiveSite:
    """bin/start's own supervisor with a data folder and a port of its own."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"STYLEART_DATA": str(data_dir), "PORT": str(self.port)} | environment
        self.launcher: list[str] = []  # goes before the command, such as `unshare`
        self.log = (data_dir.parent / "live.log").open("w")

    def start(self) -> None:
        """Start everything and wait until it is ready; the first time takes about half a minute."""
        self.run = subprocess.Popen(
            [*self.launcher, sys.executable, "-m", "styleart_site.run"],
            cwd=ROOT, env=self.environment, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait_until(self.is_ready, timeout_s=240)

    def is_ready(self) -> bool:
        if self.run.poll() is not None:
            raise RuntimeError(f"The site ended at once:\n{Path(self.log.name).read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        self.run.send_signal(signal.SIGINT)
        try:
            self.run.wait(timeout=60)
        finally:
            if self.run.poll() is None:
                self.run.kill()
            self.log.close()

    def worker_processes(self) -> list[psutil.Process]:
        """The Celery worker and its children, as they are now."""
        children = psutil.Process(self.run.pid).children(recursive=True)
        return [child for child in children if self._is_worker(child)]

    def _is_worker(self, process: psutil.Process) -> bool:
        try:
            command = process.cmdline()
        except psutil.NoSuchProcess:
            return False
        return any("celery" in word for word in command) and "worker" in command

    def query(self, sql: str, *values: object) -> list[tuple]:
        """Ask the site's own database."""
        place = embedded.join(self.data_dir, postgres=True, redis=False).postgres
        with (
            psycopg2.connect(
                dbname=place["NAME"], user=place["USER"], host=place["HOST"], port=place["PORT"] or None
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, values)
            return cursor.fetchall()

    def link_mailed_to(self, address: str) -> str:
        """The link in the newest mail to this address."""
        mails = sorted(
            (self.data_dir / "mail").iterdir(), key=lambda file: file.stat().st_mtime, reverse=True
        )
        text = next(mail.read_text() for mail in mails if address in mail.read_text())
        return unquote(re.search(r"http://\S+", text.replace("=\n", ""))[0])
