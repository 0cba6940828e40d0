"""Call somebody else's server politely: within its limits and its robots.txt, again when it stumbles.

Nothing here lets an address with its query come out: WikiArt's access codes and session keys travel
there. Messages and logs name host and path.
"""

import logging
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib import robotparser
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from .answers import PLACEHOLDERS
from .reasons import Reason

T = TypeVar("T")
Response = urllib3.BaseHTTPResponse

CHUNK_BYTES = 1 << 16
LOOK_UP_S = 0.2  # how often a wait asks whether to stop
LONGEST_PAUSE_S = 60.0
LONGEST_LIMIT_PAUSE_S = 900.0
MAX_ROBOTS_BYTES = 500 * 1024
MAX_REDIRECTS = 3
LIMIT_EXCEEDED = "limit exceeded"  # in WikiArt's answer to a call past the hourly limit

logger = logging.getLogger(__name__)


class WikiArtError(Exception):
    """What the caller may answer; the message is a sentence for people, a Reason where it may be kept."""


class Unreachable(WikiArtError):  # noqa: N818 - reads as what happened
    """No usable answer, and every try is used up. Later it may work."""


class NotFound(WikiArtError):  # noqa: N818
    """There is no such page; asking again does not help."""


class Refused(WikiArtError):  # noqa: N818
    """The server, or its robots.txt, does not want this call; asking again does not help."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Stopped(WikiArtError):  # noqa: N818
    """Somebody asked to stop."""


class Again(Exception):  # noqa: N818
    """This try failed and another may not: raised by those who read an answer.

    `code` is that of a Reason, whose facts are these and the address.
    """

    def __init__(
        self, code: str, /, *, after_s: float | None = None, is_limit: bool = False, **facts: Any
    ) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
        self.after_s = after_s  # what Retry-After said
        self.is_limit = is_limit


class _Redirect(Exception):  # noqa: N818
    def __init__(self, location: str) -> None:
        super().__init__("Look elsewhere.")
        self.location = location


class Bucket:
    """So many tokens, each back so many seconds after it was taken: never more calls in any such span."""

    def __init__(self, tokens: int, per_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens = tokens
        self._taken: deque[float] = deque(maxlen=2 * tokens)  # some of them in the future
        self._per_s = per_s
        self._clock = clock
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token, the next one that is free; gives the seconds until it may be used."""
        with self._lock:
            now = self._clock()
            is_empty = len(self._taken) >= self._tokens
            use_at = max(now, self._taken[-self._tokens] + self._per_s) if is_empty else now
            self._taken.append(use_at)
            return use_at - now

    def give_back(self) -> None:
        """Return the token taken last: whoever took it did not wait for it."""
        with self._lock:
            self._taken.pop()

    def ages(self) -> list[float]:
        """How many seconds ago each token was used that is not back yet; for another process to go by."""
        with self._lock:
            now = self._clock()
            return [now - used_at for used_at in self._taken if now - self._per_s < used_at <= now]

    def age(self, ages: list[float]) -> None:
        """Go by what another process used, oldest first."""
        with self._lock:
            now = self._clock()
            self._taken = deque([now - age for age in ages], maxlen=2 * self._tokens)


