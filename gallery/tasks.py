"""What the worker does for the catalogue."""

import logging

from celery import shared_task

from ml import inference

from . import colour_search, duplicates, embeddings, files, labels, placeholders, switching
from .locks import Taken, alone

logger = logging.getLogger(__name__)

WORKS = 60  # a task: a few seconds, so that uploads need not wait and no time limit strikes
COMPARED = 200  # works a task, some milliseconds each
DOUBTS = 1000  # suggestions a task
PALETTES = 200  # works a task
PLACEHOLDERS = 200  # works a task
CHECK_S = 5  # seconds a task


@shared_task
def embed_artworks(after: int = 0) -> None:
    """Embed some works that lack it, by the model that is being prepared or the one in use; then go on.

    Runs every minute, and again at once while there is more. The links of `gallery.switching` and the rows
    say all that remains to be done, so a lost message or worker loses nothing.
    """
    try:
        with alone(embeddings.LOCK):
            last = switching.advance(after=after, works=WORKS)
    except Taken:  # whoever holds it goes on by itself
        return
    except (switching.CannotSwitch, inference.ModelMismatch) as error:
        logger.error("%s", error)
        return
    if last is not None:
        embed_artworks.delay(after=last)


@shared_task
def find_doubts(after: int = 0) -> None:
    """Ask the model in use about works that it has only embedded so far, then let it doubt their styles.

    Runs every five minutes, and again at once while there is more; the rows say all that remains to be done.
    """
    try:
        with alone(labels.LOCK):
            outcomes = list(embeddings.look_again(after=after, limit=WORKS))
            is_more = labels.find_doubts(DOUBTS) == DOUBTS
    except Taken:
        return
    if is_more or len(outcomes) == WORKS:
        find_doubts.delay(after=outcomes[-1].pk if outcomes else after)


@shared_task
def find_duplicates() -> None:
    """Compare some works with all others; runs every minute, and again at once while there is more."""
    try:
        with alone(duplicates.LOCK):
            is_more = duplicates.find(COMPARED) == COMPARED
    except Taken:
        return
    if is_more:
        find_duplicates.delay()


@shared_task
def make_palettes(after: int = 0) -> None:
    """Make palettes of works that have none; runs every five minutes, and at once while there is more."""
    try:
        with alone(colour_search.LOCK):
            last = colour_search.catch_up(after=after, works=PALETTES)
    except Taken:
        return
    if last is not None:
        make_palettes.delay(after=last)


@shared_task
def make_placeholders(after: int = 0) -> None:
    """Make placeholders of works that have none; runs every five minutes, and at once while there is more."""
    try:
        with alone(placeholders.LOCK):
            last = placeholders.catch_up(after=after, works=PLACEHOLDERS)
    except Taken:
        return
    if last is not None:
        make_placeholders.delay(after=last)


@shared_task
def check_files() -> None:
    """Look through some folders of the catalogue, once a day or when asked; again at once while there is more."""
    try:
        with alone(files.LOCK):
            is_done = not files.is_due() or files.advance(files.begin(), seconds=CHECK_S)
    except Taken:
        return
    if not is_done:
        check_files.delay()
