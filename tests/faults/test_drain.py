"""SIGTERM in the middle of things, as a deployment does it: what is under way ends well, and the next start goes on."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests import pictures
from tests.faults.house import Sent, as_form, asleep, tell
from tests.live import ROOT, wait_until

pytestmark = pytest.mark.services
DRAINED_WITHIN_S = 30
CELERY = ["-m", "celery", "-A", "styleart_site", "worker", "--concurrency=1", "--hostname=leaving@%h"]
CLAIM = "SELECT status, attempt, lease_until < now() FROM classifier_prediction WHERE id = %s"


def test_an_upload_under_way_is_taken_when_the_site_is_told_to_stop(house):
    waiting = [house.send(pictures.small_painting(6000 + n), Sent()) for n in range(4)]
    body, kind = as_form(pictures.small_painting(6100))
    stops = house.log_text().count("Warm shutdown")
    with socket.create_connection(("127.0.0.1", house.port), timeout=DRAINED_WITHIN_S) as line:
        line.sendall(headers(house, len(body), kind) + body[:1000])
        assert b"100 Continue" in line.recv(1000)  # from the thread that reads the body
        begun = time.monotonic()
        house.run.send_signal(signal.SIGTERM)
        wait_until(lambda: house.log_text().count("Warm shutdown") > stops, timeout_s=DRAINED_WITHIN_S)
        line.sendall(body[1000:])
        answer = read_all(line)
    code = house.run.wait(timeout=DRAINED_WITHIN_S)
    tell(f"stopped after {time.monotonic() - begun:.1f} s")
    house.start()
    house.wait_for_all()

    assert b" 202 " in answer.partition(b"\r\n")[0]
    assert code == 0
    sent = answer.partition(b"/api/v1/predictions/")[2][:36].decode()
    ends = house.ends_of([*waiting, sent])
    assert len(ends) == 5
    assert {(end.status, end.times) for end in ends.values()} == {("done", 1)}


def headers(house, length: int, kind: str) -> bytes:
    lines = [
        "POST /api/v1/predictions/ HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Expect: 100-continue",
        f"X-Session-Token: {house.token}", f"Content-Type: {kind}", f"Content-Length: {length}",
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_all(line: socket.socket) -> bytes:
    return b"".join(iter(lambda: line.recv(65536), b""))


def test_a_worker_that_leaves_hands_back_what_it_cannot_finish(house):
    staying = house.worker()
    with asleep(staying, *staying.children()):
        stuck = house.send(pictures.small_painting(6200), Sent())
        house.square_of(stuck).unlink()  # else nobody would read the original
        original = house.original_of(stuck).read_bytes()
        house.original_of(stuck).unlink()
        os.mkfifo(house.original_of(stuck))  # nobody writes, so whoever reads there waits
        # Its own limits are far away: only that it is told to go can end its task.
        patient = {"DRAIN_S": "1", "TASK_TIME_LIMIT_S": "600", "CLASSIFY_LEASE_S": "900"}
        with subprocess.Popen(
            [*house.launcher, sys.executable, *CELERY], cwd=ROOT, env=house.environment | patient
        ) as leaving:
            wait_until(lambda: house.query(CLAIM, stuck)[0][0] == "running", timeout_s=60)
            leaving.send_signal(signal.SIGTERM)
            leaving.wait(timeout=DRAINED_WITHIN_S)
        claim = house.query(CLAIM, stuck)
        house.original_of(stuck).unlink()
        house.original_of(stuck).write_bytes(original)
    house.wait_for_all()

    assert claim == [("running", 1, True)]  # for the sweep to take at once
    end = house.ends_of([stuck])[stuck]
    assert (end.status, end.attempt, end.times) == ("done", 2, 1)
