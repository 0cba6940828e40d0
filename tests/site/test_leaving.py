"""Deleting an account: nothing of it remains, wherever one looks."""

import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.models import Prediction, Sender
from classifier.tasks import classify
from gallery.models import LabelSuggestion
from styleart_site import leaving
from styleart_site.models import AccessToken, Export, IdempotencyKey
from styleart_site.tasks import erase_leavers, pack_export, tidy_accounts
from tests import pictures
from tests.factories import make_done_prediction, make_prediction, make_style, make_user

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "camille@example.org"
PASSWORD = "a-quiet-room-1"


@pytest.fixture
def media(settings) -> Path:
    return Path(settings.MEDIA_ROOT)


def everything_of(client: Client, email: str = EMAIL):
    """A user with something in every corner of the house; gives the user."""
    user = make_user(email, PASSWORD)
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    Client().post("/accounts/login/", {"login": email, "password": PASSWORD})  # another device
    done = make_done_prediction(owner=user, picture=pictures.small_painting(1), title=f"by {email}")
    done.preview(), done.thumbnail()
    done.share_with(None)
    done.give_feedback(make_style(), shows_picture=True)
    client.get(reverse("classifier:share-card", args=[done.share.token]))
    make_prediction(pictures.small_painting(2), owner=user).trash()
    make_prediction(pictures.small_painting(3), owner=user)
    AccessToken.objects.make(user, "script", days=30)
    IdempotencyKey.objects.begin(user, "key", "fingerprint")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    pack_export(str(Export.objects.start(user).pk))
    Export.objects.start(user)
    kind = ContentType.objects.get_for_model(user)
    LogEntry.objects.create(user=user, content_type=kind, object_id=user.pk, object_repr=email, action_flag=2)
    return user


