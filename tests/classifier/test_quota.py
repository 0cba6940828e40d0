"""One rule for how many pictures a day somebody may send, whatever door they come through."""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier.models import Prediction
from classifier.quota import uploads_left
from tests import pictures
from tests.api.callers import Script, codes
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(settings, client):
    settings.API_UPLOADS_PER_DAY = 2
    user = make_user()
    client.force_login(user)
    return user


def sent(client, seed: int, **fields):
    file = SimpleUploadedFile("painting.jpg", pictures.small_painting(seed), "image/jpeg")
    return client.post(reverse("classifier:prediction-create"), {"image": file, **fields})


def test_pages_and_programs_count_together(client, user):
    script = Script(user)

    by_page = sent(client, 1)
    by_program = script.upload(pictures.small_painting(2))

    assert (by_page.status_code, by_program.status_code) == (302, 202)
    assert script.get("/me/").json()["uploads_left_today"] == 0
    assert codes(script.upload(pictures.small_painting(3))) == (429, "quota_exceeded")
    refused = sent(client, 3)
    assert refused.status_code == 422
    assert "You have sent 2 pictures within a day" in refused.content.decode()
    assert "That was your last picture for today" in client.get("/").content.decode()
    assert Prediction.objects.count() == 2


def test_the_account_page_says_what_is_left_at_all_doors(client, user):
    sent(client, 1)

    page = client.get(reverse("account:page")).content.decode()

    assert "Left to send today" in page
    assert ">1 of 2<" in page


def test_what_is_here_already_and_what_is_refused_does_not_count(client, user):
    sent(client, 1)
    sent(client, 1)
    sent(client, 2, crop="nonsense")

    assert uploads_left(user) == 1


def test_another_cut_counts_and_a_deleted_picture_stays_counted(client, user):
    first = sent(client, 1)
    client.post(f"{first.url}crop/", {"left": 10, "top": 0, "right": 0, "bottom": 0, "turns": 0})
    Prediction.objects.erase()

    assert uploads_left(user) == 0
    assert sent(client, 2).status_code == 422


def test_what_could_not_be_kept_does_not_count(client, user, monkeypatch):
    def is_full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(Prediction.objects.__class__, "add", is_full)
        by_program = Script(user, raises=False).upload(pictures.small_painting(1))
        answers = [by_program.status_code, sent(client, 1).status_code]

    assert answers == [507, 507]
    assert uploads_left(user) == 2
