"""What the logs say of a walk through the site, and what they never say."""

import io
import json
import logging
import logging.config
import re

import pytest
import structlog
import urllib3
from django.db import IntegrityError, connection

from classifier.tasks import classify
from styleart_site import celery, logs
from tests import pictures
from tests.factories import make_prediction
from tests.live import wait_until


class Listener:
    """All that would be logged in one of the two formats."""

    def __init__(self, monkeypatch, how: str) -> None:
        monkeypatch.setenv("LOG_FORMAT", how)
        formatter = logging.config.DictConfigurator(logs.config()).configure_formatter(
            logs.config()["formatters"]["ours"]
        )
        self.text = io.StringIO()
        self.handler = logging.StreamHandler(self.text)
        self.handler.setFormatter(formatter)

    def __enter__(self) -> "Listener":
        logging.getLogger().addHandler(self.handler)
        return self

    def __exit__(self, *error) -> None:
        logging.getLogger().removeHandler(self.handler)

    @property
    def said(self) -> str:
        return self.text.getvalue()

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.said.splitlines()]


@pytest.fixture
def listen(monkeypatch):
    yield lambda how="json": Listener(monkeypatch, how)
    structlog.contextvars.clear_contextvars()


# The two formats


def test_json_has_one_object_a_line_with_its_facts(listen):
    with listen() as heard:
        structlog.get_logger("house").info("classified", prediction="abc", ms=23)
        logging.getLogger("house").warning("%d left", 3)

    first, second = heard.lines
    assert first.items() >= {"event": "classified", "prediction": "abc", "ms": 23, "level": "info"}.items()
    assert second.items() >= {"event": "3 left", "logger": "house", "level": "warning"}.items()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", first["timestamp"])


def test_a_traceback_stays_in_its_line_of_json(listen):
    with listen() as heard:
        try:
            raise ValueError("a reason")
        except ValueError:
            logging.getLogger("house").exception("broken")

    assert "ValueError: a reason" in heard.lines[0]["exception"]


def test_people_get_a_line_and_the_traceback_below(listen):
    with listen("lines") as heard:
        try:
            raise ValueError("a reason")
        except ValueError:
            structlog.get_logger("house").exception("broken", ms=5)

    first, *rest = heard.said.splitlines()
    assert re.fullmatch(r"[\d-]{10} [\d:]{8} ERROR house: broken ms=5", first)
    assert rest[0].startswith("Traceback")


def test_another_format_is_refused(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(ValueError, match="json or lines"):
        logs.config()


# Personal data


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("mail to somebody.else+x@mail.example.org failed", "mail to (address) failed"),
        ("mail to grüße@example.org", "mail to (address)"),
        ("from 203.0.113.7", "from (network)"),
        ("from 203.0.113.7:443", "from (network):443"),
        ("from [2001:db8::7]", "from [(network)]"),
        ("from ::ffff:203.0.113.7", "from (network)"),
        ("on 127.0.0.1:8000", "on 127.0.0.1:8000"),
        ("celery@house ready at 17:25:14", "celery@house ready at 17:25:14"),
        ("pillow 13.0.0", "pillow 13.0.0"),
    ],
)
def test_addresses_are_left_out(listen, told, kept):
    with listen() as heard:
        logging.getLogger("house").info(told)

    assert heard.lines[0]["event"] == kept


@pytest.mark.django_db
def test_a_row_that_postgresql_quotes_is_left_out(listen):
    prediction = make_prediction(title="The secret garden")
    with listen() as heard, connection.cursor() as cursor:
        try:
            cursor.execute(
                "UPDATE classifier_prediction SET confidence = 2, note = %s WHERE id = %s",
                ["first\n\nsecond", prediction.pk],
            )
        except IntegrityError as error:
            assert "secret garden" in str(error)
            logging.getLogger("house").exception("broken")

    said = heard.lines[0]["exception"]
    assert "confidence_is_a_probability" in said
    assert "garden" not in said
    assert "second" not in said


@pytest.mark.django_db
def test_the_line_of_a_request_tells_the_route_and_not_the_address(client, listen):
    with listen() as heard:
        client.get("/search/?q=secret+words")
        client.get(f"/s/{'somebody' * 4}/")
        client.get("/no-such-place-of-somebody/")

    routes = [line["route"] for line in heard.lines if line["event"] == "answered"]
    assert routes == ["/search/", "/s/<token:token>/", "(no such page)"]
    assert "secret" not in heard.said
    assert "somebody" not in heard.said


@pytest.mark.django_db
def test_a_fault_is_logged_by_its_route(client, listen, settings):
    client.raise_request_exception = False
    settings.ACCEL_REDIRECT_PREFIX = 5  # a wrong setting: this view breaks
    prediction = make_prediction()
    client.force_login(prediction.owner)

    with listen() as heard:
        response = client.get(f"/predictions/{prediction.pk}/thumbnail.jpg")

    fault = next(line for line in heard.lines if "Internal Server Error" in line["event"])
    assert response.status_code == 500
    assert "/predictions/<uuid:pk>/<picture_size:size>.jpg" in fault["event"]
    assert str(prediction.pk) not in fault["event"]
    assert fault["request_id"] == response.headers["X-Request-ID"]


# The request's id


@pytest.mark.parametrize("given", ["my-request-1", "0b1c2d3e.f_4", "a" * 64])
def test_a_well_formed_id_from_outside_is_kept(client, given):
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "two words", "<script>alert(1)</script>", "-dash-first"]
)
def test_another_id_is_not(client, given):
    answered = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert re.fullmatch(r"[0-9a-f]{32}", answered)


