"""Carry an import from WikiArt from its plan to the catalogue; stopped anywhere, it goes on where it was.

Three steps: lists become rows, failures that are up again get another try, rows without a picture get it.
Each step asks the database what is left to do and writes what it did in the transaction that did it.
"""

import json
import logging
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from gallery import pictures, stored
from gallery.embeddings import make_index
from gallery.locks import alone
from gallery.models import SUFFIXES, Artist, Artwork, portrait_path
from gallery.rights import rights_of
from ml import inference

from . import answers
from .importer import LOCK, Outcome, Register, Result, Saved
from .models import ImportFailure, ImportRun, ImportSource, WantedPicture
from .picture import PART
from .reasons import Reason, kept, of, of_system, storable
from .records import ArtistRecord, PaintingRecord, Unusable
from .wikiart import Access, NotFound, Page, PictureMissing, Refused, Stopped, Unreachable, WikiArt

LOT_RECORDS = 500  # saved in one transaction, at most
LOT_S = 0.2  # after which a smaller lot is saved, too: so little is lost to a kill
LOOK_S = 2.0  # how often the row is asked whether to stop
TRIES = 3  # for one picture
IN_A_ROW = 4  # unreachable ones: then it is not them, it is the network
PATIENCE_S = 5.0  # PostgreSQL keeps the lock of a killed process for a moment
PORTRAIT = "portrait-"
API_CALLS = "wikiart-api-calls"
HOUR_S = 3600.0
LINE_S = 3600.0  # then lists that were kept are read anew
NAMED = 4  # sources that are told by name
MAX_RAW = 100_000  # characters of an answer that are kept with a failure

