"""Let a model look at the catalogue: embeddings for every work that has none of it yet."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from ml import inference

from . import pictures
from .models import Artwork, ArtworkQuerySet, Embedding, Opinion, PaletteColour, PictureHash, Style
from .readers import ReaderDied, Readers
from .stored import LocalCopies

LOCK = 0x45_6D_62_65  # to PostgreSQL this number means "embeddings are being made"
BATCH = 500  # works that are asked for at once
DELETED_AT_ONCE = 10_000
# Years that have an index of their own, each from the first up to the second; most works are of 1800 and later.
PERIODS = list(
    pairwise([-10_000, 1500, 1600, 1700, 1800, 1825, 1850, 1875, 1900, 1925, 1950, 1975, 2000, 5000])
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one work: embedded, or the reason why not."""

    pk: int
    name: str
    reason: str = ""


def embed(model: Path, *, processes: int, after: int = 0, limit: int | None = None) -> Iterator[Outcome]:
    """Let the model in this folder look at every work that it has not seen, by id, from `after` on.

    Each work is saved by itself before its outcome is yielded, so this may be stopped at any time.
    Works that come in meanwhile are found, too. Raises ModelMismatch and ReadersKeepDying.
    """
    version = inference.model_card(model)["version"]
    make_index(version)
    works = islice(_works_without(version, after=after), limit)
    with Readers(partial(pictures.describe, model=model), processes) as readers:
        yield from _outcomes(works, readers, _save)


def look_again(*, after: int = 0, limit: int | None = None) -> Iterator[Outcome]:
    """Let the model in use say the style of works that it has embedded only, and hash their pictures.

    Catches up what was embedded before opinions and hashes were kept. Stopped at any time nothing is lost.
    """
    model = inference.model_folder()
    wanted = Artwork.objects.not_looked_at(inference.model_card(model)["version"])
    with Readers(partial(pictures.describe, model=model), processes=1) as readers:
        yield from _outcomes(islice(_by_id(wanted, after=after), limit), readers, _save)


def rehearse(model: Path, *, processes: int, limit: int | None = None) -> Iterator[Outcome]:
    """Yield the outcomes that `embed` would, but only check the pictures and write nothing."""
    works = islice(_works_without(inference.model_card(model)["version"]), limit)
    with Readers(inference.check, processes) as readers:
        yield from _outcomes(works, readers, lambda work, answer: None)


def make_index(model_version: str) -> None:
    """Make the HNSW indexes of this version's embeddings that are not there.

    Made before the embeddings it takes a moment. Nobody waits for it, unless it happens within a
    transaction: then writers do, until that ends. An index whose making broke off is made anew.
    """
    missing = _predicates(model_version)
    with connection.cursor() as cursor:
        for name, is_valid in _indexes(model_version).items():
            if is_valid:
                missing.pop(name, None)
            else:
                cursor.execute(f"DROP INDEX {_without_waiting()} IF EXISTS {name}")
        with _checked_now(cursor):
            for name, predicate in missing.items():
                cursor.execute(
                    f"CREATE INDEX {_without_waiting()} IF NOT EXISTS {name} ON gallery_embedding"
                    " USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 128)"
                    f" WHERE model_version = %s{predicate}",
                    [model_version],
                )


def has_index(model_version: str) -> bool:
    """Whether the HNSW indexes of this version's embeddings are there and whole. Two queries."""
    valid = {name for name, is_valid in _indexes(model_version).items() if is_valid}
    return _predicates(model_version).keys() <= valid


def count_by_version() -> dict[str, int]:
    """How many embeddings there are of each version of the model."""
    counts = Embedding.objects.values_list("model_version").annotate(count=Count("pk"))
    return dict(counts.order_by("model_version"))


def forget(model_version: str) -> None:
    """Delete the embeddings and opinions of a version, and its indexes first, which makes the rest quick."""
    drop_indexes(model_version)
    for model in (Embedding, Opinion):
        old = model.objects.filter(model_version=model_version).values_list("pk", flat=True)
        while model.objects.filter(pk__in=list(old[:DELETED_AT_ONCE])).delete()[0]:
            pass


