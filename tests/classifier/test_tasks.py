from datetime import timedelta
from uuid import uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier import tasks
from classifier.models import Prediction
from gallery import handover
from ml import inference
from tests import pictures
from tests.factories import make_done_prediction, make_house_styles, make_prediction

pytestmark = pytest.mark.django_db


def test_a_picture_goes_in_and_its_style_comes_out():
    make_house_styles()
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert prediction.style is not None
    assert {name for name, _ in prediction.probabilities} == set(inference.model_card()["labels"])
    assert sum(p for _, p in prediction.probabilities) == pytest.approx(1, abs=0.001)
    assert len(prediction.embedding) == 256


def test_the_answer_does_not_wait_for_what_is_made_of_the_picture():
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))

    assert not prediction.derived_folder.exists()


def test_what_is_made_of_pictures_waits_until_no_picture_waits_for_its_answer():
    queue = f"test-{uuid4()}"
    tasks.derive.apply_async(["late"], queue=queue)
    tasks.classify.apply_async(["first"], queue=queue)

    with tasks.classify.app.connection_for_read() as broker, broker.SimpleQueue(queue) as waiting:
        messages = [waiting.get(timeout=5), waiting.get(timeout=5)]
        for message in messages:
            message.ack()

    assert [message.payload[0] for message in messages] == [["first"], ["late"]]


def test_nothing_is_made_of_a_picture_that_was_erased():
    prediction = make_done_prediction()
    key, folder = str(prediction.pk), prediction.derived_folder
    prediction.erase()

    tasks.derive(key)

    assert not folder.exists()


def test_a_picture_without_its_file_has_nothing_made_of_it():
    prediction = make_done_prediction()
    prediction.original.storage.delete(prediction.original.name)

    tasks.derive(str(prediction.pk))

    assert not prediction.derived_folder.exists()


def test_all_that_the_page_shows_is_ready_soon_after_the_answer():
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))
    tasks.derive(str(prediction.pk))

    ready = {path.name for path in prediction.derived_folder.iterdir()}
    prediction.refresh_from_db()
    assert ready == {"preview.jpg", "thumbnail.jpg", "palette.json"}
    assert prediction.maps_model == inference.model_version()


def test_running_twice_changes_nothing():
    prediction = make_prediction()
    tasks.classify(str(prediction.pk))
    prediction.refresh_from_db()
    finished_at = prediction.finished_at

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert (prediction.finished_at, prediction.attempt) == (finished_at, 1)


def test_a_picture_that_cannot_be_decoded_fails_with_a_sentence():
    prediction = make_prediction(pictures.cut_off_jpeg())

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == ("failed", "unreadable_image")
    assert "JPEG or PNG" in prediction.failure


def test_a_missing_original_fails_with_a_sentence():
    prediction = make_prediction()
    prediction.original.storage.delete(prediction.original.name)

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.error_code == "missing_original"


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [(MemoryError(), "failed", "too_large_to_decode"), (SoftTimeLimitExceeded(), "running", "")],
)
def test_trouble_while_looking_does_not_escape_the_task(monkeypatch, trouble, status, code):
    def fail(data, **kwargs):
        raise trouble

    # Running out of memory or time cannot be had on order; the edge raises it instead.
    monkeypatch.setattr(inference, "classify", fail)
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == (status, code)


def test_a_picture_out_of_time_is_tried_again_after_the_next_sweep(monkeypatch):
    def fail(data, **kwargs):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(inference, "classify", fail)
    prediction = make_prediction()
    tasks.classify(str(prediction.pk))

    assert Prediction.objects.sweep() == [prediction.pk]


def test_an_upload_survives_a_broker_that_is_away(django_capture_on_commit_callbacks, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OperationalError("Redis is away")

    monkeypatch.setattr(tasks.classify, "apply_async", fail)
    prediction = make_prediction()

    with django_capture_on_commit_callbacks(execute=True):
        tasks.send(prediction.pk)
    assert handover.finish(timeout_s=10)

    prediction.refresh_from_db()
    assert prediction.status == "queued"
    assert "Redis is away" in caplog.text


def test_the_trash_is_erased_after_its_days(settings):
    old, recent = make_done_prediction(), make_done_prediction()
    Prediction.objects.filter(pk=old.pk).update(
        trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS + 1)
    )
    Prediction.objects.filter(pk=recent.pk).update(trashed_at=timezone.now())

    tasks.erase_trash()

    assert list(Prediction.objects.all()) == [recent]
