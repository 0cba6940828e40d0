"""Which published artworks look like this? The keys of the nearest come first, from indexes or exactly, then their rows.

An exact search computes the distance to every work that the filter leaves. An HNSW index is walked from work to
work, and those that do not fit are passed over: the more of them, the longer it takes. So few works are searched
exactly; for the others there are indexes of each style and of each period (`gallery.embeddings`), where most fit.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
from django.db.models import F, FloatField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from pgvector.django import CosineDistance
from prometheus_client import Histogram

from ml import inference

from .embeddings import PERIODS
from .models import Artist, ArtistStyle, Artwork, Embedding, Style, StyleYear
from .tallies import total

# Up to so many works are searched exactly: that takes about 3 µs a work, and an index takes longer.
FEW = 1000
# A work that an index passes costs about six times as much as one of an exact search, and of 24 times
# among / fits of them one finds 24 that fit: exact is faster while fits² < 24 * 6 * among.
WORTH = 24 * 6
# Where not all works of an index fit, they come nearly in order: asking for more than are wanted and sorting
# them finds those it met too late.
ASK_TIMES = 2
MOST_PERIODS = 3  # each is searched by itself, so that beyond it one search among all works is faster
SEARCH_SECONDS = Histogram(
    "styleart_search_seconds",
    "Time of a search for similar works in the database.",
    ["filtered"],
    buckets=[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which works may come: on display, and whatever else was asked for."""

    style: Style | None = None
    artist: Artist | None = None
    year_from: int | None = None
    year_to: int | None = None
    public_domain: bool | None = None
    without: Artwork | None = None

    @property
    def is_filtered(self) -> bool:
        return self.has_years or not self.style is self.artist is self.public_domain is None

    @property
    def has_years(self) -> bool:
        return not self.year_from is self.year_to is None

    def labels(self, prefix: str = "") -> Q:
        """Style and years, which works, embeddings and tallies have."""
        wanted = {"style": self.style, "year__gte": self.year_from, "year__lte": self.year_to}
        return Q(**{prefix + field: value for field, value in wanted.items() if value is not None})

    def others(self, prefix: str = "") -> Q:
        """What only the works themselves know."""
        wanted = Q(**{f"{prefix}is_published": True})
        if self.artist:
            wanted &= Q(**{f"{prefix}artist": self.artist})
        if self.public_domain is not None:
            is_free = Q(**{f"{prefix}rights__in": Artwork.FREE_RIGHTS})
            wanted &= is_free if self.public_domain else ~is_free
        if self.without:
            wanted &= ~Q(**{f"{prefix}pk": self.without.pk})
        return wanted

    @property
    def parts(self) -> list[Q]:
        """The conditions of the indexes that together hold all works that may come: of embeddings and tallies."""
        if self.style:
            return [Q(style=self.style)]
        first = PERIODS[0][0] if self.year_from is None else self.year_from
        last = PERIODS[-1][1] if self.year_to is None else self.year_to
        touched = [
            Q(year__gte=since, year__lt=until) for since, until in PERIODS if since <= last and first < until
        ]
        return touched if self.has_years and 0 < len(touched) <= MOST_PERIODS else [Q()]

    def are_few(self) -> bool:
        """Whether an exact search is faster than an index. Three queries at most; none without a filter."""
        if not self.is_filtered:
            return False
        among, fits = self._by_style_and_year()
        if self.artist and fits > FEW:
            fits = min(fits, total(ArtistStyle.objects.filter(artist=self.artist)))
        if fits <= FEW or fits**2 <= WORTH * among:
            return True
        works = Artwork.objects.filter(self.labels() & self.others())
        return self.public_domain is not None and works[: FEW + 1].count() <= FEW

    def _by_style_and_year(self) -> tuple[int, int]:
        """How many works are in the parts, and how many of them have the style and the years."""
        parts = reduce(or_, self.parts)
        fits = Coalesce(Sum("artwork_count", filter=self.labels()), 0)
        counted = StyleYear.objects.filter(parts).aggregate(
            among=Coalesce(Sum("artwork_count"), 0), fits=fits
        )
        return counted["among"], counted["fits"]


def nearest(
    embedding: np.ndarray, model_version: str, wanted: Wanted, *, limit: int, is_exact: bool
) -> QuerySet:
    """Ids of artworks and their cosine distances (0 to 2), in the order in which the search meets them.

    `embedding` is float, shape (256,). Only embeddings made by the same model are compared. An exact search
    gives `limit`, by an index they may be three times as many.
    """
    embedded = Embedding.objects.filter(wanted.others("artwork__"), model_version=model_version)
    embedded = embedded.annotate(distance=CosineDistance("embedding", embedding))
    found = embedded.order_by("distance").values_list("artwork", "distance")
    if is_exact:
        by_sum = F("distance") + Value(0.0, FloatField())  # of which no index knows the order
        return found.filter(wanted.labels("artwork__")).order_by(by_sum)[:limit]
    first, *others = [found.filter(part, wanted.labels())[:limit] for part in wanted.parts]
    return first.union(*others, all=True) if others else first


def similar_to(
    embedding: np.ndarray,
    *,
    limit: int = 12,
    style: Style | None = None,
    artist: Artist | None = None,
    year_from: int | None = None,
    year_to: int | None = None,
    public_domain: bool | None = None,
    min_similarity: float | None = None,
    exclude: Artwork | None = None,
    model_version: str | None = None,
) -> list[Artwork]:
    """The published artworks most like an embedding, with `.similarity` (-1 to 1), most alike first.

    `embedding` is float, shape (256,), made by `model_version`, the model in use unless named.
    `public_domain` False asks for works that are not free. Works less alike than `min_similarity` are left out.
    Style and artist come along, so the labels cost no further query. Five queries at most, two without a filter.
    """
    wanted = Wanted(
        style=style,
        artist=artist,
        year_from=year_from,
        year_to=year_to,
        public_domain=public_domain,
        without=exclude,
    )
    version = model_version or inference.model_version()
    with SEARCH_SECONDS.labels("yes" if wanted.is_filtered else "no").time():
        is_exact = wanted.are_few()
        ask_for = limit * ASK_TIMES if wanted.is_filtered and not is_exact else limit
        found = nearest(embedding, version, wanted, limit=ask_for, is_exact=is_exact)
        similarities = {pk: 1 - distance for pk, distance in found}
        alike = [pk for pk in similarities if min_similarity is None or similarities[pk] >= min_similarity]
        first = sorted(alike, key=lambda pk: -similarities[pk])[:limit]
        works = Artwork.objects.published().with_labels().in_bulk(first)
    for pk, work in works.items():
        work.similarity = similarities[pk]
    return [works[pk] for pk in first if pk in works]  # one may just have been taken down