def drop_indexes(model_version: str) -> None:
    """Drop the HNSW indexes of this version's embeddings; outside of a transaction nobody waits for it."""
    with connection.cursor() as cursor, _checked_now(cursor):
        for name in _indexes(model_version):
            cursor.execute(f"DROP INDEX {_without_waiting()} IF EXISTS {name}")


def _predicates(model_version: str) -> dict[str, str]:
    """By name, what each index of this version has beyond its version: nothing, one style, one period. One query."""
    name = _index_name(model_version)
    styles = Style.objects.values_list("pk", flat=True)
    return (
        {name: ""}
        | {f"{name}_s{pk}": f" AND style_id = {pk}" for pk in styles}
        | {f"{name}_y{until}": f" AND year >= {since} AND year < {until}" for since, until in PERIODS}
    )


def _indexes(model_version: str) -> dict[str, bool]:
    """The names of the HNSW indexes of this version that are there, and whether each is valid. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indrelid = 'gallery_embedding'::regclass AND starts_with(relname, %s)",
            [_index_name(model_version)],
        )
        return dict(cursor.fetchall())


def _without_waiting() -> str:
    """The word that lets nobody wait for an index; PostgreSQL forbids it within a transaction."""
    return "" if connection.in_atomic_block else "CONCURRENTLY"


@contextmanager
def _checked_now(cursor: Any) -> Iterator[None]:
    """Within a transaction, check its rows now: those whose check is pending would forbid an index."""
    if connection.in_atomic_block:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    yield
    if connection.in_atomic_block:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _index_name(model_version: str) -> str:
    """Of hexadecimal digits, so it needs no quotes."""
    return f"embedding_hnsw_{hashlib.sha256(model_version.encode()).hexdigest()[:16]}"


def _works_without(model_version: str, *, after: int = 0) -> Iterator[Artwork]:
    """Works that this version has not seen."""
    return _by_id(Artwork.objects.without_embedding(model_version), after=after)


def _by_id(wanted: ArtworkQuerySet, *, after: int = 0) -> Iterator[Artwork]:
    """These works, by id; also those that come in while this goes on."""
    wanted = wanted.order_by("pk").only("title", "picture", "sha256")
    while batch := list(wanted.filter(pk__gt=after)[:BATCH]):
        yield from batch
        after = batch[-1].pk


def _outcomes(
    works: Iterator[Artwork], readers: Readers, save: Callable[[Artwork, Any], None]
) -> Iterator[Outcome]:
    """Keep a few pictures ahead with the readers, and settle work after work."""
    window: deque[tuple[Artwork, Path]] = deque()
    with LocalCopies() as copies:
        for work in works:
            path = copies.path(work.picture.storage, work.picture.name)
            readers.submit(path)
            window.append((work, path))
            if len(window) > 2 * readers.processes:
                yield _settled(*window.popleft(), copies, readers, save)
        for work, path in window:
            yield _settled(work, path, copies, readers, save)


def _settled(
    work: Artwork, path: Path, copies: LocalCopies, readers: Readers, save: Callable[[Artwork, Any], None]
) -> Outcome:
    failed = partial(Outcome, work.pk, f"{work.title} ({work.picture.name})")
    try:
        answer = readers.answer()
    except inference.UnreadableImage as error:
        return failed(str(error))
    except MemoryError:
        return failed("There is not enough memory to decode it.")
    except ReaderDied:
        return failed("The process that decoded it died, twice.")
    except FileNotFoundError:
        return failed("Its picture is missing.")
    except OSError as error:
        return failed(f"It cannot be read: {error.strerror or error}.")
    finally:
        copies.forget(path)
    save(work, answer)
    return Outcome(work.pk, work.title)


@transaction.atomic
def _save(work: Artwork, looks: pictures.Looks) -> None:
    """Save what is not there yet, unless the work went or got another picture."""
    same = Artwork.objects.filter(pk=work.pk, sha256=work.sha256).select_for_update(no_key=True)
    if same.exists():
        by = {"artwork": work, "model_version": looks.model_version}
        for row in (
            Embedding(**by, embedding=looks.embedding),
            Opinion(**by, **looks.opinion._asdict()),
            PictureHash(artwork=work, **PictureHash.fields_of(looks.picture_hash)),
        ):
            type(row).objects.bulk_create([row], ignore_conflicts=True)
        PaletteColour.objects.keep(work, looks.colours)
