"""What an import knows about artists and paintings before they are in the catalogue.

All texts are unescaped, stripped and in NFC. What a source does not say is empty, or None.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

JOINED_BY = ", "


@dataclass(frozen=True, slots=True)
class ArtistRecord:
    """An artist as a source describes them; empty or None where it says nothing."""

    name: str  # "First Last"
    slug: str  # lower-case ASCII letters, digits and hyphens
    wikiart_slug: str = ""  # only where it is surely WikiArt's
    wikiart_id: str = ""  # from WikiArt 24 hex digits, from the downloader's files `contentId`
    birth_year: int | None = None
    death_year: int | None = None
    legacy_id: str = ""  # `contentId`, decimal digits; may be above 2^53
    nationality: str = ""
    biography: str = ""  # plain text; paragraphs are apart by an empty line
    gender: str = ""  # "male", "female"
    portrait_path: str = ""  # at WikiArt's picture hosts, without host and rendition
    wikipedia_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintingRecord:
    """A painting as a source describes it; empty or None where it says nothing.

    WikiArt's interfaces join on (artist.wikiart_slug, wikiart_slug). Items of some lists lack them:
    those carry an id, and `WikiArt.fetch_details` finds the rest.
    """

    name: str  # what a report calls it: for files, the path inside the folder; "artist-slug/painting-slug"
    source_key: str  # the same again when the folder lies elsewhere
    title: str
    styles: tuple[str, ...]  # as the source writes them
    picture: Path | None = None  # a file at hand; a picture at WikiArt is fetched by its `picture_path`
    styles_are_wikiarts: bool = True
    artist: ArtistRecord | None = None
    year: int | None = None  # the first one, of several
    year_text: str = ""  # as written: "1888", "c.1488", "1920-1930", "XX cent."
    genres: tuple[str, ...] = ()
    wikiart_id: str = ""  # from WikiArt 24 hex digits, from the downloader's files `contentId`
    wikiart_slug: str = ""  # only where it is surely WikiArt's
    legacy_id: str = ""  # `contentId`, decimal digits; may be above 2^53
    source_url: str = ""  # the address that the picture came from
    sha256: str = ""  # what the picture's bytes must give
    media: tuple[str, ...] = ()  # "oil", "canvas"
    place: str = ""  # where it was made: "Oslo, Norway"
    collection: str = ""  # where it hangs
    period: str = ""
    series: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""  # plain text; paragraphs are apart by an empty line
    width_cm: float | None = None
    height_cm: float | None = None
    picture_path: str = (
        ""  # at WikiArt's picture hosts, without host and rendition; empty where none is shown
    )
    width_px: int | None = None  # of the original upload, where that is known
    height_px: int | None = None
    in_public_domain: bool | None = None  # True where WikiArt says so; it never says no
    has_details: bool = False  # False for an item of a list, which lacks styles, places and the like

    @property
    def genre(self) -> str:
        """All genres in one line."""
        return JOINED_BY.join(self.genres)


@dataclass(frozen=True, slots=True)
class NotAPainting:
    """A picture that its source itself calls no painting."""

    name: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record that cannot become a work of the catalogue, and why."""

    name: str  # which one: an id, an address, a place in a file
    reason: str  # a sentence for the report; a Reason where it may be kept
    raw: Any = None  # what WikiArt sent, as JSON was read, to be kept for another try


Record = PaintingRecord | NotAPainting | Unusable