logger = logging.getLogger(__name__)
Kind = ImportSource.Kind


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person asked for; kept with the run as JSON."""

    artists: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # absolute paths
    most_viewed: bool = False
    all: bool = False
    since: str | None = None  # an ISO date
    public_domain_only: bool | None = None  # None: for pictures, True: for works as well, False: for neither
    details: bool = (
        True  # ask for each new work's own page; False: only where its style is not known otherwise
    )
    images: bool = True
    image_size: str = ""  # a rendition of WikiArt's; empty: the setting
    limit: int | None = None
    refresh: bool = False

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Options":
        """Options as `as_json` gave them; unknown ones, of another version, are left out."""
        known = {field.name for field in fields(cls)}
        tuples = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        return cls(**{name: value for name, value in {**stored, **tuples}.items() if name in known})

    def as_json(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))

    def sources(self) -> list[tuple[str, str]]:
        """The plan: pairs of kind and name, cheap and certain ones first."""
        return [
            *((Kind.FILE, path) for path in self.files),
            *((Kind.ARTIST, slug) for slug in self.artists),
            *((Kind.STYLE, slug) for slug in self.styles),
            *((Kind.GENRE, slug) for slug in self.genres),
            *([(Kind.MOST_VIEWED, "")] if self.most_viewed else []),
            *([(Kind.UPDATED, self.since)] if self.since else [(Kind.ARTISTS, "")] if self.all else []),
        ]

    def __str__(self) -> str:
        """ "artist claude-monet, style cubism; without pictures" """
        wanted = [
            f"{Kind(kind).label} {Path(name).name if kind == Kind.FILE else name}".strip()
            for kind, name in self.sources()
        ]
        words = ", ".join(wanted[:NAMED])
        if (more := len(wanted) - NAMED) > 0:
            told = ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more)
            words = told % {"names": words, "count": more}
        notes = [
            *([gettext("refreshed")] if self.refresh else []),
            *([gettext("at most %s") % number_format(self.limit, force_grouping=True)] if self.limit else []),
            *([] if self.images else [gettext("without pictures")]),
        ]
        return "; ".join([words, *notes])


def plan(options: Options, **fields: Any) -> ImportRun:
    """Make a run that does what the options say."""
    with transaction.atomic():
        run = ImportRun.objects.create(options=options.as_json(), **fields)
        run.add_sources(options.sources())
    return run


def access(run: ImportRun) -> Access:
    """How to call WikiArt for this run: as the settings say, pictures in the size that was asked for."""
    size = Options.read(run.options).image_size
    access = Access.from_settings(settings)
    return replace(access, image_size=size) if size else access


def incoming() -> Path:
    """Where fetched pictures wait until their rows are saved: on the disk that keeps them."""
    return Path(settings.MEDIA_ROOT) / "incoming"


def go_on(
    run: ImportRun,
    access: Access,
    *,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = PATIENCE_S,
) -> Iterator[Outcome]:
    """Do what is left of a run; yields an outcome for each record and each picture once it is saved.

    Raises Taken when another import runs for longer than `patience_s`; Stopped when `is_over` says so or the
    row asks for it; Unreachable when WikiArt does not answer; OSError when the disk is full. In each of these
    cases all that was yielded is in the catalogue, and calling again goes on after it.
    """
    with alone(LOCK, patience_s=patience_s):
        if not run.begin():
            raise Stopped("The import was stopped.")
        _clear_incoming()
        line = _connected(access)
        line.stop = _Stop(run, line, is_over)
        turn = _Turn(run, line)
        with line.counted():
            yield from turn.steps()
            while run.failures.up_again().exists():  # put up meanwhile: a turn may take hours
                yield from turn.steps()
        for path in incoming().glob(f"{PORTRAIT}*"):
            path.unlink()
        run.finish()


def rehearse(run: ImportRun, access: Access) -> Iterator[Outcome]:
    """Yield the outcomes of the works that `go_on` would, but write nothing; no picture is fetched."""
    with alone(LOCK):
        line = _connected(access)
        line.stop = lambda: False
        yield from _Turn(run, line, is_rehearsal=True).works()


class _Line:
    """This process's line to WikiArt, kept from turn to turn.

    A worker makes many short turns, and each would have to ask for the list of all artists again.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self.stop: Callable[[], bool] = lambda: False
        self.met: dict[int, set[str]] = defaultdict(set)  # by run: artists whose own page was asked for
        self._since = time.monotonic()

    @cached_property
    def wikiart(self) -> WikiArt:
        """Only made when it is asked for something: saved answers need none. Raises NotReady."""
        return WikiArt(self._access, stop=lambda: self.stop())

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the calls of an hour across processes. One import runs at a time, so the cache will do."""
        at, ages = cache.get(API_CALLS, (0.0, []))
        since_s = time.time() - at
        if ages and 0 <= since_s < HOUR_S:
            self.wikiart.remember_api_calls([age + since_s for age in ages if age + since_s < HOUR_S])
        try:
            yield
        finally:
            self.note_calls()

    def note_calls(self) -> None:
        if "wikiart" in self.__dict__ and connection.is_usable():
            cache.set(API_CALLS, (time.time(), self.wikiart.api_call_ages()), HOUR_S)

    def serves(self, access: Access) -> bool:
        return self._access == access and time.monotonic() - self._since < LINE_S


_line: _Line | None = None


def _connected(access: Access) -> _Line:
    global _line
    if _line is None or not _line.serves(access):
        _line = _Line(access)
    return _line


class _Stop:
    """Whether to stop, asked often: the clock or the caller each time, the row every few seconds."""

    def __init__(self, run: ImportRun, line: _Line, is_over: Callable[[], bool]) -> None:
        self._run, self._line, self._is_over = run, line, is_over
        self._is_asked, self._looked = False, time.monotonic()
        self._thread = threading.get_ident()

    def __call__(self) -> bool:
        is_own_thread = (
            threading.get_ident() == self._thread
        )  # another one would open a connection of its own
        if is_own_thread and not self._is_asked and time.monotonic() - self._looked > LOOK_S:
            self._looked = time.monotonic()
            self._is_asked = not self._run.live()
            self._line.note_calls()
        return self._is_asked or self._is_over()


def _clear_incoming() -> None:
    """Remove what a killed process left: half files, and pictures whose rows are saved."""
    if not incoming().is_dir():
        return
    for path in incoming().iterdir():
        is_wanted = path.name.isdecimal() and WantedPicture.objects.filter(pk=int(path.name)).exists()
        if not is_wanted and not (path.name.startswith(PORTRAIT) and path.suffix != PART):
            path.unlink()


def _portrait(artist: ArtistRecord) -> Path:
    """Where a portrait waits until the artist is saved, and stays until the run is done."""
    return incoming() / f"{PORTRAIT}{artist.wikiart_slug or artist.slug}"


def _hang_portrait(artist: Artist, path: Path) -> None:
    if artist.portrait or "portrait" in artist.curated_fields:
        return
    name = portrait_path(artist, f"portrait{SUFFIXES[inference.inspect(path.read_bytes()).kind]}")
    # One that is there is of a run that was killed before it could say so.
    stored.keep(artist.portrait.storage, name, path, replace=True)
    artist.portrait.name = name
    artist.save(update_fields=["portrait"])


def _ahead(pages: Iterator[Page], line: _Line) -> Iterator[Page]:
    """The same pages, the next one fetched while the one before is saved. Raises what fetching raises."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(next, pages, None)
        try:
            while page := coming.result():
                coming = thread.submit(next, pages, None)
                yield page
        except BaseException:  # nobody wants more: a fetch that waits for its turn waits no longer
            stop, line.stop = line.stop, lambda: True
            wait([coming])
            line.stop = stop
            raise


