"""Bring paintings into the catalogue. Knows no layout of files and no HTTP, only records and the database."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Model

from gallery import pictures
from gallery.embeddings import make_index
from gallery.locks import alone
from gallery.models import Artist, Artwork, Style, searchable
from gallery.readers import ReaderDied, Readers
from gallery.rights import rights_of
from ml import inference

from .names import slug_of
from .records import ArtistRecord, NotAPainting, PaintingRecord, Record, Unusable

BATCH = 500  # records whose state is asked for at once
MAX_FILE_BYTES = 200 * 1024 * 1024
LOCK = 0x57_69_6B_69  # to PostgreSQL this number means "an import is running"
LEFT_IN_STORE = {"adolf-hitler"}  # kept for the record; hanging these is for a curator to decide


class Result(StrEnum):
    """What became of a record."""

    NEW = "new"
    KNOWN = "known"
    NOT_A_PAINTING = "not a painting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record, and why, where it failed."""

    name: str
    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A painting whose picture is being looked at."""

    record: PaintingRecord
    data: bytes


class PictureChanged(ValueError):  # noqa: N818 - reads as what happened
    """These bytes are not the ones that were measured."""


def import_records(records: Iterable[Record], *, processes: int) -> Iterator[Outcome]:
    """Save paintings one by one, each in its own transaction; yields an outcome for each record, in order.

    May be stopped at any time: whatever was yielded is in the catalogue. Raises Taken when
    another import is running, ReadersKeepDying, and ModelMismatch when the model cannot be loaded.
    """
    with alone(LOCK), Readers(pictures.measure, processes) as readers:
        make_index(inference.model_version())
        yield from _outcomes(records, readers, partial(save_painting, shelf=StyleShelf()))


def rehearse(records: Iterable[Record], *, processes: int) -> Iterator[Outcome]:
    """Yield the outcomes that `import_records` would, but write nothing."""
    seen = set()

    def note(record: PaintingRecord, data: bytes, facts: inference.PictureFacts) -> bool:
        identities = _identities(record) | {("sha256", hashlib.sha256(data).hexdigest())}
        is_new = seen.isdisjoint(identities)
        seen.update(identities)
        return is_new

    with Readers(inference.check, processes) as readers:
        yield from _outcomes(records, readers, note)


# From records to outcomes


def _outcomes(
    records: Iterable[Record], readers: Readers, save: Callable[[PaintingRecord, bytes, Any], bool]
) -> Iterator[Outcome]:
    """Keep a few pictures ahead with the readers, and settle record after record."""
    window: deque[Outcome | _Waiting] = deque()
    for item in _sorted_out(records):
        window.append(_submitted(item, readers) if isinstance(item, PaintingRecord) else item)
        if len(window) > 2 * readers.processes:
            yield _settled(window.popleft(), readers, save)
    for item in window:
        yield _settled(item, readers, save)


def _sorted_out(records: Iterable[Record]) -> Iterator[Outcome | PaintingRecord]:
    """Yield paintings whose picture must be read, and outcomes for all the rest."""
    records = iter(records)
    while batch := list(islice(records, BATCH)):
        known = _known_identities([record for record in batch if isinstance(record, PaintingRecord)])
        for record in batch:
            if isinstance(record, NotAPainting):
                yield Outcome(record.name, Result.NOT_A_PAINTING)
            elif isinstance(record, Unusable):
                yield Outcome(record.name, Result.FAILED, record.reason)
            elif not _identities(record).isdisjoint(known):
                yield Outcome(record.name, Result.KNOWN)
            elif not record.styles:
                yield Outcome(record.name, Result.FAILED, "Its style is not known.")
            else:
                yield record


def _identities(record: PaintingRecord) -> set[tuple[str, str]]:
    """All that tells a painting from others, as (field, value)."""
    pairs = {(field, getattr(record, field)) for field in ("source_key", "sha256", "wikiart_id")}
    if record.artist and record.artist.wikiart_slug and record.wikiart_slug:
        pairs.add(("wikiart_slug", f"{record.artist.wikiart_slug}/{record.wikiart_slug}"))
    return {(field, value) for field, value in pairs if value}


def _known_identities(records: list[PaintingRecord]) -> set[tuple[str, str]]:
    """Those identities that a work with a picture has already; four queries."""
    works = Artwork.objects.exclude(picture="")
    wanted = set().union(*map(_identities, records))
    known = set()
    for field in ("source_key", "sha256", "wikiart_id"):
        values = [value for name, value in wanted if name == field]
        found = works.filter(**{f"{field}__in": values}).values_list(field, flat=True)
        known |= {(field, value) for value in found}
    slugs = [value.split("/", 1) for name, value in wanted if name == "wikiart_slug"]
    found = works.filter(
        artist__wikiart_slug__in={artist for artist, _ in slugs}, wikiart_slug__in={slug for _, slug in slugs}
    ).values_list("artist__wikiart_slug", "wikiart_slug")
    return known | {("wikiart_slug", f"{artist}/{slug}") for artist, slug in found}


def _submitted(record: PaintingRecord, readers: Readers) -> Outcome | _Waiting:
    """Read a picture's file and hand it to the readers, unless its bytes are known under another name."""
    try:
        if record.picture.stat().st_size > MAX_FILE_BYTES:
            return Outcome(record.name, Result.FAILED, f"It is larger than {MAX_FILE_BYTES >> 20} MiB.")
        data = record.picture.read_bytes()
    except FileNotFoundError:
        return Outcome(record.name, Result.FAILED, "Its picture is missing.")
    except OSError as error:
        return Outcome(record.name, Result.FAILED, f"It cannot be read: {error.strerror}.")
    sha256 = hashlib.sha256(data).hexdigest()
    if record.sha256 and record.sha256 != sha256:
        return Outcome(record.name, Result.FAILED, "It is not the file that was meant: its SHA-256 differs.")
    if Artwork.objects.filter(sha256=sha256).exclude(picture="").exists():
        return Outcome(record.name, Result.KNOWN)
    readers.submit(record.picture)
    return _Waiting(record, data)


