"""Read what WikiArt answers: any answer of its three interfaces, fresh or saved. Knows no HTTP.

The legacy interface ("App"), the listing pages (`?json=2`) and API v2 use different keys and types for
the same thing. A painting is recognised by its picture and title, an artist by the dates or the name in
both orders, and each key is read wherever one of the three has it.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from . import names
from .reasons import Reason
from .records import ArtistRecord, PaintingRecord, Unusable

PLACEHOLDERS = ("FRAME-600x480.jpg", "ARTIST-480x600.jpg")  # WikiArt shows them in place of a picture
PAGE_SIZE = 60
LARGEST_EXACT = 2**53  # JavaScript rounds larger ids, and some saved answers went through it
NESTED_PAINTINGS = ("popularPaintings", "rangePaintings")
_HEX_ID = re.compile(r"[0-9a-f]{24}")
_DETAIL_KEYS = {"style", "styles", "genre", "genres", "galleryName", "galleries"}
_ARTIST_KEYS = {"lastNameFirst", "birthDayAsString", "dictonaries", "OriginalArtistName"}

Answered = ArtistRecord | PaintingRecord | Unusable


class NotWikiArt(ValueError):  # noqa: N818 - reads as what happened
    """This is no answer of WikiArt's; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer, taken apart: iterate over it for its records."""

    paintings: tuple[Any, ...] = ()  # as JSON was read
    artists: tuple[Any, ...] = ()
    neither: str = ""  # what it holds where it holds neither
    total: int | None = None  # how many there are on all pages, as listing pages say
    page_size: int = PAGE_SIZE
    token: str = ""  # of the next page, not percent-encoded
    has_more: bool = False

    def __iter__(self) -> Iterator[Answered]:
        """Yield artists, then paintings; an Unusable for each that cannot be used."""
        if self.neither:
            yield Unusable("the whole answer", self.neither)
        for item in self.artists:
            yield read_artist(item)
            yield from _nested(item)
        known = _Known()
        for item in self.paintings:
            yield known.checked(read_painting(item), item)


