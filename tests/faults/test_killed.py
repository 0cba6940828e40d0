"""Kill the worker and its children while pictures come in, until all kills are done.

STYLEART_FAULTS=full sends 200 pictures at least, during 20 kills of children and 5 of the worker.
"""

import contextlib
import itertools
import random
import threading
import time
from collections import Counter
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
    seeds, are_done = itertools.count(1000), threading.Event()

    def send_some() -> list[str]:
        ids = []
        while not are_done.is_set() or len(sent.ids) < UPLOADS:
            ids.append(house.send(pictures.small_painting(next(seeds)), sent))
            time.sleep(0.8)  # the disk of the house is small
        return ids

    with ThreadPoolExecutor(3) as senders:
        jobs = [senders.submit(send_some) for _ in range(3)]
        try:
            for kind in kills:
                kill(house, kind)
        finally:
            are_done.set()
    house.wait_for_all(timeout_s=300)

    ends = house.ends_of(sent.ids)
    tell(
        f"{kills}; {len(ends)} pictures; answers {dict(sent.answers)}; attempts {dict(Counter(end.attempt for end in ends.values()))}"
    )
    assert all(set(job.result()) <= set(ends) for job in jobs)
    assert [end for end in ends.values() if not end.is_right] == []
    assert set(sent.answers) <= {201, 202}
    assert len(ends) >= UPLOADS
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