@pytest.mark.django_db
def test_the_page_of_a_fault_shows_the_id(client, settings):
    client.raise_request_exception = False
    settings.ACCEL_REDIRECT_PREFIX = 5
    prediction = make_prediction()
    client.force_login(prediction.owner)

    response = client.get(
        f"/predictions/{prediction.pk}/thumbnail.jpg", headers={"X-Request-ID": "quote-me-please"}
    )

    assert response.status_code == 500
    assert "quote-me-please" in response.content.decode()


def test_no_id_is_left_over_for_the_next(client):
    client.get("/healthz")
    first = logs.current_request_id()
    client.get("/healthz")

    assert first
    assert logs.current_request_id() != first


def test_a_task_sent_in_a_request_carries_its_id():
    headers = {}
    with structlog.contextvars.bound_contextvars(request_id="of-a-request"):
        celery.send_request_id_along(headers=headers)

    assert headers == {celery.REQUEST_ID: "of-a-request"}


def test_a_task_of_the_scheduler_carries_none():
    structlog.contextvars.clear_contextvars()
    headers = {}

    celery.send_request_id_along(headers=headers)

    assert headers == {}


@pytest.mark.django_db
def test_the_worker_takes_the_id_up_and_puts_it_down(listen):
    prediction = make_prediction()

    with listen() as heard:
        classify.apply([str(prediction.pk)], headers={celery.REQUEST_ID: "of-a-request"})

    line = next(line for line in heard.lines if line["event"] == "classified")
    assert line["request_id"] == "of-a-request"
    assert line["task"] == "classifier.tasks.classify"
    assert line["prediction"] == str(prediction.pk)
    assert logs.current_request_id() == ""


# The whole site


class Visitor:
    """Somebody with a name, an address and secrets, who walks through a running site without a browser."""

    EMAIL = "astrid.lindqvist@mail.example.org"
    PASSWORD = "seven-quiet-rooms-upstairs"
    NETWORK = "203.0.113.77"
    FILE = "grandmothers-portrait-1931.jpg"
    TITLE = "Grandmother Aurelia in her garden"
    WORDS = "wistfully-hidden-words"
    SECRETS = ["astrid", "lindqvist", PASSWORD, NETWORK, "grandmother", "aurelia", WORDS]

    def __init__(self, site) -> None:
        self.site = site
        self.pool = urllib3.PoolManager()
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **options) -> urllib3.BaseHTTPResponse:
        headers = options.pop("headers", {}) | {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-For": self.NETWORK,
            "Referer": self.site.url,
        }
        answer = self.pool.request(
            method, f"{self.site.url}{path}", headers=headers, redirect=False, **options
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def post(self, page: str, fields: dict, to: str = "", **headers) -> urllib3.BaseHTTPResponse:
        """Fill in a form of a page."""
        text = self.ask("GET", page).data.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
        return self.ask("POST", to or page, fields={"csrfmiddlewaretoken": token} | fields, headers=headers)


@pytest.fixture
def walk(site):
    """Sign up, in and wrongly in, send a picture, search, share: all that may leave traces."""
    visitor = Visitor(site)
    visitor.post("/accounts/signup/", {"email": visitor.EMAIL, "password1": visitor.PASSWORD})
    link = site.link_mailed_to(visitor.EMAIL).removeprefix(site.url)
    visitor.post(link, {})
    visitor.cookies.clear()  # the link has signed in; now by hand
    visitor.post("/accounts/login/", {"login": visitor.EMAIL, "password": "a wrong one"})
    visitor.post("/accounts/login/", {"login": visitor.EMAIL, "password": visitor.PASSWORD})
    visitor.ask("GET", f"/search/?q={visitor.WORDS}")
    visitor.ask("GET", f"/{visitor.WORDS}/")
    picture = (visitor.FILE, pictures.small_painting(4711), "image/jpeg")
    sent = visitor.post(
        "/",
        {"image": picture, "title": visitor.TITLE},
        to="/predictions/new/",
        **{"X-Request-ID": "the-walk-1"},
    )
    broken = (visitor.FILE, pictures.cut_off_jpeg(), "image/jpeg")
    visitor.post("/", {"image": broken, "title": visitor.TITLE}, to="/predictions/new/")
    assert sent.status == 302
    place = sent.headers["Location"]
    wait_until(lambda: b"verdict" in visitor.ask("GET", place).data, timeout_s=60)
    visitor.post(place, {"title": visitor.TITLE, "note": visitor.WORDS}, to=f"{place}edit/")
    visitor.post(place, {"expires_in_days": ""}, to=f"{place}share/")
    share = site.query("SELECT token FROM classifier_sharelink ORDER BY id DESC LIMIT 1")[0][0]
    assert visitor.ask("GET", f"/s/{share}/").status == 200
    visitor.ask("GET", "/healthz", headers={"Host": f"{visitor.WORDS}.example.org"})
    key = link.rstrip("/").rpartition("/")[2]
    return visitor, [*visitor.SECRETS, share, key]


@pytest.mark.services
def test_the_logs_of_a_walk_tell_nothing_personal(walk, site):
    _, secrets = walk

    told = {path.name: path.read_text(errors="replace") for path in (site.data_dir / "log").iterdir()}

    assert {"site.log", "postgres.log"} <= told.keys()
    assert "answered" in told["site.log"]
    found = [
        (name, secret) for name, text in told.items() for secret in secrets if secret.lower() in text.lower()
    ]
    assert found == []


@pytest.mark.services
def test_the_id_of_the_upload_is_in_the_line_of_the_worker(walk, site):
    lines = (site.data_dir / "log" / "site.log").read_text().splitlines()

    mine = [line for line in lines if "request_id=the-walk-1" in line]
    assert any("web " in line and "route=/predictions/new/" in line for line in mine)
    assert any("worker" in line and "classified" in line for line in mine)
