from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_prerun
from django.db import InterfaceError, connection
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


def quiet_answer(**facts) -> Prediction:
    """An answer that came a while ago, with nothing made of its picture yet."""
    prediction = make_done_prediction(**facts)
    sent_at = timezone.now() - timedelta(minutes=1)
    Prediction.objects.filter(pk=prediction.pk).update(created_at=sent_at)
    return prediction


def derived_of(*predictions: Prediction) -> list[bool]:
    return [prediction.derived_folder.exists() for prediction in predictions]


def test_all_that_the_page_shows_is_ready_once_the_site_is_quiet():
    answers = [quiet_answer(), quiet_answer()]

    tasks.derive_in_quiet()

    ready = [{path.name for path in answer.derived_folder.iterdir()} for answer in answers]
    assert ready == [{"preview.jpg", "thumbnail.jpg", "palette.json"}] * 2
    assert not Prediction.objects.without_placeholder().exists()


@pytest.mark.parametrize("make", [make_prediction, make_done_prediction], ids=["one waits", "one came now"])
def test_nothing_is_made_of_pictures_while_people_send_some(make):
    answer = quiet_answer()
    make(picture=pictures.small_painting(5))

    tasks.derive_in_quiet()

    assert derived_of(answer) == [False]


def test_deriving_stops_for_whoever_sends_a_picture(monkeypatch):
    answers = [quiet_answer(), quiet_answer()]

    def derive_slowly(prediction: Prediction) -> None:
        prediction.derive()
        make_prediction(pictures.small_painting(5))

    monkeypatch.setattr(tasks, "derive", derive_slowly)

    tasks.derive_in_quiet()

    assert sorted(derived_of(*answers)) == [False, True]


def test_other_tasks_have_their_turn_between_pictures(monkeypatch):
    answers = [quiet_answer(), quiet_answer()]
    monkeypatch.setattr(tasks, "DERIVE_SLICE_S", -1.0)

    tasks.derive_in_quiet()

    assert derived_of(*answers) == [False, False]


def test_two_workers_never_make_the_same():
    answer = quiet_answer()

    assert [answer.claim_deriving(), answer.claim_deriving()] == [True, False]


def test_nothing_is_made_of_a_picture_that_was_erased():
    prediction = quiet_answer()
    folder = prediction.derived_folder
    Prediction.objects.get(pk=prediction.pk).erase()

    tasks.derive(prediction)

    assert not folder.exists()


def test_a_picture_without_its_file_is_tried_once_and_stops_no_other():
    lost, other = quiet_answer(), quiet_answer()
    lost.original.storage.delete(lost.original.name)

    tasks.derive_in_quiet()

    assert derived_of(lost, other) == [False, True]
    assert not Prediction.objects.to_derive().exists()


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


# The worker's connection


@pytest.fixture
def between_tasks():
    """What Celery does between two tasks of a worker, with the settings of the site."""
    fixup = DjangoWorkerFixup(tasks.classify.app)
    tasks.classify.push_request(is_eager=False)
    yield (
        lambda: (
            fixup.on_task_postrun(sender=tasks.classify)
            or task_prerun.send(sender=tasks.classify, task=tasks.classify, task_id="of-a-test")
        )
    )
    tasks.classify.pop_request()


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_connection_from_task_to_task(between_tasks):
    connection.close()  # what an earlier test left may be older than CONN_MAX_AGE, and is let go of then
    connection.ensure_connection()
    before = connection.connection

    between_tasks()

    assert connection.connection is before


@pytest.mark.django_db(transaction=True)
def test_a_worker_gets_a_new_connection_where_the_old_one_broke(between_tasks):
    connection.ensure_connection()
    connection.connection.close()
    with pytest.raises(InterfaceError):
        Prediction.objects.exists()

    between_tasks()

    assert not Prediction.objects.exists()
