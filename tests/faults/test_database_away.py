"""PostgreSQL restarts and is away for a while: nobody meets a 500, and all goes on by itself."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import pictures
from tests.faults.house import Sent, tell
from tests.live import wait_until

pytestmark = pytest.mark.services
UPLOADS = 18
GOOD = {200, 201, 202, 503}


def test_pictures_outlive_restarts_of_the_database(house):
    sent = Sent()

    with ThreadPoolExecutor(3) as senders:
        jobs = [senders.submit(house.send, pictures.small_painting(3000 + n), sent) for n in range(UPLOADS)]
        for goal, number in [(UPLOADS // 3, signal.SIGINT), (2 * UPLOADS // 3, signal.SIGKILL)]:
            wait_until(lambda goal=goal: len(sent.ids) >= goal, timeout_s=120, pause_s=0.01)
            house.service("postgres").send_signal(number)  # as a restart does it; as the kernel does it
    wait_until(house.is_ready, timeout_s=60)
    house.wait_for_all()

    ends = house.ends_of(sent.ids)
    tell(f"answers {dict(sent.answers)}; attempts {sorted(end.attempt for end in ends.values())}")
    assert all(job.result() in ends for job in jobs)
    assert set(sent.answers) <= GOOD
    assert len(ends) == UPLOADS
    assert [end for end in ends.values() if not end.is_right] == []
    assert set(ends) <= house.kept()


def test_while_the_database_is_away_all_doors_say_so_and_open_again_by_themselves(house):
    waiting = house.send(pictures.small_painting(3100), Sent())
    with house.without("postgres"):
        page = house.ask("/styles/")
        refused = house.upload(pictures.small_painting(3101))
        sheet = house.ask(page.body.decode().partition('rel="stylesheet" href="')[2].partition('"')[0])
        ready, alive = house.ask("/readyz"), house.ask("/healthz")

    assert (page.status, refused.status) == (503, 503)
    assert page.headers["Retry-After"] == refused.headers["Retry-After"] == "5"
    assert "Nothing you sent before is lost" in page.body.decode()
    assert (refused.json["code"], refused.headers["Content-Type"]) == (
        "unavailable",
        "application/problem+json",
    )
    assert (sheet.status, alive.status) == (200, 200)
    assert (ready.status, ready.json["parts"]["database"]) == (503, False)
    wait_until(house.is_ready, timeout_s=60)
    assert house.ask("/styles/").status == 200
    house.wait_for_all()
    assert house.ends_of([waiting])[waiting].status == "done"
