"""Which published artworks look like this? One SQL statement, answered by pgvector's HNSW index."""

import numpy as np
from pgvector.django import CosineDistance

from .models import Artist, Artwork, ArtworkQuerySet, Style


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
    connection (`hnsw.ef_search`, `hnsw.iterative_scan`).
    """
    wanted = {
        "style": style,
        "artist": artist,
        "year__gte": year_from,
        "year__lte": year_to,
        "rights__in": Artwork.FREE_RIGHTS if public_domain else None,
    }
    works = (
        Artwork.objects.published()
        .with_labels()
        .filter(
            embeddings__model_version=model_version,
            **{field: value for field, value in wanted.items() if value is not None},
        )
    )
    if without is not None:
        works = works.exclude(pk=without.pk)
    return works.annotate(distance=CosineDistance("embeddings__embedding", embedding)).order_by("distance")[
        :limit
    ]
