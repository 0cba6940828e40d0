import io
import zipfile

import pytest

from classifier.models import Prediction
from styleart_site.models import AccessToken, Export, User
from styleart_site.tasks import pack_export
from tests.factories import make_done_prediction, make_user

from .callers import Script, codes

pytestmark = pytest.mark.django_db


def test_the_account_tells_what_it_holds():
    prediction = make_done_prediction()

    told = Script(prediction.owner).get("/me/").json()

    assert set(told) == {"email", "joined_at", "prediction_count", "storage_bytes", "uploads_left_today"}
    assert (told["email"], told["prediction_count"]) == (prediction.owner.email, 1)
    assert told["storage_bytes"] >= prediction.original.size


def test_a_new_token_is_shown_once_and_works():
    script = Script()

    made = script.post("/tokens/", {"name": "desk", "expires_in_days": 7})
    listed = script.get("/tokens/").json()["results"]
    used = Script(is_anonymous=True).get("/me/", Authorization=f"Bearer {made.json()['token']}")

    assert made.status_code == 201
    assert set(made.json()) == {"id", "name", "token", "created_at", "expires_at"}
    assert made.headers["Cache-Control"] == "no-store"
    assert listed[0]["id"] == made.json()["id"]
    assert all("token" not in row for row in listed)
    assert used.json()["email"] == script.user.email


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "expires_in_days": 0},
        {"name": "x", "expires_in_days": 366},
    ],
)
def test_a_token_needs_a_name_and_an_end(body):
    assert codes(Script().post("/tokens/", body)) == (400, "invalid_request")


def test_a_token_without_a_wish_ends_after_ninety_days():
    Script().post("/tokens/", {"name": "desk"})

    token = AccessToken.objects.get(name="desk")
    assert (token.expires_at - token.created_at).days in (89, 90)


def test_a_revoked_token_opens_nothing():
    script = Script()
    made = script.post("/tokens/", {"name": "desk"}).json()

    response = script.delete(f"/tokens/{made['id']}/")

    assert response.status_code == 204
    assert codes(Script(is_anonymous=True).get("/me/", Authorization=f"Bearer {made['token']}")) == (
        401,
        "authentication_failed",
    )


def test_somebody_elses_token_is_not_found():
    token, _ = AccessToken.objects.make(make_user(), "desk", days=1)

    assert codes(Script().delete(f"/tokens/{token.pk}/")) == (404, "not_found")
    assert AccessToken.objects.filter(pk=token.pk).exists()


def test_everything_is_packed_and_fetched_with_the_same_credentials():
    prediction = make_done_prediction()
    script = Script(prediction.owner)
    started = script.post("/me/export/")
    waiting = script.get(started.json()["url"])
    export = Export.objects.get()
    for _ in range(5):
        pack_export(str(export.pk))

    fetched = script.get(started.json()["url"])
    again = script.get(started.json()["url"], If_None_Match=fetched.headers["ETag"])

    assert (started.status_code, set(started.json()), started.json()["status"]) == (
        202,
        {"url", "status"},
        "queued",
    )
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "2")
    assert fetched.headers["Content-Type"] == "application/zip"
    assert (again.status_code, again.content) == (304, b"")
    names = zipfile.ZipFile(io.BytesIO(fetched.getvalue())).namelist()
    assert any(name.endswith(".json") for name in names) and any(name.endswith(".csv") for name in names)


def test_an_export_that_failed_says_so():
    export = Export.objects.start(make_user())
    claimed = Export.objects.claim(export.pk)
    claimed.fail("no_space")

    response = Script(export.user).get(f"/me/export/{export.pk}/")

    assert codes(response) == (409, "export_failed")


def test_somebody_elses_export_is_not_found():
    export = Export.objects.start(make_user())

    assert codes(Script().get(f"/me/export/{export.pk}/")) == (404, "not_found")


def test_a_deleted_account_is_gone_with_all_it_had():
    prediction = make_done_prediction()
    script = Script(prediction.owner)

    response = script.delete("/me/")

    assert response.status_code == 204
    assert codes(script.get("/me/")) == (401, "authentication_failed")
    assert not Prediction.objects.exists()
    assert not AccessToken.objects.exists()
    assert not User.objects.filter(email=prediction.owner.email).exists()
