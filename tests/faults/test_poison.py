"""Pictures that would take a worker for ever, or all memory, among good ones.

None of our code is replaced. The poison is real: a JPEG whose decoding does not end, a PNG that needs more memory
than a child may have, and a file on which reading hangs, with a child that hears nothing any more. What the door
would refuse is put in the place of the original after the upload, while the worker sleeps.
STYLEART_FAULTS=full sends 50 good ones.
"""

import os
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests import pictures
from tests.faults.house import IS_FULL, Sent, asleep, tell
from tests.live import wait_until

pytestmark = pytest.mark.services
GOOD = 50 if IS_FULL else 15


def test_poison_ends_after_three_attempts_and_the_good_ones_and_the_worker_live(house):
    worker, sent = house.worker(), Sent()
    with asleep(worker, *worker.children()):
        good = [house.send(pictures.small_painting(5000 + n), sent) for n in range(GOOD // 2)]
        endless, deaf = (house.send(pictures.small_painting(5100 + n), sent) for n in range(2))
        giant = house.send(pictures.transparent_giant(), sent)
        good += [house.send(pictures.small_painting(5200 + n), sent) for n in range(GOOD - GOOD // 2)]
        for poisoned in (endless, deaf):  # else nobody would decode what takes the place of the original
            house.square_of(poisoned).unlink()
        house.original_of(endless).write_bytes(pictures.endless_jpeg())
        house.original_of(deaf).unlink()
        os.mkfifo(house.original_of(deaf))

    pipe = os.open(house.original_of(deaf), os.O_RDWR)  # whoever reads there waits for ever
    wait_until(lambda: reader_of(deaf, house.worker_processes()), timeout_s=60).suspend()
    house.wait_for_all(timeout_s=180)
    os.close(pipe)

    ends = house.ends_of(sent.ids)
    tell(f"endless {ends[endless]}, deaf {ends[deaf]}, giant {ends[giant]}")
    assert {(ends[one].status, ends[one].times) for one in good} == {("done", 1)}
    for one in (endless, deaf):
        assert (ends[one].status, ends[one].code, ends[one].attempt, ends[one].times) == (
            "failed",
            "gave_up",
            3,
            1,
        )
    # Another attempt would need as much, so this one ends at once.
    assert (ends[giant].status, ends[giant].code, ends[giant].times) == ("failed", "too_large_to_decode", 1)
    assert "We tried three times" in house.told(endless)["error"]["detail"]
    assert "Make it smaller" in house.told(giant)["error"]["detail"]
    assert house.worker().pid == worker.pid


def reader_of(prediction: str, processes: list[psutil.Process]) -> psutil.Process | None:
    """The child that reads the original of this prediction just now."""
    for process in processes:
        for link in Path(f"/proc/{process.pid}/fd").glob("*"):
            with suppress(FileNotFoundError):  # closed since it was listed
                if link.is_symlink() and link.readlink().name == prediction:
                    return process
    return None
