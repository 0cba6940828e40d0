"""HTTP for the local WikiArt: sessions, limits, faults, robots.txt, counters."""

import json
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import families, world
from .faults import Faults
from .world import World, fraction

ROBOTS = "User-agent: *\nDisallow: /en/App/Account\nDisallow: /*/secret\n"
ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body>Something went wrong.</body></html>"
)


class WikiArtServer(ThreadingHTTPServer):
    """A WikiArt on this machine. `requests` counts calls by path, `sent` those that were answered whole."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        world: World,
        faults: Faults,
        *,
        codes: tuple[str, str] = ("", ""),
        api_calls_per_hour: int | None = None,
        hour_s: float = 3600.0,
        calls: tuple[int, float] | None = None,  # so many in so many seconds
        session_calls: int | None = None,  # after which a session has ended
        slow_s: float = 1.0,
        retry_after_s: int = 1,
        robots: str = ROBOTS,
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.world, self.faults, self.codes, self.robots = world, faults, codes, robots
        self.slow_s, self.retry_after_s, self.session_calls = slow_s, retry_after_s, session_calls
        self.requests: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.user_agents: set[str] = set()
        self.sessions: dict[str, int] = {}  # calls by key
        self._api_limit = Limit(api_calls_per_hour, hour_s)
        self._call_limit = Limit(*(calls or (None, 1.0)))
        self._lock = threading.Lock()

    def count(self, counter: Counter[str], path: str, by: int = 1) -> None:
        with self._lock:
            counter[path] += by

    def log_in(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Raises Missing for wrong codes."""
        if not self.codes[0] or (query.get("accessCode"), query.get("secretCode")) != self.codes:
            raise families.Missing("codes")
        with self._lock:
            key = f"session{len(self.sessions) + 1:04}"
            self.sessions[key] = 0
        return {"SessionKey": key, "MaxRequestsPerHour": 400, "MaxSessionsPerHour": 10}

    def knows_session(self, key: str | None) -> bool:
        """Whether a call may be made: without a key it may, with one that has not ended."""
        if key is None:
            return True
        with self._lock:
            if key not in self.sessions:
                return False
            self.sessions[key] += 1
            return self.session_calls is None or self.sessions[key] <= self.session_calls

    def is_over_limit(self, *, is_api: bool) -> str:
        if not self._call_limit.allows():
            return "busy"
        return "limit" if is_api and not self._api_limit.allows() else ""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed amid an answer is nothing to write about."""


class Limit:
    """So many calls in any span of so many seconds; none refused without a number."""

    def __init__(self, number: int | None, span_s: float) -> None:
        self._number, self._span_s = number, span_s
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        if self._number is None:
            return True
        with self._lock:
            now = time.monotonic()
            while self._times and now - self._times[0] >= self._span_s:
                self._times.popleft()
            if len(self._times) >= self._number:
                return False
            self._times.append(now)
            return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: WikiArtServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.user_agents.add(self.headers.get("User-Agent", ""))
        if path == "/-/requests":  # for demonstrations
            self._send(200, json.dumps({"requests": self.server.requests, "sent": self.server.sent}).encode())
            return
        self.server.count(self.server.requests, path)
        if path == "/robots.txt":
            self._send(200, self.server.robots.encode(), "text/plain; charset=utf-8")
        elif path.startswith("/Content/images/") or "/images/" in path:
            self._picture(path)
        else:
            self._data(path, query)

    def do_POST(self) -> None:
        """Listing pages answer these, too."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def _data(self, path: str, query: dict[str, str]) -> None:
        language, _, rest = path.lstrip("/").partition("/")
        rest = f"/{rest}"
        if rest.lower().startswith("/app/home/error"):
            self._send(500, ERROR_PAGE, "text/html; charset=utf-8")
            return
        is_api = rest.lower().startswith("/api/2/")
        fault = self.server.faults.next(self.path, "page" if _is_page(query, rest) else "json")
        fault = self.server.is_over_limit(is_api=is_api) or fault
        if self._refuse(fault):
            return
        try:
            answer = self._answer(language, rest, query, is_api=is_api)
        except families.Missing as missing:
            body = {"message": f"Not found: {missing}", "status": 404}
            self._send(404, json.dumps(body).encode())
            return
        except families.Broken:
            self._send(302, b"", location="/en/App/Home/Error/1234")
            return
        if answer is None:
            self._send(401, json.dumps({"message": "Session expired", "status": 401}).encode())
            return
        if fault == "short":
            answer = families.shortened(answer, fraction(self.path, "short"))
        self._send_with(fault, json.dumps(answer).encode(), "application/json; charset=utf-8", path)

    def _answer(self, language: str, rest: str, query: dict[str, str], *, is_api: bool) -> Any:
        """None where the session has ended."""
        if not language.isalpha() or len(language) != 2:
            raise families.Missing(language)
        if rest.lower() == "/api/2/login":
            return self.server.log_in(query)
        if is_api and not self.server.knows_session(query.get("authSessionKey")):
            return None
        return families.answer(self.server.world, rest, query, self.server.url)

    def _picture(self, path: str) -> None:
        fault = self.server.faults.next(self.path, "picture")
        if self._refuse(fault):
            return
        body = self._picture_bytes(path)
        if body is None:
            self._send(404, ERROR_PAGE, "text/html; charset=utf-8")
            return
        if fault == "truncated" and fraction(self.path, self.server.requests[path]) < 0.5:
            self._send(200, body[: len(body) // 2], "image/jpeg")  # it looks whole
            return
        self._send_with(fault, body, "image/jpeg", path)

    def _picture_bytes(self, path: str) -> bytes | None:
        if path.startswith("/Content/images/"):
            return world.placeholder()
        original, _, suffix = path.partition("!")
        rendition = suffix.partition(".")[0]
        work = self.server.world.by_picture.get(original)
        if work:
            return world.picture(work, rendition)
        slug = Path(original).stem
        painter = self.server.world.by_slug.get(slug)
        return world.portrait(painter.number) if painter else None

    def _refuse(self, fault: str) -> bool:
        """Whether a fault took the place of the answer."""
        match fault:
            case "error":
                self._send(500, ERROR_PAGE, "text/html; charset=utf-8")
            case "html":
                self._send(200, ERROR_PAGE, "text/html; charset=utf-8")
            case "busy":
                self._send(429, b"Slow down", "text/plain", retry_after=self.server.retry_after_s)
            case "limit":
                self._send(429, json.dumps({"message": "Requests limit exceeded", "status": 429}).encode())
            case "reset" if fraction(self.path, "when") < 0.5:
                self._reset()
            case _:
                return False
        return True

    def _send_with(self, fault: str, body: bytes, kind: str, path: str) -> None:
        if fault in ("reset", "truncated"):
            self._head(200, kind, len(body))
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if fault == "reset":
                self._reset()
            else:
                self.close_connection = True
            return
        if fault == "slow":
            time.sleep(self.server.slow_s)
        self.server.count(self.server.sent, path)  # before, so that whoever has the answer finds it counted
        try:
            self._send(200, body, kind)
        except OSError:
            self.server.count(self.server.sent, path, -1)
            raise

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json; charset=utf-8",
        *,
        retry_after: int | None = None,
        location: str = "",
    ) -> None:
        self._head(status, kind, len(body), retry_after, location)
        self.wfile.write(body)
        self.wfile.flush()

    def _head(
        self, status: int, kind: str, length: int, retry_after: int | None = None, location: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        if location:
            self.send_header("Location", location)
        self.end_headers()

    def _reset(self) -> None:
        """Tear the connection down: the other side reads ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: thousands of calls are made."""


def _is_page(query: Mapping[str, str], rest: str) -> bool:
    return "page" in query or rest.lower() in ("/api/2/updatedartists", "/api/2/mostviewedpaintings")


@contextmanager
def running(
    *,
    works: int | None = None,
    folder: Path | None = None,
    world: World | None = None,
    faults: float | Mapping[str, float] | Faults = 0.0,
    seed: int = 1,
    port: int = 0,
    **options: Any,
) -> Iterator[WikiArtServer]:
    """A server in this process: over so many made-up works, a folder, or else the generated studies."""
    world = world or make_world(works=works, folder=folder, seed=seed)
    faults = faults if isinstance(faults, Faults) else Faults(faults, seed)
    with WikiArtServer(port, world, faults, **options) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def make_world(*, works: int | None, folder: Path | None, seed: int) -> World:
    if works is not None:
        return World.made_up(works, seed)
    return World.of_folder(folder, seed) if folder else World.of_studies(seed)
