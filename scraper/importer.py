"""Bring paintings into the catalogue. Knows no layout of files and no HTTP, only records and the database."""

import hashlib
import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import unquote

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from gallery import pictures
from gallery.embeddings import make_index
from gallery.locks import alone
from gallery.models import Artist, ArtistRedirect, Artwork, Style, searchable
from gallery.readers import ReaderDied, Readers
from gallery.rights import rights_of
from ml import inference

from . import names
from .names import slug_of
from .reasons import Reason
from .records import JOINED_BY, ArtistRecord, NotAPainting, PaintingRecord, Record, Unusable

BATCH = 500  # records whose state is asked for at once
MAX_FILE_BYTES = 200 * 1024 * 1024
LOCK = 0x57_69_6B_69  # to PostgreSQL this number means "an import is running"
COLUMNS = {"artist": "artist_id", "style": "style_id"}  # of those fields that name another row
REFUSALS = (IntegrityError, DataError, ValueError)  # ValueError: a text with a NUL in it
MOST_ARTISTS = 5000  # that are remembered at a time
LEFT_IN_STORE = {"adolf-hitler"}  # kept for the record; hanging these is for a curator to decide


class Result(StrEnum):
    """What became of a record."""

    NEW = "new"
    CHANGED = "changed"
    MENDED = "mended"  # it had failed before
    PICTURE = "picture fetched"
    LATER = "to be tried again later"
    KNOWN = "known"
    NOT_A_PAINTING = "not a painting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record, and why, where it failed."""

    name: str
    result: Result
    reason: str = ""
    is_picture: bool = False  # of a work whose record was settled before


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
                yield Outcome(record.name, Result.FAILED, Reason("style_unknown"))
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
    """Bring one painting with its picture into the catalogue; tells whether it is new there.

    A work with a picture is left as it is; one without gets it, and what else it lacks.
    Raises PictureChanged.
    """
    if hashlib.sha256(data).hexdigest() != measured.sha256:
        raise PictureChanged
    artist = save_artist(record.artist) if record.artist else None
    work = _Found([record], {artist.pk} if artist else set()).work(record, artist)
    work = work or Artwork.objects.filter(sha256=measured.sha256).first() or Artwork()
    if work.picture:
        return False
    _take_facts(work, record, artist, shelf=shelf)
    work.keep_picture(data, measured)
    work.save()
    return True


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a record, and its work where there is one."""

    record: PaintingRecord
    outcome: Outcome
    work: Artwork | None = None


class Register:
    """Saves records whose pictures are fetched later, many at once; remembers artists and styles.

    With `is_refresh` what WikiArt says now counts more than what it said before, never more than
    what a curator set. Without it only gaps are filled.
    """

    def __init__(self, *, is_refresh: bool = False) -> None:
        self._is_refresh = is_refresh
        self._artists: OrderedDict[ArtistRecord, Artist] = OrderedDict()
        self._shelf = StyleShelf()

    def known(self, records: Iterable[PaintingRecord]) -> set[str]:
        """The names of those records whose works are in the catalogue. Three queries."""
        records = list(records)
        slugs = {record.artist.wikiart_slug for record in records if record.artist} - {""}
        artists = dict(Artist.objects.filter(wikiart_slug__in=slugs).values_list("wikiart_slug", "pk"))
        found = _Found(records, set(artists.values()))
        pks = (
            (record, artists.get(record.artist.wikiart_slug) if record.artist else None) for record in records
        )
        return {record.name for record, pk in pks if found.work_of(record, pk)}

    def save(self, records: list[PaintingRecord]) -> list[Saved]:
        """Save all in one transaction; where the database refuses, one by one.

        A handful of queries for all of them, and some for each artist that was not met before.
        """
        try:
            with transaction.atomic():
                return self._save(records)
        except REFUSALS as error:
            self.forget()
            if len(records) == 1:
                return [Saved(records[0], Outcome(records[0].name, Result.FAILED, _refusal(error)))]
            return [saved for record in records for saved in self.save([record])]

    def save_artist(self, record: ArtistRecord) -> Artist:
        """Find an artist or make them, once for every record that says the same."""
        artist = self._artists.get(record)
        if artist is None:
            artist = self._artists[record] = save_artist(record, is_refresh=self._is_refresh)
            if len(self._artists) > MOST_ARTISTS:
                self._artists.popitem(last=False)
        return artist

    def take_artist(self, record: ArtistRecord) -> str:
        """Save an artist's own page; gives the reason where the catalogue does not take it."""
        try:
            with transaction.atomic():
                self.save_artist(record)
        except REFUSALS as error:
            self.forget()
            return _refusal(error)
        return ""

    def forget(self) -> None:
        """Read artists and styles anew: a transaction that made some of them was rolled back."""
        self._artists.clear()
        self._shelf = StyleShelf()

    def _save(self, records: list[PaintingRecord]) -> list[Saved]:
        artists = [self.save_artist(record.artist) if record.artist else None for record in records]
        found = _Found(records, {artist.pk for artist in artists if artist})
        new, changed, saved = [], {}, []
        for record, artist in zip(records, artists, strict=True):
            work = found.work(record, artist)
            if work is None and not record.styles:
                saved.append(Saved(record, Outcome(record.name, Result.FAILED, Reason("style_unknown"))))
                continue
            if is_new := work is None:
                work = Artwork()
                new.append(work)
            fields = _take_facts(work, record, artist, shelf=self._shelf, is_refresh=self._is_refresh)
            found.note(work, record)
            if fields and work.pk:
                changed.setdefault(work, set()).update(fields)
            result = Result.NEW if is_new else Result.CHANGED if fields else Result.KNOWN
            saved.append(Saved(record, Outcome(record.name, result), work))
        _write(new, changed)
        return saved


