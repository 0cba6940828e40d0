"""What the worker does for the catalogue."""

import logging

from celery import shared_task

from ml import inference

from . import embeddings, switching
from .locks import Taken, alone

logger = logging.getLogger(__name__)

WORKS = 60  # a task: a few seconds, so that uploads need not wait and no time limit strikes


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
