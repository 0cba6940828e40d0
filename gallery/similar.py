"""Which published artworks look like this? One statement finds the nearest, from indexes or exactly, with their rows.

An exact search computes the distance to every work that the filter leaves. An HNSW index is walked from work to
work, and those that do not fit are passed over: the more of them, the longer it takes. So few works are searched
exactly; for the others there are indexes of each style and of each period (`gallery.embeddings`), where most fit.

The statements are written by hand: Django's ORM took two for it, and more time in Python than the walk itself took
(docs/performance.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection, models
from pgvector import HalfVector
from prometheus_client import Histogram

from ml import inference

from .embeddings import PERIODS
from .models import Artist, Artwork, Style

# Up to so many works are searched exactly: that takes about 3 µs a work, and an index takes longer.
FEW = 1000
# A work that an index passes costs about six times as much as one of an exact search, and of 24 times
# among / fits of them one finds 24 that fit: exact is faster while fits² < 24 * 6 * among.
WORTH = 24 * 6
# Where not all works of an index fit, they come nearly in order: asking for more than are wanted and sorting
# them finds those it met too late.
ASK_TIMES = 3
# How many candidates a walk keeps (`hnsw.ef_search`): with these it finds 98 % of the true neighbours in an index of
# 250,000 works. Larger indexes need more; those of a style or period sooner, since what is asked for may be far from
# all that is in them.
CANDIDATES = 200
MOST_CANDIDATES = 1000  # pgvector takes no more
MOST_PERIODS = 3  # each is searched by itself, so that beyond it one search among all works is faster
SEARCH_SECONDS = Histogram(
    "styleart_search_seconds",
    "Time of a search for similar works in the database.",
    ["filtered"],
    buckets=[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
)
LABELS = {  # style and years, which works, embeddings and tallies have
    "style": "{table}.style_id = %(style)s",
    "year_from": "{table}.year >= %(year_from)s",
    "year_to": "{table}.year <= %(year_to)s",
}
OTHERS = {  # what only the works themselves know
    "artist": "work.artist_id = %(artist)s",
    "public_domain": "(work.rights = ANY(%(free_rights)s)) = %(public_domain)s",
    "without": "work.id <> %(without)s",
}
WHOLE = "true"  # the condition of the index of all works
DISTANCE = "(embedding.embedding <=> %(embedding)s)"
ROWS: dict[str, type[models.Model]] = {"work": Artwork, "style": Style, "artist": Artist}
FIELDS = {table: [field.attname for field in model._meta.concrete_fields] for table, model in ROWS.items()}
COLUMNS = ", ".join(
    f'{table}."{field.column}"' for table, model in ROWS.items() for field in model._meta.concrete_fields
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

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of the statements."""
        given = {name: getattr(self, name) for name in (*LABELS, *OTHERS)}
        keys = {name: value.pk for name, value in given.items() if isinstance(value, models.Model)}
        return given | keys | {"free_rights": list(Artwork.FREE_RIGHTS)}

    def labels(self, table: str) -> list[str]:
        return [sql.format(table=table) for name, sql in LABELS.items() if getattr(self, name) is not None]

    @property
    def others(self) -> list[str]:
        given = [sql for name, sql in OTHERS.items() if getattr(self, name) is not None]
        return ["work.is_published", *given]

    def parts(self, table: str) -> list[str]:
        """The conditions of the indexes that together hold all works that may come: of embeddings and tallies."""
        if self.style:
            return [LABELS["style"].format(table=table)]
        first = PERIODS[0][0] if self.year_from is None else self.year_from
        last = PERIODS[-1][1] if self.year_to is None else self.year_to
        touched = [
            f"{table}.year >= {since} AND {table}.year < {until}"
            for since, until in PERIODS
            if since <= last and first < until
        ]
        return touched if self.has_years and 0 < len(touched) <= MOST_PERIODS else [WHOLE]

    def counts(self) -> tuple[int, int]:
        """How many works are in the parts, and how many of them fit at most. One query."""
        # Each is the most that there can be, or NULL, which `least` passes over.
        most = [f"coalesce(sum(artwork_count) FILTER (WHERE {_all(self.labels('tally'))}), 0)"]
        if self.artist:
            most.append(
                "(SELECT coalesce(sum(artwork_count), 0) FROM gallery_artiststyle WHERE artist_id = %(artist)s)"
            )
        if self.public_domain is not None:
            works = f"SELECT FROM gallery_artwork AS work WHERE {_all(self.labels('work') + self.others)}"
            most.append(f"(SELECT nullif(count(*), {FEW + 1}) FROM ({works} LIMIT {FEW + 1}))")  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT coalesce(sum(artwork_count), 0), least({', '.join(most)})"  # noqa: S608 - our own words
                f" FROM gallery_styleyear AS tally WHERE {' OR '.join(self.parts('tally'))}",
                self.values,
            )
            return cursor.fetchone()


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "true"


