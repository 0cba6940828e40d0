"""Redis hangs, dies, and forgets everything; pictures are accepted all the same and each gets its answer."""

import signal

import pytest

from tests import pictures
from tests.faults.house import Sent, asleep, tell
from tests.live import wait_until

pytestmark = pytest.mark.services
LEFT = "is left to the sweep"


def test_pictures_are_accepted_and_answered_whatever_becomes_of_redis(house):
    sent = Sent()
    paintings = iter([pictures.small_painting(2000 + n) for n in range(12)])

    with asleep(house.service("redis")):  # it takes connections and says nothing
        said_before = house.log_text().count(LEFT)
        for _ in range(3):
            house.send(next(paintings), sent)
        # Each answer came while nothing had been handed over yet: nobody waited for Redis.
        assert house.log_text().count(LEFT) == said_before
    with house.without("redis"):
        for _ in range(3):
            house.send(next(paintings), sent)
        wait_until(lambda: house.log_text().count(LEFT) > said_before, timeout_s=30)
        assert house.ask("/readyz").status == 503
    wait_until(house.is_ready, timeout_s=30)
    worker = house.worker()
    with asleep(worker, *worker.children()):  # so that messages are waiting in the queue
        for _ in range(3):
            house.send(next(paintings), sent)
        wait_until(lambda: house.redis().llen("celery") >= 3, timeout_s=30)
        house.redis().flushall()
        assert house.redis().llen("celery") == 0
    house.service("redis").send_signal(signal.SIGKILL)
    for _ in range(3):
        house.send(next(paintings), sent)
    house.wait_for_all()
    tell(f"uploads while Redis hung: {told(sent.seconds[:3])}; while it was away: {told(sent.seconds[3:6])}")

    ends = house.ends_of(sent.ids)
    assert set(sent.answers) == {202}
    assert len(ends) == 12
    assert {(end.status, end.times) for end in ends.values()} == {("done", 1)}


def told(seconds: list[float]) -> str:
    return ", ".join(f"{one:.2f} s" for one in seconds)
