"""What keeps the site safe, each with what would break it. docs/threat-model.md says against whom."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from celery.signals import before_task_publish
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse

from classifier import exporting
from classifier.models import Prediction
from gallery import export as dataset
from gallery import handover
from gallery.cells import as_meant, neutral
from gallery.tables import SafeCSV
from scraper import folder
from styleart_site import middleware
from tests import pictures
from tests.api.callers import Script
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_house_styles,
    make_user,
    small_painting,
)
from tests.live import ROOT

pytestmark = pytest.mark.django_db
GOOD_KEY = "kZ3x-9QmWv7Lr2Tn5Yb8Hs4Jd6Fg1PcAeUiOoXwEqRtVyBuNzM0K"
PRODUCTION = {
    "DATABASE_URL": "postgres://u:p@localhost/none",
    "REDIS_URL": "redis://localhost/0",
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "styleart.example.org",
    "EMAIL_HOST": "localhost",
    "READ_DOTENV": "false",
}


def in_production(*command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python with the settings of a real site."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "STYLEART_DATA"}}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=clean | PRODUCTION | environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def setting_in_production(name: str, **environment: str) -> str:
    code = f"from styleart_site import settings; print(repr(settings.{name}))"
    done = in_production("-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# The start


def test_a_real_site_passes_djangos_own_check():
    done = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_of_that_check_only_what_the_owner_of_the_domain_decides_is_silent():
    assert set(site_settings.SILENCED_SYSTEM_CHECKS) == {"security.W005", "security.W021"}
    assert setting_in_production("SECURE_HSTS_INCLUDE_SUBDOMAINS", HSTS_SUBDOMAINS="true") == "True"
    assert setting_in_production("SECURE_HSTS_PRELOAD", HSTS_PRELOAD="true") == "True"


@pytest.mark.parametrize(
    "weak",
    ["only-for-development", "x" * 60, GOOD_KEY[:49], f"django-insecure-{GOOD_KEY}", "ab" * 40],
)
def test_a_key_that_could_be_guessed_is_refused(weak):
    done = in_production("-c", "import styleart_site.settings", SECRET_KEY=weak)

    assert done.returncode != 0
    assert "SECRET_KEY is too easy to guess" in done.stderr
    assert weak not in done.stderr


def test_the_key_that_the_message_makes_is_taken():
    made = subprocess.run(
        [sys.executable, "-c", "import secrets; print(secrets.token_urlsafe(50))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip

    assert setting_in_production("SECRET_KEY", SECRET_KEY=made) == repr(made)


def test_debug_is_refused_on_a_real_site():
    done = in_production("-c", "import styleart_site.settings", DEBUG="true")

    assert done.returncode != 0
    assert "embedded copies only" in done.stderr


def test_a_short_token_for_the_metrics_is_refused():
    done = in_production("-c", "import styleart_site.settings", METRICS_TOKEN="short")

    assert done.returncode != 0
    assert "METRICS_TOKEN" in done.stderr


def test_no_secret_stands_in_the_code():
    wanted = re.compile(r"(?i)(secret_key|password|token|api_key)\s*=\s*[\"'][^\"'{}$]{12,}[\"']")
    told = [
        (path.relative_to(ROOT), match[0])
        for path in [*ROOT.glob("*.py"), *(ROOT / "styleart_site").rglob("*.py"), *ROOT.glob("*/*.py")]
        if not path.is_relative_to(ROOT / "tests")
        for match in wanted.finditer(path.read_text())
    ]
    # The embedded copy's demo accounts are for nobody but the machine's own people; real servers refuse them.
    assert [place for place, _ in told if place.name != "demo.py"] == []


# Headers


PAGES = ["/", "/styles/", "/accounts/login/", "/api/v1/styles/", "/api/v1/docs/", "/healthz", "/nowhere/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_tells_the_browser_what_to_refuse(client, address):
    headers = client.get(address).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_curators_room_does_as_well(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    policy = client.get("/admin/").headers["Content-Security-Policy"]

    assert policy == middleware.POLICY


def test_no_page_has_anything_inline(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for address in ["/", "/styles/", "/accounts/email/", "/account/", "/admin/", "/api/v1/docs/"]:
        text = client.get(address, follow=True).content.decode()

        assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>", text) == [], (
            address
        )
        assert re.findall(r"<style\b", text) == [], address
        assert re.findall(r"\sstyle=\"", text) == [], address
        assert re.findall(r"\son[a-z]+=\"", text) == [], address


def test_https_is_asked_for_for_a_year_on_a_real_site(client, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_SSL_REDIRECT = True
    secure = Client(headers={})

    assert setting_in_production("SECURE_HSTS_SECONDS") == "31536000"
    assert setting_in_production("SECURE_SSL_REDIRECT") == "True"
    assert secure.get("/styles/").headers["Location"].startswith("https://")
    assert "max-age=31536000" in secure.get("/styles/", secure=True).headers["Strict-Transport-Security"]


def test_a_forged_header_does_not_make_http_secure(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = None  # as without BEHIND_PROXY

    assert client.get("/styles/", headers={"X-Forwarded-Proto": "https"}).status_code == 301


# Hosts, redirects, cookies, sessions


@pytest.mark.parametrize(
    "host", ["evil.example", "styleart.example.org.evil.example", "localhost:80@evil.example"]
)
def test_another_host_is_refused(client, settings, host):
    settings.ALLOWED_HOSTS = ["localhost"]

    assert client.get("/styles/", headers={"Host": host}).status_code == 400


def test_a_forwarded_host_counts_for_nothing(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]

    response = client.get("/robots.txt", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in response.content.decode()


OUTSIDE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    " //evil.example/",
    "/\t/evil.example/",
]


@pytest.mark.parametrize("outside", OUTSIDE)
def test_signing_in_leads_nowhere_else(client, outside):
    user = make_user()

    response = client.post(
        "/accounts/login/", {"login": user.email, "password": "a-quiet-room", "next": outside}
    )

    assert response.status_code == 302
    assert response.url == "/"


@pytest.mark.parametrize("outside", OUTSIDE)
def test_no_form_leads_elsewhere(client, outside):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    deleted = client.post(f"/predictions/{prediction.pk}/favourite/", {"next": outside})
    spoken = client.post("/language/", {"language": "en", "next": outside})

    for response in (deleted, spoken):
        place = response.headers.get("Location", "/")
        assert place.startswith("/")
        assert not place.startswith(("//", "/\\", "/\t"))


def test_cookies_are_for_this_site_and_no_script():
    assert setting_in_production("SESSION_COOKIE_NAME").startswith("'__Host-")
    assert setting_in_production("CSRF_COOKIE_NAME").startswith("'__Host-")
    assert setting_in_production("SESSION_COOKIE_SECURE") == "True"
    assert setting_in_production("CSRF_COOKIE_SECURE") == "True"


def test_the_cookies_that_are_set_say_so(client):
    user = make_user()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": user.email, "password": "a-quiet-room"})

    for name in (site_settings.SESSION_COOKIE_NAME, site_settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


def test_a_session_gets_a_new_name_at_the_door(client):
    """Whoever planted a session before the sign-in holds nothing after it."""
    user = make_user()
    client.post("/predictions/new/", {"image": as_upload(small_painting())})  # a visitor's session
    before = client.session.session_key

    client.post("/accounts/login/", {"login": user.email, "password": "a-quiet-room"})

    assert before
    assert client.session.session_key != before
    planted = Client()
    planted.cookies[site_settings.SESSION_COOKIE_NAME] = before
    assert not planted.get("/").wsgi_request.user.is_authenticated


def test_signing_out_ends_the_session_on_the_server(client):
    client.force_login(make_user())
    stolen = client.cookies[site_settings.SESSION_COOKIE_NAME].value

    client.post("/accounts/logout/")

    thief = Client()
    thief.cookies[site_settings.SESSION_COOKIE_NAME] = stolen
    assert not thief.get("/").wsgi_request.user.is_authenticated


def test_no_page_about_an_account_can_be_gone_back_to_after_signing_out(client):
    user = make_user(password="a-quiet-room-1")
    client.post("/accounts/login/", {"login": user.email, "password": "a-quiet-room-1"})
    client.post("/accounts/reauthenticate/", {"password": "a-quiet-room-1"})
    addresses = [
        "account/", "account/delete/", "accounts/email/", "accounts/password/change/", "accounts/sessions/",
        "accounts/reauthenticate/", "accounts/2fa/", "accounts/2fa/totp/activate/", "admin/", "predictions/",
    ]  # fmt: skip

    kept = [
        address
        for address in addresses
        if "no-store" not in client.get(f"/{address}").headers.get("Cache-Control", "")
    ]

    assert kept == []


def test_forms_from_elsewhere_are_refused():
    client = Client(enforce_csrf_checks=True)
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    response = client.post(f"/predictions/{prediction.pk}/delete/")

    assert response.status_code == 403
    prediction.refresh_from_db()
    assert prediction.trashed_at is None


# Files of users


def as_upload(data: bytes, name: str = "painting.jpg"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data, "image/jpeg")


def test_private_files_come_defused(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    share = prediction.share_with(None)

    addresses = [
        reverse("classifier:prediction-picture", args=[prediction.pk, "preview"]),
        reverse("classifier:prediction-picture", args=[prediction.pk, "thumbnail"]),
        reverse("classifier:prediction-plot", args=[prediction.pk, "svg"]),
        reverse("classifier:share-picture", args=[share.token]),
        reverse("classifier:share-card", args=[share.token]),
    ]

    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Disposition"].split(";")[0] in {"inline", "attachment"}
        assert "painting.jpg" not in response.headers["Content-Disposition"]


def test_what_is_served_is_never_what_was_sent(client):
    data = pictures.rotated_photo()
    prediction = make_done_prediction(picture=data)
    client.force_login(prediction.owner)

    served = b"".join(client.get(f"/predictions/{prediction.pk}/preview.jpg").streaming_content)

    assert data not in served
    assert b"Exif" not in served


# Tables for spreadsheets


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "'=1+1", "|calc", "\n=1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_becomes_text_and_again_what_it_was(cell):
    assert neutral(cell) == f"'{cell}"
    assert as_meant(neutral(cell)) == cell


@pytest.mark.parametrize("cell", ["-5", "12.5", "A title", "", 7, None, True, "O'Keeffe"])
def test_other_cells_stay_as_they_are(cell):
    assert neutral(cell) == cell


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_export_has_a_formula(cell, tmp_path):
    import csv
    import io

    import tablib

    title = cell.strip("\n\r\t") or "=1"
    style = make_house_styles()[0]
    prediction = make_done_prediction((style.name, 1.0), title=title, note=title)
    work = make_artwork(
        title=title, style=style, artist=make_artist(title), picture=small_painting(), rights="public_domain"
    )
    list(dataset.export(dataset.exportable().filter(pk=work.pk), dataset.exportable_suggestions(), tmp_path))

    tables = [
        exporting.to_csv([prediction]),
        (tmp_path / "manifest.csv").read_text(),
        SafeCSV().export_data(tablib.Dataset([title], headers=["title"])),
    ]

    for table in tables:
        cells = [one for row in csv.reader(io.StringIO(table.removeprefix("\ufeff"))) for one in row]
        assert f"'{title}" in cells
        assert title not in cells
    read = next(folder.read_manifest(tmp_path))
    assert read.artist.name == title.strip().removeprefix("'") or read.artist.name == title.strip()


# Nobody makes the server fetch something


TALKERS = {"urllib", "urllib3", "requests", "httpx", "aiohttp", "http", "ftplib", "smtplib", "socket", "ssl"}
MAY_TALK = {
    "scraper/polite.py": {"urllib3", "urllib.request.getproxies", "urllib.request.proxy_bypass"},
    "styleart_site/run.py": {
        "socket",
        "http.client.HTTPConnection",
        "http.client.HTTPException",
    },  # asks itself
    "styleart_site/probe.py": {"http.client.HTTPConnection", "http.client.HTTPException"},  # asks itself
    "classifier/mailing.py": {"smtplib.SMTPException"},  # what Django's mail may raise
    "styleart_site/counting.py": {"socket"},  # the machine's name
    "styleart_site/celery.py": {"socket"},  # the machine's name
    "styleart_site/embedded/__init__.py": {"socket"},  # its own servers' sockets
    "styleart_site/embedded/redis.py": {"socket"},
    "docs/clients/styleart.py": {"urllib.request", "urllib.error"},  # runs on other people's machines
}
HARMLESS = {"urllib.parse", "urllib.robotparser", "urllib.error", "http.HTTPStatus"}


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in TALKERS}


def is_harmless(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in HARMLESS)


def test_only_the_importer_talks_to_others():
    houses = ["styleart_site", "classifier", "gallery", "scraper", "ml"]
    talking = {}
    for path in (path for house in houses for path in (ROOT / house).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if unknown := {name for name in imports_of(path) if not is_harmless(name)} - MAY_TALK.get(
            place, set()
        ):
            talking[place] = unknown

    assert talking == {}


def test_the_importer_is_asked_by_curators_only():
    for place in ["classifier", "gallery"]:
        for path in (ROOT / place).rglob("*.py"):
            assert "scraper" not in {
                name.split(".")[0]
                for node in ast.walk(ast.parse(path.read_text()))
                for name in (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
            }, path


@pytest.mark.parametrize(
    ("host", "is_theirs"),
    [
        ("www.wikiart.org", True),
        ("uploads3.wikiart.org", True),
        ("wikiart.org", True),
        ("evil.example", False),
        ("wikiart.org.evil.example", False),
        ("evilwikiart.org", False),
        ("169.254.169.254", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_redirects_of_the_importer_stay_with_wikiart(host, is_theirs):
    from scraper.wikiart import Access, _is_one_of

    access = Access(url="https://www.wikiart.org", contact="curator@example.org")

    assert _is_one_of(access)(host) is is_theirs


def test_an_address_in_an_upload_is_only_text(client):
    script = Script()

    response = script.upload(title="http://169.254.169.254/latest/meta-data/")

    assert response.status_code in {200, 202}
    assert response.json()["title"] == "http://169.254.169.254/latest/meta-data/"


# Messages


def test_tasks_and_sessions_are_json():
    from styleart_site.celery import app

    assert app.conf.task_serializer == app.conf.result_serializer == "json"
    assert set(app.conf.accept_content) == {"json"}
    assert site_settings.SESSION_SERIALIZER.endswith("JSONSerializer")


def test_a_message_to_the_worker_is_an_id_and_nothing_more(django_capture_on_commit_callbacks):
    bodies = []

    def hear(body, **kwargs):
        bodies.append(body)

    before_task_publish.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        Script().upload(title="My aunt")
    is_sent = handover.finish(timeout_s=30)
    before_task_publish.disconnect(hear)

    assert is_sent
    [(words, named, _)] = bodies
    assert (list(words), named) == ([str(Prediction.objects.get().pk)], {})


# The page about all this


def test_every_test_that_the_threat_model_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "threat-model.md").read_text()))
    known = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
    }

    assert len(named) > 40
    assert named - known == set()
