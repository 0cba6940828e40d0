"""The whole site, running for a benchmark, and those who send pictures to it."""

import http.client
import io
import json
import os
import platform
import shlex
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from PIL import Image

from gallery.studies import paint
from tests.live import LiveSite

UNLIMITED = dict.fromkeys(
    ["API_UPLOADS_PER_MINUTE", "API_UPLOADS_PER_DAY", "API_REQUESTS_PER_MINUTE"], "1000000000"
)
OWN = {"READ_DOTENV": "false", "DATABASE_URL": "", "REDIS_URL": "", "SAMPLE_STUDIES_PER_STYLE": "0"}
SIZES = {"0.2": (520, 390), "1": (1152, 864), "12": (4000, 3000)}  # Mpx: width and height
STYLES = ("impressionism", "cubism", "baroque", "pop-art")
VISITOR = {"email": "visitor@example.org", "password": "a-quiet-room"}
Pieces = Sequence[bytes | memoryview]  # sent one after another: so those who send do not copy pictures

ASK_AGAIN_S = 0.25  # of whoever was not answered yet


def headline() -> str:
    """What was measured where: the command, the machine, its load."""
    command = shlex.join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]])
    memory = psutil.virtual_memory().total / 2**30
    return f"`{command}`, {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {load()}"


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


@contextmanager
def running_site(**environment: str) -> Iterator[LiveSite]:
    """A new site in a folder of its own, without limits of the API; the first start takes most of a minute."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # servers may write until they have ended
        site = LiveSite(Path(folder) / "var", **UNLIMITED, **OWN, **environment)
        try:
            site.start()
            yield site
        finally:
            site.stop()


def sign_in(site: LiveSite) -> str:
    """The demo user's session token, as an app gets it."""
    who = json.dumps(VISITOR).encode()
    address = f"{site.url}/_allauth/app/v1/auth/login"
    request = urllib.request.Request(address, who, {"Content-Type": "application/json"})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)["meta"]["session_token"]


class Client:
    """One who sends a picture, waits for its answer, and sends the next. For one thread."""

    def __init__(self, site: LiveSite, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
        self._headers = {"X-Session-Token": token}

    def answer_s(self, picture: Pieces, *, prefer_wait: bool) -> float:
        """Seconds from sending it to its answer. Raises RuntimeError where there is none."""
        body, kind = as_form(picture)
        headers = {"Content-Type": kind, "Content-Length": str(sum(map(len, body)))}
        if prefer_wait:
            headers["Prefer"] = "wait=10"
        began = time.perf_counter()
        status, told = self.ask("POST", "/api/v1/predictions/", body, headers)
        while status in {200, 202} and told["status"] in {"queued", "running"}:
            time.sleep(ASK_AGAIN_S)
            status, told = self.ask("GET", f"/api/v1/predictions/{told['id']}/")
        if told.get("status") != "done":
            raise RuntimeError(f"No answer: {status} {told}")
        return time.perf_counter() - began

    def ask(
        self, method: str, path: str, body: Pieces | None = None, headers: dict | None = None
    ) -> tuple[int, dict]:
        try:
            return self._ask(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()  # the server closes what was quiet for two seconds
            return self._ask(method, path, body, headers)

    def _ask(self, method: str, path: str, body: Pieces | None, headers: dict | None) -> tuple[int, dict]:
        self._connection.request(method, path, body, self._headers | (headers or {}))
        response = self._connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data.startswith(b"{") else {}


def as_form(picture: Pieces) -> tuple[Pieces, str]:
    """The body of an upload and its Content-Type."""
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    return [head.encode(), *picture, f"\r\n--{edge}--\r\n".encode()], f"multipart/form-data; boundary={edge}"


def paintings(size: str) -> list[bytes]:
    """JPEGs of one of SIZES, painted by our own code, with the grain of a photograph."""
    width, height = SIZES[size]
    chance = np.random.default_rng(20)
    made = []
    for style in STYLES:
        study = paint(style, 1).image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
        grain = chance.normal(0, 4, (height, width, 1)).astype(np.float32)
        pixels = (np.asarray(study, np.float32) + grain).clip(0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=90)
        made.append(out.getvalue())
    return made


def never_seen(painting: bytes) -> Pieces:
    """The same pixels in other bytes: a JPEG with a comment of its own."""
    comment = uuid.uuid4().bytes
    head = painting[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return [head, memoryview(painting)[2:]]


def memory_mb(process: psutil.Process) -> float:
    """What a process holds, shared pages by their share (PSS), in MB of 10^6 bytes; resident where nobody tells."""
    full = process.memory_full_info()
    return getattr(full, "pss", full.rss) / 1e6
