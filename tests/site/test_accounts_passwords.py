"""Passwords: which are refused, how they are kept, and what guessing costs."""

import re

import pytest
from allauth.core.internal import ratelimit
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse

from styleart_site import settings as real_settings
from tests.factories import make_user

PASSWORD = "a-quiet-room-1"


@pytest.mark.parametrize(
    "password",
    [
        "password2024!", "P@ssw0rd123!", "qwertyuiop", "qwertyuiop1!", "abcdefghijk", "1q2w3e4r5t6y", "StyleArt2026",
        "aaaaaaaaaaaa", "monkeymonkey", "iloveyou12345", "a1234567890", "letmein!!!!!", "poiuytrewq",
    ],
)  # fmt: skip
def test_a_well_known_password_is_refused_in_every_disguise(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery",
        "Tw0-lakes/one-boat",
        "7fK!pq2z9Lm4",
        "grüne Wiese im Juni",
        "水彩画と静かな部屋のなかで",
    ],
)
def test_an_unusual_password_is_welcome(password):
    validate_password(password)


def test_the_address_is_no_password():
    with pytest.raises(ValidationError):
        validate_password("camille.pissarro", make_user_unsaved("camille.pissarro@example.org"))


def make_user_unsaved(email: str):
    from django.contrib.auth import get_user_model

    return get_user_model()(email=email)


@pytest.mark.django_db
def test_an_older_hash_becomes_argon2_at_the_next_sign_in(client, settings):
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    user = make_user()
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000)
    user.save()

    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password(PASSWORD)


def test_whoever_goes_on_guessing_waits_longer_each_time():
    rates = ratelimit.parse_rates(real_settings.ACCOUNT_RATE_LIMITS["login_failed"])
    history, now, waits = [], 0.0, []
    per_account = [rate for rate in rates if rate.per == "key"]
    while len(waits) < 4:  # as fast as he is let
        wait = 0.0
        while not all(
            ratelimit.apply_rate(sorted(history, reverse=True), now, rate, dry_run=True)[0]
            for rate in per_account
        ):
            now, wait = now + 10, wait + 10
        if wait:
            waits.append(wait)
        history.append(now)
        now += 1

    assert waits == sorted(waits)
    assert waits[0] <= 60
    assert waits[-1] > 3600
    assert len(history) < 15


@pytest.mark.django_db
def test_guessing_one_account_does_not_lock_the_others(client):
    first, second = make_user(password=PASSWORD), make_user(password=PASSWORD)
    for _ in range(6):
        client.post("/accounts/login/", {"login": first.email, "password": "wrong"})

    client.post("/accounts/login/", {"login": second.email, "password": PASSWORD})

    assert client.get("/").wsgi_request.user == second


@pytest.mark.django_db
def test_too_many_requests_say_when_to_come_back(client):
    for _ in range(6):
        response = client.post(reverse("account_reset_password"), {"email": "new@example.org"})

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def without_token(page) -> str:
    """The page without what is new in every form of it."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


@pytest.mark.django_db
def test_resetting_tells_a_stranger_nothing_and_writes_to_both(client):
    make_user("known@example.org")

    known = client.post(reverse("account_reset_password"), {"email": "known@example.org"}, follow=True)
    unknown = client.post(reverse("account_reset_password"), {"email": "new@example.org"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert without_token(known) == without_token(unknown)
    assert [message.to for message in mail.outbox] == [["known@example.org"], ["new@example.org"]]


@pytest.mark.django_db
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    make_user("known@example.org")

    known = client.post("/accounts/login/", {"login": "known@example.org", "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "knawn@example.org", "password": "wrong"})

    assert known.context["form"].errors == unknown.context["form"].errors


@pytest.mark.django_db
def test_a_known_address_takes_a_hash_at_sign_up_as_a_new_one_does(client, monkeypatch, settings):
    """Time cannot be asserted, work can: both ways hash one password."""
    settings.PASSWORD_HASHERS = ["tests.site.test_accounts_passwords.CountingHasher"]
    make_user("known@example.org")
    counts = []
    for address in ["new@example.org", "known@example.org"]:
        cache.clear()
        CountingHasher.encoded = 0
        client.post("/accounts/signup/", {"email": address, "password1": PASSWORD})
        counts.append(CountingHasher.encoded)

    assert counts[0] == counts[1] > 0


class CountingHasher(PBKDF2PasswordHasher):
    encoded = 0
    iterations = 10

    def encode(self, password, salt, iterations=None):
        type(self).encoded += 1
        return super().encode(password, salt, iterations)
