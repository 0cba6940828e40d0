"""How a mobile app signs up, in and out: allauth headless, the same house rules, codes instead of links."""

import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core import mail

from tests import totp
from tests.factories import make_user
from tests.live import ROOT

pytestmark = pytest.mark.django_db
BASE = "/_allauth/app/v1"
PASSWORD = "a-quiet-room-1"


class App:
    """An app that keeps the session token it is given, and no cookies."""

    def __init__(self, client) -> None:
        self.client, self.token = client, None

    def call(self, method: str, path: str, body: dict | None = None):
        self.client.cookies.clear()
        headers = {"X-Session-Token": self.token} if self.token else {}
        answer = self.client.generic(
            method, f"{BASE}{path}", json_of(body), content_type="application/json", headers=headers
        )
        said = answer.json()
        self.token = said.get("meta", {}).get("session_token", self.token)
        return answer.status_code, said

    def is_signed_in(self) -> bool:
        return self.call("GET", "/auth/session")[0] == 200


def json_of(body: dict | None) -> str:
    import json

    return json.dumps(body) if body is not None else ""


@pytest.fixture
def app(client):
    return App(client)


def code_in(message) -> str:
    return re.search(r"^([A-Z0-9]{2,}-?[A-Z0-9]*)$", message.body, re.MULTILINE)[1]


def pending(said: dict) -> list[str]:
    return [flow["id"] for flow in said["data"]["flows"] if flow.get("is_pending")]


def test_an_app_signs_up_with_a_code(app):
    status, said = app.call("POST", "/auth/signup", {"email": "new@example.org", "password": PASSWORD})
    before = app.is_signed_in()
    wrong, _ = app.call("POST", "/auth/email/verify", {"key": "ZZZZZZ"})

    right, _ = app.call("POST", "/auth/email/verify", {"key": code_in(mail.outbox[0])})

    assert (status, pending(said), before) == (401, ["verify_email"], False)
    assert (wrong, right) == (400, 200)
    assert app.is_signed_in()
    assert get_user_model().objects.get().emailaddress_set.get().verified


def test_signing_up_by_app_does_not_tell_which_addresses_are_known(app):
    make_user("known@example.org")

    new = app.call("POST", "/auth/signup", {"email": "new@example.org", "password": PASSWORD})
    app.token = None
    known = app.call("POST", "/auth/signup", {"email": "known@example.org", "password": PASSWORD})

    for _, said in (new, known):
        said["meta"].pop("session_token")
    assert new == known


def test_an_app_signs_in_lists_sessions_and_signs_out(app):
    user = make_user(password=PASSWORD)

    status, _ = app.call("POST", "/auth/login", {"email": user.email, "password": PASSWORD})
    _, sessions = app.call("GET", "/auth/sessions")
    out, _ = app.call("DELETE", "/auth/session")

    assert status == 200
    assert [session["is_current"] for session in sessions["data"]] == [True]
    assert out == 401
    assert not app.is_signed_in()


def test_an_app_signs_in_with_a_second_factor(app, client):
    user = make_user(password=PASSWORD)
    app.call("POST", "/auth/login", {"email": user.email, "password": PASSWORD})
    app.call("POST", "/auth/reauthenticate", {"password": PASSWORD})
    _, offered = app.call("GET", "/account/authenticators/totp")
    secret = offered["meta"]["secret"]
    app.call("POST", "/account/authenticators/totp", {"code": totp.code(secret, steps_ahead=-1)})
    phone = App(client)

    status, said = phone.call("POST", "/auth/login", {"email": user.email, "password": PASSWORD})
    second, _ = phone.call("POST", "/auth/2fa/authenticate", {"code": totp.code(secret)})

    assert (status, pending(said)) == (401, ["mfa_authenticate"])
    assert second == 200
    assert phone.is_signed_in()


def test_an_app_resets_a_password_with_a_code(app):
    user = make_user(password=PASSWORD)

    asked, _ = app.call("POST", "/auth/password/request", {"email": user.email})
    app.call("POST", "/auth/password/reset", {"key": code_in(mail.outbox[0]), "password": "a-new-quiet-room"})

    user.refresh_from_db()
    assert asked == 401
    assert user.check_password("a-new-quiet-room")


def test_an_app_guessing_passwords_is_slowed_down_as_a_page_is(app):
    user = make_user(password=PASSWORD)
    for _ in range(6):
        app.call("POST", "/auth/login", {"email": user.email, "password": "wrong"})

    status, said = app.call("POST", "/auth/login", {"email": user.email, "password": PASSWORD})

    assert status == 400
    assert said["errors"][0]["code"] == "too_many_login_attempts"


def test_weak_passwords_are_refused_from_apps_too(app):
    status, _ = app.call("POST", "/auth/signup", {"email": "new@example.org", "password": "P@ssw0rd123!"})

    assert status == 400
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("path", ["/auth/login", "/auth/signup", "/auth/reauthenticate"])
@pytest.mark.parametrize(
    "body",
    [
        r'{"email": "jane@example.org", "password": "\ud800abcdefghijk"}',
        '{"email": ' + "[" * 100_000,
        '{"email": ' + "1" * 5000 + "}",
        '{"email": "jane@exam',
    ],
    ids=["half a character", "brackets", "a long number", "cut off"],
)
def test_what_cannot_be_read_is_refused_and_no_fault(client, path, body):
    client.raise_request_exception = False
    client.force_login(make_user())

    answer = client.post(f"{BASE}{path}", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_there_is_no_second_door_for_browsers(client):
    assert client.get("/_allauth/browser/v1/auth/session").status_code == 404


def test_pages_mail_links_even_where_an_app_was_the_first_to_ask():
    script = """
import django
django.setup()
from allauth.core import context
from django.test import RequestFactory
from django.urls import reverse
with context.request_context(RequestFactory().get("/_allauth/app/v1/config")):
    print(reverse("account_confirm_email", args=["key"]))
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "styleart_site.settings"}

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "/accounts/confirm-email/key/", done.stderr
