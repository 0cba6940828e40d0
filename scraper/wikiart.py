"""Fetch from WikiArt: artists, works, details and pictures, as records. Knows HTTP and no database.

WikiArt has three interfaces, and each is used for what it does best:

- listing pages (`?json=2`): the works of a style, a genre or an artist, 60 a page, with addresses and ids;
- the legacy interface ("App"): all artists in one call, an artist's biography, which works are in the
  public domain, and details of a work at four calls a second;
- API v2: the most viewed works, artists changed since a date, and details with the materials, of which it
  gives 400 an hour. It answers without access codes, too.

The join between them is the pair (artist slug, painting slug).
"""

import json
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import answers, names, picture
from .answers import Answered, Answers
from .picture import PictureMissing
from .polite import (
    LIMIT_EXCEEDED,
    Again,
    Bucket,
    Caller,
    NotFound,
    Refused,
    Response,
    Stopped,
    Unreachable,
    WikiArtError,
)
from .reasons import Reason, of
from .records import ArtistRecord, PaintingRecord, Unusable

__all__ = [
    "Access",
    "NotFound",
    "NotReady",
    "Page",
    "PictureMissing",
    "Refused",
    "Stopped",
    "Unreachable",
    "WikiArt",
    "WikiArtError",
    "WrongCodes",
]

MAX_ANSWER_BYTES = 64 << 20  # the list of all artists is about 2 MB
SHORT_PAGE_TRIES = 3
SESSION_S = 50 * 60  # a session is said to last an hour
MOST_ARTISTS = 200  # whose ids are remembered at a time
END = "end"  # the position after a last page
RENDITIONS = ("HD", "HalfHD", "Large")  # falling back, from large to small
IMAGE_SIZES = ("Original", *RENDITIONS, "Blog")
GROUP_STYLE, GROUP_NATION = 2, 10  # of WikiArt's dictionaries
PICTURE_HOSTS = 9  # uploads0 to uploads8


class NotReady(WikiArtError):  # noqa: N818 - reads as what happened
    """A setting is missing; the message says which."""


