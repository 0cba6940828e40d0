"""What an import knows about a painting before it is in the catalogue."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ArtistRecord:
    """An artist as a source describes them; empty or None where it says nothing."""

    name: str
    slug: str  # lower-case ASCII letters, digits and hyphens
    wikiart_slug: str = ""  # only where it is surely WikiArt's
    wikiart_id: str = ""
    birth_year: int | None = None
    death_year: int | None = None


@dataclass(frozen=True, slots=True)
class PaintingRecord:
    """A painting as a source describes it; empty or None where it says nothing."""

    name: str  # what a report calls it: for files, the path inside the folder
    picture: Path
    source_key: str  # the same again when the folder lies elsewhere
    title: str
    styles: tuple[str, ...]  # as the source writes them
    styles_are_wikiarts: bool = True
    artist: ArtistRecord | None = None
    year: int | None = None
    genre: str = ""
    wikiart_id: str = ""
    wikiart_slug: str = ""  # only where it is surely WikiArt's
    source_url: str = ""  # the address that the picture came from
    sha256: str = ""  # what the picture's bytes must give


@dataclass(frozen=True, slots=True)
class NotAPainting:
    """A picture that its source itself calls no painting."""

    name: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record that cannot become a work of the catalogue, and why."""

    name: str
    reason: str


Record = PaintingRecord | NotAPainting | Unusable