class Caller:
    """Asks for addresses, politely; any number of threads may share one.

    `stop` is asked before each call, during waits and while an answer comes in.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        stop: Callable[[], bool],
        may_redirect_to: Callable[[str], bool],  # whether a host is one of theirs
        timeout_s: float,
        retries: int,
        backoff_s: float,  # before the second try; doubles with each
        limit_wait_s: float,  # the same for "limit exceeded"
        patience_s: float,  # for limits altogether, and for one Retry-After
        deadline_s: float,  # for one answer, however steadily it trickles
    ) -> None:
        self.user_agent = user_agent
        self.stop = stop
        self.deadline_s = deadline_s
        self._may_redirect_to = may_redirect_to
        self._retries = retries
        self._backoff_s = backoff_s
        self._limit_wait_s = limit_wait_s
        self._patience_s = patience_s
        self._rules: dict[str, Rules] = {}
        self._rules_lock = threading.Lock()
        # We retry, wait and follow redirects ourselves: each is a call to be counted.
        self._options = {
            "num_pools": 16,
            "maxsize": 16,
            "retries": False,
            "timeout": urllib3.Timeout(timeout_s),
        }
        self._pools: dict[str, urllib3.PoolManager] = {}  # by proxy, "" for none
        self._pools_lock = threading.Lock()

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def ask(
        self,
        url: str,
        read: Callable[[Response], T],
        *,
        buckets: Sequence[Bucket],
        headers: dict[str, str] | None = None,
    ) -> T:
        """Ask for `url` and give what `read` makes of the answer; `read` raises Again if it is not whole.

        Raises Unreachable, NotFound, Refused, Stopped, and whatever `read` raises.
        """
        failures, waited_s = 0, 0.0
        while True:
            try:
                return self._follow(url, read, buckets, headers or {})
            except Again as again:
                trouble = again
            # Outside of `except`, so that no error drags the one before along, with the address in it.
            failures += 1
            reason = Reason(trouble.code, address=shown(url), **trouble.facts)
            pause_s = self._pause_s(trouble, failures)
            waited_s += pause_s
            is_last = waited_s > self._patience_s if trouble.is_limit else failures > self._retries
            if is_last or pause_s > self._patience_s:
                raise Unreachable(reason)
            logger.info("%s Try %d in %.1f s.", reason, failures + 1, pause_s)
            self.pause(pause_s)

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped as soon as somebody asks to stop."""
        end = time.monotonic() + seconds
        while not self.stop():
            rest = end - time.monotonic()
            if rest <= 0:
                return
            time.sleep(min(rest, LOOK_UP_S))
        raise Stopped("The import was asked to stop.")

    def body(self, response: Response, *, max_bytes: int, write: Callable[[bytes], object]) -> int:
        """Read an answer to its end; gives the number of bytes. Raises Again, Stopped."""
        end, count = time.monotonic() + self.deadline_s, 0
        for chunk in response.stream(CHUNK_BYTES):
            write(chunk)
            count += len(chunk)
            if count > max_bytes:
                raise Again("answer_too_large", most=max_bytes >> 20)
            if time.monotonic() > end:
                raise Again("answer_too_slow")
            if self.stop():
                raise Stopped("The import was asked to stop.")
        return count

    # One try

    def _follow(
        self, url: str, read: Callable[[Response], T], buckets: Sequence[Bucket], headers: dict[str, str]
    ) -> T:
        """One try, along redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            self._wait_for_turn(url, buckets)
            try:
                return self._once(url, read, headers)
            except _Redirect as redirect:
                location = redirect.location
            url = self._redirected(url, location)
        raise Again("circle")

    def _once(self, url: str, read: Callable[[Response], T], headers: dict[str, str]) -> T:
        """One call. Raises _Redirect, Again, NotFound, Refused, Stopped."""
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "gzip"} | headers
        try:
            pool = self._pool_for(url)
            response = pool.request("GET", url, headers=headers, redirect=False, preload_content=False)
            try:
                _refuse_failures(response, url)
                given = read(response)
                response.drain_conn()
                return given
            except BaseException:
                response.close()  # what is left of the answer would be taken for the next one
                raise
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            code = _trouble(error)
        raise Again(code)

    def _pool_for(self, url: str) -> urllib3.PoolManager:
        """Connections, through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, if any."""
        parts = urlsplit(url)
        proxy = getproxies().get(parts.scheme, "")
        if proxy and proxy_bypass(parts.hostname or ""):
            proxy = ""
        with self._pools_lock:
            if proxy not in self._pools:
                self._pools[proxy] = (
                    urllib3.ProxyManager(proxy, **self._options)
                    if proxy
                    else urllib3.PoolManager(**self._options)
                )
            return self._pools[proxy]

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        parts = urlsplit(target)
        if "/app/home/error" in parts.path.lower():
            raise Again("error_page")
        if parts.path.endswith(PLACEHOLDERS):
            raise NotFound(Reason("only_placeholder", address=shown(url)))
        is_weaker = urlsplit(url).scheme == "https" and parts.scheme != "https"
        if is_weaker or not self._may_redirect_to(parts.hostname or ""):
            raise Refused(Reason("leads_away", address=shown(url), host=parts.hostname or ""))
        return target

    def _wait_for_turn(self, url: str, buckets: Sequence[Bucket]) -> None:
        """Raises Refused where robots.txt says so, Stopped."""
        self.pause(0)
        rules = self._rules_of(url)
        if rules and not rules.allow(url):
            raise Refused(Reason("off_limits", address=shown(url)))
        for bucket in [*buckets, *([rules.bucket] if rules and rules.bucket else [])]:
            wait_s = bucket.take()
            try:
                self.pause(wait_s)
            except Stopped:
                bucket.give_back()
                raise

    def _pause_s(self, trouble: Again, failures: int) -> float:
        """Longer with each failure and never quite the same; as long as asked for where that was said."""
        if trouble.after_s is not None:
            return trouble.after_s * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, no secret
        start, longest = (
            (self._limit_wait_s, LONGEST_LIMIT_PAUSE_S)
            if trouble.is_limit
            else (self._backoff_s, LONGEST_PAUSE_S)
        )
        return min(longest, start * 2.0 ** min(failures - 1, 30)) * random.uniform(0.5, 1.0)  # noqa: S311

    # robots.txt

    def _rules_of(self, url: str) -> "Rules | None":
        """The rules of a host, read once; none for robots.txt itself."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if parts.path == "/robots.txt":
            return None
        with self._rules_lock:
            if host not in self._rules:
                self._rules[host] = self._read_rules(host)
            return self._rules[host]

    def _read_rules(self, host: str) -> "Rules":
        pages = 0

        def read(response: Response) -> list[str]:
            nonlocal pages
            text = bytearray()
            self.body(response, max_bytes=MAX_ROBOTS_BYTES, write=text.extend)
            if text.lstrip().startswith(b"<") and (pages := pages + 1) < 3:
                raise Again("page_for_data")
            return text.decode(errors="replace").splitlines()

        try:
            lines = self.ask(f"{host}/robots.txt", read, buckets=())
        except (NotFound, Refused):  # RFC 9309, 2.3.1.3: where there are no rules, all is allowed
            lines = []
        return Rules(lines, self.user_agent)


