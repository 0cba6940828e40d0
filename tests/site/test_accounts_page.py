"""The account page: what is used, tokens, the address."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse

from styleart_site.models import AccessToken
from styleart_site.usage import storage_bytes
from tests.factories import make_prediction, make_user, small_painting
from tests.site.test_templates import check, read

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-room-1"


@pytest.fixture
def user(client):
    """Somebody who has just proven who they are."""
    user = make_user(password=PASSWORD)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return user


def make_token(client, name: str = "my script") -> str:
    """Make a token on the page; gives the secret, as it is shown."""
    answer = client.post(reverse("account:token-create"), {"name": name, "days": "30"})
    check(read(answer))
    assert "no-store" in answer.headers["Cache-Control"]
    return re.search(r"<code>(\S+)</code>", answer.content.decode())[1]


def test_the_account_page_is_well_made_empty_and_full(client, user):
    check(read(client.get(reverse("account:page"))))
    make_prediction(owner=user, title="<b>bold</b>")
    make_token(client, "<i>script</i>")
    client.post(reverse("account:export-start"))

    full = client.get(reverse("account:page"))

    check(read(full))
    assert "<i>script" not in full.content.decode()


def test_the_page_says_how_much_room_the_pictures_take(client, user):
    prediction = make_prediction(owner=user)
    prediction.thumbnail()
    make_prediction()  # of somebody else

    used = storage_bytes(user)

    assert used == len(small_painting()) + prediction.thumbnail().stat().st_size


def test_a_token_is_shown_once(client, user):
    secret = make_token(client)

    page = client.get(reverse("account:page")).content.decode()

    assert "my script" in page
    assert secret not in page
    assert AccessToken.objects.using(secret).owner == user


def test_a_revoked_token_opens_nothing(client, user):
    secret = make_token(client)

    client.post(reverse("account:token-revoke", args=[user.access_tokens.get().pk]))

    assert AccessToken.objects.using(secret) is None


def test_nobody_revokes_the_token_of_another(client, user):
    token, _ = AccessToken.objects.make(make_user(), "theirs", days=30)

    response = client.post(reverse("account:token-revoke", args=[token.pk]))

    assert response.status_code == 404
    assert AccessToken.objects.filter(pk=token.pk).exists()


def test_a_token_needs_a_name(client, user):
    response = client.post(reverse("account:token-create"), {"name": "", "days": "30"})

    check(read(response, 422))
    assert not AccessToken.objects.exists()


def test_making_a_token_asks_who_is_there(client):
    client.force_login(make_user())

    response = client.post(reverse("account:token-create"), {"name": "a script", "days": "30"})

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert not AccessToken.objects.exists()


# The address


def test_a_new_address_takes_over_once_its_code_is_typed(client, user):
    old = user.email
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    user.refresh_from_db()
    before = user.email
    code = re.search(r"^([A-Z0-9]{2,}-?[A-Z0-9]*)$", mail.outbox[-1].body, re.MULTILINE)[1]
    check(read(client.get(reverse("account_email_verification_sent"))))

    client.post(reverse("account_email_verification_sent"), {"code": code})

    user.refresh_from_db()
    assert (before, user.email) == (old, "new@example.org")
    assert [row.email for row in EmailAddress.objects.filter(user=user)] == ["new@example.org"]
    assert mail.outbox[-1].to == [old]  # the old address hears of it


def test_a_wrong_code_changes_no_address(client, user):
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})

    client.post(reverse("account_email_verification_sent"), {"code": "ZZZZZZ"})

    user.refresh_from_db()
    assert user.email != "new@example.org"
    assert not EmailAddress.objects.filter(email="new@example.org").exists()  # nobody reserves an address


def test_changing_to_a_known_address_looks_the_same_and_does_nothing(client, user):
    make_user("known@example.org")

    answers = [
        client.post(reverse("account_email"), {"action_add": "", "email": email})
        for email in ["new@example.org", "known@example.org"]
    ]

    assert [(answer.status_code, answer.url) for answer in answers] == [(302, answers[0].url)] * 2
    assert EmailAddress.objects.filter(email="known@example.org").count() == 1


def test_even_the_right_code_brings_no_address_that_another_account_has(client, user):
    make_user("known@example.org")
    client.post(reverse("account_email"), {"action_add": "", "email": "known@example.org"})
    code = re.search(r"^([A-Z0-9]{2,}-?[A-Z0-9]*)$", mail.outbox[-1].body, re.MULTILINE)[1]

    client.post(reverse("account_email_verification_sent"), {"code": code})

    user.refresh_from_db()
    assert user.email != "known@example.org"


@pytest.mark.parametrize("name", ["account_email", "account:delete", "account_change_password"])
def test_a_page_of_the_account_is_well_made(client, user, name):
    check(read(client.get(reverse(name))))


@pytest.mark.parametrize(
    "name", ["account:page", "account:delete", "account_email", "mfa_index", "usersessions_list"]
)
def test_a_visitor_is_asked_to_sign_in(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("name", "args", "page"),
    [
        ("account:mails", [], "account:page"),
        ("account:token-create", [], "account:page"),
        ("account:token-revoke", [1], "account:page"),
        ("account:export-start", [], "account:page"),
        ("account:session-end", [1], "usersessions_list"),
    ],
)
def test_who_signs_in_again_after_pressing_a_button_is_led_back_to_its_page(client, name, args, page):
    asked = client.post(reverse(name, args=args))
    user = make_user(password=PASSWORD)

    response = client.post(asked.url, {"login": user.email, "password": PASSWORD}, follow=True)

    assert response.status_code == 200
    assert response.request["PATH_INFO"] == reverse(page)