class WrongCodes(WikiArtError):  # noqa: N818
    """WikiArt does not accept the access codes."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to call WikiArt; each field is the setting WIKIART_ and its name in capitals."""

    url: str = "https://www.wikiart.org"
    pictures_url: str = "https://uploads{n}.wikiart.org"  # {n}: 0 to 8, told by the path
    language: str = "en"
    contact: str = ""  # an address or page where they can reach us; part of the User-Agent
    access_code: str = field(default="", repr=False)
    secret_code: str = field(default="", repr=False)
    image_size: str = "Large"  # one of IMAGE_SIZES
    calls: int = 10
    calls_per_s: float = 2.5  # so many calls in so many seconds
    api_calls_per_hour: int = 400  # of API v2
    pictures_per_second: int = 20
    timeout_s: float = 30.0  # without a sign of life
    deadline_s: float = 300.0  # for one whole answer
    retries: int = 6
    backoff_s: float = 1.0  # before the second try; doubles with each
    limit_wait_s: float = 60.0  # the same when an hourly limit is used up
    patience_s: float = 4500.0  # for a limit to pass, altogether
    max_picture_bytes: int = 200 << 20

    @classmethod
    def from_settings(cls, settings: Any) -> "Access":
        return cls(**{knob.name: getattr(settings, f"WIKIART_{knob.name.upper()}") for knob in fields(cls)})


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: iterate over it for its records.

    `position` stands for the place after it; given to the same fetch as `start_after`, the list goes on
    there. `total` is how many records the whole list has, where WikiArt says so.
    """

    position: str
    records: Sequence[Answered]
    total: int | None = None

    def __iter__(self) -> Iterator[Answered]:
        return iter(self.records)


class WikiArt:
    """Calls WikiArt within its limits. A context manager; several threads may share one.

    Lists come page by page, each fetched when it is asked for.

    Every fetch may raise Unreachable (after the last try), Refused (by the server or its robots.txt),
    Stopped (`stop` said so; it is asked before each call and five times a second while waiting), and
    NotFound where it names something. All are WikiArtErrors.
    """

    def __init__(self, access: Access, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Raises NotReady."""
        host = urlsplit(access.url).hostname or ""
        if not access.contact.strip() and host not in ("127.0.0.1", "localhost", "::1"):
            raise NotReady(Reason("contact_missing"))
        if access.image_size not in IMAGE_SIZES:
            raise NotReady(Reason("image_size_unknown", sizes=", ".join(IMAGE_SIZES)))
        self._access = access
        self._base = access.url.rstrip("/")
        self._site = f"{self._base}/{quote(access.language)}"
        self._calls = Bucket(access.calls, access.calls_per_s)
        self._api_calls = Bucket(access.api_calls_per_hour, 3600)
        self._pictures = Bucket(access.pictures_per_second, 1)
        self._whole_artists: dict[tuple[ArtistRecord, str], ArtistRecord] = {}  # as many as there are artists
        self._legacy_ids: dict[str, dict[tuple[str, ...], str]] = {}  # by artist
        self._ids_lock = threading.Lock()
        self._session: tuple[str, float] | None = None  # key, when it was given
        self._session_lock = threading.Lock()
        self._caller = Caller(
            user_agent=_user_agent(access.contact),
            stop=stop,
            may_redirect_to=_is_one_of(access),
            timeout_s=access.timeout_s,
            retries=access.retries,
            backoff_s=access.backoff_s,
            limit_wait_s=access.limit_wait_s,
            patience_s=access.patience_s,
            deadline_s=access.deadline_s,
        )

    def __enter__(self) -> "WikiArt":
        return self

    def __exit__(self, *exception: object) -> None:
        self._caller.close()

    def api_call_ages(self) -> list[float]:
        """How many seconds ago each call of API v2 was made in the last hour; for the next process."""
        return self._api_calls.ages()

    def remember_api_calls(self, ages: list[float]) -> None:
        """Go by the calls of the process before: the limit is one of the hour, not of the process."""
        self._api_calls.age(ages)

    # Artists

    def fetch_artist(self, slug: str) -> ArtistRecord:
        """One artist with biography and nationality. Raises NotFound."""
        item = self._named(slug, "artist", f"/{quote(slug, safe='')}", json=2)
        found = [record for record in self._recognised(item, slug) if isinstance(record, ArtistRecord)]
        if not found:
            raise NotFound(Reason("artist_not_known", slug=slug))
        numbers = item.get("dictonaries") if isinstance(item, dict) else None
        known = [self._nations.get(number) for number in numbers or () if isinstance(number, int)]
        nation = next(filter(None, known), "")
        return replace(found[0], nationality=found[0].nationality or nation)

    def fetch_artists(
        self, *, public_domain_only: bool = True, start_after: str | None = None
    ) -> Iterator[Page]:
        """All artists by name; with `public_domain_only` those whose work is in the public domain."""
        return self._artist_pages(public_domain_only, start_after)

    def fetch_updated_artists(self, since: date, *, start_after: str | None = None) -> Iterator[Page]:
        """Artists that changed since a date. WikiArt leaves some of them out."""
        return self._api_pages("UpdatedArtists", start_after, fromDate=since.isoformat())

    # Works

    def fetch_artworks_of_artist(
        self, slug: str, *, public_domain_only: bool = True, start_after: str | None = None
    ) -> Iterator[Page]:
        """The works of an artist; with `public_domain_only` those that WikiArt says are free."""
        return self._artist_work_pages(slug, public_domain_only, start_after)

    def fetch_artworks_by_style(self, slug: str, *, start_after: str | None = None) -> Iterator[Page]:
        """The works of a style, with that style; WikiArt shows about 3,600 of a list at most."""
        pages = self._listing_pages("style", slug, f"/paintings-by-style/{quote(slug, safe='')}", start_after)
        return self._completed(pages, lambda: {"styles": (self._style_name(slug),)})

    def fetch_artworks_by_genre(self, slug: str, *, start_after: str | None = None) -> Iterator[Page]:
        """The works of a genre, with that genre; their styles are among the details."""
        pages = self._listing_pages("genre", slug, f"/paintings-by-genre/{quote(slug, safe='')}", start_after)
        return self._completed(pages, lambda: {"genres": (slug.replace("-", " "),)})

    def fetch_most_viewed(self, *, start_after: str | None = None) -> Iterator[Page]:
        """The works people look at most, most viewed first; their styles are among the details."""
        pages = self._api_pages("MostViewedPaintings", start_after)
        return self._completed(pages, dict)

    def fetch_details(self, record: PaintingRecord) -> PaintingRecord:
        """Add what lists lack: styles, genres, place, size, tags… Raises NotFound.

        With access codes API v2 is asked first, as it alone knows the materials.
        """
        ways = [self._legacy_details, self._api_details]
        for way in reversed(ways) if self._access.access_code else ways:
            details = way(record)
            if isinstance(details, PaintingRecord) and details.has_details and _is_same(record, details):
                return self._with_artist(replace(answers.merged(record, details), name=details.name))
        raise NotFound(Reason("no_details", name=record.name))

    # Pictures

    def fetch_picture(self, record: PaintingRecord, into: Path) -> Path:
        """Fetch the picture of a work to `into`: whole, decodable, of the right shape, or not at all.

        Where the wished size is missing or too large, the next smaller one is taken. Raises
        PictureMissing where WikiArt shows none, and OSError when the disk is full.
        """
        shape = (record.width_px, record.height_px) if record.width_px and record.height_px else None
        return self._fetch_rendition(record.picture_path, self._wished_renditions(), into, shape)

    def fetch_portrait(self, artist: ArtistRecord, into: Path) -> Path:
        """Fetch the portrait of an artist to `into`. Raises PictureMissing where WikiArt shows none."""
        return self._fetch_rendition(artist.portrait_path, ["Portrait", ""], into, None)

    def _fetch_rendition(
        self, path: str, renditions: list[str], into: Path, shape: tuple[int, int] | None
    ) -> Path:
        if not path:
            raise PictureMissing(Reason("no_picture"))
        # The same host for the same path, so that caches help; the hosts share the work evenly.
        base = self._access.pictures_url.replace("{n}", str(zlib.crc32(path.encode()) % PICTURE_HOSTS))
        return picture.first_found(
            renditions,
            lambda rendition: picture.fetch(
                self._caller,
                picture.address(base.rstrip("/"), path, rendition),
                into,
                buckets=[self._pictures],
                max_bytes=self._access.max_picture_bytes,
                shape=shape,
            ),
        )

    def _wished_renditions(self) -> list[str]:
        """The size of the settings, then smaller ones; last the original, which small pictures only have."""
        size = self._access.image_size
        if size == "Original":
            return ["", *RENDITIONS]
        return [*(RENDITIONS[RENDITIONS.index(size) :] if size in RENDITIONS else [size]), ""]

    # Lists, page by page

    def _artist_pages(self, public_domain_only: bool, start_after: str | None) -> Iterator[Page]:
        """One artist a page: the list comes whole, and whoever goes on does so after an artist."""
        if start_after == END:
            return
        found = self._alphabet(public_domain_only)
        slugs = [record.wikiart_slug if isinstance(record, ArtistRecord) else "" for record in found]
        first = slugs.index(start_after) + 1 if start_after in slugs and start_after else 0
        for record, slug in zip(found[first:], slugs[first:], strict=True):
            yield Page(slug or start_after or "", (record,), len(found))
            start_after = slug or start_after
        yield Page(END, (), len(found))

    def _alphabet(self, public_domain_only: bool) -> list[Answered]:
        query = {"v": "new"} | ({"inPublicDomain": "true"} if public_domain_only else {})
        return list(self._recognised(self._json("/App/Artist/AlphabetJson", **query), "the list of artists"))

    def _artist_work_pages(
        self, slug: str, public_domain_only: bool, start_after: str | None
    ) -> Iterator[Page]:
        """Listing pages, with the mark and the ids that the legacy interface has for free works.

        Pages before `start_after` are read again, without their works: what the listing lacks comes last.
        """
        if start_after == END:
            return
        free = self._free_works(slug)
        done = int(start_after or 0)
        path = f"/{quote(slug, safe='')}/mode/all-paintings"
        for page in self._listing_pages("artist", slug, path, None):
            records = [_marked(record, free) for record in page.records]
            if int(page.position) <= done:
                continue
            kept = [record for record in records if not public_domain_only or _is_free_or_unusable(record)]
            yield Page(page.position, self._with_artists(kept, slug), page.total)
        yield Page(END, self._with_artists(list(free.values()), slug))

    def _free_works(self, slug: str) -> dict[tuple[str, ...], PaintingRecord]:
        """Works in the public domain, with their legacy ids, by what a listing tells of them, too."""
        found = self._legacy_works(slug, inPublicDomain="true")
        return {key: replace(record, in_public_domain=True) for key, record in found.items()}

    def _legacy_works(self, slug: str, **query: str) -> dict[tuple[str, ...], PaintingRecord]:
        item = self._found("/App/Painting/PaintingsByArtist", artistUrl=slug, json=2, **query) or []
        found = [record for record in self._recognised(item, slug) if isinstance(record, PaintingRecord)]
        return {_twin_key(record): record for record in found}

    def _listing_pages(self, kind: str, slug: str, path: str, start_after: str | None) -> Iterator[Page]:
        number = int(start_after or 0)
        while True:
            number += 1
            page, missing = self._whole_page(kind, slug, path, number)
            if number == 1 and not page.paintings and not page.total and kind != "artist":
                raise NotFound(Reason(f"{kind}_empty", slug=slug))
            records = list(page)
            if not page.paintings and missing:
                seen = (number - 1) * page.page_size
                reason = Reason("list_cut_short", total=page.total, seen=seen)
                records.append(Unusable(f"{slug}, page {number}", reason))
            elif missing:
                records.append(Unusable(f"{slug}, page {number}", Reason("works_missing", count=missing)))
            yield Page(str(number), records, page.total)
            is_last = page.total is not None and number * page.page_size >= page.total
            if is_last or not page.paintings:
                return

    def _whole_page(self, kind: str, slug: str, path: str, number: int) -> tuple[Answers, int]:
        """A listing page, and how many of its works did not come though it was asked for again."""
        items: dict[str, Any] = {}
        for attempt in range(SHORT_PAGE_TRIES + 1):
            if attempt:
                self._caller.pause(self._access.backoff_s * attempt)
            page = self._listing_page(kind, slug, path, number)
            expected = min(page.page_size, max(0, (page.total or 0) - (number - 1) * page.page_size))
            if len(page.paintings) >= expected:
                return page, 0
            items |= {_identity(item): item for item in page.paintings}
        return replace(page, paintings=tuple(items.values())), max(0, expected - len(items))

    def _listing_page(self, kind: str, slug: str, path: str, number: int) -> Answers:
        if number == 1:
            item = self._named(slug, kind, path, json=2, page=1)
        else:
            item = self._found(path, json=2, page=number) or []
        return self._recognised(item, slug)

    def _api_pages(self, call: str, start_after: str | None, **query: str) -> Iterator[Page]:
        token = start_after or ""
        while token != END:
            page = self._filled_api_page(call, query | ({"paginationToken": token} if token else {}))
            records = list(page)
            is_stuck = page.has_more and page.token in ("", token)
            if is_stuck:
                records.append(Unusable(call, Reason("leads_nowhere"), None))
            token = page.token if page.has_more and not is_stuck else END
            yield Page(token, records)

    def _filled_api_page(self, call: str, query: dict[str, Any]) -> Answers:
        """A page of API v2; an empty one that is not the last is asked for again."""
        for attempt in range(SHORT_PAGE_TRIES + 1):
            if attempt:
                self._caller.pause(self._access.backoff_s * attempt)
            page = self._recognised(self._api(call, **query), call)
            if page.paintings or page.artists or not page.has_more:
                break
        return page

    def _recognised(self, item: Any, name: str) -> Answers:
        try:
            return answers.recognise(item)
        except answers.NotWikiArt as error:
            raise Unreachable(Reason("no_answer_to_read", name=name, why=of(error))) from None

    # Filling in what a list leaves out

    def _completed(self, pages: Iterator[Page], facts: Callable[[], dict[str, Any]]) -> Iterator[Page]:
        """Add to each work what the list itself tells, and to each artist their dates."""
        for page in pages:
            told = facts()
            records = [
                replace(record, **told) if told and isinstance(record, PaintingRecord) else record
                for record in page.records
            ]
            yield replace(page, records=self._with_artists(records))

    def _with_artists(self, records: Iterable[Answered], slug: str = "") -> list[Answered]:
        return [
            self._with_artist(record, slug) if isinstance(record, PaintingRecord) else record
            for record in records
        ]

    def _with_artist(self, record: PaintingRecord, slug: str = "") -> PaintingRecord:
        """Add the dates of the artist, which decide about rights. `slug` where the record does not tell."""
        told = record.artist or ArtistRecord(name="", slug="")
        if not (slug := told.wikiart_slug or slug):
            return record
        key = (told, slug)
        if key not in self._whole_artists:
            name = names.artist_name(told.name, slug)
            told = replace(told, name=name, slug=names.slug_of(slug), wikiart_slug=slug)
            known = self._artists.get(slug)
            self._whole_artists[key] = answers.merged_artist(known, told) if known else told
        return replace(record, artist=self._whole_artists[key])

    @cached_property
    def _artists(self) -> dict[str, ArtistRecord]:
        """All artists by slug: one call, made when a list of works first needs their dates."""
        found = self._recognised(
            self._granted("/App/Artist/AlphabetJson", v="new") or [], "the list of artists"
        )
        return {record.wikiart_slug: record for record in found if isinstance(record, ArtistRecord)}

    @cached_property
    def _nations(self) -> dict[int, str]:
        return {number: title for number, _, title in self._terms(GROUP_NATION)}

    @cached_property
    def _styles(self) -> dict[str, str]:
        return {slug: title for _, slug, title in self._terms(GROUP_STYLE)}

    def _style_name(self, slug: str) -> str:
        return self._styles.get(slug) or slug.replace("-", " ").title()

    def _terms(self, group: int) -> Iterator[tuple[int, str, str]]:
        """Number, slug and title of the terms of a dictionary."""
        found = self._granted(f"/App/wiki/DictionariesJson/{group}")
        for term in found if isinstance(found, list) else []:
            if isinstance(term, dict) and isinstance(title := term.get("title"), str):
                yield term.get("id"), str(term.get("url")), names.clean(title)

    # Details

    def _legacy_details(self, record: PaintingRecord) -> Answered | None:
        number = record.legacy_id or self._legacy_id(record)
        item = self._found(f"/App/Painting/ImageJson/{number}") if number else None
        return answers.read_painting(item) if item else None

    def _legacy_id(self, record: PaintingRecord) -> str:
        """The legacy id of a listed work: one call for all works of the artist; empty where it is not told."""
        slug = record.artist.wikiart_slug if record.artist else ""
        if not slug:
            return ""
        with self._ids_lock:
            if slug not in self._legacy_ids:
                if len(self._legacy_ids) >= MOST_ARTISTS:
                    del self._legacy_ids[next(iter(self._legacy_ids))]
                works = self._legacy_works(slug)
                self._legacy_ids[slug] = {key: work.legacy_id for key, work in works.items()}
            return self._legacy_ids[slug].get(_twin_key(record), "")

    def _api_details(self, record: PaintingRecord) -> Answered | None:
        if not record.wikiart_id:
            return None
        try:
            return answers.read_painting(self._api("Painting", id=record.wikiart_id))
        except NotFound:
            return None

    # Calls

    def _named(self, slug: str, kind: str, path: str, **query: Any) -> Any:
        """What a person named. Raises NotFound, saying so in their words."""
        try:
            return self._json(path, **query)
        except NotFound:
            raise NotFound(Reason(f"{kind}_not_known", slug=slug)) from None

    def _found(self, path: str, **query: Any) -> Any:
        """None where WikiArt does not have it."""
        try:
            return self._json(path, **query)
        except NotFound:
            return None

    def _granted(self, path: str, **query: Any) -> Any:
        """None where WikiArt does not want to give it, either; for what one can do without."""
        try:
            return self._found(path, **query)
        except Refused:
            return None

    def _json(self, path: str, **query: Any) -> Any:
        return self._ask(f"{self._site}{path}", query, [self._calls])

    def _api(self, call: str, **query: Any) -> Any:
        """Call API v2, with a session where there are access codes; a session that ended is renewed once."""
        key = self._session_key()
        try:
            return self._ask_api(call, query, key)
        except Refused as refused:
            if not key or refused.status not in (401, 403):
                raise
        return self._ask_api(call, query, self._session_key(instead_of=key))

    def _ask_api(self, call: str, query: dict[str, Any], key: str) -> Any:
        session = {"authSessionKey": key} if key else {}
        # The longer wait comes first, so that no calls gather behind it.
        return self._ask(f"{self._site}/api/2/{call}", query | session, [self._api_calls, self._calls])

    def _session_key(self, *, instead_of: str = "") -> str:
        """The key of the session, begun where there is none; empty without access codes. Raises WrongCodes."""
        if not self._access.access_code:
            return ""
        with self._session_lock:
            key, since = self._session or ("", 0.0)
            if not key or key == instead_of or time.monotonic() - since > SESSION_S:
                key = self._log_in()
                self._session = key, time.monotonic()
            return key

    def _log_in(self) -> str:
        codes = {"accessCode": self._access.access_code, "secretCode": self._access.secret_code}
        try:
            answer = self._ask(f"{self._site}/Api/2/login", codes, [self._api_calls, self._calls])
        except (NotFound, Refused):
            answer = None
        key = answer.get("SessionKey") if isinstance(answer, dict) else None
        if not isinstance(key, str) or not key:
            raise WrongCodes(Reason("wrong_codes"))
        return key

    def _ask(self, url: str, query: dict[str, Any], buckets: list[Bucket]) -> Any:
        def read(response: Response) -> Any:
            text = bytearray()
            self._caller.body(response, max_bytes=MAX_ANSWER_BYTES, write=text.extend)
            return _read_json(text)

        whole = f"{url}?{urlencode(query)}" if query else url
        return self._caller.ask(whole, read, buckets=buckets)


