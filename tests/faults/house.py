"""The running site, its servers, and whoever sends pictures while things break."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from styleart_site.demo import VISITOR
from tests import live

IS_FULL = os.environ.get("STYLEART_FAULTS") == "full"
LIMITS = {
    "TASK_TIME_LIMIT_S": "3",
    "CLASSIFY_LEASE_S": "9",
    "CLASSIFY_RESEND_S": "6",
    "SAMPLE_STUDIES_PER_STYLE": "0",
    "WORKER_MEMORY_MB": "140",
    "DRAIN_S": "15",
    "API_UPLOADS_PER_MINUTE": "1000000",
    "API_UPLOADS_PER_DAY": "1000000",
    "API_REQUESTS_PER_MINUTE": "1000000",
}
# PostgreSQL itself notes each time a row comes to its end, so that an answer given twice cannot hide.
WATCH = """
CREATE TABLE finishes (id uuid, status text);
CREATE FUNCTION note_finish() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO finishes VALUES (NEW.id, NEW.status); RETURN NULL; END$$;
CREATE TRIGGER note_finish AFTER UPDATE ON classifier_prediction FOR EACH ROW
  WHEN (NEW.finished_at IS NOT NULL AND NEW.finished_at IS DISTINCT FROM OLD.finished_at)
  EXECUTE FUNCTION note_finish();
SELECT 1
"""
ENDS = """
SELECT p.id::text, p.status, p.error_code, p.attempt,
  (SELECT count(*) FROM finishes f WHERE f.id = p.id)
FROM classifier_prediction p WHERE p.id = ANY(%s::uuid[])
"""
UNFINISHED = "SELECT count(*) FROM classifier_prediction WHERE status IN ('queued', 'running')"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass(frozen=True)
class End:
    """How one prediction ended, and how often it did."""

    status: str
    code: str
    attempt: int
    times: int

    @property
    def is_right(self) -> bool:
        """One answer, or one clear failure, after three attempts at most."""
        return self.times == 1 and self.attempt <= 3 and (self.status, bool(self.code)) in RIGHT_ENDS


RIGHT_ENDS = {("done", False), ("failed", True)}


@dataclass
class Sent:
    """What came of sending pictures: the ids that were accepted, how often which answer came, and how soon."""

    ids: list[str] = field(default_factory=list)
    answers: Counter = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # until each answer; to be told, never asserted


class House(live.LiveSite):
    def __init__(self, data_dir: Path, media: Path) -> None:
        super().__init__(data_dir, MEDIA_ROOT=str(media), **LIMITS)
        self.media = media  # the folder of the pictures as the site sees it
        self.token = ""

    # Asking

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> Reply:
        """Any answer but a lost connection, which is an OSError."""
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, dict(error.headers), error.read())

    def sign_in(self) -> None:
        """As the demo user."""
        who = json.dumps(dict(zip(("email", "password"), VISITOR, strict=False))).encode()
        answer = self.ask("/_allauth/app/v1/auth/login", who, **{"Content-Type": "application/json"})
        self.token = answer.json["meta"]["session_token"]

    def upload(self, picture: bytes, **headers: str) -> Reply:
        body, kind = as_form(picture)
        own = {"X-Session-Token": self.token, "Content-Type": kind}
        return self.ask("/api/v1/predictions/", body, **own, **headers)

    def send(self, picture: bytes, sent: Sent) -> str:
        """Send it until it is accepted, as any decent program does; gives its id."""
        for _ in range(300):
            begun = time.monotonic()
            try:
                answer = self.upload(picture)
            except OSError:
                sent.answers["lost"] += 1
            else:
                sent.answers[answer.status] += 1
                sent.seconds.append(time.monotonic() - begun)
                if answer.status in {200, 201, 202}:
                    sent.ids.append(answer.json["id"])
                    return sent.ids[-1]
            time.sleep(0.2)
        raise AssertionError(f"not accepted: {sent.answers}")

    def told(self, prediction: str) -> dict:
        """What its sender is told of it."""
        return self.ask(f"/api/v1/predictions/{prediction}/", **{"X-Session-Token": self.token}).json

    # What became of it

    def watch_finishes(self) -> None:
        self.query(WATCH)

    def wait_for_all(self, *, timeout_s: float = 120) -> None:
        live.wait_until(lambda: self.query(UNFINISHED) == [(0,)], timeout_s=timeout_s, pause_s=0.2)

    def ends_of(self, ids: list[str]) -> dict[str, End]:
        return {row[0]: End(*row[1:]) for row in self.query(ENDS, ids)}

    def original_of(self, prediction: str) -> Path:
        number = uuid.UUID(prediction)
        return self.media / "originals" / number.hex[:2] / str(number)

    def square_of(self, prediction: str) -> Path:
        return self.media / "derived" / "squares" / prediction

    def kept(self) -> set[str]:
        """The ids of all originals that are there."""
        return {path.name for path in self.media.glob("originals/*/*")}

    # Breaking things

    def service(self, name: str) -> psutil.Process:
        state = json.loads((self.data_dir / "run" / "state.json").read_text())
        return psutil.Process(state[name] if name == "guardian" else state[name]["pid"])

    def redis(self) -> redis.Redis:
        state = json.loads((self.data_dir / "run" / "state.json").read_text())
        return redis.Redis(unix_socket_path=state["redis"]["address"])

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Stop a server, and keep its guardian from starting it again meanwhile."""
        with asleep(self.service("guardian")):
            server = self.service(name)
            server.send_signal(signal.SIGINT if name == "postgres" else signal.SIGKILL)
            live.wait_until(lambda: not server.is_running() or server.status() == "zombie", timeout_s=30)
            yield

    def worker(self) -> psutil.Process:
        """The worker itself, once it has all its children."""

        def ask() -> psutil.Process | None:
            family = self.worker_processes()
            return family[0] if len(family) >= 3 else None

        return live.wait_until(ask, timeout_s=60)

    def log_text(self) -> str:
        return Path(self.log.name).read_text()


@contextmanager
def asleep(*processes: psutil.Process) -> Iterator[None]:
    """Processes that do nothing for a while, as if the machine had forgotten them."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def as_form(picture: bytes) -> tuple[bytes, str]:
    """The body of an upload and its Content-Type."""
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    return head.encode() + picture + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def tell(sentence: str) -> None:
    """Figures for whoever runs this with -s."""
    sys.stdout.write(f"\n{sentence}")