class _Known:
    """What one answer told so far: an id that stands for two works is right for one at most."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def checked(self, record: PaintingRecord | Unusable, raw: Any) -> PaintingRecord | Unusable:
        if isinstance(record, Unusable):
            return record
        for number in filter(None, (record.wikiart_id, record.legacy_id)):
            first = self._of.setdefault(number, record.wikiart_slug)
            if first != record.wikiart_slug:
                return Unusable(record.name, Reason("id_twice", number=number, other=first), raw)
        return record


def read_answer(data: bytes | str) -> Answers:
    """Recognise an answer of any interface by its shape. Raises NotWikiArt, and nothing else."""
    return recognise(_json(data))


def recognise(answer: Any) -> Answers:
    """The same for JSON that was read already. Raises NotWikiArt."""
    if isinstance(answer, list):
        return _recognised_list(answer)
    if not isinstance(answer, dict):
        raise NotWikiArt(Reason("single_value"))
    return _recognised_object(answer)


def _json(data: bytes | str) -> Any:
    head = data[:200].lstrip()
    if head.startswith(b"<" if isinstance(head, bytes) else "<"):
        raise NotWikiArt(Reason("web_page"))
    try:
        return json.loads(data)
    except RecursionError as error:
        raise NotWikiArt(Reason("nested_too_deeply")) from error
    except ValueError as error:
        raise NotWikiArt(Reason("no_json", error=str(error))) from error


def _recognised_object(answer: dict[str, Any]) -> Answers:
    if "SessionKey" in answer:
        raise NotWikiArt(Reason("login_answer"))
    if isinstance(answer.get("data"), list):
        token = answer.get("paginationToken")
        found = _recognised_list(answer["data"])
        return replace(
            found,
            token=unquote(token) if isinstance(token, str) else "",
            has_more=answer.get("hasMore") is True,
        )
    if "Paintings" in answer or "Artists" in answer:
        return _recognised_page(answer)
    if _looks_like_artist(answer):
        return Answers(artists=(answer,))
    if _looks_like_painting(answer):
        return Answers(paintings=(answer,))
    return _recognised_map(answer)


def _recognised_page(answer: dict[str, Any]) -> Answers:
    """A listing page; past the last one both lists are null."""
    paintings, artists = _list(answer.get("Paintings")), _list(answer.get("Artists"))
    count = answer.get("AllPaintingsCount" if "Paintings" in answer else "AllArtistsCount")
    return Answers(
        paintings=tuple(paintings),
        artists=tuple(artists),
        total=_whole(count),
        page_size=_whole(answer.get("PageSize")) or PAGE_SIZE,
    )


def _recognised_list(items: list[Any]) -> Answers:
    """A list of artists, or of paintings; what is neither of them comes out as unusable."""
    found = [item for item in items if isinstance(item, dict)]
    artists = sum(map(_looks_like_artist, found))
    paintings = sum(map(_looks_like_painting, found))
    if not items:
        return Answers()
    if not artists and not paintings:
        return Answers(neither=_neither(items))
    return Answers(artists=tuple(items)) if artists > paintings else Answers(paintings=tuple(items))


def _neither(items: list[Any]) -> str:
    """Say what a list holds that has neither artists nor paintings. Raises NotWikiArt."""
    if all(isinstance(item, str) and _HEX_ID.fullmatch(item) for item in items):
        return Reason("only_ids", count=len(items))
    if all(isinstance(item, dict) and {"id", "title", "url"} <= item.keys() for item in items):
        return Reason("only_terms", count=len(items))
    raise NotWikiArt(Reason("nothing_of_wikiart"))


def _recognised_map(answer: dict[str, Any]) -> Answers:
    """Maps that others made from API v2: artist slug to id, or title to term. Raises NotWikiArt."""
    values = list(answer.values())
    if values and all(isinstance(value, str) and _HEX_ID.fullmatch(value) for value in values):
        return Answers(artists=tuple({"url": slug, "id": number} for slug, number in answer.items()))
    if values and all(isinstance(value, dict) and {"id", "url", "group"} <= value.keys() for value in values):
        return Answers(neither=Reason("only_terms", count=len(values)))
    if isinstance(answer.get("message"), str):
        said = names.clean(answer["message"])[:200]
        raise NotWikiArt(Reason("failed_call", said=said))
    raise NotWikiArt(Reason("neither_of_wikiart"))


def _looks_like_artist(item: dict[str, Any]) -> bool:
    return not _ARTIST_KEYS.isdisjoint(item) or ("totalWorksTitle" in item and "nation" in item)


def _looks_like_painting(item: dict[str, Any]) -> bool:
    return "title" in item and ("image" in item or "artistName" in item) and not _looks_like_artist(item)


# One artist


def read_artist(item: Any) -> ArtistRecord | Unusable:
    """Read an artist of any interface."""
    if not isinstance(item, dict):
        return Unusable("an artist", Reason("no_record"), item)
    address = _slug(item.get("url")) or _slug(item.get("artistUrl"))
    if not address:
        name = _text(item, "artistName", "title") or "an artist without name"
        return Unusable(name, Reason("artist_without_address"), item)
    birth, death = names.life_years(item)
    gender = _text(item, "gender").lower()
    return ArtistRecord(
        name=names.artist_name(_text(item, "artistName", "title", "lastNameFirst"), address),
        slug=names.slug_of(address),
        wikiart_slug=address,
        wikiart_id=_hex_id(item.get("id")),
        legacy_id=_exact(_legacy_id(item.get("contentId"))),
        birth_year=birth,
        death_year=death,
        nationality=_text(item, "nation"),
        biography=names.prose(_raw_text(item, "biography")),
        gender=gender if gender in ("male", "female") else "",
        portrait_path=picture_path(item.get("image")),
        wikipedia_url=_wikipedia_url(item.get("wikipediaUrl")) or _wikipedia_url(item.get("story")),
    )


def _nested(artist: Any) -> Iterator[PaintingRecord | Unusable]:
    """Paintings that some publishers put into an artist's record; the same one may be there twice."""
    if not isinstance(artist, dict):
        return
    known = _Known()
    items = [item for key in NESTED_PAINTINGS for item in _list(artist.get(key))]
    for item in items:
        yield known.checked(read_painting(item), item)


