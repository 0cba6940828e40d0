"""Wait a little for an answer, so that a program need not ask again."""

import threading
import time

from django.conf import settings

from .models import Prediction

PAUSES_S = (0.1, 0.1, 0.2, 0.2, 0.4)  # then the last one again and again

_places = threading.BoundedSemaphore(settings.API_MAX_WAITERS)


def wait_for(prediction: Prediction, seconds: float) -> bool:
    """Look at the row now and then until it is finished, at most so long; tells whether it is.

    Only API_MAX_WAITERS threads of a process wait at a time; whoever comes then is answered at once.
    At most three queries a second, and none is open in between.
    """
    if not prediction.is_unfinished or not _places.acquire(blocking=False):
        return not prediction.is_unfinished
    try:
        return _look(prediction, time.monotonic() + seconds)
    finally:
        _places.release()


def _look(prediction: Prediction, end: float) -> bool:
    pauses = iter(PAUSES_S)
    pause_s = PAUSES_S[0]
    while (left_s := end - time.monotonic()) > 0:
        pause_s = next(pauses, pause_s)
        time.sleep(min(pause_s, left_s))
        prediction.refresh_from_db(fields=["status"])
        if not prediction.is_unfinished:
            prediction.refresh_from_db()
            return True
    return False