def _read_json(text: bytearray) -> Any:
    """Raises Again where it is no JSON, NotFound where it says so."""
    if text.lstrip()[:1] == b"<":
        raise Again("page_for_data")
    try:
        item = json.loads(text)
    except (ValueError, RecursionError):
        item = None
        is_json = False
    else:
        is_json = True
    if not is_json:
        raise Again("answer_garbled")
    if isinstance(item, dict) and isinstance(item.get("message"), str) and "status" in item:
        if LIMIT_EXCEEDED in item["message"].lower():
            raise Again("limit_used_up", is_limit=True)
        if item["status"] in (404, "404"):
            raise NotFound(Reason("not_known"))
        raise Again("error_reported")
    return item


def _identity(item: Any) -> str:
    return str(item.get("id") or item) if isinstance(item, dict) else str(item)


def _twin_key(record: PaintingRecord) -> tuple[str, ...]:
    """What the listing and the legacy interface both tell of a work: the path of its picture, if it has one."""
    return (record.picture_path,) if record.picture_path else (record.title, record.year_text)


def _marked(record: Answered, free: dict[tuple[str, ...], PaintingRecord]) -> Answered:
    """Give a work of a listing the mark and the id of its twin among the free ones, which is taken out."""
    twin = free.pop(_twin_key(record), None) if isinstance(record, PaintingRecord) else None
    if twin is None:
        return record
    return replace(record, in_public_domain=True, legacy_id=record.legacy_id or twin.legacy_id)


def _is_free_or_unusable(record: Answered) -> bool:
    return not isinstance(record, PaintingRecord) or record.in_public_domain is True


def _is_same(record: PaintingRecord, details: PaintingRecord) -> bool:
    """Whether details are of this work: an id that was rounded leads to another one."""
    return not record.wikiart_slug or not details.wikiart_slug or record.wikiart_slug == details.wikiart_slug


def _user_agent(contact: str) -> str:
    contact = " ".join(contact.split()).encode("ascii", "replace").decode()
    return "StyleArt (import of a catalogue)" + (f" +{contact}" if contact else "")


def _is_one_of(access: Access) -> Callable[[str], bool]:
    """Whether a host is the site's, the pictures' or a sister of theirs: redirects lead nowhere else."""
    hosts = {urlsplit(url).hostname or "" for url in (access.url, access.pictures_url.replace("{n}", "0"))}
    domains = {host.removeprefix("www.") for host in hosts}
    return lambda host: any(host == domain or host.endswith(f".{domain}") for domain in hosts | domains)