def rows_that_name(user_pk: int, email: str) -> list[str]:
    """Every row of every table that points to this user or has the address in one of its fields."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all().values():
            points = [
                field.name
                for field in model._meta.concrete_fields
                if field.remote_field
                and field.related_model is get_user_model()
                and row[field.attname] == user_pk
            ]
            is_user = model is get_user_model() and row["id"] == user_pk
            if points or is_user or email in json.dumps(row, cls=DjangoJSONEncoder, default=str):
                found.append(model._meta.label)
    return found


def sessions_of(user_pk: int) -> list[Session]:
    return [row for row in Session.objects.all() if row.get_decoded().get("_auth_user_id") == str(user_pk)]


def files(media: Path) -> set[Path]:
    return {path for path in media.rglob("*") if path.is_file()}


def delete_account(client: Client):
    return client.post(reverse("account:delete"), {"word": "delete"}, follow=True)


def test_nothing_of_a_deleted_account_remains_anywhere(client, media):
    other = everything_of(Client(), "other@example.org")
    kept_files, kept_suggestions = files(media), LabelSuggestion.objects.count()
    user = everything_of(client)
    before = rows_that_name(user.pk, EMAIL)

    answer = delete_account(client)

    assert set(before) == {
        "account.EmailAddress",
        "admin.LogEntry",
        "classifier.Prediction",
        "mfa.Authenticator",
        "styleart_site.AccessToken",
        "styleart_site.Export",
        "styleart_site.IdempotencyKey",
        "styleart_site.User",
        "usersessions.UserSession",
    }
    assert answer.redirect_chain[-1][0] == "/"
    assert rows_that_name(user.pk, EMAIL) == []
    assert files(media) == kept_files
    assert LabelSuggestion.objects.count() == kept_suggestions
    assert sessions_of(user.pk) == []
    assert len(sessions_of(other.pk)) == 2
    assert rows_that_name(other.pk, other.email) != []


def test_tables_that_no_model_knows_do_not_know_the_account_either(client):
    user = everything_of(client)
    Client().post("/accounts/login/", {"login": user.email, "password": "wrong-on-purpose"})
    delete_account(client)

    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) - known:
            cursor.execute(f'select count(*) from "{table}" t where t::text like %s', [f"%{user.email}%"])  # noqa: S608 - our own tables
            assert cursor.fetchone() == (0,), table
        cursor.execute("select value from cache")  # pickles in base64
        values = [b64decode(value) for (value,) in cursor.fetchall()]
    assert values
    assert [value for value in values if user.email.encode() in value] == []


def test_queued_work_of_a_deleted_account_ends_quietly(client, media):
    user = everything_of(client)
    waiting = Prediction.objects.get(owner=user, status="queued", trashed_at=None)
    export = Export.objects.unfinished().get(user=user)
    delete_account(client)

    classify(str(waiting.pk))
    pack_export(str(export.pk))

    assert files(media) == set()


def test_shared_pages_close_with_the_account(client):
    user = everything_of(client)
    address = Prediction.objects.get(owner=user, share__isnull=False).share.get_absolute_url()
    before = client.get(address).status_code

    delete_account(client)

    assert (before, Client().get(address).status_code) == (200, 404)


@pytest.mark.parametrize("at_once", [300, 1])
def test_what_somebody_sent_before_signing_in_goes_too(at_once, monkeypatch, media):
    monkeypatch.setattr(leaving, "ERASED_AT_ONCE", at_once)
    user = make_user(EMAIL, PASSWORD)
    make_prediction(owner=user)
    visitor = Client()
    visitor.post("/predictions/new/", {"image": as_file(pictures.small_painting())})  # the same picture
    visitor.post("/predictions/new/", {"image": as_file(pictures.small_painting(5))})
    visitor.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    before = Prediction.objects.filter(owner=user).count(), Prediction.objects.count()
    late = Prediction.objects.exclude(visitor=None).get().visitor  # sent while signing in was on its way
    make_prediction(pictures.small_painting(6), visitor=late)

    leaving.erase_account(user)
    erase_leavers()
    erase_leavers()

    assert before == (2, 2)
    assert not Prediction.objects.exists()
    assert files(media) == set()


def as_file(data: bytes):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("picture.jpg", data)


def test_the_way_out_asks_who_is_there_and_for_a_word(client):
    user = make_user(EMAIL, PASSWORD)
    client.force_login(user)
    unproven = client.get(reverse("account:delete"))
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    wrong = client.post(reverse("account:delete"), {"word": "yes"})

    assert unproven.url.startswith(reverse("account_reauthenticate"))
    assert wrong.status_code == 422
    assert "nothing is deleted yet" in wrong.content.decode()
    assert get_user_model().objects.filter(pk=user.pk).exists()


def test_a_very_large_history_is_erased_in_steps_and_nobody_finds_the_account_meanwhile(
    client, monkeypatch, media
):
    user = everything_of(client)
    monkeypatch.setattr(leaving, "ERASED_AT_ONCE", 1)
    token = AccessToken.objects.make(user, "another", days=1)[1]

    leaving.erase_account(user)
    halfway = get_user_model().objects.get(pk=user.pk)
    named = [label for label in rows_that_name(0, EMAIL) if label != "classifier.Prediction"]
    found = AccessToken.objects.using(token)
    signed_in = client.get("/").wsgi_request.user.is_authenticated
    for _ in range(4):
        erase_leavers()

    assert (halfway.is_active, halfway.has_usable_password(), halfway.left_at is not None) == (
        False,
        False,
        True,
    )
    assert named == []
    assert found is None
    assert not signed_in
    assert rows_that_name(user.pk, EMAIL) == []
    assert files(media) == set()


def test_the_address_of_a_deleted_account_is_free_again(client):
    leaving.erase_account(make_user(EMAIL, PASSWORD))

    client.post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD})

    assert get_user_model().objects.filter(email=EMAIL).count() == 1


def test_a_curator_leaves_and_the_decisions_stay_without_a_name(client):
    curator = make_user(EMAIL, PASSWORD, is_staff=True)
    suggestion = make_done_prediction(owner=make_user())
    suggestion.give_feedback(make_style())
    LabelSuggestion.objects.update(status="rejected", decided_by=curator, decided_at=timezone.now())

    leaving.erase_account(curator)

    assert LabelSuggestion.objects.get().decided_by is None


def test_accounts_that_nobody_confirmed_are_forgotten_after_a_month():
    old = timezone.now() - timedelta(days=31)
    claimed, confirmed, by_hand = (
        get_user_model().objects.create_user(f"{n}@example.org", PASSWORD) for n in "abc"
    )
    EmailAddress.objects.create(user=claimed, email=claimed.email, verified=False, primary=True)
    EmailAddress.objects.create(user=confirmed, email=confirmed.email, verified=True, primary=True)
    get_user_model().objects.update(date_joined=old)
    newer = get_user_model().objects.create_user("d@example.org", PASSWORD)
    EmailAddress.objects.create(user=newer, email=newer.email, verified=False, primary=True)

    tidy_accounts()

    assert set(get_user_model().objects.all()) == {confirmed, by_hand, newer}


def test_a_visitor_has_no_account_to_delete(client):
    assert Prediction.objects.of(Sender()).count() == 0
    assert client.post(reverse("account:delete"), {"word": "delete"}).status_code == 302
