"""What the worker does. Tasks get ids; the rows say the rest."""

import shutil
import time
from datetime import datetime
from uuid import UUID

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from gallery import handover
from ml import inference

from . import mailing, squares
from .models import DERIVED_WITHIN, Prediction

logger = structlog.get_logger(__name__)

ERASED_PER_TASK = 500
MAILS_PER_SWEEP = 50
DERIVE_SLICE_S = 4.0  # so long a worker derives before others have their turn
DERIVED_PER_TASK = 200
PLACEHOLDERS = 100  # pictures a task


def send(prediction_id: UUID) -> None:
    """Hand a prediction to the worker once the transaction is through.

    When Redis is away this logs and goes on: the row is queued, and the sweep sends it again.
    """
    handover.after_commit(classify, str(prediction_id))


@shared_task
def classify(prediction_id: str) -> None:
    """Classify one picture. Safe to run twice: only one worker gets the claim."""
    prediction = Prediction.objects.claim(UUID(prediction_id))  # one conditional UPDATE: attempt + 1, lease
    if prediction is None:
        return
    started = time.perf_counter()
    try:
        is_recorded = prediction.record(prediction.ask_model())
    except inference.UnreadableImage as error:  # will never work: tell the owner
        prediction.mark_failed("unreadable_image", error.code)
    except FileNotFoundError:
        prediction.mark_failed("missing_original")
    except MemoryError:  # escaping, it would take the whole worker down
        prediction.mark_failed("too_large_to_decode")
    except SoftTimeLimitExceeded:  # another attempt, after the sweep; the third one is the last
        logger.warning("ran into the time limit", prediction=str(prediction.pk), attempt=prediction.attempt)
        prediction.release()
    else:
        if not is_recorded:
            logger.info("another attempt was faster", prediction=str(prediction.pk))
            return
        ms = round((time.perf_counter() - started) * 1000)
        logger.info("classified", prediction=str(prediction.pk), ms=ms)


@shared_task
def derive_in_quiet() -> None:
    """Make what pages show first of new answers, the newest first, as long as nobody waits and nothing comes in.

    Runs every few seconds. Pages that want it sooner make it themselves, and what fails here is left to them.
    """
    until = time.monotonic() + DERIVE_SLICE_S
    for prediction in list(Prediction.objects.to_derive().order_by("-created_at")[:DERIVED_PER_TASK]):
        if time.monotonic() > until or not Prediction.objects.is_quiet():
            return
        if prediction.claim_deriving():
            derive(prediction)


def derive(prediction: Prediction) -> None:
    """Make what pages show first of one picture; says so in the log where that fails."""
    try:
        prediction.derive()
    except (inference.UnreadableImage, OSError, MemoryError, SoftTimeLimitExceeded):
        logger.warning("no derivatives yet", prediction=str(prediction.pk), exc_info=True)
    if not Prediction.objects.filter(pk=prediction.pk).exists():  # erased meanwhile, with what was there then
        shutil.rmtree(prediction.derived_folder, ignore_errors=True)


@shared_task
def make_placeholders(after: str | None = None) -> None:
    """Make placeholders of answers that found no quiet moment; every five minutes, and at once while there is more.

    `after` is when the last one of the step before was sent, in ISO 8601.
    """
    missing = Prediction.objects.without_placeholder().filter(created_at__lt=timezone.now() - DERIVED_WITHIN)
    rows = missing.filter(created_at__gt=datetime.fromisoformat(after)) if after else missing
    some = list(rows.order_by("created_at").only("original", "edit", "created_at")[:PLACEHOLDERS])
    for prediction in some:
        try:
            prediction.keep_placeholder()
        except (inference.UnreadableImage, OSError, MemoryError):
            continue  # the page stands without it
    if len(some) == PLACEHOLDERS:
        make_placeholders.delay(after=some[-1].created_at.isoformat())


@shared_task
def sweep() -> None:
    """Send again what waits too long or whose worker is gone; runs every few seconds."""
    for prediction_id in Prediction.objects.sweep():
        classify.delay(str(prediction_id))
    for prediction_id in Prediction.objects.to_mail().values_list("pk", flat=True)[:MAILS_PER_SWEEP]:
        mail_answer.delay(str(prediction_id))


@shared_task
def mail_answer(prediction_id: str) -> None:
    """Tell somebody by mail that the answer is here. Safe to run twice: only one worker gets the claim."""
    prediction = Prediction.objects.claim_mail(UUID(prediction_id))
    if prediction is not None and mailing.tell(prediction):
        logger.info("mailed the answer of %s", prediction.pk)


@shared_task
def erase_trash() -> None:
    """Erase for good what has been in the trash for longer than TRASH_DAYS; what remains comes in the next round."""
    try:
        erased = Prediction.objects.expired().erase(limit=ERASED_PER_TASK)
    except SoftTimeLimitExceeded:
        erased = ERASED_PER_TASK
    if erased:
        logger.info("erased predictions from the trash", at_most=erased)
    if erased == ERASED_PER_TASK:
        erase_trash.delay()


@shared_task
def drop_old_squares() -> None:
    """Delete what the door left for workers that never took it; runs every hour."""
    if dropped := squares.drop_old():
        logger.info("dropped squares that nobody took", count=dropped)


def erase_soon() -> None:
    """Have the worker erase what is expired. When Redis is away, the scheduler does so within the hour."""
    handover.after_commit(erase_trash)
