"""What the worker does for imports: short turns, so that uploads need not wait and no time limit strikes."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from gallery.locks import Taken

from . import runs
from .models import SOON, ImportRun
from .reasons import Reason, of, of_system
from .wikiart import Stopped, Unreachable, WikiArtError

TURN_S = 10.0  # from the first record on
BEGIN_S = 30.0  # until the first record: where an artist has many works, the pages before come first
LATER = timedelta(minutes=5)  # when WikiArt does not answer

logger = logging.getLogger(__name__)


class _Clock:
    """How long a turn may take."""

    def __init__(self) -> None:
        self.has_settled = False
        self._end = time.monotonic() + BEGIN_S

    def settle(self) -> None:
        if not self.has_settled:
            self.has_settled, self._end = True, time.monotonic() + TURN_S

    def is_over(self) -> bool:
        return time.monotonic() > self._end


@shared_task(soft_time_limit=90, time_limit=120)  # a turn takes less, but for one slow answer
def carry_on(run_id: int) -> None:
    """Do a few seconds of an import, then hand it on; safe to run twice, as only one process gets the lock."""
    run = ImportRun.objects.for_worker().filter(pk=run_id).first()
    if run is None:
        return
    clock = _Clock()
    try:
        # Without patience: imports that wait would hold workers that uploads need.
        for _ in runs.go_on(run, runs.access(run), is_over=clock.is_over, patience_s=0):
            clock.settle()
    except Stopped:
        hand_on(run, at_once=clock.has_settled)
    except Taken:
        run.give_way(until=SOON, error=Reason("other_import"))
    except Unreachable as error:
        run.rest(until=LATER, error=Reason("in_five_minutes", why=of(error)))
    except SoftTimeLimitExceeded:
        run.rest(until=SOON, error=Reason("slow_answers"))
    except WikiArtError as error:  # a setting is missing, or wrong
        run.stop(of(error))
    except OSError as error:
        logger.exception("import %s cannot go on", run.pk)
        run.stop(Reason("stopped_by", error=of_system(error)))


def hand_on(run: ImportRun, *, at_once: bool) -> None:
    """The next turn begins as soon as a worker is free; the sweep sees to it where the message is lost.

    Where a turn only waited for a limit of WikiArt's, the sweep begins the next one, a little later.
    """
    run.refresh_from_db()
    if run.wants_stop:
        run.stop()
        return
    run.rest(until=SOON)
    if at_once:
        carry_on.delay(run.pk)


@shared_task
def sweep_imports() -> None:
    """Send again what nobody is at: runs whose lease ran out, and those that rest until now."""
    for run_id in ImportRun.objects.abandoned().values_list("pk", flat=True):
        carry_on.delay(run_id)
