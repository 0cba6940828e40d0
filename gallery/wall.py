"""The wall on the home page: other works every day, the same ones all day long."""

import random
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from .models import Artwork


def of_the_day(day: date | None = None, *, count: int = 18) -> Sequence[Artwork]:
    """Up to `count` published artworks with a picture, chosen by the date. Two queries."""
    shown = Artwork.objects.published().with_picture()
    ids = list(shown.order_by("pk").values_list("pk", flat=True)[:20_000])
    chance = random.Random((day or timezone.localdate()).isoformat())  # noqa: S311 - hangs pictures, guards nothing
    chosen = chance.sample(ids, min(count, len(ids)))
    works = Artwork.objects.with_labels().in_bulk(chosen)
    return [works[pk] for pk in chosen if pk in works]


def studies_of_the_day(day: date | None = None, *, count: int = 3) -> Sequence[Artwork]:
    """Up to `count` generated studies of different styles, to try the site with. One query."""
    studies = Artwork.objects.published().with_picture().filter(rights=Artwork.Rights.GENERATED)
    one_per_style = list(studies.with_labels().order_by("style_id", "pk").distinct("style_id"))
    chance = random.Random((day or timezone.localdate()).isoformat())  # noqa: S311 - hangs pictures, guards nothing
    return chance.sample(one_per_style, min(count, len(one_per_style)))
