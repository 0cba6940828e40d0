"""What the worker does for accounts. Tasks get ids; the rows say the rest."""

import logging
from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from gallery import handover
from gallery.room import is_full

from . import belongings, counting, export, leaving
from .models import Export, IdempotencyKey, SignOfLife, User

logger = logging.getLogger(__name__)


def send_export(export_id: UUID) -> None:
    """Hand an export to the worker once the transaction is through.

    When Redis is away this logs and goes on: the row is queued, and the sweep sends it again.
    """
    handover.after_commit(pack_export, str(export_id))


@shared_task(soft_time_limit=60, time_limit=80)  # ends within Export's lease; a slice takes a few seconds
def pack_export(export_id: str) -> None:
    """Pack one slice of an export and ask for the next. Safe to run twice: only one worker gets the claim."""
    row = Export.objects.claim(UUID(export_id))
    if row is None:
        return
    try:
        is_complete = export.pack(row)
    except export.ExportGone:
        row.remove_files()
    except OSError as error:
        if not is_full(error):
            raise
        logger.exception("no room to pack export %s", row.pk)
        row.fail("no_space")
    except SoftTimeLimitExceeded:  # another attempt, after the sweep; the third one in a row is the last
        logger.warning("export %s ran into the time limit, attempt %d", row.pk, row.attempt)
    else:
        go_on(row, is_complete=is_complete)


def go_on(row: Export, *, is_complete: bool) -> None:
    """After a slice that went well: ask for the next, or offer the file."""
    if not is_complete:
        if row.hand_back():
            pack_export.delay(str(row.pk))
    elif row.finish():
        logger.info("packed export %s, %d pictures, %d bytes", row.pk, row.packed, row.size_bytes)
        row.older().delete()
        export.tell(row)
    else:  # deleted while the last slice was packed
        row.remove_files()


@shared_task
def sweep_exports() -> None:
    """Send again what nobody works on any more."""
    for export_id in Export.objects.sweep():
        pack_export.delay(str(export_id))


@shared_task
def erase_leavers() -> None:
    """Go on erasing what people who deleted their account have left."""
    for pk in User.objects.filter(left_at__isnull=False).values_list("pk", flat=True)[:10]:
        leaving.erase_rest(pk)


@shared_task
def tidy_accounts() -> None:
    """Erase what has run out: exports, sessions, answers to repeat, counts of sign-in attempts, accounts that
    nobody confirmed.
    """
    for row in Export.objects.expired():
        row.delete()
    for user in leaving.unconfirmed()[:100]:
        leaving.erase_account(user)
    call_command("clearsessions")
    IdempotencyKey.objects.outdated().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache WHERE expires < now()")


@shared_task
def remove_orphaned_copies() -> None:
    """Delete copies of pictures that are gone, which a crash between row and files left; once a day."""
    logger.info("removed %d copies of pictures that are gone", belongings.remove_orphaned_copies())


@shared_task
def tidy_signs_and_numbers() -> None:
    """Forget machines that are gone, and fold the numbers of processes that have ended."""
    SignOfLife.objects.outdated().delete()
    if settings.METRICS_ARE_SHARED:
        with counting.at_rest(settings.METRICS_DIR):
            counting.fold(settings.METRICS_DIR)