def _wikipedia_url(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    try:
        parts = urlsplit(value.strip())
        is_right = parts.scheme in ("http", "https") and (parts.hostname or "").endswith("wikipedia.org")
    except ValueError:
        return ""
    return parts._replace(scheme="https").geturl() if is_right else ""


# One painting


def read_painting(item: Any) -> PaintingRecord | Unusable:
    """Read a painting of any interface."""
    if not isinstance(item, dict):
        return Unusable("a painting", Reason("no_record"), item)
    artist_slug, slug = _address(item)
    wikiart_id, legacy_id = _hex_id(item.get("id")), _legacy_id(item.get("contentId"))
    name = f"{artist_slug}/{slug}" if artist_slug and slug else wikiart_id or legacy_id
    if not name:
        return Unusable(_title_and_artist(item), Reason("work_without_address"), item)
    if name == legacy_id and not _exact(legacy_id):
        return Unusable(name, Reason("id_rounded"), item)
    has_original = _tells_original_size(item)
    width_cm, height_cm = _size_cm(item)
    return PaintingRecord(
        name=name,
        source_key=f"wikiart:{_exact(legacy_id) or name}",
        title=names.title(_raw_text(item, "title")),
        styles=_several(item, "styles", "style"),
        artist=_artist_of(item, artist_slug),
        year=_year(item),
        year_text=_text(item, "yearAsString", "year", "completitionYear"),
        genres=_several(item, "genres", "genre"),
        wikiart_id=wikiart_id,
        wikiart_slug=slug,
        legacy_id=_exact(legacy_id),
        source_url=_source_url(item.get("image")),
        media=_several(item, "media", "material", "technique"),
        place=names.place(_raw_text(item, "location")),
        collection="; ".join(_strings(item.get("galleries"))) or _text(item, "galleryName"),
        period=_name_of(item.get("period")),
        series=_name_of(item.get("serie")),
        tags=_several(item, "tags"),
        description=names.prose(_raw_text(item, "description")),
        width_cm=width_cm,
        height_cm=height_cm,
        picture_path=picture_path(item.get("image")),
        width_px=_pixels(item.get("width")) if has_original else None,
        height_px=_pixels(item.get("height")) if has_original else None,
        has_details=not _DETAIL_KEYS.isdisjoint(item),
    )


def merged(listed: PaintingRecord, detailed: PaintingRecord) -> PaintingRecord:
    """Details win; what they do not say stays as the list had it."""
    told = {
        field: value
        for field in PaintingRecord.__slots__
        if (value := getattr(detailed, field)) not in (None, "", ())
    }
    if listed.artist and detailed.artist:
        told["artist"] = merged_artist(listed.artist, detailed.artist)
    if listed.picture_path and not detailed.picture_path:
        told.pop("source_url", None)
    return replace(listed, **told)


def merged_artist(listed: ArtistRecord, detailed: ArtistRecord) -> ArtistRecord:
    """Details win; what they do not say stays as the list had it."""
    told = {
        field: value
        for field in ArtistRecord.__slots__
        if (value := getattr(detailed, field)) not in (None, "")
    }
    return replace(listed, **told)


def _address(item: dict[str, Any]) -> tuple[str, str]:
    """The slugs of artist and painting, empty where they are not told."""
    path = item.get("paintingUrl")
    parts = [part for part in path.split("/") if part] if isinstance(path, str) else []
    if len(parts) >= 2:
        return _slug(parts[-2]), _slug(parts[-1])
    return _slug(item.get("artistUrl")), _slug(item.get("url"))


def _artist_of(item: dict[str, Any], slug: str) -> ArtistRecord | None:
    name = _text(item, "artistName")
    if not name and not slug:
        return None
    return ArtistRecord(
        name=names.artist_name(name, slug),
        slug=names.slug_of(slug or name),
        wikiart_slug=slug,
        wikiart_id=_hex_id(item.get("artistId")),
        legacy_id=_exact(_legacy_id(item.get("artistContentId"))),
    )


def _year(item: dict[str, Any]) -> int | None:
    found = (names.year_of(_scalar(item.get(key))) for key in ("completitionYear", "yearAsString", "year"))
    return next(filter(None, found), None)


def _title_and_artist(item: dict[str, Any]) -> str:
    return f"{names.title(_raw_text(item, 'title'))}, {_text(item, 'artistName') or 'artist not known'}"


def _tells_original_size(item: dict[str, Any]) -> bool:
    """API v2 gives the size of the rendition, which is the original only where the address has no suffix."""
    return "artistId" not in item or "!" not in str(item.get("image"))


def _size_cm(item: dict[str, Any]) -> tuple[float | None, float | None]:
    """Width and height; WikiArt mixes them up now and then, and the picture's own shape tells."""
    x, y = _positive(item.get("sizeX")), _positive(item.get("sizeY"))
    width, height = _positive(item.get("width")), _positive(item.get("height"))
    if x and y and width and height and (x - y) * (width - height) < 0:
        return y, x
    return x, y


def _name_of(value: Any) -> str:
    """A period or series: plain text, or from API v2 an object with a title."""
    if isinstance(value, dict):
        value = value.get("title")
    return names.clean(value) if isinstance(value, str) else ""


# Addresses and ids


def picture_path(url: Any) -> str:
    """The path of an original: without host, without `!Large.jpg`; empty for a placeholder.

    Hosts change from day to day, and every rendition is called after the original.
    """
    if not isinstance(url, str):
        return ""
    try:
        path = unquote(urlsplit(url.strip()).path, errors="strict")
    except ValueError:
        return ""
    head, mark, _ = path.rpartition("!")
    path = head if mark else path
    if path.endswith(PLACEHOLDERS) or not path.startswith("/") or len(path) < 4 or ".." in path.split("/"):
        return ""
    return path if path.isprintable() else ""


def _source_url(url: Any) -> str:
    """The address of the original: the list has it with one rendition, the details with another."""
    if not picture_path(url) or not url.strip().startswith(("http://", "https://")):
        return ""
    head, mark, _ = url.strip().rpartition("!")
    return head if mark else url.strip()


def _slug(value: Any) -> str:
    """ "claude-monet" of "claude-monet" or "/en/claude-monet"; empty where it is no such thing."""
    if not isinstance(value, str) or "://" in value:
        return ""
    slug = names.clean(unquote(value)).strip("/").rpartition("/")[2]
    return slug if slug and slug not in (".", "..") and len(slug) <= 300 and slug.isprintable() else ""


def _hex_id(value: Any) -> str:
    return value if isinstance(value, str) and _HEX_ID.fullmatch(value) else ""


def _legacy_id(value: Any) -> str:
    """A number as decimal digits; the old downloader's users have it as text, too."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) else ""


def _exact(legacy_id: str) -> str:
    """Empty for an id that JavaScript may have rounded: such ids end in zeros and stand for several works."""
    was_rounded = legacy_id.endswith("000") and int(legacy_id) > LARGEST_EXACT
    return "" if was_rounded else legacy_id


# Values of any type that JSON has


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _scalar(value: Any) -> str | int | None:
    return value if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _raw_text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _text(item: dict[str, Any], *keys: str) -> str:
    """The first of these keys that says something, cleaned."""
    found = (names.clean(str(value)) for key in keys if (value := _scalar(item.get(key))) is not None)
    return next(filter(None, found), "")


def _strings(value: Any) -> tuple[str, ...]:
    return names.distinct([text for text in _list(value) if isinstance(text, str)])


def _several(item: dict[str, Any], *keys: str) -> tuple[str, ...]:
    """Values of a list, or of one string with commas."""
    read: Callable[[Any], tuple[str, ...]]
    for key in keys:
        value = item.get(key)
        read = names.listed if isinstance(value, str) else _strings
        if found := read(value):
            return found
    return ()


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _pixels(value: Any) -> int | None:
    return value if _whole(value) and value < 1_000_000 else None


def _positive(value: Any) -> float | None:
    """A length that can be one."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if 0 < value < 1e6 and math.isfinite(value) else None