def _refusal(error: Exception) -> str:
    return Reason("not_taken", error=str(error).splitlines()[0])


def _write(new: list[Artwork], changed: dict[Artwork, set[str]]) -> None:
    """One statement for the new works, one for the changed ones."""
    now = timezone.now()
    for work in (*new, *changed):
        work.search_text, work.updated_at = work.text_to_search(), now
    Artwork.objects.bulk_create(new)
    if changed:
        fields = set().union(*changed.values(), {"search_text", "updated_at"})
        Artwork.objects.bulk_update(changed, sorted(fields))


class _Found:
    """The works of the catalogue that some records mean."""

    def __init__(self, records: list[PaintingRecord], artist_pks: set[int]) -> None:
        """Two queries."""
        self._works: dict[tuple, Artwork] = {}
        keys = {key for record in records for key in _keys(record)}
        ids, sources = ({value for name, value in keys if name == wanted} for wanted in ("id", "source"))
        for work in Artwork.objects.filter(Q(wikiart_id__in=ids) | Q(source_key__in=sources)):
            self._enter(work)
        slugs = {record.wikiart_slug for record in records} - {""}
        if slugs and artist_pks:
            for work in Artwork.objects.filter(artist__in=artist_pks, wikiart_slug__in=slugs):
                self._enter(work)

    def work(self, record: PaintingRecord, artist: Artist | None) -> Artwork | None:
        work = self.work_of(record, artist.pk if artist else None)
        if work and artist and work.artist_id == artist.pk:
            work.artist = artist  # saves the query for its name
        return work

    def work_of(self, record: PaintingRecord, artist_pk: int | None) -> Artwork | None:
        """By an id or a file; by its address at WikiArt."""
        keys = [*_keys(record), ("slug", artist_pk, record.wikiart_slug)]
        return next((self._works[key] for key in keys if key in self._works), None)

    def note(self, work: Artwork, record: PaintingRecord) -> None:
        """Another record of the same lot may mean this work."""
        self._enter(work)
        for key in _keys(record):
            self._works.setdefault(key, work)

    def _enter(self, work: Artwork) -> None:
        for key in (("id", work.wikiart_id), ("source", work.source_key)):
            if key[1]:
                self._works.setdefault(key, work)
        if work.artist_id and work.wikiart_slug:
            self._works.setdefault(("slug", work.artist_id, work.wikiart_slug), work)


