"""Paintings by their colours: found by the index of palettes, and palettes made where there are none yet."""

from django.db import transaction

from ml import inference

from . import palette
from .models import Artwork, PaletteColour
from .pictures import HASHED_PX

LOCK = 0x50_61_6C_65  # to PostgreSQL this number means "palettes are being made"
FURTHEST = 18  # in CIELAB: beyond it nobody would call two colours the same
STEP = 4  # what lies within is equally near: then the larger share counts
ASK_TIMES = 4  # a work may have the colour several times, or not be on display


def works_with(rgb: str, *, limit: int = 120) -> list[Artwork]:
    """Published works with this main colour ("a0b1c2"), the nearest and largest first, with `.colour`.

    One query, answered by the index of palettes.
    """
    found = PaletteColour.objects.near(palette.lab_of(rgb))[: ASK_TIMES * limit]
    ranked = sorted(found, key=lambda row: (row.distance // STEP, -row.share, row.artwork_id))
    works: dict[int, Artwork] = {}
    for row in ranked:
        if row.distance <= FURTHEST and row.artwork_id not in works:
            row.artwork.colour = row
            works[row.artwork_id] = row.artwork
    return list(works.values())[:limit]


def catch_up(*, after: int = 0, works: int) -> int | None:
    """Make palettes of works that have none, by id; gives the id to go on after, None when all were tried.

    Each work is saved by itself, so this may be stopped at any time.
    """
    missing = Artwork.objects.without_palette().filter(pk__gt=after).order_by("pk")
    batch = list(missing.only("picture", "sha256")[:works])
    for work in batch:
        try:
            data = Artwork.picture.field.storage.open(work.picture.name).read()
            colours = palette.main_colours(inference.decode(data, fit_px=HASHED_PX))
        except (inference.UnreadableImage, OSError, MemoryError):  # the page of data quality counts these
            continue
        with transaction.atomic():
            if Artwork.objects.filter(pk=work.pk, sha256=work.sha256).select_for_update(no_key=True).exists():
                PaletteColour.objects.keep(work, colours)
    return batch[-1].pk if len(batch) == works else None
