"""Kill the worker and its children while pictures come in.

STYLEART_FAULTS=full sends 200 pictures during 20 kills of children and 5 of the worker.
"""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests import pictures
from tests.faults.house import IS_FULL, Sent, tell
from tests.live import wait_until

pytestmark = pytest.mark.services
UPLOADS, CHILD_KILLS, WORKER_KILLS = (200, 20, 5) if IS_FULL else (24, 3, 1)
JUST_CLAIMED = """
SELECT count(*) FROM classifier_prediction
WHERE status = 'running' AND lease_until > now() + interval '8.5 s'
"""  # the lease is 9 s


def test_no_picture_is_lost_or_answered_twice_when_workers_are_killed(house):
    sent = Sent()
    kills = ["child"] * CHILD_KILLS + ["worker"] * WORKER_KILLS
    random.shuffle(kills)

    with ThreadPoolExecutor(3) as senders:
        jobs = [senders.submit(house.send, pictures.small_painting(1000 + n), sent) for n in range(UPLOADS)]
        for number, kind in enumerate(kills):
            goal = (number + 1) * UPLOADS // (len(kills) + 1)
            wait_until(lambda goal=goal: len(sent.ids) >= goal, timeout_s=120, pause_s=0.01)
            kill(house, kind)
    house.wait_for_all(timeout_s=300)

    ends = house.ends_of(sent.ids)
    tell(f"{kills}; answers {dict(sent.answers)}; attempts {sorted(end.attempt for end in ends.values())}")
    assert all(job.result() in ends for job in jobs)
    assert [end for end in ends.values() if not end.is_right] == []
    assert set(sent.answers) <= {201, 202}
    assert len(ends) == UPLOADS
    assert set(ends) <= house.kept()
    assert len(wait_until(lambda: is_whole(house), timeout_s=60)) == 3


def kill(house, kind: str) -> None:
    """Kill the worker, or one of its children, just after a picture was taken up; so it has started by then."""
    wait_until(lambda: house.query(JUST_CLAIMED) != [(0,)], timeout_s=120, pause_s=0.002)
    worker = house.worker()
    victim = worker if kind == "worker" else random.choice(worker.children())
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()


def is_whole(house) -> list[psutil.Process]:
    """One worker with two children, and none that was left behind."""
    family = house.worker_processes()
    return family if len(family) == 3 else []
