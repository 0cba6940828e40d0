import logging
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scraper import polite
from scraper.polite import Again, Bucket, Caller, NotFound, Refused, Rules, Stopped, Unreachable
from tests import wikiart_server
from tests.live import free_port


@pytest.fixture
def server():
    with wikiart_server.running(works=5, retry_after_s=0, slow_s=0.05) as server:
        yield server


def make_caller(**fields):
    defaults = {
        "user_agent": "Test",
        "stop": lambda: False,
        "may_redirect_to": lambda host: host == "127.0.0.1",
        "timeout_s": 10.0,
        "retries": 3,
        "backoff_s": 0.01,
        "limit_wait_s": 0.01,
        "patience_s": 60.0,
        "deadline_s": 60.0,
    }
    return Caller(**defaults | fields)


def read_all(caller):
    def read(response):
        text = bytearray()
        caller.body(response, max_bytes=1 << 20, write=text.extend)
        return bytes(text)

    return read


def ask(server, path="/en/App/Painting/MostViewedPaintings?json=2", **fields):
    caller = make_caller(**fields)
    try:
        return caller.ask(server.url + path, read_all(caller), buckets=())
    finally:
        caller.close()


# Buckets


def test_a_bucket_never_gives_more_in_any_span_of_its_length():
    now = 0.0
    bucket = Bucket(10, 2.5, clock=lambda: now)

    used = []
    for step in range(60):
        now = step * 0.1
        used.append(now + bucket.take())

    assert used[:10] == [step * 0.1 for step in range(10)]
    assert all(later - earlier >= 2.5 - 1e-9 for earlier, later in zip(used, used[10:], strict=False))


def test_a_bucket_that_rested_is_full_again():
    now = 0.0
    bucket = Bucket(2, 1, clock=lambda: now)
    [bucket.take() for _ in range(2)]

    assert bucket.take() == 1
    now = 10.0
    assert bucket.take() == 0


def test_threads_share_a_bucket():
    bucket = Bucket(5, 1000)
    waits = []
    threads = [threading.Thread(target=lambda: waits.append(bucket.take())) for _ in range(8)]

    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sum(wait == 0 for wait in waits) == 5


# Tries


@pytest.mark.parametrize("kind", ["reset", "error", "html", "busy", "limit", "slow"])
def test_a_call_that_goes_wrong_is_made_again(server, kind):
    server.faults.plan(kind, times=2, containing="MostViewed")
    caller = make_caller()

    def read(response):
        text = read_all(caller)(response)
        if text.startswith(b"<"):
            raise Again("page_for_data")
        return text

    assert caller.ask(f"{server.url}/en/App/Painting/MostViewedPaintings", read, buckets=()).startswith(b"[")


def test_after_the_last_try_the_trouble_is_told_without_the_query(server):
    server.faults.plan("error", times=4, containing="s3cret")

    with pytest.raises(Unreachable, match=r"MostViewedPaintings: it failed \(500\)") as trouble:
        ask(server, "/en/App/Painting/MostViewedPaintings?key=s3cret")

    assert "s3cret" not in str(trouble.value)
    assert trouble.value.__context__ is None
    assert trouble.value.__cause__ is None


def test_a_server_that_is_not_there_is_unreachable():
    caller = make_caller(retries=1)

    with pytest.raises(Unreachable, match="cannot be reached") as trouble:
        caller.ask(f"http://127.0.0.1:{free_port()}/en?key=s3cret", read_all(caller), buckets=())

    assert trouble.value.__context__ is None


def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        caller = make_caller(retries=0, timeout_s=0.1)

        with pytest.raises(Unreachable, match="did not answer in time"):
            caller.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/robots.txt", read_all(caller), buckets=())


def test_an_answer_that_trickles_is_given_up(server):
    with pytest.raises(Unreachable, match="took too long"):
        ask(server, deadline_s=-1.0, retries=0, path="/robots.txt")


def test_an_answer_that_is_too_long_is_given_up(server):
    caller = make_caller(retries=0)

    def read(response):
        return caller.body(response, max_bytes=10, write=lambda chunk: None)

    with pytest.raises(Unreachable, match="more than"):
        caller.ask(f"{server.url}/robots.txt", read, buckets=())


def test_what_does_not_exist_is_asked_for_once(server):
    before = server.requests["/en/App/Painting/ImageJson/77"]

    with pytest.raises(NotFound, match="ImageJson/77 does not exist"):
        ask(server, "/en/App/Painting/ImageJson/77")

    assert server.requests["/en/App/Painting/ImageJson/77"] == before + 1


def test_an_error_page_behind_a_redirect_is_an_error(server):
    with pytest.raises(Unreachable, match="error page"):
        ask(server, "/en/App/Artist/AlphabetJson", retries=0)


def test_a_redirect_to_a_stranger_is_refused(server):
    caller = make_caller(may_redirect_to=lambda host: False, retries=0)

    with pytest.raises(Refused, match="not WikiArt’s"):
        caller._redirected("https://www.wikiart.org/en", "https://elsewhere.example/x")


def test_a_redirect_to_a_placeholder_means_that_there_is_nothing():
    with pytest.raises(NotFound, match="placeholder"):
        make_caller()._redirected("http://127.0.0.1/images/a.jpg", "/Content/images/FRAME-600x480.jpg")


