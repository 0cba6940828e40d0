"""What the door made of a picture for the model, kept until a worker has asked: so each picture is decoded once.

Nothing depends on these files. Where one is missing, or was made for another size or cut, the worker decodes
the original.
"""

import logging
import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage

from gallery import pictures, stored

FORMAT = 1  # to be raised when ml.preprocess makes other pixels of the same picture
KEEP_S = 3600  # whoever waits longer is decoded again

logger = logging.getLogger(__name__)


def keep(pk: UUID, edit: str, square: np.ndarray) -> None:
    """Keep the square of a prediction; never fails. `edit` is the cut that it was made with, as rows keep it.

    Not where originals lie in a bucket: workers may be on other machines then, and nobody would take it away.
    """
    if not stored.lies_on_disk(default_storage):
        return
    try:
        pictures.keep(_path(pk), lambda: _head(len(square), edit) + square.tobytes())
    except OSError as error:  # a full disk, say
        logger.warning("prediction %s is decoded twice: %s", pk, error)


def read(pk: UUID, edit: str, size_px: int) -> np.ndarray | None:
    """The square of a prediction, uint8 of shape (size_px, size_px, 3); None where none fits."""
    try:
        content = _path(pk).read_bytes()
    except OSError:
        return None
    head = _head(size_px, edit)
    if not content.startswith(head) or len(content) != len(head) + 3 * size_px**2:
        return None
    return np.frombuffer(content, np.uint8, offset=len(head)).reshape(size_px, size_px, 3)


def drop(pk: UUID) -> None:
    """Delete it; never fails."""
    with suppress(OSError):
        _path(pk).unlink(missing_ok=True)


def drop_old() -> int:
    """Delete what was left behind, half written files among it; returns how many."""
    count = 0
    for path in folder().glob("*"):
        with suppress(FileNotFoundError):  # its picture was answered a moment ago
            if path.stat().st_mtime < time.time() - KEEP_S:
                path.unlink()
                count += 1
    return count


def folder() -> Path:
    return Path(settings.MEDIA_ROOT, "derived", "squares")


def _path(pk: UUID) -> Path:
    return folder() / str(pk)


def _head(size_px: int, edit: str) -> bytes:
    """What the file says of itself before its pixels: a line that has to be the same for whoever reads it."""
    return f"square {FORMAT} {size_px} {edit}\n".encode()
