"""How a program that waits learns of its answer, with real connections: nothing is told before a commit."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from classifier import waiting
from classifier.models import Prediction
from tests.factories import make_prediction
from tests.live import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER_S = 3600.0
GIVE_UP_S = 60.0


def wait(prediction: Prediction, seconds: float) -> bool:
    """In a thread that has a connection of its own then."""
    try:
        return waiting.wait_for(prediction, seconds)
    finally:
        connection.close()


def listeners(prediction: Prediction) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND state = 'idle' AND query LIKE 'SELECT 1%classifier_prediction%')"
        )
        return cursor.fetchone()[0]


def test_a_word_from_the_worker_ends_the_waiting(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", FOR_EVER_S)
    prediction = make_prediction()

    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(wait, prediction, FOR_EVER_S)
        wait_until(lambda: listeners(prediction), timeout_s=GIVE_UP_S)
        Prediction.objects.claim(prediction.pk).mark_failed("gave_up")

        assert told.result(timeout=GIVE_UP_S)
    assert prediction.error_code == "gave_up"


def test_a_row_that_was_finished_before_anybody_listened_is_seen(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", FOR_EVER_S)
    prediction = make_prediction()
    Prediction.objects.claim(prediction.pk).mark_failed("gave_up")

    assert waiting.wait_for(prediction, FOR_EVER_S)


def test_where_nothing_is_told_the_row_is_looked_at():
    prediction = make_prediction()

    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(wait, prediction, GIVE_UP_S)
        wait_until(lambda: listeners(prediction), timeout_s=GIVE_UP_S)
        Prediction.objects.filter(pk=prediction.pk).update(status="failed", error_code="gave_up")

        assert told.result(timeout=GIVE_UP_S)


def test_whoever_waited_listens_no_more():
    prediction = make_prediction()

    assert not waiting.wait_for(prediction, 0.01)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_listening_channels()")
        assert cursor.fetchall() == []