def test_retry_after_is_honoured(server, monkeypatch):
    pauses = []
    server.faults.plan("busy", containing="Most")
    monkeypatch.setattr(server, "retry_after_s", 7)
    caller = make_caller()
    caller.pause = pauses.append  # the clock is the outside edge here

    caller.ask(f"{server.url}/en/App/Painting/MostViewedPaintings", read_all(caller), buckets=())

    [waited] = [pause for pause in pauses if pause]
    assert 7 <= waited <= 7.7


def test_a_retry_after_of_hours_ends_the_matter(server, monkeypatch):
    server.faults.plan("busy", containing="Most")
    monkeypatch.setattr(server, "retry_after_s", 999_999)

    with pytest.raises(Unreachable, match="slow down"):
        ask(server)


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("0", 0), (None, None), ("", None), ("soon", None), ("-5", None)]
)
def test_retry_after_is_read(value, seconds):
    assert polite.retry_after_s(value) == seconds


def test_retry_after_may_be_a_date():
    at = datetime.now(UTC) + timedelta(hours=1)

    assert 3500 < polite.retry_after_s(format_datetime(at, usegmt=True)) <= 3600
    assert polite.retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_waits_grow_and_vary():
    caller = make_caller(backoff_s=1.0, limit_wait_s=60.0)
    waits = [caller._pause_s(Again("circle"), failures) for failures in (1, 2, 3, 4, 50)]

    assert all(least / 2 <= wait <= least for wait, least in zip(waits, (1, 2, 4, 8, 60), strict=True))
    assert 450 <= caller._pause_s(Again("circle", is_limit=True), 9) <= 900
    assert len({caller._pause_s(Again("circle"), 3) for _ in range(20)}) > 1


def test_somebody_may_stop_a_long_wait():
    caller = make_caller(stop=lambda: time.monotonic() > start + 0.05)
    start = time.monotonic()

    with pytest.raises(Stopped):
        caller.pause(3600)


def test_somebody_may_stop_before_a_call(server):
    before = server.requests.total()

    with pytest.raises(Stopped):
        ask(server, stop=lambda: True)

    assert server.requests.total() == before


def test_a_proxy_is_used_where_the_environment_names_one(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    caller = make_caller()

    caller.ask("http://wikiart.example/en/App/Painting/MostViewedPaintings", read_all(caller), buckets=())

    assert server.requests["/en/App/Painting/MostViewedPaintings"] == 1


# robots.txt


def test_a_web_page_in_place_of_robots_txt_is_asked_for_again_and_then_no_rule():
    answers = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            answers.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "15")
            self.end_headers()
            self.wfile.write(b"<html>back soon")

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as house:
        threading.Thread(target=house.serve_forever, daemon=True).start()
        caller = make_caller()
        said = caller.ask(f"http://127.0.0.1:{house.server_port}/works", read_all(caller), buckets=())
        house.shutdown()

    assert answers == ["/robots.txt"] * 3 + ["/works"]
    assert said == b"<html>back soon"


def test_robots_txt_is_read_once_and_obeyed(server):
    caller = make_caller()
    before = server.requests["/robots.txt"]

    with pytest.raises(Refused, match=r"robots\.txt"):
        caller.ask(f"{server.url}/en/App/Account/me", read_all(caller), buckets=())
    caller.ask(f"{server.url}/en/App/Painting/MostViewedPaintings", read_all(caller), buckets=())

    assert server.requests["/robots.txt"] == before + 1
    assert server.requests["/en/App/Account/me"] == 0


ROBOTS = """
User-agent: *
Disallow: /private
Allow: /private/open
Disallow: /*/secret
Disallow: /*.pdf$
Disallow: /list?json=9

User-agent: styleart
Disallow: /only-for-us
Crawl-delay: 3
"""


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("/", True),
        ("/private/x", False),
        ("/private/open/x", True),
        ("/en/secret", False),
        ("/en/a.pdf", False),
        ("/en/a.pdf?x=1", True),
        ("/list?json=9&page=1", False),
        ("/list?json=2", True),
        ("/only-for-us", True),
    ],
)
def test_the_longest_rule_counts_and_patterns_are_patterns(path, is_allowed):
    assert Rules(ROBOTS.splitlines(), "Other/1.0").allow(f"https://www.wikiart.org{path}") is is_allowed


def test_rules_for_us_count_alone():
    rules = Rules(ROBOTS.splitlines(), "StyleArt (import) +me@example.org")

    assert not rules.allow("https://www.wikiart.org/only-for-us")
    assert rules.allow("https://www.wikiart.org/private/x")
    assert rules.bucket.take() == 0 < rules.bucket.take()


@pytest.mark.parametrize("text", ["", "<html>Not here</html>", "Disallow", "User-agent: *\nDisallow:"])
def test_where_there_are_no_rules_all_is_allowed(text):
    assert Rules(text.splitlines(), "StyleArt").allow("https://www.wikiart.org/en")


# Secrets


def test_no_log_tells_a_query(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.faults.plan("error", containing="s3cret")

    ask(server, "/en/App/Painting/MostViewedPaintings?authSessionKey=s3cret&json=2")

    assert "MostViewedPaintings" in caplog.text
    assert "s3cret" not in caplog.text
