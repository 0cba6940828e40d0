"""The disk of the pictures is full: whoever sends one is told, and nothing of it stays behind."""

import random
import resource
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from classifier import tasks
from classifier.models import Prediction
from styleart_site.models import IdempotencyKey
from tests.api.callers import Script, codes
from tests.factories import make_prediction, small_painting

pytestmark = pytest.mark.django_db
ROOM_BYTES = 300_000


def large_painting() -> bytes:
    """A JPEG of over 1 MB, most of it noise."""
    noise = Image.frombytes("RGB", (900, 700), random.Random(1).randbytes(900 * 700 * 3))
    out = BytesIO()
    noise.save(out, "JPEG", quality=95)
    return out.getvalue()


@contextmanager
def little_room():
    """The kernel lets no file of this process grow beyond 300 kB: every write after that fails half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(autouse=True)
def in_memory(settings):
    """Uploads wait in memory, so that the limit strikes where the original is kept."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = settings.UPLOAD_MAX_BYTES


def files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def send(data: bytes):
    picture = SimpleUploadedFile("a.jpg", data, "image/jpeg")
    client = Client(raise_request_exception=False)
    return client.post(reverse("classifier:prediction-create"), {"image": picture})


def test_a_page_says_so_and_nothing_stays(settings):
    with little_room():
        response = send(large_painting())

    assert response.status_code == 507
    assert "Our disk is full" in response.content.decode()
    assert response.headers["Retry-After"] == "60"
    assert (Prediction.objects.count(), files(settings)) == (0, [])


def test_a_large_upload_has_no_room_on_its_way_in_either(settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # each goes through a temporary file
    with little_room():
        response = send(large_painting())

    assert response.status_code == 507
    assert (Prediction.objects.count(), files(settings)) == (0, [])


def test_a_page_says_so_where_the_database_has_no_room(settings):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '53100'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON classifier_prediction FOR EACH ROW EXECUTE FUNCTION refuse();"
        )

    response = send(small_painting())

    assert response.status_code == 507
    assert "Our disk is full" in response.content.decode()
    assert files(settings) == []


def test_the_api_says_so_and_the_same_key_may_be_used_again(settings):
    script = Script(raises=False)
    with little_room():
        refused = script.upload(large_painting(), Idempotency_Key="once")
    assert (refused.status_code, files(settings)) == (507, [])
    assert codes(refused) == (507, "no_room")
    assert not IdempotencyKey.objects.exists()

    accepted = script.upload(large_painting(), Idempotency_Key="once")

    assert accepted.status_code == 202
    (prediction,) = Prediction.objects.all()
    assert {path.name for path in files(settings)} == {str(prediction.pk)}  # the original and its square


def test_an_answer_needs_no_room():
    prediction = make_prediction(large_painting())
    with little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        tasks.classify(str(prediction.pk))
        tasks.derive(prediction)

    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert list(prediction.derived_folder.glob("*")) == []


def test_a_lost_original_is_there_again_once_its_owner_sends_it_again():
    script = Script()
    prediction = make_prediction(small_painting(), owner=script.user)
    prediction.original.storage.delete(prediction.original.name)
    tasks.classify(str(prediction.pk))

    again = script.upload(small_painting())
    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert again.json()["id"] == str(prediction.pk)
    assert (prediction.status, prediction.read_bytes()) == ("done", small_painting())
