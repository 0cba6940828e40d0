"""The three interfaces of WikiArt: how each writes the same painters and works."""

import html
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from . import world as facts
from .world import NATIONS, Painter, Work, World

PAGE_SIZE = 60
MOST_SHOWN = 3600  # of a list, as the real one does
NO_DATE = "/Date(-62135596800000)/"


class Missing(LookupError):  # noqa: N818
    """404."""


class Broken(RuntimeError):  # noqa: N818
    """500 with a web page."""


def answer(world: World, path: str, query: dict[str, str], uploads: str) -> Any:
    """The JSON for a path without its language. Raises Missing, Broken."""
    for pattern, give in ROUTES:
        if match := re.fullmatch(pattern, path, re.IGNORECASE):
            return give(Asked(world, query, uploads), *match.groups())
    raise Missing(path)


class Asked:
    """One question: to which world, and how."""

    def __init__(self, world: World, query: dict[str, str], uploads: str) -> None:
        self.world, self.query, self.uploads = world, query, uploads

    def painter(self, slug: str) -> Painter:
        painter = self.world.by_slug.get(slug)
        if painter is None:
            raise Missing(slug)
        return painter

    def free_only(self, things: Sequence[Any]) -> list[Any]:
        wants_free = self.query.get("inPublicDomain") == "true"
        return [thing for thing in things if thing.is_free or not wants_free]

    def image(self, work: Work, rendition: str = "") -> str:
        """The address as it is written in answers: with accents as they are."""
        if work.picture == facts.PLACEHOLDER:
            return f"{self.uploads}{facts.PLACEHOLDER}"
        suffix = work.picture.rpartition(".")[2]
        return f"{self.uploads}{work.picture}" + (f"!{rendition}.{suffix}" if rendition else "")


# Legacy "App"


def alphabet(asked: Asked) -> Any:
    if asked.query.get("v") != "new":
        raise Broken("AlphabetJson")
    return [_legacy_artist(asked, painter) for painter in asked.free_only(asked.world.painters)]


def _legacy_artist(asked: Asked, painter: Painter) -> dict[str, Any]:
    birth, death = _dates(painter)
    portrait = f"/images/{painter.slug}.jpg!Portrait.jpg"
    return {
        "contentId": painter.legacy_id,
        "artistName": painter.name,
        "url": painter.slug,
        "lastNameFirst": painter.last_first,
        "birthDay": _net_date(painter.birth),
        # One of the real ones has a death in the year 5.
        "deathDay": "/Date(-61998660000000)/"
        if painter.number % 9 == 4 and death
        else _net_date(painter.death),
        "birthDayAsString": birth,
        "deathDayAsString": death,
        "image": f"{asked.uploads}{portrait if painter.number % 5 else '/Content/images/ARTIST-480x600.jpg'}",
        "wikipediaUrl": f"http://en.wikipedia.org/wiki/{quote(painter.name.replace(' ', '_'))}"
        if painter.number % 4
        else "",
        "dictonaries": [0, 310, painter.nation],
    }


def _dates(painter: Painter) -> tuple[str | None, str | None]:
    birth = [f"March 30, {painter.birth}", f"c.{painter.birth}", str(painter.birth)][painter.number % 3]
    return birth, f"29 July {painter.death}" if painter.death else None


def _net_date(year: int | None) -> str:
    return f"/Date({int((year - 1970) * 31_556_952_000) + 7_000_000_000})/" if year else NO_DATE


def artist(asked: Asked, slug: str) -> Any:
    if asked.query.get("json") != "2":
        raise Broken("a page for people")
    painter = asked.painter(slug)
    return _legacy_artist(asked, painter) | {
        "OriginalArtistName": painter.name,
        "gender": ["male", "female", None][painter.number % 3],
        "biography": "  "
        if painter.number % 6 == 2
        else f"{painter.name} painted [i]quietly[/i].\r\n\r\nNobody of that name ever lived.",
        "story": None,
        "activeYearsStart": painter.birth + 18,
        "activeYearsCompletion": painter.death,
        "series": "Harbours\r\nGardens",
        "themes": None,
        "periodsOfWork": "",
        "relatedArtistsIds": [],
    }


def paintings_by_artist(asked: Asked) -> Any:
    slug, number = asked.query.get("artistUrl", ""), asked.query.get("artistId", "")
    painters = [painter for painter in asked.world.painters if str(painter.legacy_id) == number]
    painter = painters[0] if painters else asked.painter(slug)
    return [_legacy_item(asked, work) for work in asked.free_only(painter.works)]


def most_viewed(asked: Asked) -> Any:
    return [_legacy_item(asked, work) for work in asked.free_only(asked.world.works[:600])]


