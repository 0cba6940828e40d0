"""What stands in for pictures while they load: made for works that came in before there were any."""

from ml import inference

from . import pictures
from .models import Artwork

LOCK = 0x50_6C_61_63  # to PostgreSQL this number means "placeholders are being made"


def catch_up(*, after: int = 0, works: int) -> int | None:
    """Make placeholders of works that have none, by id; gives the id to go on after, None when all were tried.

    Each work is saved by itself, so this may be stopped at any time.
    """
    missing = Artwork.objects.without_placeholder().filter(pk__gt=after).order_by("pk")
    batch = list(missing.only("picture", "sha256")[:works])
    for work in batch:
        try:
            with work.picture.open("rb") as file:
                placeholder = pictures.placeholder_of(file.read())
        except (inference.UnreadableImage, OSError, MemoryError):  # the page of data quality counts these
            continue
        Artwork.objects.filter(pk=work.pk, sha256=work.sha256).update(placeholder=placeholder)
    return batch[-1].pk if len(batch) == works else None
