"""The wall on the home page: other works every day, the same ones all day long."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, TextField
from django.db.models.functions import MD5, Cast
from django.utils import timezone

from ml import inference

from .models import Artwork, Opinion
from .similar import similar_to

MOST_EXAMPLES = 300  # among which the day chooses


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


@dataclass(frozen=True)
class Example:
    """What the model in use says of a study: `probability` from 0 to 1, and the works most like it."""

    work: Artwork
    probability: float
    alike: Sequence[Artwork]

    @property
    def of_hundred(self) -> int:
        return round(100 * self.probability)


def example_of_the_day(day: date | None = None, *, count: int = 4) -> Example | None:
    """A study of which the model in use is sure, and rightly so; None while it has seen none. Four queries at most."""
    opinions = Opinion.objects.filter(
        model_version=inference.model_version(), certainty="sure", label=F("artwork__style__name")
    )
    shown = Artwork.objects.published().with_picture().filter(rights=Artwork.Rights.GENERATED)
    ids = list(opinions.filter(artwork__in=shown).order_by("pk").values_list("pk", flat=True)[:MOST_EXAMPLES])
    if not ids:
        return None
    chance = random.Random((day or timezone.localdate()).isoformat())  # noqa: S311 - hangs pictures, guards nothing
    opinion = Opinion.objects.select_related("artwork__style", "artwork__artist").get(pk=chance.choice(ids))
    embedding = opinion.artwork.embedding
    alike = [] if embedding is None else similar_to(embedding, exclude=opinion.artwork, limit=2 * count)
    shown_alike = [work for work in alike if work.shows_picture][:count]
    return Example(opinion.artwork, opinion.probability, shown_alike)