def _legacy_item(asked: Asked, work: Work) -> dict[str, Any]:
    return {
        "title": work.title,
        "contentId": work.legacy_id,
        "artistContentId": work.painter.legacy_id,
        "artistName": work.painter.name,
        "completitionYear": work.year,
        "yearAsString": work.year_text,
        "width": work.width,
        "image": asked.image(work, "Large"),
        "height": work.height,
    }


def image_json(asked: Asked, number: str) -> Any:
    work = asked.world.by_legacy_id.get(int(number))
    if work is None:
        raise Missing(number)
    x, y = _size_cm(work)
    galleries = _galleries(work)
    told = _legacy_item(asked, work) | {
        "artistName": work.painter.last_first,
        "artistUrl": work.painter.slug,
        "url": work.slug,
        "dictionaries": [0, 310],
        "location": facts.PLACES[work.number % len(facts.PLACES)] or None,
        "period": "Early years" if work.number % 5 == 1 else None,
        "serie": "Harbours" if work.number % 5 == 2 else None,
        "genre": work.genre,
        "material": None,
        "style": ", ".join(work.styles) or None,
        "technique": None,
        "sizeX": x,
        "sizeY": y,
        "diameter": None,
        "auction": None,
        "yearOfTrade": None,
        "lastPrice": None,
        "galleryName": ", ".join(galleries) or None,
        "tags": "trees, Water, Natural landscape",
        "description": "It shows what it [i]says[/i].\r\n\r\nPainted by a program.",
    }
    for key in ("tags", "description", "dictionaries") if work.has("missing keys") else ():
        del told[key]
    return told


def _size_cm(work: Work) -> tuple[float | int | None, float | None]:
    x, y = work.width // 8, round(work.height / 8, 1)
    if work.has("one size"):
        return None, y
    return (y, x) if work.has("swapped") else (x, y)


def _galleries(work: Work) -> list[str]:
    return facts.GALLERIES[work.number % len(facts.GALLERIES)]


def terms(asked: Asked, group: str) -> Any:
    found: dict[int, str] = {}
    if group == "10":
        found = NATIONS
    if group == "2":
        found = dict(enumerate(asked.world.style_names.values(), start=310))
    slugs = {title: slug for slug, title in asked.world.style_names.items()}
    return [
        {"id": number, "title": html.escape(title), "url": slugs.get(title, title.lower())}
        for number, title in found.items()
    ]


# Listing pages


def listing_of_style(asked: Asked, slug: str) -> Any:
    return _listing(asked, asked.world.by_style.get(slug))


def listing_of_genre(asked: Asked, slug: str) -> Any:
    return _listing(asked, asked.world.by_genre.get(slug))


def listing_of_artist(asked: Asked, slug: str) -> Any:
    return _listing(asked, asked.painter(slug).works)


def listing_of_popular(asked: Asked) -> Any:
    return _listing(asked, asked.world.works[: 10 * PAGE_SIZE])


def _listing(asked: Asked, works: list[Work] | None) -> Any:
    if works is None:
        raise Missing("no such list")
    if asked.query.get("json") != "2":
        raise Broken("a page for people")
    number = asked.query.get("page", "1")
    start = (int(number) - 1) * PAGE_SIZE if number.isdigit() and number != "0" else 0
    shown = works[:MOST_SHOWN][start : start + PAGE_SIZE]
    return {
        "Artists": None,
        "AllArtistsCount": 0,
        "ArtistsHtml": None,
        "CanLoadMoreArtists": False,
        "PaintingsHtml": None,
        "PaintingsHtmlBeta": None,
        "Paintings": [_listing_item(asked, work) for work in shown] or None,
        "AllPaintingsCount": len(works),
        "PageSize": PAGE_SIZE,
        "TimeLog": None,
    }


def _listing_item(asked: Asked, work: Work) -> dict[str, Any]:
    escaped = _escaped(work.title)
    return {
        "id": work.id,
        "title": _escaped(escaped) if work.has("escaped twice") else escaped,
        "year": work.year_text,
        "width": work.width,
        "height": work.height,
        "artistName": _escaped(work.painter.name),
        "image": asked.image(work),
        "map": "0123**67*",
        "paintingUrl": f"/en/{work.painter.slug}/{work.slug}",
        "artistUrl": f"/en/{work.painter.slug}",
        "albums": None,
        "flags": 2,
        "images": None,
    }


def _escaped(text: str) -> str:
    """As the real ones do: `&#39;`, `&#252;`."""
    return "".join(
        character if character.isascii() else f"&#{ord(character)};" for character in html.escape(text)
    ).replace("&#x27;", "&#39;")


# API v2


def updated_artists(asked: Asked) -> Any:
    return _api_page(asked, asked.world.painters, _api_artist)


def deleted(asked: Asked) -> Any:
    return {"data": [], "paginationToken": None, "hasMore": False}


def api_paintings_by_artist(asked: Asked) -> Any:
    painters = [painter for painter in asked.world.painters if painter.id == asked.query.get("id")]
    if not painters:
        raise Missing("artist")
    return _api_page(asked, painters[0].works, _api_item)


