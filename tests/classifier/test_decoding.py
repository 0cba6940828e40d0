"""How many pictures a web process decodes at a time, however many threads bring one."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.core.files.uploadedfile import SimpleUploadedFile

from classifier.forms import PredictionForm
from classifier.models import Sender
from ml import inference
from tests.pictures import small_painting

THREADS = 2 * (os.cpu_count() or 1) + 2


def test_no_more_than_there_are_cores(monkeypatch):
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

    def send(number: int) -> dict:
        file = SimpleUploadedFile("a.jpg", small_painting(number))
        return PredictionForm({}, {"image": file}, sender=Sender(visitor="somebody")).errors

    with ThreadPoolExecutor(THREADS) as pool:
        errors = list(pool.map(send, range(THREADS)))

    assert most == (os.cpu_count() or 1)
    assert all("image" in error for error in errors)  # whoever failed let the next one in
