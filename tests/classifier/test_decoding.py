"""How many pictures a web process decodes at a time, however many threads bring one or ask for one's copies."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from classifier.forms import PredictionForm
from classifier.models import Sender
from gallery import decoding, pictures
from ml import inference
from tests.pictures import small_painting

THREADS = 3 * decoding.AT_ONCE + 2


def send(number: int) -> bool:
    file = SimpleUploadedFile("a.jpg", small_painting(number))
    return "image" in PredictionForm({}, {"image": file}, sender=Sender(visitor="somebody")).errors


def copy(number: int) -> bool:
    try:
        pictures.copy(small_painting(number), 320)
    except inference.UnreadableImage:
        return True
    return False


@pytest.mark.parametrize(
    "ask",
    [[send] * THREADS, [copy] * THREADS, [send, copy] * (THREADS // 2)],
    ids=["uploads", "copies", "both"],
)
def test_no_more_than_the_process_has_room_for(monkeypatch, ask: list[Callable[[int], bool]]):
    at_work, most, lock = 0, 0, threading.Lock()

    def decode(*args, **kwargs):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.05)
        with lock:
            at_work -= 1
        raise inference.UnreadableImage("damaged")

    monkeypatch.setattr(inference, "checked_square", decode)
    monkeypatch.setattr(inference, "decode", decode)

    with ThreadPoolExecutor(THREADS) as pool:
        refused = list(pool.map(lambda one, number: one(number), ask, range(len(ask))))

    assert most == decoding.AT_ONCE
    assert all(refused)  # whoever failed let the next one in