def api_most_viewed(asked: Asked) -> Any:
    return _api_page(asked, asked.world.works, _api_item)


def painting_search(asked: Asked) -> Any:
    term = asked.query.get("term", "").lower()
    found = [work for work in asked.world.works if term in work.title.lower() or term in work.painter.slug]
    return _api_page(asked, found, lambda asked, work: _api_item(asked, work) | {"url": None})


def painting(asked: Asked) -> Any:
    work = asked.world.by_id.get(asked.query.get("id", ""))
    if work is None:
        raise Missing("painting")
    x, y = _size_cm(work)
    return _api_item(asked, work) | {
        "artistName": work.painter.last_first,
        "url": work.slug,
        "dictionaries": [],
        "location": facts.PLACES[work.number % len(facts.PLACES)],
        "period": {"id": work.painter.id, "title": "Early years"} if work.number % 5 == 1 else None,
        "serie": {"id": work.painter.id, "title": "Harbours"} if work.number % 5 == 2 else None,
        "genres": work.genre.split(", "),
        "styles": list(work.styles),
        "media": list(facts.MEDIA[work.number % len(facts.MEDIA)]),
        "sizeX": x,
        "sizeY": y,
        "diameter": None,
        "galleries": _galleries(work),
        "tags": ["trees", "Water", "Natural landscape"],
        "description": "It shows what it [i]says[/i].\r\n\r\nPainted by a program.",
    }


def _api_item(asked: Asked, work: Work) -> dict[str, Any]:
    scale = min(1, 750 / work.width, 600 / work.height)
    return {
        "id": work.id,
        "title": work.title,
        "url": None if work.has("no slug") else work.slug,
        "artistUrl": work.painter.slug,
        "artistName": work.painter.name,
        "artistId": work.painter.id,
        "completitionYear": work.year,
        "width": round(work.width * scale),
        "image": asked.image(work, "Large" if scale < 1 else ""),
        "height": round(work.height * scale),
    }


def _api_artist(asked: Asked, painter: Painter) -> dict[str, Any]:
    legacy = _legacy_artist(asked, painter)
    return {key: value for key, value in legacy.items() if key not in ("contentId", "dictonaries")} | {
        "id": painter.id,
        "dictionaries": [],
        "periods": None,
        "series": [],
        "activeYearsStart": None,
        "activeYearsCompletion": None,
        "biography": f"{painter.name} painted.",
        "gender": ["male", "female", None][painter.number % 3],
        "originalArtistName": painter.name,
        "relatedArtists": [],
    }


def _api_page(asked: Asked, things: Sequence[Any], write: Callable[[Asked, Any], dict]) -> Any:
    """Even a last page has a token; it is percent-encoded, and encoded twice it breaks the server."""
    token = asked.query.get("paginationToken")
    match = re.fullmatch(r"\+(\d+)\+==", token) if token else None
    if token and not match:
        raise Broken("token")
    start = int(match[1]) if match else 0
    end = start + PAGE_SIZE
    return {
        "data": [write(asked, thing) for thing in things[start:end]],
        "paginationToken": quote(f"+{end}+==", safe="").replace("%2B", "%2b").replace("%3D", "%3d"),
        "hasMore": end < len(things),
    }


SLUG = r"([^/]+)"
ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"/App/Artist/AlphabetJson", alphabet),
    (r"/App/Painting/PaintingsByArtist", paintings_by_artist),
    (r"/App/Painting/MostViewedPaintings", most_viewed),
    (r"/App/Painting/ImageJson/(\d{1,19})", image_json),
    (r"/App/wiki/DictionariesJson/(\d+)", terms),
    (r"/api/2/UpdatedArtists", updated_artists),
    (r"/api/2/DeletedArtists", deleted),
    (r"/api/2/PaintingsByArtist", api_paintings_by_artist),
    (r"/api/2/MostViewedPaintings", api_most_viewed),
    (r"/api/2/PaintingSearch", painting_search),
    (r"/api/2/Painting", painting),
    (rf"/paintings-by-style/{SLUG}", listing_of_style),
    (rf"/paintings-by-genre/{SLUG}", listing_of_genre),
    (r"/popular-paintings/alltime", listing_of_popular),
    (rf"/{SLUG}/(?:mode/all-paintings|all-works)", listing_of_artist),
    (rf"/{SLUG}", artist),
]


def shortened(text: Any, drawn: float) -> Any:
    """The same page with fewer works; of API v2 with none, though it says there is more."""
    page = json.loads(json.dumps(text))
    if isinstance(page.get("Paintings"), list):
        page["Paintings"] = page["Paintings"][: int(len(page["Paintings"]) * drawn)]
    elif page.get("hasMore"):
        page["data"] = []
    return page