def _keys(record: PaintingRecord) -> list[tuple[str, str]]:
    """What tells a painting from others, artist and slug aside. The downloader's files keep legacy ids."""
    keys = [("id", record.wikiart_id), ("id", record.legacy_id), ("source", record.source_key[:500])]
    if record.legacy_id:
        keys.append(("source", f"wikiart:{record.legacy_id}"))
    return [key for key in keys if key[1]]


def _take_facts(
    work: Artwork,
    record: PaintingRecord,
    artist: Artist | None,
    *,
    shelf: "StyleShelf",
    is_refresh: bool = False,
) -> list[str]:
    """Set what the record knows and the work lacks, or has otherwise where it is a refresh.

    Gives the names of the fields that changed; the row is not saved.
    """
    is_new = work.pk is None
    take = _replace if is_refresh and not is_new else _fill
    facts = {"artist": artist, **_facts(record)}
    if work.title and facts["title"] == names.TITLE_NOT_KNOWN:
        del facts["title"]
    if record.styles and (work.style_id is None or (is_refresh and record.has_details)):
        facts["style"], facts["wikiart_style"] = shelf.place(record)
    changed = take(work, **facts) + _fill(work, **_identity(record))
    if is_new:
        work.is_published = artist is None or artist.slug not in LEFT_IN_STORE
    if is_new or not {"artist", "year", "is_free_at_wikiart"}.isdisjoint(changed):
        rights = rights_of(work.artist, work.year, is_free_at_wikiart=work.is_free_at_wikiart)
        changed += _replace(work, rights=rights)
    return changed


def _facts(record: PaintingRecord) -> dict[str, Any]:
    """Fields of a work, cut to what their columns hold."""
    return {
        "title": record.title[:500],
        "year": record.year,
        "genre": record.genre[:200],
        "materials": JOINED_BY.join(record.media)[:300],
        "width_cm": record.width_cm,
        "height_cm": record.height_cm,
        "place": record.place[:200],
        "collection": record.collection[:300],
        "period": record.period[:200],
        "series": record.series[:200],
        "tags": [tag[:100] for tag in record.tags],
        "description": record.description,
        "is_free_at_wikiart": bool(record.in_public_domain),
    }


def _identity(record: PaintingRecord) -> dict[str, str]:
    """Fields that say which work it is: once set, they stay."""
    return {
        "wikiart_id": record.wikiart_id[:40],
        "wikiart_slug": record.wikiart_slug if len(record.wikiart_slug) <= 300 else "",
        "source_key": record.source_key[:500],
        "source_url": record.source_url if len(record.source_url) <= 500 else "",
    }


def save_artist(record: ArtistRecord, *, is_refresh: bool = False) -> Artist:
    """Find an artist or make them; a known one gets what is lacking, or what changed if it is a refresh.

    When their dates become known, the rights in their works are told again.
    """
    artist = _artist_of(record) or Artist(
        name=record.name[:200], slug=record.slug[:150] or f"artist-{_digest(record.name)}"
    )
    is_themselves = artist.wikiart_slug in (None, "", record.wikiart_slug)  # not somebody merged into them
    take = _replace if is_refresh and is_themselves and artist.pk else _fill
    has_dates = artist.birth_year is not None or artist.death_year is not None
    dates = {"birth_year": record.birth_year, "death_year": record.death_year}
    changed = take(artist, **_artist_facts(record))
    if take is _replace or not has_dates:
        changed += take(artist, **dates)
    changed += _fill(artist, wikiart_slug=record.wikiart_slug[:200], wikiart_id=record.wikiart_id[:40])
    if artist.pk is None:
        artist.save()
    elif changed:
        artist.save(update_fields=changed)
        if not dates.keys().isdisjoint(changed):
            tell_rights(artist)
        if "name" in changed:
            artist.artworks.refresh_search_text()
    return artist


