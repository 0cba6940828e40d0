"""Idempotency-Key: sent again, done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from classifier.models import Prediction
from styleart_site.models import IdempotencyKey
from styleart_site.tasks import tidy_accounts
from tests import pictures
from tests.factories import make_user

from .callers import Script, codes

pytestmark = pytest.mark.django_db


def test_the_same_key_gives_the_first_answer_again():
    script = Script()
    first = script.upload(title="Garden", Idempotency_Key="one")
    Prediction.objects.update(title="Changed meanwhile")

    second = script.upload(title="Garden", Idempotency_Key="one")

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Prediction.objects.count() == 1


@pytest.mark.parametrize("change", [{"title": "Another"}, {"data": pictures.small_painting(2)}])
def test_the_same_key_for_another_body_is_refused(change):
    script = Script()
    script.upload(title="Garden", Idempotency_Key="one")

    response = script.upload(**{"title": "Garden", **change}, Idempotency_Key="one")

    assert codes(response) == (422, "idempotency_key_reused")
    assert Prediction.objects.count() == 1


def test_a_refusal_is_given_again_too():
    script = Script()
    first = script.upload(pictures.letter(), Idempotency_Key="one")

    second = script.upload(pictures.letter(), Idempotency_Key="one")

    assert codes(first) == codes(second) == (400, "invalid_image")
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_limit_leaves_the_key_free(settings):
    settings.API_UPLOADS_PER_MINUTE = 0
    script = Script()
    first = script.upload(Idempotency_Key="one")
    settings.API_UPLOADS_PER_MINUTE = 10

    second = script.upload(Idempotency_Key="one")

    assert codes(first) == (429, "throttled")
    assert second.status_code == 202


def test_a_fault_of_ours_leaves_the_key_free(monkeypatch):
    script = Script(raises=False)
    with monkeypatch.context() as broken:
        broken.setattr("classifier.forms.inference.inspect", lambda data: 1 / 0)
        first = script.upload(Idempotency_Key="one")

    second = script.upload(Idempotency_Key="one")

    assert (first.status_code, second.status_code) == (500, 202)


def test_a_replay_counts_as_no_upload(settings):
    settings.API_UPLOADS_PER_MINUTE = 1
    script = Script()

    statuses = [script.upload(Idempotency_Key="one").status_code for _ in range(3)]

    assert statuses == [202, 202, 202]


def test_after_a_day_a_key_is_new():
    script = Script()
    script.upload(Idempotency_Key="one")
    IdempotencyKey.objects.update(begun_at=timezone.now() - timedelta(hours=24, seconds=1))

    response = script.upload(pictures.small_painting(2), Idempotency_Key="one")

    assert response.status_code == 202
    assert IdempotencyKey.objects.count() == 1


def test_an_answer_that_nobody_asks_for_any_more_goes_after_a_day():
    Script().upload(Idempotency_Key="one")
    Script().upload(Idempotency_Key="new")
    IdempotencyKey.objects.filter(key="one").update(begun_at=timezone.now() - timedelta(hours=24, seconds=1))

    tidy_accounts()

    assert IdempotencyKey.objects.get().key == "new"


def test_the_answer_of_a_key_goes_with_its_prediction():
    script = Script()
    first = script.upload(title="Garden", Idempotency_Key="one").json()["id"]
    script.upload(pictures.small_painting(2), Idempotency_Key="two")
    script.delete(f"/predictions/{first}/")
    left = IdempotencyKey.objects.get().key

    again = script.upload(title="Garden", Idempotency_Key="one")

    assert left == "two"
    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers
    assert Prediction.objects.filter(pk=again.json()["id"]).exists()


def test_two_people_may_use_the_same_key():
    first, second = (Script().upload(Idempotency_Key="one") for _ in range(2))

    assert first.json()["id"] != second.json()["id"]


def test_a_first_request_that_never_came_back_does_not_block_for_ever():
    script = Script()
    IdempotencyKey.objects.create(
        owner=script.user, key="one", fingerprint="x", begun_at=timezone.now() - timedelta(seconds=91)
    )

    assert script.upload(Idempotency_Key="one").status_code == 202


def test_whoever_comes_while_the_first_is_on_its_way_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr("styleart_site.api.idempotency.LONGEST_WAIT_S", 0)
    script = Script()
    script.upload(Idempotency_Key="one")
    IdempotencyKey.objects.update(status=None)

    response = script.upload(Idempotency_Key="one")

    assert codes(response) == (409, "idempotency_in_progress")
    assert response.headers["Retry-After"] == "1"


def test_a_key_without_a_body_is_refused_for_the_body():
    script = Script()

    response = script.ask("POST", "/predictions/", Idempotency_Key="one")

    assert codes(response) == (400, "invalid_request")


@pytest.mark.parametrize("key", ["", "x" * 256, "ü"])
def test_a_key_that_is_none_is_refused(key):
    assert codes(Script().upload(Idempotency_Key=key)) == (400, "invalid_header")


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_row_and_hear_the_same():
    owner = make_user()
    scripts = [Script(owner) for _ in range(20)]

    def send(script: Script):
        try:
            return script.upload(title="Garden", Idempotency_Key="one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, scripts))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert Prediction.objects.count() == 1
