import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from styleart_site.mail import LoggedFileBackend
from styleart_site.tasks import tidy_accounts
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-room-1"


def link_in(message) -> str:
    return re.search(r"https?://testserver(/\S+)", message.body)[1]


def test_signing_up_needs_the_mailed_link(client):
    client.post("/accounts/signup/", {"email": "New@Example.org", "password1": PASSWORD})
    before = client.get("/").wsgi_request.user.is_authenticated

    client.post(link_in(mail.outbox[0]))

    assert not before
    assert client.get("/").wsgi_request.user.email == "new@example.org"


def test_the_mailed_link_works_where_somebody_else_is_signed_in(client):
    Client().post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    client.force_login(make_user())
    link = link_in(mail.outbox[0])

    page = client.get(link)
    client.post(link)

    assert page.status_code == 200
    assert EmailAddress.objects.get(email="new@example.org").verified


def test_signing_up_with_a_known_address_does_not_tell(client):
    make_user("known@example.org")

    new = client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    known = client.post("/accounts/signup/", {"email": "known@example.org", "password1": PASSWORD})

    assert (new.status_code, new.url) == (known.status_code, known.url)
    assert get_user_model().objects.filter(email="known@example.org").count() == 1


@pytest.mark.parametrize("password", ["short", "password123", "12345678901"])
def test_weak_passwords_are_refused(client, password):
    response = client.post("/accounts/signup/", {"email": "new@example.org", "password1": password})

    assert response.status_code == 200
    assert not get_user_model().objects.exists()


def test_a_forgotten_password_can_be_set_anew(client):
    user = make_user()

    client.post("/accounts/password/reset/", {"email": user.email})
    form = client.get(link_in(mail.outbox[0]), follow=True)
    client.post(
        form.redirect_chain[-1][0], {"password1": "a-new-quiet-room", "password2": "a-new-quiet-room"}
    )

    user.refresh_from_db()
    assert user.check_password("a-new-quiet-room")


def test_signing_in_and_out(client):
    user = make_user(password=PASSWORD)

    client.post("/accounts/login/", {"login": user.email.upper(), "password": PASSWORD})
    signed_in = client.get("/").wsgi_request.user.is_authenticated
    client.post("/accounts/logout/")

    assert signed_in
    assert not client.get("/").wsgi_request.user.is_authenticated


def test_the_admin_uses_the_sites_own_sign_in(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


def test_guessing_passwords_is_slowed_down(client):
    user = make_user(password=PASSWORD)
    for _ in range(12):
        response = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})

    right = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert response.status_code in {200, 429}
    assert not client.get("/").wsgi_request.user.is_authenticated
    assert right.status_code != 302


def test_counts_of_attempts_outlive_hundreds_of_others_and_end_in_their_time():
    cache.set("a-first-one", 4, timeout=3600)
    cache.set("a-second-one", 4, timeout=-1)
    for number in range(400):
        cache.set(f"z-{number}", 1, timeout=3600)

    tidy_accounts()

    assert cache.get("a-first-one") == 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE '%one'")
        assert cursor.fetchone() == (1,)


def test_demo_accounts_are_made_once_and_can_sign_in(client, capsys):
    call_command("create_demo_accounts")
    call_command("create_demo_accounts")

    response = client.post("/accounts/login/", {"login": "curator@example.org", "password": "hang-it-higher"})

    assert "visitor@example.org" in capsys.readouterr().out
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert get_user_model().objects.count() == 2


def test_demo_accounts_are_refused_on_real_servers(settings):
    settings.EMBEDDED = False

    with pytest.raises(CommandError):
        call_command("create_demo_accounts")


def test_mails_of_an_embedded_copy_are_files_and_the_log_keeps_their_secrets(tmp_path, caplog):
    caplog.set_level("INFO")
    message = mail.EmailMessage("Welcome", "Follow /accounts/confirm/ please.", to=["new@example.org"])

    LoggedFileBackend(file_path=tmp_path).send_messages([message])

    assert "Follow /accounts/confirm/ please." in next(tmp_path.iterdir()).read_text()
    assert str(tmp_path) in caplog.text
    assert "confirm" not in caplog.text
    assert "new@example.org" not in caplog.text
