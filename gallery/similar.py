"""Which published artworks look like this? One SQL statement, answered by pgvector's HNSW index."""

import numpy as np
from django.db import connection, transaction
from pgvector.django import CosineDistance
from prometheus_client import Histogram

from ml import inference

from .models import Artist, Artwork, ArtworkQuerySet, Style

# With a filter the index goes on until enough works fit, nearly in order: asking for more than are wanted and
# sorting them finds those it met too late.
ASK_TIMES = 4
SEARCH_SECONDS = Histogram(
    "styleart_search_seconds",
    "Time of a search for similar works in the database.",
    ["filtered"],
    buckets=[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
)


def nearest(
    embedding: np.ndarray,
    model_version: str,
    *,
    style: Style | None = None,
    artist: Artist | None = None,
    year_from: int | None = None,
    year_to: int | None = None,
    public_domain: bool | None = None,
    without: Artwork | None = None,
    limit: int = 12,
) -> ArtworkQuerySet:
    """The published artworks nearest to an embedding, nearest first, with `.distance` (0 to 2, cosine).

    `embedding` is float, shape (256,). Only embeddings made by the same model are compared. Style and
    artist come along, so the labels cost no further query. How far the search looks is set with the
    connection (`hnsw.ef_search`, `hnsw.iterative_scan`); with a filter, `similar_to` finds more.
    """
    wanted = {
        "style": style,
        "artist": artist,
        "year__gte": year_from,
        "year__lte": year_to,
    }
    works = (
        Artwork.objects.published()
        .with_labels()
        .filter(
            embeddings__model_version=model_version,
            **{field: value for field, value in wanted.items() if value is not None},
        )
    )
    if public_domain is not None:
        is_free = {"rights__in": Artwork.FREE_RIGHTS}
        works = works.filter(**is_free) if public_domain else works.exclude(**is_free)
    if without is not None:
        works = works.exclude(pk=without.pk)
    return works.annotate(distance=CosineDistance("embeddings__embedding", embedding)).order_by("distance")[
        :limit
    ]


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
    """
    wanted = {
        "style": style,
        "artist": artist,
        "year_from": year_from,
        "year_to": year_to,
        "public_domain": public_domain,
    }
    version = model_version or inference.model_version()
    is_filtered = any(value is not None for value in wanted.values())
    with SEARCH_SECONDS.labels("yes" if is_filtered else "no").time():
        if is_filtered:
            works = _patiently(
                nearest(embedding, version, without=exclude, limit=ASK_TIMES * limit, **wanted)
            )
        else:
            works = list(nearest(embedding, version, without=exclude, limit=limit))
    for work in works:
        work.similarity = 1 - work.distance
    alike = [work for work in works if min_similarity is None or work.similarity >= min_similarity]
    return sorted(alike, key=lambda work: -work.similarity)[:limit]


@transaction.atomic
def _patiently(works: ArtworkQuerySet) -> list[Artwork]:
    """Rows of a filtered search, roughly in order: this finds more of the true neighbours."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
    return list(works)