class Rules:
    """A robots.txt as RFC 9309 reads it: the longest rule that fits counts, `*` and `$` are patterns.

    urllib.robotparser tells which rules are ours; its own matching takes the first rule, and `*` literally.
    """

    def __init__(self, lines: list[str], user_agent: str) -> None:
        parser = robotparser.RobotFileParser()
        parser.parse(lines)
        parser.modified()  # without it, no rule counts
        entry = next((entry for entry in parser.entries if entry.applies_to(user_agent)), None)
        entry = entry or parser.default_entry
        self._rules = [(unquote(rule.path), rule.allowance) for rule in entry.rulelines] if entry else []
        delay_s = float(parser.crawl_delay(user_agent) or 0)
        self.bucket = Bucket(1, min(delay_s, 60.0)) if delay_s > 0 else None

    def allow(self, url: str) -> bool:
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        fitting = [(len(rule), is_allowed) for rule, is_allowed in self._rules if _fits(rule, path)]
        return max(fitting)[1] if fitting else True  # of two as long, the allowing one


def _fits(rule: str, path: str) -> bool:
    pattern = ".*".join(map(re.escape, rule.removesuffix("$").split("*")))
    return re.match(pattern + ("$" if rule.endswith("$") else ""), path) is not None


def _refuse_failures(response: Response, url: str) -> None:
    """Raises _Redirect, Again, NotFound or Refused unless the answer is what was asked for."""
    status = response.status
    if status < 300:
        return
    if status in (301, 302, 303, 307, 308):
        raise _Redirect(response.headers.get("Location") or "")
    said = response.read(4096, decode_content=True).decode(errors="replace").lower()
    after_s = retry_after_s(response.headers.get("Retry-After"))
    if LIMIT_EXCEEDED in said:
        raise Again("limit_used_up", after_s=after_s, is_limit=True)
    if status == 429:
        raise Again("slow_down", after_s=after_s, is_limit=after_s is not None)
    if status >= 500 or status in (408, 425):
        raise Again("server_failed", after_s=after_s, status=status)
    if status in (404, 410):
        raise NotFound(Reason("no_such_page", address=shown(url)))
    raise Refused(Reason("refused", address=shown(url), status=status), status)


def retry_after_s(value: str | None) -> float | None:
    """Seconds from `Retry-After: 120` or a date; None where it says nothing that can be understood."""
    value = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def shown(url: str) -> str:
    """An address as people may see it: host and path, no query."""
    parts = urlsplit(url)
    return f"{parts.hostname}{quote(unquote(parts.path), safe='/!()-_.~, ')}"


def _trouble(error: urllib3.exceptions.HTTPError) -> str:
    """Code of what went wrong with a connection; the error itself would tell the whole address."""
    kinds = urllib3.exceptions
    if isinstance(error, kinds.NameResolutionError):
        return "name_not_found"
    if isinstance(error, kinds.NewConnectionError):
        return "no_connection"
    if isinstance(error, kinds.TimeoutError):
        return "no_answer"
    if isinstance(error, kinds.SSLError):
        return "not_secure"
    return "connection_broke"


class _WithoutQueries(logging.Filter):
    """urllib3 logs whole addresses when somebody turns its log up."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                re.sub(r"\?\S*", "?…", arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQueries())
