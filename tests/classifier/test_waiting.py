"""How a program that waits learns of its answer, with real connections: nothing is told before a commit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from classifier import waiting
from classifier.models import FINISHED, Prediction
from tests.factories import make_prediction
from tests.live import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER_S = 3600.0
GIVE_UP_S = 60.0


@pytest.fixture(autouse=True)
def listener():
    """Each test begins and ends without one."""
    waiting.listen_no_more()
    yield
    waiting.listen_no_more()


@contextmanager
def somebody_waits(prediction: Prediction, seconds: float):
    """In a thread with a connection of its own; gives what becomes of it."""

    def wait() -> bool:
        try:
            with waiting.waiting_for(prediction, seconds) as waiter:
                return waiter.is_finished()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(wait)


def listeners() -> list[int]:
    """The processes of PostgreSQL that listen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query = %s",
            [f"LISTEN {FINISHED}"],
        )
        return [pid for (pid,) in cursor.fetchall()]


def finish(prediction: Prediction) -> None:
    Prediction.objects.claim(prediction.pk).mark_failed("gave_up")


def test_a_word_from_the_worker_ends_the_waiting(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", FOR_EVER_S)
    prediction = make_prediction()

    with somebody_waits(prediction, FOR_EVER_S) as told:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        finish(prediction)

        assert told.result(timeout=GIVE_UP_S)
    assert prediction.error_code == "gave_up"


def test_a_word_about_another_picture_wakes_nobody(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", FOR_EVER_S)
    mine, other = make_prediction(), make_prediction()

    with somebody_waits(mine, FOR_EVER_S) as mine_told, somebody_waits(other, FOR_EVER_S) as other_told:
        wait_until(lambda: len(waiting._listener._waiters) == 2, timeout_s=GIVE_UP_S)
        wait_until(listeners, timeout_s=GIVE_UP_S)
        finish(other)
        assert other_told.result(timeout=GIVE_UP_S)
        assert not mine_told.done()

        finish(mine)
        assert mine_told.result(timeout=GIVE_UP_S)


def test_all_who_wait_share_one_listener():
    one, two = make_prediction(), make_prediction()

    with somebody_waits(one, GIVE_UP_S) as first, somebody_waits(two, GIVE_UP_S) as second:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        assert len(listeners()) == 1
        finish(one)
        finish(two)
        assert first.result(timeout=GIVE_UP_S)
        assert second.result(timeout=GIVE_UP_S)


def test_a_row_that_was_finished_before_anybody_listened_is_seen(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", FOR_EVER_S)
    prediction = make_prediction()
    finish(prediction)

    with somebody_waits(prediction, FOR_EVER_S) as told:
        assert told.result(timeout=GIVE_UP_S)


def test_where_nothing_is_told_the_row_is_looked_at():
    prediction = make_prediction()

    with somebody_waits(prediction, GIVE_UP_S) as told:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        Prediction.objects.filter(pk=prediction.pk).update(status="failed", error_code="gave_up")

        assert told.result(timeout=GIVE_UP_S)


def test_where_the_listener_is_lost_the_row_is_looked_at_and_the_next_one_listens_anew():
    lost, next_one = make_prediction(), make_prediction()
    with somebody_waits(lost, GIVE_UP_S) as told:
        pid = wait_until(listeners, timeout_s=GIVE_UP_S)[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        wait_until(lambda: not listeners(), timeout_s=GIVE_UP_S)
        finish(lost)
        assert told.result(timeout=GIVE_UP_S)

    with somebody_waits(next_one, GIVE_UP_S) as told:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        finish(next_one)
        assert told.result(timeout=GIVE_UP_S)


def test_what_is_erased_meanwhile_is_waited_for_no_longer():
    prediction = make_prediction()

    with somebody_waits(prediction, FOR_EVER_S) as told:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        Prediction.objects.filter(pk=prediction.pk).delete()

        assert not told.result(timeout=GIVE_UP_S)
    assert prediction.is_unfinished


def test_who_has_waited_long_enough_is_told_so():
    prediction = make_prediction()

    with waiting.waiting_for(prediction, 0.01) as waiter:
        assert not waiter.is_finished()


def test_when_nobody_waits_any_more_nobody_listens(monkeypatch):
    monkeypatch.setattr(waiting, "LISTEN_ON_S", 0.05)
    prediction = make_prediction()

    with somebody_waits(prediction, GIVE_UP_S) as told:
        wait_until(listeners, timeout_s=GIVE_UP_S)
        finish(prediction)
        assert told.result(timeout=GIVE_UP_S)

    wait_until(lambda: not listeners(), timeout_s=GIVE_UP_S)
