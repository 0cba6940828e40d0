"""Two-factor sign-in, and the devices where somebody is signed in."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests import totp
from tests.factories import make_user
from tests.site.test_templates import check, read

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-room-1"


@pytest.fixture
def user():
    return make_user(password=PASSWORD)


def sign_in(client: Client, user) -> object:
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def switch_on(client: Client) -> str:
    """Set the authenticator app up, which asks for the password once more; gives its secret."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'value="([A-Z2-7]{32})"', page)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": totp.code(secret, steps_ahead=-1)})
    assert answer.status_code == 302
    return secret


def is_signed_in(client: Client) -> bool:
    return client.get("/").wsgi_request.user.is_authenticated


def test_with_an_app_the_password_alone_opens_nothing(client, user):
    sign_in(client, user)
    secret = switch_on(client)
    elsewhere = Client()

    answer = sign_in(elsewhere, user)
    after_password = is_signed_in(elsewhere)
    elsewhere.post(reverse("mfa_authenticate"), {"code": "000000"})
    after_wrong_code = is_signed_in(elsewhere)
    elsewhere.post(reverse("mfa_authenticate"), {"code": totp.code(secret)})

    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert (after_password, after_wrong_code, is_signed_in(elsewhere)) == (False, False, True)


def test_a_recovery_code_lets_in_once(client, user, django_capture_on_commit_callbacks):
    sign_in(client, user)
    switch_on(client)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    code = re.search(r"<code>(\d+)</code>", page)[1]
    first, second = Client(), Client()

    for lost_phone in (first, second):
        sign_in(lost_phone, user)
        lost_phone.post(reverse("mfa_authenticate"), {"code": code})

    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_the_secret_of_an_app_does_not_lie_open_in_the_database(client, user):
    sign_in(client, user)
    secret = switch_on(client)

    kept = Authenticator.objects.get(user=user, type="totp").data["secret"]

    assert secret not in kept
    assert len(kept) > 60


def test_codes_still_open_after_the_key_of_the_site_has_changed(client, user, settings):
    sign_in(client, user)
    secret = switch_on(client)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key altogether"
    elsewhere = Client()

    sign_in(elsewhere, user)
    elsewhere.post(reverse("mfa_authenticate"), {"code": totp.code(secret)})

    assert is_signed_in(elsewhere)


def test_switching_it_off_asks_who_is_there_and_tells_by_mail(
    client, user, django_capture_on_commit_callbacks
):
    sign_in(client, user)
    switch_on(client)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(user=user).exists()
    assert mail.outbox[-1].subject == "StyleArt: Two-factor sign-in is off"


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
        "usersessions_list",
    ],
)
def test_a_page_about_two_factors_is_well_made(client, user, name):
    sign_in(client, user)
    switch_on(client)

    response = client.get(reverse(name))

    assert response.status_code == 200
    check(read(response))


@pytest.mark.parametrize("name", ["mfa_index", "mfa_activate_totp"])
def test_a_page_before_two_factors_is_well_made(client, user, name):
    sign_in(client, user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    check(read(client.get(reverse(name))))


def test_the_page_that_asks_for_a_code_is_well_made(client, user):
    sign_in(client, user)
    switch_on(client)
    elsewhere = Client()

    check(read(elsewhere.post("/accounts/login/", {"login": user.email, "password": PASSWORD}, follow=True)))


# Curators


def test_curators_need_an_app_for_their_room_where_the_settings_ask_for_one(client, settings):
    settings.STAFF_NEEDS_TWO_FACTORS = True
    curator = make_user(password=PASSWORD, is_staff=True, is_superuser=True)
    sign_in(client, curator)

    before = client.get("/admin/")
    switch_on(client)

    assert reverse("mfa_activate_totp") in before.content.decode()
    check(read(before, 403))
    assert client.get("/admin/").status_code == 200


def test_on_an_embedded_copy_curators_need_no_app(client, settings):
    settings.STAFF_NEEDS_TWO_FACTORS = False
    client.force_login(make_user(is_staff=True, is_superuser=True))

    assert client.get("/admin/").status_code == 200


# Devices


def test_signing_out_elsewhere_ends_the_other_sessions_at_once(client, user):
    elsewhere = Client(
        HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    sign_in(client, user)
    sign_in(elsewhere, user)
    page = client.get(reverse("usersessions_list")).content.decode()

    client.post(reverse("usersessions_list"))

    assert "Firefox on Linux" in page
    assert (is_signed_in(client), is_signed_in(elsewhere)) == (True, False)


def test_one_device_alone_can_be_signed_out(client, user):
    others = [Client(), Client()]
    for device in (client, *others):
        sign_in(device, user)
    row = UserSession.objects.get(session_key=others[0].session.session_key)

    client.post(reverse("account:session-end", args=[row.pk]))

    assert [is_signed_in(device) for device in (client, *others)] == [True, False, True]


def test_a_stranger_cannot_sign_out_somebodys_device(client, user):
    elsewhere = Client()
    sign_in(elsewhere, user)
    client.force_login(make_user())

    response = client.post(reverse("account:session-end", args=[UserSession.objects.get(user=user).pk]))

    assert response.status_code == 404
    assert is_signed_in(elsewhere)


def test_a_new_password_signs_out_everywhere_else(client, user):
    elsewhere = Client()
    sign_in(client, user)
    sign_in(elsewhere, user)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "a-new-quiet-room", "password2": "a-new-quiet-room"},
    )

    assert (is_signed_in(client), is_signed_in(elsewhere)) == (True, False)
