"""Every word of accounts, mails and the API's problems can be translated (see tests/pseudo.py)."""

from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.contrib.messages import get_messages
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from gallery.curators import curators
from styleart_site import export
from styleart_site.models import AccessToken, Export
from tests import pseudo, totp
from tests.factories import (
    make_prediction,
    make_user,
)

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-room-1"
EMAIL = "visitor@example.org"
KEPT = ["Alt", "Enter", "Esc"]  # keys
MAILS = sorted(
    path.relative_to(Path(site.BASE_DIR) / "templates").as_posix()
    for app in ("account", "mfa", "usersessions")
    for path in (Path(site.BASE_DIR) / "templates" / app).rglob("*.txt")
)


@pytest.fixture
def brackets():
    """From here on every translated text stands in brackets."""
    with pseudo.language():
        yield


@pytest.fixture
def user(client):
    """Somebody who has just proven who they are."""
    user = make_user(EMAIL, password=PASSWORD)
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get("/account/")  # shows the messages of signing in, which was done in English
    return user


@pytest.fixture
def curator(client):
    user = make_user(EMAIL, is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


def look(client, address: str, *known: str, **posted) -> None:
    """Ask for a page, or send it a form; all that it says can be translated."""
    response = client.post(address, posted) if posted else client.get(address)
    assert response.status_code in {200, 403, 422}, (address, response.status_code)
    assert pseudo.unmarked(response.content.decode(), known=known) == [], address


# Accounts


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/accounts/password/reset/key/1-no-such-key/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/no-such-key/",
        "/accounts/inactive/",
        "/api/v1/docs/",
    ],
)
def test_the_way_in_is_translated(client, brackets, address):
    look(client, address, "OpenAPI")


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/accounts/login/", {"login": "nobody@example.org", "password": "wrong"}),
        ("/accounts/signup/", {"email": "no address", "password1": "styleart1"}),
        ("/accounts/signup/", {"email": "new@example.org", "password1": "short"}),
        ("/accounts/password/reset/", {"email": "no address"}),
    ],
)
def test_what_is_wrong_on_the_way_in_is_told_in_the_language(client, brackets, address, sent):
    look(client, address, "nobody@example.org", "new@example.org", **sent)


@pytest.mark.parametrize(
    "name",
    [
        "account:page",
        "account:delete",
        "account_email",
        "account_change_password",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "usersessions_list",
    ],
)
def test_the_rooms_of_an_account_are_translated(client, user, brackets, name):
    look(client, reverse(name))


def test_a_full_account_page_is_translated(client, user, brackets):
    make_prediction(owner=user)
    make_prediction(owner=user, trashed_at=timezone.now())
    for days in (30, -30):
        AccessToken.objects.make(user, "Skript", days=days)
    AccessToken.objects.update(last_used_at=timezone.now())
    EmailAddress.objects.create(user=user, email="new@example.org", verified=False)
    Export.objects.start(user)

    look(client, reverse("account:page"), "Skript")
    look(client, reverse("account:delete"))
    look(client, reverse("account:delete"), word="no")
    look(client, reverse("account_email"), "new@example.org")
    look(client, reverse("account:token-create"), "Skript", name="", days="30")
    look(client, reverse("account:token-create"), "Skript", name="Skript", days="30")


@pytest.mark.parametrize("state", [{"total": 3}, {"status": "done"}, {"status": "failed"}, {}])
def test_an_export_tells_how_far_it_is_in_the_language(client, user, brackets, state):
    row = Export.objects.start(user)
    Export.objects.update(
        packed=2, size_bytes=3_000_000, expires_at=timezone.now() + timedelta(days=7), **state
    )

    look(client, row.get_absolute_url())


def test_second_factors_are_translated_from_setting_up_to_switching_off(client, user, brackets):
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    look(client, reverse("mfa_activate_totp"), code="000000")
    client.post(reverse("mfa_activate_totp"), {"code": totp.code(secret)})
    assert user.authenticator_set.exists()

    for name in (
        "index",
        "view_recovery_codes",
        "generate_recovery_codes",
        "deactivate_totp",
        "reauthenticate",
    ):
        look(client, reverse(f"mfa_{name}"))
    look(client, reverse("account:page"))
    client.logout()
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    look(client, reverse("mfa_authenticate"))
    look(client, reverse("mfa_authenticate"), code="000000")


def test_a_curator_without_a_second_factor_is_told_so_in_the_language(client, curator, brackets, settings):
    settings.STAFF_NEEDS_TWO_FACTORS = True

    look(client, reverse("admin:index"))


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("code", ["", "ABC123"])
def test_a_mail_or_message_is_translated(brackets, name, code):
    words = [
        "email",
        "from_email",
        "to_email",
        "deleted_email",
        "ip",
        "user_agent",
        "timestamp",
        "activate_url",
    ]
    data = {word: f"Q{word}Q" for word in [*words, "password_reset_url", "signup_url", "url"]}
    context = data | {
        "days": 7,
        "code": code,
        "user": {"email": EMAIL},
        "current_site": {"domain": "Qdomain"},
    }

    text = render_to_string(name, context)

    assert "⟦" in text
    assert pseudo.unmarked(text, known=[*data.values(), "Qdomain", "ABC123"]) == []


def test_the_mail_about_an_export_is_in_the_language_it_was_asked_for(user, brackets):
    row = Export.objects.start(user)

    export.tell(row)

    told = mail.outbox[-1]
    assert pseudo.unmarked(told.subject.removeprefix(site.ACCOUNT_EMAIL_SUBJECT_PREFIX)) == []
    assert pseudo.unmarked(told.body) == []


def test_messages_after_what_one_did_are_translated(client, user, brackets):
    token, _secret = AccessToken.objects.make(user, "Skript", days=30)

    response = client.post(reverse("account:token-revoke", args=[token.pk]))

    assert [pseudo.unmarked(str(message)) for message in get_messages(response.wsgi_request)] == [[]]


def test_the_api_tells_what_is_wrong_in_the_language(client, brackets):
    for address in ("/api/v1/me/", "/api/v1/styles/none/", "/api/v1/styles/?page_size=0", "/api/v1/none/"):
        told = client.get(address).json()

        assert pseudo.unmarked(f"{told['title']} {told['detail']}") == [], address


def test_the_document_of_the_api_is_in_english_for_everybody(client):
    in_german = client.get("/api/v1/schema/", headers={"Accept-Language": "de"}).content

    assert in_german == client.get("/api/v1/schema/").content
