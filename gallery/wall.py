"""The wall on the home page: other works every day, the same ones all day long."""

import random
from collections.abc import Sequence
from datetime import date

from django.db.models import TextField
from django.db.models.functions import MD5, Cast
from django.utils import timezone

from .models import Artwork


def of_the_day(day: date | None = None, *, count: int = 18) -> Sequence[Artwork]:
    """Up to `count` published artworks with a picture, chosen by the date. Two or three queries."""
    chance = random.Random((day or timezone.localdate()).isoformat())  # noqa: S311 - hangs pictures, guards nothing
    ids = _some_ids(f"{chance.getrandbits(128):032x}", count=3 * count)
    chosen = chance.sample(ids, min(count, len(ids)))
    works = Artwork.objects.with_labels().in_bulk(chosen)
    return [works[pk] for pk in chosen if pk in works]


def _some_ids(md5: str, *, count: int) -> list[int]:
    """Ids of works that follow this place in the mixed order, which ends where it begins."""
    mixed = Artwork.objects.published().with_picture().mixed().annotate(md5=MD5(Cast("pk", TextField())))
    ids = list(mixed.filter(md5__gte=md5).values_list("pk", flat=True)[:count])
    if len(ids) < count:
        ids += mixed.filter(md5__lt=md5).values_list("pk", flat=True)[: count - len(ids)]
    return ids


def studies_of_the_day(day: date | None = None, *, count: int = 3) -> Sequence[Artwork]:
    """Up to `count` generated studies of different styles, to try the site with. One query."""
    studies = Artwork.objects.published().with_picture().filter(rights=Artwork.Rights.GENERATED)
    one_per_style = list(studies.with_labels().order_by("style_id", "pk").distinct("style_id"))
    chance = random.Random((day or timezone.localdate()).isoformat())  # noqa: S311 - hangs pictures, guards nothing
    return chance.sample(one_per_style, min(count, len(one_per_style)))