class _Missed(Exception):  # noqa: N818 - reads as what happened
    """This one cannot be reached; others may."""


@dataclass(frozen=True, slots=True)
class _NoArtist:
    """An artist whose page cannot be read."""

    slug: str
    reason: str


Item = ArtistRecord | PaintingRecord | Unusable | _NoArtist


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a source: so many records after the page that ends at this position.

    Which ones is told by name, as a page may come in another order the next time; a file does not.
    """

    position: str
    done: list[str] = field(default_factory=list)  # names on that page; it grows while the page is read
    count: int = 0

    @property
    def names(self) -> list[str]:
        return self.done[: self.count]


class _Turn:
    """One process's work on a run."""

    def __init__(self, run: ImportRun, line: _Line, *, is_rehearsal: bool = False) -> None:
        self._run = run
        self._options = Options.read(run.options)
        self._fetches_pictures = self._options.images and not is_rehearsal
        self._line = line
        self._register = Register(is_refresh=self._options.refresh)
        self._met = line.met[run.pk]
        self._lot: list[tuple[Item, _Place]] = []
        self._lot_since = time.monotonic()
        self._in_a_row = 0  # calls for single things that found nobody there
        self._doubtful_from = sys.maxsize  # where in the lot the first of these stands
        self._left = sys.maxsize if self._options.limit is None else self._options.limit - run.records

    @property
    def _wikiart(self) -> WikiArt:
        return self._line.wikiart

    def steps(self) -> Iterator[Outcome]:
        """All that is left to do now."""
        yield from self.works()
        yield from self.second_tries()
        yield from self.pictures()

    # From lists to rows

    def works(self) -> Iterator[Outcome]:
        self._reopen_sources()
        while self._left > 0 and (source := self._run.sources.filter(is_done=False).first()):
            yield from self._read(source)
        self._run.sources.update(is_done=True)

    def _heed_stop(self) -> None:
        """The fetchers ask before each call; this is for records and pictures that need none."""
        if self._line.stop():
            raise Stopped("The import was asked to stop.")

    def _reopen_sources(self) -> None:
        for failure in self._run.failures.up_again().filter(kind=ImportFailure.Kind.SOURCE):
            with transaction.atomic():
                self._run.sources.filter(**failure.raw).update(is_done=False)
                failure.settle()

    def _read(self, source: ImportSource) -> Iterator[Outcome]:
        """Read a list from where it was left, and save it lot by lot."""
        try:
            for item, place in self._items(source):
                self._lot.append((item, place))
                if self._is_lot_full():
                    yield from self._save_lot(source)
                self._heed_stop()
                if self._left <= 0:
                    break
        except (NotFound, Refused, answers.NotWikiArt) as error:
            yield from self._save_lot(source)
            yield self._fail_source(source, of(error))
        except Unreachable as error:
            del self._lot[self._doubtful_from :]
            yield from self._save_lot(source)
            ImportSource.objects.filter(pk=source.pk).update(tries=F("tries") + 1)
            if source.tries + 1 < TRIES:
                raise
            yield self._fail_source(source, of(error))
        except Stopped:
            del self._lot[self._doubtful_from :]
            yield from self._save_lot(source)
            raise
        yield from self._save_lot(source)
        ImportSource.objects.filter(pk=source.pk).update(is_done=True)

    def _items(self, source: ImportSource) -> Iterator[tuple[Item, _Place]]:
        """The records of a source, each complete; before an artist's first work, the artist."""
        if source.kind == Kind.FILE:
            yield from self._items_of_file(source)
            return
        if source.kind == Kind.ARTIST and not source.position and not source.names_done:
            self._met.add(source.name)
            yield from self._with_portrait(self._wikiart.fetch_artist(source.name), _Place(""))
        before, done = source.position, list(source.names_done)
        for page in _ahead(self._pages(source), self._line):
            self._expect(source, page.total)
            to_do = [record for record in page if _name_of(record) not in done]
            known = self._known(to_do)
            for number, record in enumerate(to_do, start=1):
                place = _Place(before, done, len(done))
                if isinstance(record, PaintingRecord):
                    yield from self._artist(record, place)
                done.append(_name_of(record))
                is_last = number == len(to_do)
                place = _Place(page.position) if is_last else _Place(before, done, len(done))
                self._left -= not isinstance(record, ArtistRecord)
                yield self._completed(record, is_known=_name_of(record) in known), place
            before, done = page.position, []

    def _items_of_file(self, source: ImportSource) -> Iterator[tuple[Item, _Place]]:
        """The records of a saved answer, as they are. Raises NotWikiArt."""
        try:
            records = list(answers.read_answer(Path(source.name).read_bytes()))
        except OSError as error:
            raise answers.NotWikiArt(Reason("file_unreadable", error=of_system(error))) from error
        self._expect(source, len(records))
        for number, record in enumerate(records[source.records_done :], start=source.records_done + 1):
            self._left -= not isinstance(record, ArtistRecord)
            if isinstance(record, Unusable):
                record = replace(record, name=f"{Path(source.name).name}, {record.name}")
            yield record, _Place("", count=number)

    def _pages(self, source: ImportSource) -> Iterator[Page]:
        """Raises what the fetchers raise."""
        name, after, fetch = source.name, source.position or None, self._wikiart
        only_free = self._options.public_domain_only is True
        match source.kind:
            case Kind.ARTIST:
                return fetch.fetch_artworks_of_artist(name, public_domain_only=only_free, start_after=after)
            case Kind.STYLE:
                return fetch.fetch_artworks_by_style(name, start_after=after)
            case Kind.GENRE:
                return fetch.fetch_artworks_by_genre(name, start_after=after)
            case Kind.MOST_VIEWED:
                return fetch.fetch_most_viewed(start_after=after)
            case Kind.UPDATED:
                return fetch.fetch_updated_artists(date.fromisoformat(name), start_after=after)
        return fetch.fetch_artists(public_domain_only=only_free, start_after=after)

    def _expect(self, source: ImportSource, total: int | None) -> None:
        if total is not None and total != source.expected:
            source.expected = total
            source.save(update_fields=["expected"])

    def _known(self, records: list[Item]) -> set[str]:
        """The names of those records of a page that need not be completed: their works are there."""
        lacking = [record for record in records if self._lacks_details(record)]
        return self._register.known(lacking) if lacking and not self._options.refresh else set()

    def _lacks_details(self, record: Item) -> bool:
        """Whether its own page is to be asked, unless the work is known."""
        is_short = isinstance(record, PaintingRecord) and not record.has_details
        return is_short and (self._options.details or not record.styles)

    def _completed(self, record: Item, *, is_known: bool) -> Item:
        """The record with what its own page says, where that is wanted."""
        if is_known or not self._lacks_details(record):
            return record
        try:
            return self._call(self._wikiart.fetch_details, record)
        except (NotFound, Refused) as error:  # what the list said may do
            return record if record.styles else _unusable(record, of(error))
        except _Missed as error:
            return _unusable(record, of(error))

    def _artist(self, record: PaintingRecord, place: _Place) -> Iterator[tuple[Item, _Place]]:
        """The artist as their own page tells them, once a run, unless the catalogue has their life."""
        slug = record.artist.wikiart_slug if record.artist else ""
        if not slug or slug in self._met or not self._options.details:
            return
        self._met.add(slug)
        if (
            not self._options.refresh
            and Artist.objects.filter(wikiart_slug=slug).exclude(biography="").exists()
        ):
            return
        try:
            yield from self._with_portrait(self._call(self._wikiart.fetch_artist, slug), place)
        except (NotFound, Refused, _Missed) as error:
            yield _NoArtist(slug, of(error)), place

    def _with_portrait(self, artist: ArtistRecord, place: _Place) -> Iterator[tuple[Item, _Place]]:
        """The artist, once their portrait waits to be hung, where one may be shown."""
        if self._wants_portrait(artist):
            try:
                self._call(
                    lambda path: path.exists() or self._wikiart.fetch_portrait(artist, path),
                    _portrait(artist),
                )
            except PictureMissing:
                pass
            except (NotFound, Refused, _Missed) as error:
                yield _NoArtist(artist.wikiart_slug, Reason("portrait_missed", why=of(error))), place
        yield artist, place

    def _wants_portrait(self, artist: ArtistRecord) -> bool:
        """Under the same rule as pictures: artists who are dead long enough were portrayed long ago, too."""
        if not self._fetches_pictures or not artist.portrait_path:
            return False
        dates = Artist(birth_year=artist.birth_year, death_year=artist.death_year)
        is_free = rights_of(dates, None) == Artwork.Rights.PUBLIC_DOMAIN
        has_one = Artist.objects.filter(wikiart_slug=artist.wikiart_slug).exclude(portrait="").exists()
        return (is_free or self._options.public_domain_only is False) and not has_one

    def _call(self, fetch: Callable[[Any], Any], wanted: Any) -> Any:
        """Ask for one thing. Raises _Missed when it cannot be reached, and Unreachable when nothing can."""
        try:
            found = fetch(wanted)
        except Unreachable as error:
            if self._in_a_row == 0:
                self._doubtful_from = len(self._lot)
            self._in_a_row += 1
            if self._in_a_row >= IN_A_ROW:
                raise
            raise _Missed(of(error)) from None
        self._settle_doubts()
        return found

    def _settle_doubts(self) -> None:
        self._in_a_row, self._doubtful_from = 0, sys.maxsize

    # From a lot to the catalogue

    def _is_lot_full(self) -> bool:
        """Not while calls go unanswered: if it is the network, those records are asked for again."""
        is_due = len(self._lot) >= LOT_RECORDS or time.monotonic() - self._lot_since > LOT_S
        return is_due and self._in_a_row == 0

    def _save_lot(self, source: ImportSource) -> list[Outcome]:
        """Save what was read and the place that is reached with it, all in one transaction."""
        if not self._lot:
            return []
        items, place = [item for item, _ in self._lot], self._lot[-1][1]
        reached = {"position": place.position, "names_done": place.names, "records_done": place.count}
        gets_on = any(getattr(source, name) != value for name, value in reached.items())
        with transaction.atomic():
            outcomes = self._save(items, source)
            tries = {"tries": 0} if gets_on else {}
            ImportSource.objects.filter(pk=source.pk).update(**reached, **tries)
            self._run.note(**_counts(outcomes))
        self._lot.clear()
        self._lot_since = time.monotonic()
        self._settle_doubts()
        return outcomes

    def _save(self, items: list[Item], source: ImportSource) -> list[Outcome]:
        failures = [self._save_artist(item) for item in items if isinstance(item, ArtistRecord | _NoArtist)]
        if source.kind in (Kind.ARTISTS, Kind.UPDATED):
            slugs = [item.wikiart_slug for item in items if isinstance(item, ArtistRecord)]
            self._run.add_sources([(Kind.ARTIST, slug) for slug in slugs if slug])
        unusable = [item for item in items if isinstance(item, Unusable)]
        failures += [_failure("record", item.name, item.reason, answer=item.raw) for item in unusable]
        saved = self._register.save([item for item in items if isinstance(item, PaintingRecord)])
        self._want_pictures(saved)
        failures += [
            _failure("record", each.record.name, each.outcome.reason, record=_as_json(each.record))
            for each in saved
            if each.outcome.result == Result.FAILED
        ]
        self._keep(failures)
        return [Outcome(item.name, Result.FAILED, item.reason) for item in unusable] + [
            each.outcome for each in saved
        ]

    def _save_artist(self, item: "ArtistRecord | _NoArtist") -> ImportFailure | None:
        slug = item.slug if isinstance(item, _NoArtist) else item.wikiart_slug or item.slug
        reason = item.reason if isinstance(item, _NoArtist) else self._register.take_artist(item)
        if not reason and self._fetches_pictures and _portrait(item).exists():
            _hang_portrait(self._register.save_artist(item), _portrait(item))
        return _failure("artist", slug, reason, slug=slug) if reason else None

    def _want_pictures(self, saved: list[Saved]) -> None:
        wanted = {
            each.work.pk: WantedPicture(artwork=each.work, run=self._run, path=each.record.picture_path)
            for each in saved
            if each.work and self._wants_picture(each.record, each.work)
        }
        WantedPicture.objects.bulk_create(
            wanted.values(),
            update_conflicts=True,
            unique_fields=["artwork"],
            update_fields=["run", "path", "tries"],
        )

    def _wants_picture(self, record: PaintingRecord, work: Artwork) -> bool:
        may_be_fetched = work.is_free or self._options.public_domain_only is False
        return self._options.images and bool(record.picture_path) and not work.picture and may_be_fetched

    def _keep(self, failures: Iterable[ImportFailure | None]) -> None:
        rows = [failure for failure in failures if failure]
        for failure in rows:
            failure.run = self._run
        ImportFailure.objects.bulk_create(rows)

    def _fail_source(self, source: ImportSource, reason: str) -> Outcome:
        raw = {"kind": source.kind, "name": source.name}
        with transaction.atomic():
            self._keep([_failure("source", str(source), reason, **raw)])
            ImportSource.objects.filter(pk=source.pk).update(is_done=True, tries=0)
        return Outcome(str(source), Result.FAILED, reason)

    # What failed before

    def second_tries(self) -> Iterator[Outcome]:
        """Try once more what is up again, but for lists; what fails again is kept with its new reason."""
        again = self._run.failures.up_again().exclude(kind=ImportFailure.Kind.SOURCE)
        while failure := again.first():
            self._heed_stop()
            reason = self._try_again(failure)
            with transaction.atomic():
                if reason:
                    failure.fail_again(reason)
                else:
                    failure.settle()
            yield Outcome(failure.name, Result.FAILED if reason else Result.MENDED, reason)

    def _try_again(self, failure: ImportFailure) -> str:
        """Gives the reason why it failed again, or nothing."""
        raw = failure.raw or {}
        try:
            if failure.kind == ImportFailure.Kind.PICTURE:
                want = {"run": self._run, "path": raw["path"], "tries": 0}
                WantedPicture.objects.update_or_create(artwork=failure.artwork, defaults=want)
                return ""
            if failure.kind == ImportFailure.Kind.ARTIST:
                return self._register.take_artist(self._call(self._wikiart.fetch_artist, raw["slug"]))
            return self._save_again(_record_of(raw))
        except (NotFound, Refused, _Missed, answers.NotWikiArt) as error:
            return of(error)

    def _save_again(self, record: Item) -> str:
        if isinstance(record, Unusable):
            return record.reason
        if isinstance(record, ArtistRecord):
            return self._register.take_artist(record)
        whole = self._completed(record, is_known=False)
        if isinstance(whole, Unusable):
            return whole.reason
        with transaction.atomic():
            saved = self._register.save([whole])
            self._want_pictures(saved)
            counts = _counts([saved[0].outcome])
            self._run.note(**counts | {"records": 0})  # it was counted when it failed
        return saved[0].outcome.reason

    # From rows to pictures

    def pictures(self) -> Iterator[Outcome]:
        """Fetch the picture of every work of this run that should have one and has none."""
        if not self._run.wanted_pictures.exists():
            return
        make_index(inference.model_version())
        incoming().mkdir(parents=True, exist_ok=True)
        while want := self._run.wanted_pictures.select_related("artwork__artist").first():
            self._heed_stop()
            yield self._picture(want)

    def _picture(self, want: WantedPicture) -> Outcome:
        path = incoming() / str(want.pk)
        try:
            if not path.exists():  # fetched, but a kill came before it was saved
                self._call(lambda _: self._wikiart.fetch_picture(_picture_record(want), path), None)
            outcome = self._hang(want, path)
        except _Missed as error:
            return self._miss_picture(want, of(error))
        except (PictureMissing, NotFound, Refused, inference.UnreadableImage) as error:
            return self._give_up_picture(want, of(error))
        except MemoryError:
            return self._give_up_picture(want, Reason("no_memory"))
        path.unlink()
        return outcome

    def _hang(self, want: WantedPicture, path: Path) -> Outcome:
        """Save a fetched picture with its row; whatever ends this halfway, the file is still in `incoming`."""
        measured = pictures.measure(path.read_bytes())
        with transaction.atomic():
            work = Artwork.objects.select_for_update().filter(pk=want.pk, picture="").first()
            want.delete()
            if work is None:  # deleted, or a curator was faster
                return Outcome(_name(want.artwork), Result.KNOWN, is_picture=True)
            work.keep_file(path, measured)
            work.save(update_fields=["picture", "sha256", "width", "height"])
            self._run.note(pictures_new=1)
        return Outcome(_name(work), Result.PICTURE, is_picture=True)

    def _miss_picture(self, want: WantedPicture, reason: str) -> Outcome:
        """It goes to the end of the queue; the last try decides."""
        if want.tries + 1 >= TRIES:
            return self._give_up_picture(want, reason)
        WantedPicture.objects.filter(pk=want.pk).update(tries=F("tries") + 1)
        return Outcome(_name(want.artwork), Result.LATER, reason, is_picture=True)

    def _give_up_picture(self, want: WantedPicture, reason: str) -> Outcome:
        with transaction.atomic():
            failure = _failure("picture", _name(want.artwork), reason, path=want.path)
            failure.artwork = want.artwork
            self._keep([failure])
            WantedPicture.objects.filter(pk=want.pk).delete()
        (incoming() / str(want.pk)).unlink(missing_ok=True)
        return Outcome(failure.name, Result.FAILED, reason, is_picture=True)