def statement(wanted: Wanted, *, is_exact: bool) -> str:
    """SQL for the rows of the `limit` nearest works and their distances, nearest first.

    Its parameters are those of `wanted`, and `embedding`, `model_version`, `limit`, and `ask_for`, how many an
    index is asked for.
    """
    if is_exact:
        fits = wanted.labels("work") + wanted.others
        found = _keys(f"{DISTANCE} + 0.0", fits)  # a sum, of which no index knows the order
    else:
        fits = wanted.labels("embedding") + wanted.others
        found = " UNION ALL ".join(_keys(DISTANCE, [part, *fits]) for part in wanted.parts("embedding"))
    return (
        f"SELECT {COLUMNS}, found.distance FROM ({found}) AS found"  # noqa: S608 - our own words
        " JOIN gallery_artwork AS work ON work.id = found.artwork_id"
        " JOIN gallery_style AS style ON style.id = work.style_id"
        " LEFT JOIN gallery_artist AS artist ON artist.id = work.artist_id"
        " ORDER BY found.distance + 0.0 LIMIT %(limit)s"  # a sum, or else an index's order would do: it is relaxed
    )


def _keys(distance: str, conditions: Sequence[str]) -> str:
    """SQL for the keys of works that fit and their distances."""
    return (
        f"(SELECT embedding.artwork_id, {distance} AS distance"  # noqa: S608 - our own words
        " FROM gallery_embedding AS embedding JOIN gallery_artwork AS work ON work.id = embedding.artwork_id"
        f" WHERE embedding.model_version = %(model_version)s AND {_all(conditions)}"
        " ORDER BY distance LIMIT %(ask_for)s)"
    )


def _work(row: Sequence[Any]) -> Artwork:
    """The work of a row that `statement` gives, with its labels and `.similarity`."""
    *columns, distance = row
    values = iter(columns)
    work, style, artist = (
        model.from_db(connection.alias, FIELDS[table], list(islice(values, len(FIELDS[table]))))
        for table, model in ROWS.items()
    )
    work.style = style
    work.artist = artist if work.artist_id else None
    work.similarity = 1 - distance
    return work


def candidates(wanted: Wanted) -> int | None:
    """How many candidates to keep on the walk through each index (`hnsw.ef_search`); None to search exactly.

    One query.
    """
    among, fits = wanted.counts()
    if fits <= FEW or (wanted.is_filtered and fits**2 <= WORTH * among):
        return None
    parts = wanted.parts("tally")  # which share the effort
    growth = (among / 250_000) ** 0.25 if parts == [WHOLE] else (among / 30_000) ** 0.5
    return min(round(CANDIDATES * max(growth, 1)), MOST_CANDIDATES) // len(parts)


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

    `embedding` is float, shape (256,), made by `model_version`, the model in use unless named: only embeddings of
    the same model are compared. `public_domain` False asks for works that are not free. Works less alike than
    `min_similarity` are left out. Style and artist come along, so the labels cost no further query. Two queries.
    """
    wanted = Wanted(
        style=style,
        artist=artist,
        year_from=year_from,
        year_to=year_to,
        public_domain=public_domain,
        without=exclude,
    )
    with SEARCH_SECONDS.labels("yes" if wanted.is_filtered else "no").time(), connection.cursor() as cursor:
        keep = candidates(wanted)
        is_exact = keep is None
        times = 1 if is_exact or not wanted.is_filtered else ASK_TIMES
        parts = 1 if is_exact else len(wanted.parts("embedding"))
        values = {
            "embedding": HalfVector(embedding).to_text(),
            "model_version": model_version or inference.model_version(),
            "ask_for": max(limit * times // parts, limit),
            "limit": limit,
        }
        sql = statement(wanted, is_exact=is_exact)
        # Sent together, so PostgreSQL takes both for one transaction, and the first holds for the second only.
        sent = sql if is_exact else f"SET LOCAL hnsw.ef_search = {keep}; {sql}"
        cursor.execute(sent, wanted.values | values)
        works = [_work(row) for row in cursor]
    return [work for work in works if min_similarity is None or work.similarity >= min_similarity]