def _settled(
    item: Outcome | _Waiting, readers: Readers, save: Callable[[PaintingRecord, bytes, Any], bool]
) -> Outcome:
    if isinstance(item, Outcome):
        return item
    name = item.record.name
    try:
        answer = readers.answer()
    except inference.UnreadableImage as error:
        return Outcome(name, Result.FAILED, str(error))
    except MemoryError:
        return Outcome(name, Result.FAILED, "There is not enough memory to decode it.")
    except ReaderDied:
        return Outcome(name, Result.FAILED, "The process that decoded it died, twice.")
    except OSError as error:
        return Outcome(name, Result.FAILED, f"It cannot be read: {error.strerror}.")
    try:
        is_new = save(item.record, item.data, answer)
    except PictureChanged:
        return Outcome(name, Result.FAILED, "It changed while it was read. Import it again.")
    return Outcome(name, Result.NEW if is_new else Result.KNOWN)


# From records to rows


@transaction.atomic
def save_painting(
    record: PaintingRecord, data: bytes, measured: pictures.Measured, *, shelf: "StyleShelf"
) -> bool:
    """Bring one painting into the catalogue; tells whether it is new there.

    A work with a picture is left as it is; one without gets it, and what else it lacks.
    Raises PictureChanged.
    """
    if hashlib.sha256(data).hexdigest() != measured.sha256:
        raise PictureChanged
    artist = save_artist(record.artist) if record.artist else None
    work = _work_of(record, artist, measured.sha256)
    if work.picture:
        return False
    if work.style_id is None:
        work.style, work.wikiart_style = shelf.place(record)
    _fill(
        work,
        title=record.title[:500],
        artist=artist,
        year=record.year,
        genre=record.genre[:200],
        wikiart_id=record.wikiart_id,
        wikiart_slug=record.wikiart_slug if len(record.wikiart_slug) <= 300 else "",
        source_key=record.source_key[:500],
        source_url=record.source_url if len(record.source_url) <= 500 else "",
    )
    if work.pk is None:
        work.rights = rights_of(work.artist, work.year)
        work.is_published = artist is None or artist.slug not in LEFT_IN_STORE
    work.keep_picture(data, measured)
    work.save()
    return True