def _name_of(record: Item) -> str:
    return record.wikiart_slug or record.slug if isinstance(record, ArtistRecord) else record.name


def _counts(outcomes: list[Outcome]) -> dict[str, int]:
    """How these outcomes add to the counts of a run."""
    tally = Counter(outcome.result for outcome in outcomes)
    return {
        "records": len(outcomes),
        "works_new": tally[Result.NEW],
        "works_changed": tally[Result.CHANGED],
        "works_known": tally[Result.KNOWN],
    }


def _name(work: Artwork) -> str:
    """What a report calls a work: its address at WikiArt."""
    slug = work.artist.wikiart_slug if work.artist else ""
    return f"{slug}/{work.wikiart_slug}" if slug and work.wikiart_slug else str(work)


def _picture_record(want: WantedPicture) -> PaintingRecord:
    """All that is needed to fetch a picture."""
    work = want.artwork
    return PaintingRecord(
        name=_name(work),
        source_key=work.source_key or "",
        title=work.title,
        styles=(),
        picture_path=want.path,
    )


def _unusable(record: PaintingRecord, reason: str) -> Unusable:
    return Unusable(record.name, reason, {"record": _as_json(record)})


def _failure(kind: str, name: str, reason: str, /, **raw: Any) -> ImportFailure:
    """A failure of no run yet. What came of a call that failed is a record already."""
    answer = raw.get("answer")
    if isinstance(answer, dict) and answer.keys() == {"record"}:
        raw = answer
    return ImportFailure(
        kind=kind,
        name=storable(name)[:1000],
        reason=storable(reason),
        raw=_storable_json(raw),
        **kept(reason),
    )


def _storable_json(raw: dict[str, Any]) -> dict[str, Any] | None:
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return json.loads(storable(text.replace("\\u0000", ""))) if len(text) <= MAX_RAW else None


def _as_json(record: PaintingRecord) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if value not in (None, "", (), False)}


def _record_of(raw: dict[str, Any]) -> Item:
    """The record that a failure kept. Raises NotWikiArt."""
    if stored := raw.get("record"):
        artist = stored.get("artist")
        several = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        record = {"styles": (), **stored, **several, "artist": ArtistRecord(**artist) if artist else None}
        return PaintingRecord(**record)
    found = next(iter(answers.recognise(raw["answer"])), None) if raw.get("answer") else None
    return found or Unusable("", Reason("nothing_kept"))
