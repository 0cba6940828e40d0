"""Handing work to the queue: tasks stand in for Celery's, which is the outside here."""

import contextvars
import threading

import pytest

from gallery import handover

pytestmark = pytest.mark.django_db
note = contextvars.ContextVar("note", default="")


class Task:
    """Sends as Celery does, once the gate is open; fails where it is told to."""

    name = "a task"

    def __init__(self) -> None:
        self.gate, self.sent, self.fails = threading.Event(), [], False

    def delay(self, word: str) -> None:
        assert self.gate.wait(10)
        if self.fails:
            raise ConnectionError("Redis is away")
        self.sent.append((word, note.get()))


@pytest.fixture
def hand_over(django_capture_on_commit_callbacks):
    def after_a_commit(task: Task, word: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            handover.after_commit(task, word)

    return after_a_commit


def test_nobody_waits_for_the_queue_and_what_the_request_noted_goes_along(hand_over):
    task = Task()
    note.set("request 7")
    hand_over(task, "a")
    hand_over(task, "b")
    sent_before = list(task.sent)

    task.gate.set()

    assert sent_before == []
    assert handover.finish(timeout_s=10)
    assert task.sent == [("a", "request 7"), ("b", "request 7")]


def test_after_a_failure_what_waited_is_left_to_the_sweep_and_the_next_is_sent_again(hand_over, caplog):
    task = Task()
    task.fails = True
    for word in "abc":
        hand_over(task, word)
    task.gate.set()
    assert handover.finish(timeout_s=10)
    task.fails = False

    hand_over(task, "d")

    assert handover.finish(timeout_s=10)
    assert [word for word, _ in task.sent] == ["d"]
    assert caplog.text.count("Redis is away") >= 1


def test_nothing_is_sent_before_the_commit(django_capture_on_commit_callbacks):
    task = Task()
    task.gate.set()
    with django_capture_on_commit_callbacks():
        handover.after_commit(task, "a")

    assert handover.finish(timeout_s=10)
    assert task.sent == []


def test_more_than_can_wait_is_left_to_the_sweep(caplog):
    task = Task()
    for _ in range(handover.MOST_WAITING + 2):
        handover._hand_over(task, "a")
    task.gate.set()

    assert handover.finish(timeout_s=10)
    assert len(task.sent) <= handover.MOST_WAITING + 1
    assert "too much is waiting" in caplog.text