def _work_of(record: PaintingRecord, artist: Artist | None, sha256: str) -> Artwork:
    """The work that this record means: one of the catalogue, or a new one that is not saved."""
    wanted = [{"source_key": record.source_key}, {"sha256": sha256}]
    if record.wikiart_id:
        wanted.append({"wikiart_id": record.wikiart_id})
    if artist and record.wikiart_slug:
        wanted.append({"artist": artist, "wikiart_slug": record.wikiart_slug})
    found = (Artwork.objects.filter(**fields).first() for fields in wanted)
    return next(filter(None, found), None) or Artwork()


def save_artist(record: ArtistRecord) -> Artist:
    """Find an artist or make them; a known one gets what is lacking and keeps what is there."""
    artist = _artist_of(record) or Artist(
        name=record.name[:200], slug=record.slug[:150] or f"artist-{_digest(record.name)}"
    )
    has_dates = artist.birth_year is not None or artist.death_year is not None
    dates = {} if has_dates else {"birth_year": record.birth_year, "death_year": record.death_year}
    filled = _fill(artist, wikiart_slug=record.wikiart_slug[:200], wikiart_id=record.wikiart_id, **dates)
    if artist.pk is None:
        artist.save()
    elif filled:
        artist.save(update_fields=filled)
    return artist


def _artist_of(record: ArtistRecord) -> Artist | None:
    """By WikiArt's id or slug; by our slug; by the name, unless WikiArt's slugs tell two namesakes apart."""
    wanted = [
        {"wikiart_id": record.wikiart_id},
        {"wikiart_slug": record.wikiart_slug},
        {"slug": record.slug},
        {"search_text": searchable(record.name)} | ({"wikiart_slug": None} if record.wikiart_slug else {}),
    ]
    found = (Artist.objects.filter(**fields).first() for fields in wanted if "" not in fields.values())
    return next(filter(None, found), None)


def _fill(row: Model, **fields: Any) -> list[str]:
    """Set those fields that are empty so far; gives their names."""
    filled = [name for name, value in fields.items() if value and not getattr(row, name)]
    for name in filled:
        setattr(row, name, fields[name])
    return filled


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class StyleShelf:
    """Where works of a style hang: with one of the 18 of the house, or in a room of their own."""

    def __init__(self) -> None:
        """Read all styles once."""
        self._places: dict[str, tuple[Style, str]] = {}  # folded name: style, name as WikiArt writes it
        for style in [
            *Style.objects.others(),
            *Style.objects.of_the_house(),
        ]:  # the house comes last and wins
            for name in (style.name, *style.includes):
                self._places[slug_of(name)] = (style, name)
        for style, name in list(self._places.values()):  # "Art Nouveau" for "Art Nouveau (Modern)"
            self._places.setdefault(slug_of(name.partition(" (")[0]), (style, name))

    def place(self, record: PaintingRecord) -> tuple[Style, str]:
        """Give the style of a record, made if need be, and what WikiArt calls it (empty if not known).

        Of several styles the first that is one of the 18 counts, else the first.
        """
        places = [self._places.get(slug_of(name), (None, name)) for name in record.styles]
        house = next((style for style, _ in places if style and style.position), None)
        style = house or places[0][0] or _new_style(record.styles[0])
        return style, ", ".join(name for _, name in places)[:200] if record.styles_are_wikiarts else ""


def _new_style(name: str) -> Style:
    slug = slug_of(name)[:100] or f"style-{_digest(name)}"
    style, _ = Style.objects.get_or_create(slug=slug, defaults={"name": name[:100], "wikiart_slug": slug})
    return style