def _artist_facts(record: ArtistRecord) -> dict[str, Any]:
    return {
        "name": record.name[:200],
        "nationality": record.nationality[:100],
        "biography": record.biography,
        "wikipedia_title": _wikipedia_title(record.wikipedia_url)[:200],
    }


def tell_rights(artist: Artist) -> None:
    """Tell the rights in an artist's works from their dates, curated ones aside."""
    works = artist.artworks.exclude(rights=Artwork.Rights.GENERATED)
    works = works.exclude(curated_fields__contains=["rights"])
    changed = defaultdict(list)
    for work in works.only("year", "is_free_at_wikiart", "rights"):
        rights = rights_of(artist, work.year, is_free_at_wikiart=work.is_free_at_wikiart)
        if rights != work.rights:
            changed[rights].append(work.pk)
    for rights, pks in changed.items():
        Artwork.objects.filter(pk__in=pks).update(rights=rights, updated_at=timezone.now())


def _artist_of(record: ArtistRecord) -> Artist | None:
    """By WikiArt's slug or id; as somebody who was merged; by our slug; by name, unless WikiArt knows namesakes.

    Two queries.
    """
    ids = {record.wikiart_id, record.legacy_id} - {""}
    name = searchable(record.name)
    found = list(
        Artist.objects.filter(
            Q(wikiart_slug=record.wikiart_slug or None)
            | Q(wikiart_id__in=ids)
            | Q(slug=record.slug)
            | Q(search_text=name)
        )
    )
    merged = ArtistRedirect.objects.select_related("artist").filter(
        Q(wikiart_slug=record.wikiart_slug or None) | Q(wikiart_id__in=ids) | Q(old_slug=record.slug)
    )
    tellers = [
        lambda artist: record.wikiart_slug and artist.wikiart_slug == record.wikiart_slug,
        lambda artist: artist.wikiart_id in ids,
    ]
    by_name = [
        lambda artist: record.slug and artist.slug == record.slug,
        lambda artist: artist.search_text == name and not (record.wikiart_slug and artist.wikiart_slug),
    ]
    return (
        _first(found, tellers)
        or next((redirect.artist for redirect in merged), None)
        or _first(found, by_name)
    )


def _first(artists: list[Artist], tellers: list[Callable[[Artist], Any]]) -> Artist | None:
    """The artist whom the earliest of these questions tells from the others."""
    return next((artist for is_meant in tellers for artist in artists if is_meant(artist)), None)


def _fill(row: Artist | Artwork, **fields: Any) -> list[str]:
    """Set those fields that are empty so far, unless a curator emptied them; gives their names."""
    return _replace(row, **{name: value for name, value in fields.items() if not _stored(row, name)})


def _replace(row: Artist | Artwork, **fields: Any) -> list[str]:
    """Set those fields that have another value so far, unless a curator set them; gives their names.

    Empty values say nothing, so they replace nothing.
    """
    changed = [
        name
        for name, value in fields.items()
        if value and name not in row.curated_fields and _stored(row, name) != getattr(value, "pk", value)
    ]
    for name in changed:
        setattr(row, name, fields[name])
    return changed


def _stored(row: Artist | Artwork, name: str) -> Any:
    """What a column holds; of a related row its id, so that no query is needed."""
    return getattr(row, COLUMNS.get(name, name))


def _wikipedia_title(url: str) -> str:
    """ "https://en.wikipedia.org/wiki/Claude_Monet" is Claude_Monet; other languages have no place here."""
    match = re.fullmatch(r"https?://en\.(?:m\.)?wikipedia\.org/wiki/([^?#]+)", url)
    return unquote(match[1]) if match else ""


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
